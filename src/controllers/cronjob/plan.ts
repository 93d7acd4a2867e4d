/**
 * What a CronJob does next: notes what became of its Jobs, lets old ones go, starts the next when its turn has come. Pure.
 *
 * @example every minute, Forbid, the run of 10:00 still active at 10:01: says JobAlreadyActive, starts nothing
 */

import type { CronJob, CronJobStatus } from '#api/batch/cron-job.ts';
import type { Job } from '#api/batch/job.ts';
import type { Stored } from '#client/object.ts';
import { isTooLate, jobName, turnsOf } from '#controllers/cronjob/turns.ts';
import { rfc3339 } from '#lib/clock.ts';
import type { CronSchedule } from '#lib/cron.ts';
import { parseCron, zoneOffset } from '#lib/cron.ts';
import type { EventType } from '#loop/events.ts';

type OwnJob = Stored<Job>;
type Active = NonNullable<CronJobStatus['active']>;

export interface Said {
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
}

export interface CronPlan {
  /** Jobs that go, in this order; each is said. */
  readonly remove: readonly OwnJob[];
  readonly say: readonly Said[];
  /** As it is without the Job to be started. */
  readonly status: CronJobStatus;
  readonly start: { readonly name: string; readonly dueMs: number } | undefined;
  readonly nextMs: number | undefined;
}

export interface CronInput {
  readonly cronJob: Stored<CronJob>;
  readonly own: readonly OwnJob[];
  /** The uids of listed Jobs that the server does not have any more. */
  readonly gone: ReadonlySet<string>;
  readonly nowMs: number;
}

export const endOf = (job: Job): 'Complete' | 'Failed' | undefined =>
  job.status?.conditions?.find(each => (each.type === 'Complete' || each.type === 'Failed') && each.status === 'True')
    ?.type as 'Complete' | 'Failed' | undefined;

export function planCronJob(input: CronInput): CronPlan {
  const { cronJob, nowMs } = input;
  const say: Said[] = [];
  const remove = surplusJobs(input);
  const status = notedStatus(input, new Set(remove), say);
  const idle = { remove, say, status, start: undefined, nextMs: undefined };
  if (cronJob.metadata.deletionTimestamp || cronJob.spec.suspend) return idle;
  const schedule = scheduleOf(cronJob, say);
  if (schedule === undefined) return idle;
  const { dueMs, tooManyMissed, nextMs } = turnsOf(cronJob, schedule, nowMs);
  if (tooManyMissed) {
    const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    say.push({ type: 'Warning', reason: 'TooManyMissedTimes', message });
  }
  const waiting = { ...idle, nextMs };
  if (dueMs === undefined || !mayStart(input, status, dueMs, say)) return waiting;
  const start = { name: jobName(cronJob, dueMs), dueMs };
  if (cronJob.spec.concurrencyPolicy !== 'Replace') return { ...waiting, start };
  const replaced = input.own.filter(job => status.active?.some(each => each.uid === job.metadata.uid));
  return { ...waiting, start, remove: [...remove, ...replaced], status: withActive(status, []) };
}

const withActive = (status: CronJobStatus, active: Active): CronJobStatus => ({
  ...status,
  active: active.length > 0 ? active : undefined,
});

/** The oldest ended Jobs beyond the limits. */
function surplusJobs({ cronJob, own }: CronInput): OwnJob[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec;
  const beyond = (how: 'Complete' | 'Failed', limit: number | undefined) => {
    if (limit === undefined) return [];
    const kept = own.filter(job => endOf(job) === how && !job.metadata.deletionTimestamp);
    return kept.sort(byStart).slice(0, Math.max(0, kept.length - limit));
  };
  return [...beyond('Complete', successfulJobsHistoryLimit), ...beyond('Failed', failedJobsHistoryLimit)];
}

function byStart(a: OwnJob, b: OwnJob): number {
  const [at, bt] = [a.status.startTime ?? '', b.status.startTime ?? ''];
  if (at !== bt) return at < bt ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** The list of active Jobs without those that have ended or are gone, and when one succeeded last. */
function notedStatus({ cronJob, own, gone }: CronInput, removed: ReadonlySet<OwnJob>, say: Said[]): CronJobStatus {
  let active = cronJob.status.active ?? [];
  let lastSuccessfulTime = cronJob.status.lastSuccessfulTime;
  for (const job of removed) active = active.filter(each => each.uid !== job.metadata.uid);
  for (const job of own) {
    const { name, uid } = job.metadata;
    const listed = active.some(each => each.uid === uid);
    const how = endOf(job);
    if (!listed && how === undefined) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      say.push({ type: 'Warning', reason: 'UnexpectedJob', message });
    } else if (listed && how !== undefined) {
      active = active.filter(each => each.uid !== uid);
      const message = `Saw completed job: ${name}, condition: ${how}`;
      say.push({ type: 'Normal', reason: 'SawCompletedJob', message });
    }
    const { completionTime } = job.status;
    if (how === 'Complete' && completionTime && (!lastSuccessfulTime || completionTime > lastSuccessfulTime)) {
      lastSuccessfulTime = completionTime;
    }
  }
  for (const { uid = '', name } of active) {
    if (!gone.has(uid)) continue;
    say.push({ type: 'Normal', reason: 'MissingJob', message: `Active job went missing: ${name}` });
    active = active.filter(each => each.uid !== uid);
  }
  return withActive({ ...cronJob.status, lastSuccessfulTime }, active);
}

function scheduleOf({ spec: { timeZone, schedule } }: Stored<CronJob>, say: Said[]): CronSchedule | undefined {
  try {
    if (timeZone !== undefined) zoneOffset(timeZone);
  } catch {
    const message = `invalid timeZone: "${timeZone}": unknown time zone ${timeZone}`;
    say.push({ type: 'Warning', reason: 'UnknownTimeZone', message });
    return undefined;
  }
  try {
    return parseCron(schedule);
  } catch (error) {
    const message = `unparseable schedule: "${schedule}" : ${error instanceof Error ? error.message : String(error)}`;
    say.push({ type: 'Warning', reason: 'UnparseableSchedule', message });
    return undefined;
  }
}

/** Whether the turn that is due may be taken. */
function mayStart({ cronJob, nowMs }: CronInput, status: CronJobStatus, dueMs: number, say: Said[]): boolean {
  if (isTooLate(cronJob, dueMs, nowMs)) {
    const shown = new Date(dueMs).toUTCString().replace('GMT', '+0000');
    const message = `Missed scheduled time to start a job: ${shown}`;
    say.push({ type: 'Warning', reason: 'MissSchedule', message });
    return false;
  }
  const { active = [], lastScheduleTime } = status;
  const name = jobName(cronJob, dueMs);
  if (active.some(each => each.name === name) || lastScheduleTime === rfc3339(dueMs)) return false;
  if (cronJob.spec.concurrencyPolicy !== 'Forbid' || active.length === 0) return true;
  const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
  say.push({ type: 'Normal', reason: 'JobAlreadyActive', message });
  return false;
}
