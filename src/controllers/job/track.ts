/**
 * Counting ended Pods exactly once. An ended Pod is first named in the status (`uncountedTerminatedPods`), then loses its
 * finalizer, then its name gives way to one more in the count: whatever is interrupted where, none is lost or doubled. An
 * indexed Job needs no names for successes, since an index succeeds once. Pure.
 */

import type { JobStatus } from '#api/batch/job.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Stored } from '#client/object.ts';
import { indexesText } from '#controllers/job/indexes.ts';
import type { Picture } from '#controllers/job/picture.ts';
import { actionOf } from '#controllers/job/picture.ts';
import { indexOf, isFailed, isIndexed, isTracked } from '#controllers/job/pods.ts';
import type { Verdict } from '#controllers/job/verdict.ts';

/** Names in the status at a time, at most. */
const uncountedMax = 500;

/** Names whose Pods have lost the finalizer become counts. */
export function settle(status: JobStatus, tracked: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const left = { succeeded: succeeded.filter(uid => tracked.has(uid)), failed: failed.filter(uid => tracked.has(uid)) };
  const add = (count: number | undefined, settledCount: number) => (count ?? 0) + settledCount || undefined;
  return {
    ...status,
    succeeded: add(status.succeeded, succeeded.length - left.succeeded.length),
    failed: add(status.failed, failed.length - left.failed.length),
    uncountedTerminatedPods: {
      succeeded: left.succeeded.length > 0 ? left.succeeded : undefined,
      failed: left.failed.length > 0 ? left.failed : undefined,
    },
  };
}

export interface Tracked {
  readonly status: JobStatus;
  /** Their finalizers go once the status is written. */
  readonly release: readonly Stored<Pod>[];
}

export function track(
  picture: Picture,
  before: JobStatus,
  verdict: Verdict | undefined,
  released: ReadonlySet<string>,
): Tracked {
  const { job, pods, awaiting, succeededIndexes } = picture;
  const { succeeded = [], failed = [] } = before.uncountedTerminatedPods ?? {};
  const [succeededUids, failedUids] = [new Set(succeeded), new Set(failed)];
  const release: Stored<Pod>[] = [];
  const fails = verdict?.type === 'FailureTarget';
  for (const pod of pods) {
    const { uid } = pod.metadata;
    if (!isTracked(pod) || released.has(uid)) continue;
    const hasFailed = isFailed(job, pod);
    const hasSucceeded = pod.status.phase === 'Succeeded';
    const ended = hasSucceeded || hasFailed || verdict !== undefined || Boolean(job.metadata.deletionTimestamp);
    // The failed Pod of an index stays until its replacement is there: its count of failures is needed.
    const isAwaited = verdict === undefined && awaiting.get(indexOf(pod) ?? -1)?.pod === pod;
    if (!ended || isAwaited) continue;
    release.push(pod);
    if (hasSucceeded) {
      if (!isIndexed(job) && !failedUids.has(uid)) succeededUids.add(uid);
    } else if ((hasFailed || fails) && actionOf(job, pod) !== 'Ignore') failedUids.add(uid);
    if (succeededUids.size + failedUids.size >= uncountedMax) break;
  }
  return {
    release,
    status: {
      ...before,
      ...(isIndexed(job)
        ? {
            succeeded: succeededIndexes.size || undefined,
            completedIndexes: indexesText(succeededIndexes) || undefined,
          }
        : {}),
      uncountedTerminatedPods: {
        succeeded: succeededUids.size > 0 ? [...succeededUids] : undefined,
        failed: failedUids.size > 0 ? [...failedUids] : undefined,
      },
    },
  };
}
