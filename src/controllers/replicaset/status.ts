/** What a ReplicaSet says about its Pods. Pure. */

import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '#api/apps/replica-set.ts';
import type { Pod } from '#api/core/pod.ts';
import { isPodReady, msUntilAvailable } from '#api/core/pod-state.ts';
import type { Stored } from '#client/object.ts';
import { messageOf } from '#controllers/pod-control.ts';
import { rfc3339 } from '#lib/clock.ts';
import { selectorTest } from '#loop/selector.ts';

export interface PodsSeen {
  readonly active: readonly Stored<Pod>[];
  readonly terminatingCount: number | undefined;
  /** Why making or deleting Pods failed in this step. */
  readonly failure: unknown;
  readonly nowMs: number;
}

export function replicaSetStatus(set: Stored<ReplicaSet>, seen: PodsSeen): ReplicaSetStatus {
  const { active, terminatingCount, nowMs } = seen;
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const inTemplate = selectorTest({ matchLabels: set.spec.template?.metadata?.labels });
  const count = (test: (pod: Stored<Pod>) => boolean) => active.filter(test).length || undefined;
  return {
    replicas: active.length,
    fullyLabeledReplicas: count(pod => inTemplate(pod.metadata.labels)),
    readyReplicas: count(isPodReady),
    availableReplicas: count(pod => msUntilAvailable(pod, minReadySeconds, nowMs) === 0),
    terminatingReplicas: terminatingCount,
    observedGeneration: set.metadata.generation,
    conditions: conditions(set, seen),
  };
}

function conditions(set: Stored<ReplicaSet>, { active, failure, nowMs }: PodsSeen): ReplicaSetCondition[] | undefined {
  const before = set.status.conditions ?? [];
  const others = before.filter(condition => condition.type !== 'ReplicaFailure');
  if (failure === undefined) return others.length > 0 ? others : undefined;
  if (others.length < before.length) return before;
  const reason = active.length < (set.spec.replicas ?? 1) ? 'FailedCreate' : 'FailedDelete';
  const lastTransitionTime = rfc3339(nowMs);
  return [
    ...others,
    { type: 'ReplicaFailure', status: 'True', lastTransitionTime, reason, message: messageOf(failure) },
  ];
}

/** When the next Pod becomes available by waiting alone; undefined when none does. */
export function msUntilNextAvailable(set: Stored<ReplicaSet>, { active, nowMs }: PodsSeen): number | undefined {
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  let nextMs: number | undefined;
  for (const pod of active) {
    const leftMs = msUntilAvailable(pod, minReadySeconds, nowMs);
    if (leftMs !== undefined && leftMs > 0) nextMs = Math.min(nextMs ?? leftMs, leftMs);
  }
  return nextMs;
}
