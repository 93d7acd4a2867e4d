/** What the scheduler writes into the status of a Pod that it cannot place. */

import type { Pod, PodCondition } from '#api/core/pod.ts';
import { podCondition } from '#api/core/pod-state.ts';
import type { Stored } from '#client/object.ts';
import { rfc3339 } from '#lib/clock.ts';
import type { AnyJson } from '#machinery/schema.ts';

export interface Unplaced {
  readonly reason: 'Unschedulable' | 'SchedulerError';
  readonly message: string;
  /** The node that is being cleared for it; undefined leaves what is there. */
  readonly nominatedNodeName?: string | undefined;
}

/** The patch of the status; nothing when it says so already. */
export function unplacedPatch(pod: Stored<Pod>, unplaced: Unplaced, nowMs: number): AnyJson | undefined {
  const { reason, message, nominatedNodeName } = unplaced;
  const wanted = { reason, message, observedGeneration: pod.metadata.generation };
  const condition = conditionPatch(pod, { type: 'PodScheduled', status: 'False', ...wanted }, nowMs);
  const nominates = nominatedNodeName !== undefined && nominatedNodeName !== pod.status?.nominatedNodeName;
  if (condition === undefined && !nominates) return undefined;
  const status: Record<string, AnyJson> = {};
  if (condition !== undefined) status['conditions'] = [condition];
  if (nominates) status['nominatedNodeName'] = nominatedNodeName;
  return { metadata: { uid: pod.metadata.uid }, status };
}

/** A condition to patch in; nothing when it stands there as it should. */
export function conditionPatch(
  pod: Stored<Pod>,
  wanted: Partial<PodCondition> & { type: string; status: string },
  nowMs: number,
): AnyJson | undefined {
  const before = podCondition(pod, wanted.type);
  const same =
    before !== undefined &&
    before.status === wanted.status &&
    before.reason === wanted.reason &&
    before.message === wanted.message &&
    before.observedGeneration === wanted.observedGeneration;
  if (same) return undefined;
  const moved = before?.status !== wanted.status;
  return { lastProbeTime: null, ...(moved ? { lastTransitionTime: rfc3339(nowMs) } : {}), ...wanted };
}
