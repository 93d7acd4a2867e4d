/** How a Deployment is recreated: every old Pod ends before the first new one begins. Pure. */

import type { ReplicaSet } from '#api/apps/replica-set.ts';
import type { Pod } from '#api/core/pod.ts';
import { isPodTerminal } from '#api/core/pod-state.ts';
import type { Stored } from '#client/object.ts';
import type { Scaling } from '#controllers/deployment/replica-sets.ts';
import { replicasOf } from '#controllers/deployment/replica-sets.ts';
import { controllerOf } from '#loop/owners.ts';

export function planDown(old: readonly Stored<ReplicaSet>[]): Scaling[] {
  return old.filter(each => replicasOf(each) > 0).map(replicaSet => ({ replicaSet, replicas: 0 }));
}

/** Whether any Pod of an old ReplicaSet may still run. `pods`: all that the Deployment's ReplicaSets own. */
export function oldPodsRun(
  newSet: Stored<ReplicaSet> | undefined,
  old: readonly Stored<ReplicaSet>[],
  pods: readonly Stored<Pod>[],
): boolean {
  if (old.some(each => each.status.replicas > 0)) return true;
  return pods.some(pod => controllerOf(pod)?.uid !== newSet?.metadata.uid && !isPodTerminal(pod));
}
