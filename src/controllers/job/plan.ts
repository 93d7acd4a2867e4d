/** Which Pods a Job should make or delete now. Pure. */

import type { Pod } from '#api/core/pod.ts';
import type { Stored } from '#client/object.ts';
import type { Picture } from '#controllers/job/picture.ts';
import { indexOf, isIndexed, replacesOnlyFailed } from '#controllers/job/pods.ts';

/** Pods made or deleted in one step, at most. */
export const burstMax = 500;

export interface PodPlan {
  readonly remove: readonly Stored<Pod>[];
  readonly createCount: number;
}

/** `rank` orders Pods by what their loss costs, the cheapest first. */
export function planPods(
  picture: Picture,
  rank: (pods: readonly Stored<Pod>[], count: number) => Stored<Pod>[],
): PodPlan {
  const { job, active, terminatingCount } = picture;
  if (job.spec.suspend) return { remove: active.slice(0, burstMax), createCount: 0 };
  const wanted = wantedCount(picture);
  const remove = surplus(picture, Math.max(0, active.length - wanted), rank).slice(0, burstMax);
  if (remove.length > 0) return { remove, createCount: 0 };
  const ending = replacesOnlyFailed(job) ? terminatingCount : 0;
  return { remove, createCount: Math.min(burstMax, Math.max(0, wanted - ending - active.length)) };
}

function wantedCount({ job, active, succeededCount }: Picture): number {
  const { completions, parallelism = 1 } = job.spec;
  // A work queue: after the first success nobody new is needed.
  if (completions === undefined) return succeededCount > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeededCount, parallelism));
}

/** Of an indexed Job those go first whose index is no longer wanted or doubled. */
function surplus(
  { job, active, succeededIndexes, failedIndexes }: Picture,
  count: number,
  rank: (pods: readonly Stored<Pod>[], count: number) => Stored<Pod>[],
): Stored<Pod>[] {
  if (!isIndexed(job)) return count === 0 ? [] : rank(active, count);
  const seen = new Set<number>();
  const [kept, needless]: [Stored<Pod>[], Stored<Pod>[]] = [[], []];
  for (const pod of [...active].sort((a, b) =>
    a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1,
  )) {
    const index = indexOf(pod);
    const wanted = index !== undefined && index < (job.spec.completions ?? 0) && !seen.has(index);
    if (!wanted || succeededIndexes.has(index) || failedIndexes?.has(index)) needless.push(pod);
    else {
      seen.add(index);
      kept.push(pod);
    }
  }
  const more = count - needless.length;
  return more > 0 ? [...needless, ...rank(kept, more)] : needless;
}

/** The lowest indexes that nobody works on, as many as there is room for. */
export function pendingIndexes(picture: Picture, count: number, nowMs: number): { indexes: number[]; waitMs?: number } {
  const { job, active, succeededIndexes, failedIndexes, awaiting, pods } = picture;
  const busy = new Set(active.map(indexOf));
  if (replacesOnlyFailed(job)) {
    for (const pod of pods)
      if (pod.metadata.deletionTimestamp && pod.status.phase === 'Running') busy.add(indexOf(pod));
  }
  const indexes: number[] = [];
  let waitMs: number | undefined;
  for (let index = 0; index < (job.spec.completions ?? 0) && indexes.length < count; index++) {
    if (busy.has(index) || succeededIndexes.has(index) || failedIndexes?.has(index)) continue;
    const left = (awaiting.get(index)?.atMs ?? 0) - nowMs;
    if (left > 0) waitMs = Math.min(waitMs ?? left, left);
    else indexes.push(index);
  }
  return waitMs === undefined ? { indexes } : { indexes, waitMs };
}
