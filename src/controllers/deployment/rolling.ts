/**
 * How a Deployment rolls out: how far the new ReplicaSet may grow and the old ones must shrink in one step. Pure.
 *
 * @example 4 replicas, maxSurge 1, maxUnavailable 0: old 4 new 0 → new 1 → (new is available) old 3 → new 2 → …
 */

import type { Deployment } from '#api/apps/deployment.ts';
import type { ReplicaSet } from '#api/apps/replica-set.ts';
import type { Stored } from '#client/object.ts';
import type { Scaling } from '#controllers/deployment/replica-sets.ts';
import { byAge, replicasOf, totalReplicas } from '#controllers/deployment/replica-sets.ts';
import { scaledValue } from '#machinery/int-or-string.ts';

const availableOf = (replicaSet: ReplicaSet | undefined) => replicaSet?.status?.availableReplicas ?? 0;

export const isRolling = (deployment: Deployment) => deployment.spec?.strategy?.type === 'RollingUpdate';

/** Percentages as counts: surge rounded up, unavailable down; never both zero, which could not move. */
function limits(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, replicasOf(deployment), 'up') ?? 0;
  const unavailable = scaledValue(maxUnavailable, replicasOf(deployment), 'down') ?? 0;
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export function maxSurge(deployment: Deployment): number {
  return isRolling(deployment) ? limits(deployment).surge : 0;
}

export function maxUnavailable(deployment: Deployment): number {
  const replicas = replicasOf(deployment);
  return isRolling(deployment) && replicas > 0 ? Math.min(limits(deployment).unavailable, replicas) : 0;
}

/** The size for the new ReplicaSet, `current` being the one it has: as much as the surge leaves room for. */
export function newReplicas(deployment: Deployment, current: number, all: readonly ReplicaSet[]): number {
  const wanted = replicasOf(deployment);
  if (!isRolling(deployment)) return wanted;
  const room = wanted + maxSurge(deployment) - totalReplicas(all);
  return room <= 0 ? current : current + Math.min(room, wanted - current);
}

export function planNew(
  deployment: Deployment,
  newSet: Stored<ReplicaSet>,
  old: readonly Stored<ReplicaSet>[],
): Scaling[] {
  const current = replicasOf(newSet);
  const wanted = replicasOf(deployment);
  if (current === wanted) return [];
  const replicas = current > wanted ? wanted : newReplicas(deployment, current, [...old, newSet]);
  return replicas === current ? [] : [{ replicaSet: newSet, replicas }];
}

/**
 * First the old Pods that are not available (they cost nothing to lose), then as many of the others as the minimum allows.
 * Pods of the new ReplicaSet that are not available yet hold it back.
 */
export function planOld(
  deployment: Deployment,
  newSet: Stored<ReplicaSet> | undefined,
  old: readonly Stored<ReplicaSet>[],
): Scaling[] {
  if (totalReplicas(old) === 0) return [];
  const minAvailable = replicasOf(deployment) - maxUnavailable(deployment);
  const newUnavailable = replicasOf(newSet) - availableOf(newSet);
  const total = totalReplicas(old) + replicasOf(newSet);
  const removableMax = total - minAvailable - newUnavailable;
  if (removableMax <= 0) return [];
  const sizes = new Map(old.map(each => [each, replicasOf(each)]));
  const oldestFirst = [...old].sort(byAge);
  takeUnavailable(oldestFirst, sizes, removableMax);
  const available = old.reduce((sum, each) => sum + availableOf(each), availableOf(newSet));
  takeAny(oldestFirst, sizes, available - minAvailable);
  return oldestFirst
    .filter(each => sizes.get(each) !== replicasOf(each))
    .map(replicaSet => ({ replicaSet, replicas: sizes.get(replicaSet) ?? 0 }));
}

type Sizes = Map<Stored<ReplicaSet>, number>;

function takeUnavailable(oldestFirst: readonly Stored<ReplicaSet>[], sizes: Sizes, countMax: number): void {
  let left = countMax;
  for (const each of oldestFirst) {
    if (left <= 0) return;
    const size = sizes.get(each) ?? 0;
    const take = Math.min(left, size - availableOf(each));
    if (size === 0 || take <= 0) continue;
    sizes.set(each, size - take);
    left -= take;
  }
}

function takeAny(oldestFirst: readonly Stored<ReplicaSet>[], sizes: Sizes, countMax: number): void {
  let left = countMax;
  for (const each of oldestFirst) {
    if (left <= 0) return;
    const size = sizes.get(each) ?? 0;
    const take = Math.min(left, size);
    sizes.set(each, size - take);
    left -= take;
  }
}
