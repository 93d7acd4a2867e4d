/** Whether a Job has succeeded or failed, and why. Pure. */

import type { Job, JobCondition } from '#api/batch/job.ts';
import { parseIndexes } from '#controllers/job/indexes.ts';
import type { Picture } from '#controllers/job/picture.ts';
import { actionOf } from '#controllers/job/picture.ts';
import { failureRule } from '#controllers/job/pods.ts';
import { rfc3339 } from '#lib/clock.ts';

/** `SuccessCriteriaMet` and `FailureTarget` come first; `Complete` and `Failed` when the last Pod has ended. */
export interface Verdict {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget';
  readonly reason: string;
  readonly message: string;
}

export function jobCondition(
  type: string,
  reason: string,
  message: string,
  nowMs: number,
  status = 'True',
): JobCondition {
  const now = rfc3339(nowMs);
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
}

export function conditionOf(job: Job, type: string): JobCondition | undefined {
  return job.status?.conditions?.find(condition => condition.type === type);
}

export const isFinished = (job: Job) =>
  conditionOf(job, 'Complete')?.status === 'True' || conditionOf(job, 'Failed')?.status === 'True';

export const completed: Verdict = {
  type: 'SuccessCriteriaMet',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

const failed = (reason: string, message: string): Verdict => ({ type: 'FailureTarget', reason, message });

/** What was said already stands; then failures, in upstream's order, then the success policy. */
export function verdictOf(picture: Picture, nowMs: number): Verdict | undefined {
  return (
    said(picture.job) ??
    byFailurePolicy(picture) ??
    byBackoffLimit(picture) ??
    byDeadline(picture.job, nowMs) ??
    byIndexes(picture) ??
    bySuccessPolicy(picture)
  );
}

function said(job: Job): Verdict | undefined {
  for (const type of ['FailureTarget', 'SuccessCriteriaMet'] as const) {
    const condition = conditionOf(job, type);
    if (condition?.status !== 'True') continue;
    return { type, reason: condition.reason ?? '', message: condition.message ?? '' };
  }
  return undefined;
}

function byFailurePolicy({ job, newFailed }: Picture): Verdict | undefined {
  for (const pod of newFailed) {
    if (actionOf(job, pod) === 'FailJob') return failed('PodFailurePolicy', failureRule(job, pod)?.text ?? '');
  }
  return undefined;
}

function byBackoffLimit({ job, active, failedCount }: Picture): Verdict | undefined {
  const limit = job.spec.backoffLimit ?? 6;
  if (failedCount <= limit && !restartsExceed(active, job, limit)) return undefined;
  return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
}

/** Pods that restart their containers themselves count those restarts. */
function restartsExceed(active: Picture['active'], job: Job, limit: number): boolean {
  if (job.spec?.template?.spec?.restartPolicy !== 'OnFailure') return false;
  let restartCount = 0;
  for (const { status } of active) {
    if (status.phase !== 'Running' && status.phase !== 'Pending') continue;
    for (const each of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
      restartCount += each.restartCount ?? 0;
    }
  }
  return limit === 0 ? restartCount > 0 : restartCount >= limit;
}

function byDeadline(job: Job, nowMs: number): Verdict | undefined {
  const leftMs = msUntilDeadline(job, nowMs);
  if (leftMs === undefined || leftMs > 0) return undefined;
  return failed('DeadlineExceeded', 'Job was active longer than specified deadline');
}

export function msUntilDeadline(job: Job, nowMs: number): number | undefined {
  const { activeDeadlineSeconds, suspend } = job.spec ?? {};
  const { startTime } = job.status ?? {};
  if (activeDeadlineSeconds === undefined || !startTime || suspend) return undefined;
  return Date.parse(startTime) + activeDeadlineSeconds * 1000 - nowMs;
}

function byIndexes({ job, failedIndexes, succeededIndexes }: Picture): Verdict | undefined {
  if (failedIndexes === undefined) return undefined;
  const { maxFailedIndexes, completions = 0 } = job.spec;
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    return failed('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  }
  if (failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions) {
    return failed('FailedIndexes', 'Job has failed indexes');
  }
  return undefined;
}

function bySuccessPolicy({ job, succeededIndexes }: Picture): Verdict | undefined {
  for (const [i, rule] of (job.spec.successPolicy?.rules ?? []).entries()) {
    const wanted =
      rule.succeededIndexes === undefined ? undefined : parseIndexes(rule.succeededIndexes, job.spec.completions ?? 0);
    const among = wanted === undefined ? succeededIndexes : [...wanted].filter(index => succeededIndexes.has(index));
    const count = among instanceof Set ? among.size : (among as number[]).length;
    const enough = rule.succeededCount ?? wanted?.size;
    if (enough !== undefined && count >= enough) {
      return { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: `Matched rules at index ${i}` };
    }
  }
  return undefined;
}

/** Without a number of completions, any success with nothing left running is the end. */
export function isComplete({ job, succeededCount }: Picture, activeCount: number): boolean {
  const { completions } = job.spec;
  if (activeCount > 0) return false;
  return completions === undefined ? succeededCount > 0 : succeededCount >= completions;
}
