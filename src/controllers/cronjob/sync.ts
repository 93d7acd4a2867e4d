/** One step of a CronJob: notes what became of its Jobs, clears away old ones, starts the next when its turn has come. */

import type { CronJob, CronJobStatus } from '#api/batch/cron-job.ts';
import { cronJobs } from '#api/batch/cron-job.ts';
import type { Job } from '#api/batch/job.ts';
import { jobs } from '#api/batch/job.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import { jobName, turnsOf } from '#controllers/cronjob/turns.ts';
import { messageOf } from '#controllers/pod-control.ts';
import type { Clock } from '#lib/clock.ts';
import { rfc3339 } from '#lib/clock.ts';
import { type CronSchedule, parseCron, zoneOffset } from '#lib/cron.ts';
import type { Outcome } from '#loop/controller.ts';
import { done, wakeAfter } from '#loop/controller.ts';
import type { EventRecorder } from '#loop/events.ts';
import { controllerReference } from '#loop/owners.ts';
import { sameJson } from '#loop/same.ts';

export interface CronDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
}

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
/** A little after the turn, so that the clock has surely reached it. */
const afterTurnMs = 100;

const ended = (job: Job): 'Complete' | 'Failed' | undefined =>
  job.status?.conditions?.find(each => (each.type === 'Complete' || each.type === 'Failed') && each.status === 'True')
    ?.type as 'Complete' | 'Failed' | undefined;

export async function syncCronJob(
  seen: Stored<CronJob>,
  own: readonly Stored<Job>[],
  deps: CronDeps,
): Promise<Outcome> {
  await clearHistory(seen, own, deps);
  const status = await notedStatus(seen, own, deps);
  let cronJob = seen;
  if (!sameJson(status, seen.status)) cronJob = await deps.client.updateStatus(cronJobs, { ...seen, status });
  if (cronJob.metadata.deletionTimestamp || cronJob.spec.suspend) return done;
  const schedule = scheduleOf(cronJob, deps);
  return schedule === undefined ? done : takeTurn(cronJob, schedule, own, deps);
}

function scheduleOf(cronJob: Stored<CronJob>, { recorder }: CronDeps): CronSchedule | undefined {
  const { timeZone, schedule } = cronJob.spec;
  try {
    if (timeZone !== undefined) zoneOffset(timeZone);
  } catch {
    const message = `invalid timeZone: "${timeZone}": unknown time zone ${timeZone}`;
    recorder.say(cronJobs, cronJob, 'Warning', 'UnknownTimeZone', message);
    return undefined;
  }
  try {
    return parseCron(schedule);
  } catch (error) {
    const message = `unparseable schedule: "${schedule}" : ${messageOf(error)}`;
    recorder.say(cronJobs, cronJob, 'Warning', 'UnparseableSchedule', message);
    return undefined;
  }
}

/** The list of active Jobs without those that have ended or are gone, and when one succeeded last. */
async function notedStatus(
  cronJob: Stored<CronJob>,
  own: readonly Stored<Job>[],
  { client, recorder }: CronDeps,
): Promise<CronJobStatus> {
  let active = cronJob.status.active ?? [];
  let lastSuccessfulTime = cronJob.status.lastSuccessfulTime;
  for (const job of own) {
    const { name, uid } = job.metadata;
    const listed = active.some(each => each.uid === uid);
    const how = ended(job);
    if (!listed && how === undefined) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      recorder.say(cronJobs, cronJob, 'Warning', 'UnexpectedJob', message);
    } else if (listed && how !== undefined) {
      active = active.filter(each => each.uid !== uid);
      recorder.say(cronJobs, cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${how}`);
    }
    const { completionTime } = job.status;
    if (how === 'Complete' && completionTime && (!lastSuccessfulTime || completionTime > lastSuccessfulTime)) {
      lastSuccessfulTime = completionTime;
    }
  }
  for (const each of active) {
    if (own.some(job => job.metadata.uid === each.uid)) continue;
    // The copy may be behind: ask.
    const job = await client.get(jobs, { namespace: each.namespace, name: each.name ?? '' }).catch(undefinedWhenGone);
    if (job?.metadata.uid === each.uid) continue;
    recorder.say(cronJobs, cronJob, 'Normal', 'MissingJob', `Active job went missing: ${each.name}`);
    active = active.filter(other => other !== each);
  }
  return { ...cronJob.status, active: active.length > 0 ? active : undefined, lastSuccessfulTime };
}

function undefinedWhenGone(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}

/** The oldest ended Jobs beyond the limits go. */
async function clearHistory(cronJob: Stored<CronJob>, own: readonly Stored<Job>[], deps: CronDeps): Promise<void> {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec;
  const limits = { Complete: successfulJobsHistoryLimit, Failed: failedJobsHistoryLimit } as const;
  for (const how of ['Complete', 'Failed'] as const) {
    const limit = limits[how];
    if (limit === undefined) continue;
    const kept = own.filter(job => ended(job) === how && !job.metadata.deletionTimestamp);
    kept.sort((a, b) => ((a.status.startTime ?? '') < (b.status.startTime ?? '') ? -1 : 1));
    for (const job of kept.slice(0, Math.max(0, kept.length - limit))) await removeJob(cronJob, job, deps);
  }
}

async function removeJob(cronJob: Stored<CronJob>, job: Stored<Job>, { client, recorder }: CronDeps): Promise<void> {
  try {
    await client.delete(jobs, refOf(job), { propagationPolicy: 'Background' });
  } catch (error) {
    if (isNotFound(error)) return;
    recorder.say(cronJobs, cronJob, 'Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`);
    throw error;
  }
  recorder.say(cronJobs, cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
}

async function takeTurn(
  cronJob: Stored<CronJob>,
  schedule: CronSchedule,
  own: readonly Stored<Job>[],
  deps: CronDeps,
): Promise<Outcome> {
  const { clock, recorder } = deps;
  const nowMs = clock.nowMs();
  const { dueMs, tooManyMissed, nextMs } = turnsOf(cronJob, schedule, nowMs);
  const again: Outcome = nextMs === undefined ? done : wakeAfter(nextMs - nowMs + afterTurnMs);
  if (tooManyMissed) {
    const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    recorder.say(cronJobs, cronJob, 'Warning', 'TooManyMissedTimes', message);
  }
  if (dueMs === undefined) return again;
  const { startingDeadlineSeconds: deadline, concurrencyPolicy } = cronJob.spec;
  if (deadline !== undefined && dueMs + deadline * 1000 < nowMs) {
    const message = `Missed scheduled time to start a job: ${new Date(dueMs).toUTCString().replace('GMT', '+0000')}`;
    recorder.say(cronJobs, cronJob, 'Warning', 'MissSchedule', message);
    return again;
  }
  const active = cronJob.status.active ?? [];
  const name = jobName(cronJob, dueMs);
  if (active.some(each => each.name === name) || cronJob.status.lastScheduleTime === rfc3339(dueMs)) return again;
  if (concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    recorder.say(cronJobs, cronJob, 'Normal', 'JobAlreadyActive', message);
    return again;
  }
  let running = active;
  if (concurrencyPolicy === 'Replace') {
    for (const job of own) if (active.some(each => each.uid === job.metadata.uid)) await removeJob(cronJob, job, deps);
    running = [];
  }
  await start(cronJob, name, dueMs, running, deps);
  return again;
}

async function start(
  cronJob: Stored<CronJob>,
  name: string,
  dueMs: number,
  running: NonNullable<CronJobStatus['active']>,
  { client, recorder }: CronDeps,
): Promise<void> {
  let job: Stored<Job>;
  try {
    job = await client.create(jobs, jobOf(cronJob, name, dueMs));
  } catch (error) {
    if (isNamespaceTerminating(error)) return;
    if (!isAlreadyExists(error)) {
      recorder.say(cronJobs, cronJob, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
      throw error;
    }
    // Made in a step whose answer was lost.
    job = await client.get(jobs, { namespace: cronJob.metadata.namespace, name });
    if (!job.metadata.ownerReferences?.some(owner => owner.uid === cronJob.metadata.uid)) return;
  }
  recorder.say(cronJobs, cronJob, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
  const { namespace, uid, resourceVersion } = job.metadata;
  const reference = { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion };
  const status = { ...cronJob.status, active: [...running, reference], lastScheduleTime: rfc3339(dueMs) };
  await client.updateStatus(cronJobs, { ...cronJob, status });
}

function jobOf(cronJob: Stored<CronJob>, name: string, dueMs: number): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    metadata: {
      name,
      namespace: cronJob.metadata.namespace,
      labels: metadata?.labels,
      annotations: { ...metadata?.annotations, [scheduledAnnotation]: zonedTime(dueMs, cronJob.spec.timeZone) },
      ownerReferences: [controllerReference(cronJobs, cronJob)],
    },
    spec,
  };
}

/** `2026-06-01T09:30:00+05:30`: the turn on the clocks of its zone. */
function zonedTime(ms: number, zone: string | undefined): string {
  const offsetMs = zone === undefined ? 0 : zoneOffset(zone)(ms);
  if (offsetMs === 0) return rfc3339(ms);
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${rfc3339(ms + offsetMs).slice(0, 19)}${offsetMs < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
