/** What a DaemonSet says about its Nodes. Pure. */

import type { DaemonSetStatus } from '#api/apps/daemon-set.ts';
import { isPodReady, msUntilAvailable } from '#api/core/pod-state.ts';
import { isAvailable, type Seen } from '#controllers/daemonset/plan.ts';
import { eligibility, isUpdated } from '#controllers/daemonset/pods.ts';

export function daemonSetStatus(seen: Seen, collisionCount: number | undefined): DaemonSetStatus {
  const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  for (const node of seen.nodes) {
    const pods = seen.byNode.get(node.metadata.name) ?? [];
    const [oldest] = pods;
    if (!eligibility(seen.set, node).shouldRun) {
      if (oldest !== undefined) counts.misscheduled++;
      continue;
    }
    counts.desired++;
    if (oldest === undefined) continue;
    counts.current++;
    if (isPodReady(oldest)) counts.ready++;
    if (isAvailable(seen, oldest)) counts.available++;
    if (isUpdated(oldest, seen.hash)) counts.updated++;
  }
  return {
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    observedGeneration: seen.set.metadata.generation,
    updatedNumberScheduled: counts.updated || undefined,
    numberAvailable: counts.available || undefined,
    numberUnavailable: counts.desired - counts.available || undefined,
    collisionCount: collisionCount || seen.set.status.collisionCount,
    conditions: seen.set.status.conditions,
  };
}

export function msUntilNextAvailable(seen: Seen): number | undefined {
  let nextMs: number | undefined;
  for (const pods of seen.byNode.values()) {
    for (const pod of pods) {
      const leftMs = msUntilAvailable(pod, seen.set.spec.minReadySeconds ?? 0, seen.nowMs);
      if (leftMs !== undefined && leftMs > 0) nextMs = Math.min(nextMs ?? leftMs, leftMs);
    }
  }
  return nextMs;
}
