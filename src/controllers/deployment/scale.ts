/**
 * A Deployment that changes its size. In mid-roll the change is shared out over its ReplicaSets in proportion to their
 * sizes, so that the risk of the roll stays what it was. Pure.
 *
 * @example 8 old and 5 new of 10 (surge 3); scaled to 15 (surge 3, so 18): 5 more, of which 3 old and 2 new: 11 and 7
 */

import type { Deployment } from '#api/apps/deployment.ts';
import type { ReplicaSet } from '#api/apps/replica-set.ts';
import type { Stored } from '#client/object.ts';
import type { Scaling, Sets } from '#controllers/deployment/replica-sets.ts';
import { active, byAge, replicasOf, totalReplicas } from '#controllers/deployment/replica-sets.ts';
import { desiredReplicasOf, maxReplicasOf } from '#controllers/deployment/revision.ts';
import { isRolling, maxSurge } from '#controllers/deployment/rolling.ts';

/** Whether the size of the Deployment changed since its ReplicaSets were last sized. */
export function isScaling(deployment: Deployment, all: Sets): boolean {
  return active(all).some(each => {
    const desired = desiredReplicasOf(each);
    return desired !== undefined && desired !== replicasOf(deployment);
  });
}

/** Sizes to set; one that is what it was still gets the new size written into its annotations. */
export function planScale(deployment: Deployment, newSet: Stored<ReplicaSet> | undefined, old: Sets): Scaling[] {
  const all = newSet === undefined ? [...old] : [...old, newSet];
  const only = activeOrLatest(newSet, old);
  const wanted = replicasOf(deployment);
  if (only !== undefined) return [{ replicaSet: only, replicas: wanted }];
  if (isSaturated(deployment, newSet)) return active(old).map(replicaSet => ({ replicaSet, replicas: 0 }));
  return isRolling(deployment) ? proportional(deployment, active(all)) : [];
}

/** The one that has all the Pods; the newest when none has any; undefined when several share them. */
function activeOrLatest(newSet: Stored<ReplicaSet> | undefined, old: Sets): Stored<ReplicaSet> | undefined {
  const running = active(newSet === undefined ? old : [...old, newSet]);
  if (running.length === 0) return newSet ?? [...old].sort(byAge).at(-1);
  return running.length === 1 ? running[0] : undefined;
}

function isSaturated(deployment: Deployment, newSet: Stored<ReplicaSet> | undefined): boolean {
  if (newSet === undefined) return false;
  const wanted = replicasOf(deployment);
  return (
    replicasOf(newSet) === wanted &&
    desiredReplicasOf(newSet) === wanted &&
    (newSet.status.availableReplicas ?? 0) === wanted
  );
}

function proportional(deployment: Deployment, sets: Sets): Scaling[] {
  const wanted = replicasOf(deployment);
  const allowed = wanted > 0 ? wanted + maxSurge(deployment) : 0;
  const toAdd = allowed - totalReplicas(sets);
  // Growing favours the newer of two equals, shrinking the older.
  const newerFirst = toAdd > 0 ? -1 : 1;
  const ordered = [...sets].sort((a, b) => replicasOf(b) - replicasOf(a) || newerFirst * byAge(a, b));
  let left = toAdd;
  const sizes = ordered.map(each => {
    const share = left === 0 ? 0 : shareOf(each, deployment);
    const taken = toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    left -= taken;
    return replicasOf(each) + taken;
  });
  if (sizes.length > 0) sizes[0] = Math.max(0, sizes[0]! + left);
  return ordered.map((replicaSet, i) => ({ replicaSet, replicas: sizes[i]! }));
}

/** By how much a ReplicaSet grows when the whole goes from what it was (its annotation says) to what it may be now. */
function shareOf(replicaSet: Stored<ReplicaSet>, deployment: Deployment): number {
  const size = replicasOf(replicaSet);
  if (replicasOf(deployment) === 0) return -size;
  const before = maxReplicasOf(replicaSet) || deployment.status?.replicas || 0;
  if (before === 0) return 0;
  const now = replicasOf(deployment) + maxSurge(deployment);
  return Math.round((size * now) / before) - size;
}
