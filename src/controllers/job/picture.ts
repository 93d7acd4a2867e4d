/** A Job and its Pods, counted. Pure. */

import type { Job } from '#api/batch/job.ts';
import type { Pod } from '#api/core/pod.ts';
import { isPodActive, isPodReady, isPodTerminating } from '#api/core/pod-state.ts';
import type { Stored } from '#client/object.ts';
import { pauseMs } from '#controllers/job/backoff.ts';
import { parseIndexes } from '#controllers/job/indexes.ts';
import {
  countIn,
  type FailureAction,
  failureCountAnnotation,
  failureRule,
  finishedAtMs,
  ignoredCountAnnotation,
  indexOf,
  isFailed,
  isIndexed,
  isTracked,
} from '#controllers/job/pods.ts';

export interface Picture {
  readonly job: Stored<Job>;
  readonly pods: readonly Stored<Pod>[];
  readonly active: readonly Stored<Pod>[];
  readonly readyCount: number;
  readonly terminatingCount: number;
  /** All that ever ended so, counted or not yet. */
  readonly succeededCount: number;
  readonly failedCount: number;
  /** Ended and not yet in the status. */
  readonly newSucceeded: readonly Stored<Pod>[];
  readonly newFailed: readonly Stored<Pod>[];
  readonly succeededIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number> | undefined;
  /** By index, the failed Pod whose replacement is still to come, and when it may come. */
  readonly awaiting: ReadonlyMap<number, Awaiting>;
}

export interface Awaiting {
  readonly pod: Stored<Pod>;
  readonly failureCount: number;
  readonly ignoredCount: number;
  readonly atMs: number;
}

/** `released`: uids of Pods whose finalizer was taken away and may not have come back in the copy. */
export function lookAt(
  job: Stored<Job>,
  pods: readonly Stored<Pod>[],
  released: ReadonlySet<string>,
  nowMs: number,
): Picture {
  const { succeeded = 0, failed = 0, uncountedTerminatedPods = {} } = job.status;
  const uncounted = new Set([...(uncountedTerminatedPods.succeeded ?? []), ...(uncountedTerminatedPods.failed ?? [])]);
  const fresh = pods.filter(
    pod => isTracked(pod) && !released.has(pod.metadata.uid) && !uncounted.has(pod.metadata.uid),
  );
  const newSucceeded = fresh.filter(pod => pod.status.phase === 'Succeeded');
  const newFailed = fresh.filter(pod => isFailed(job, pod));
  const active = pods.filter(isPodActive);
  const completions = job.spec.completions ?? 0;
  const succeededIndexes = isIndexed(job) ? parseIndexes(job.status.completedIndexes, completions) : new Set<number>();
  for (const pod of isIndexed(job) ? newSucceeded : []) addIndex(succeededIndexes, pod, completions);
  const perIndex = isIndexed(job) && job.spec.backoffLimitPerIndex !== undefined;
  const failedIndexes = perIndex ? parseIndexes(job.status.failedIndexes, completions) : undefined;
  const awaiting = perIndex ? failures(job, newFailed, active, failedIndexes!, nowMs) : new Map<number, Awaiting>();
  for (const index of succeededIndexes) awaiting.delete(index);
  const counted = newFailed.filter(pod => actionOf(job, pod) !== 'Ignore');
  return {
    job,
    pods,
    active,
    readyCount: active.filter(isPodReady).length,
    terminatingCount: pods.filter(isPodTerminating).length,
    succeededCount: isIndexed(job)
      ? succeededIndexes.size
      : succeeded + newSucceeded.length + (uncountedTerminatedPods.succeeded?.length ?? 0),
    failedCount: failed + counted.length + (uncountedTerminatedPods.failed?.length ?? 0),
    newSucceeded,
    newFailed,
    succeededIndexes,
    failedIndexes,
    awaiting,
  };
}

export function actionOf(job: Stored<Job>, pod: Stored<Pod>): FailureAction | undefined {
  return failureRule(job, pod)?.action;
}

function addIndex(indexes: Set<number>, pod: Stored<Pod>, completions: number): void {
  const index = indexOf(pod);
  if (index !== undefined && index < completions) indexes.add(index);
}

/** Adds to `failedIndexes` those that have used up their limit, and gives those that will be tried again. */
function failures(
  job: Stored<Job>,
  failed: readonly Stored<Pod>[],
  active: readonly Stored<Pod>[],
  failedIndexes: Set<number>,
  nowMs: number,
): Map<number, Awaiting> {
  const awaiting = new Map<number, Awaiting>();
  const running = new Set(active.map(indexOf));
  for (const pod of failed) {
    const index = indexOf(pod);
    if (index === undefined || index >= (job.spec.completions ?? 0)) continue;
    const ignored = actionOf(job, pod) === 'Ignore';
    const failureCount = countIn(pod, failureCountAnnotation) + (ignored ? 0 : 1);
    const ignoredCount = countIn(pod, ignoredCountAnnotation) + (ignored ? 1 : 0);
    const isFinal = actionOf(job, pod) === 'FailIndex' || failureCount > (job.spec.backoffLimitPerIndex ?? 0);
    if (isFinal) failedIndexes.add(index);
    const before = awaiting.get(index);
    if (before !== undefined && before.failureCount + before.ignoredCount > failureCount + ignoredCount) continue;
    const atMs = finishedAtMs(pod, nowMs) + pauseMs(failureCount + ignoredCount);
    awaiting.set(index, { pod, failureCount, ignoredCount, atMs });
  }
  for (const index of [...awaiting.keys()]) {
    if (failedIndexes.has(index) || running.has(index)) awaiting.delete(index);
  }
  return awaiting;
}
