/** Carries out one step of a CronJob, with one write of its status at the end. What is to be done is in plan.ts. */

import type { CronJob, CronJobStatus } from '#api/batch/cron-job.ts';
import { cronJobs } from '#api/batch/cron-job.ts';
import type { Job } from '#api/batch/job.ts';
import { jobs } from '#api/batch/job.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import type { CronPlan } from '#controllers/cronjob/plan.ts';
import { planCronJob } from '#controllers/cronjob/plan.ts';
import { messageOf } from '#controllers/pod-control.ts';
import type { Clock } from '#lib/clock.ts';
import { rfc3339 } from '#lib/clock.ts';
import { zoneOffset } from '#lib/cron.ts';
import type { Outcome } from '#loop/controller.ts';
import { done, wakeAfter } from '#loop/controller.ts';
import type { EventRecorder } from '#loop/events.ts';
import { controllerOf, controllerReference } from '#loop/owners.ts';
import { sameJson } from '#loop/same.ts';

export interface CronDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
}

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
/** A little after the turn, so that the clock has surely reached it. */
const afterTurnMs = 100;

export async function syncCronJob(
  cronJob: Stored<CronJob>,
  own: readonly Stored<Job>[],
  deps: CronDeps,
): Promise<Outcome> {
  const { client, clock, recorder } = deps;
  const nowMs = clock.nowMs();
  const plan = planCronJob({ cronJob, own, gone: await goneJobs(cronJob, own, client), nowMs });
  for (const job of plan.remove) await removeJob(cronJob, job, deps);
  for (const { type, reason, message } of plan.say) recorder.say(cronJobs, cronJob, type, reason, message);
  let status = plan.status;
  try {
    if (plan.start !== undefined) status = await start(cronJob, plan.start, status, deps);
  } finally {
    if (!sameJson(status, cronJob.status)) await client.updateStatus(cronJobs, { ...cronJob, status });
  }
  return plan.nextMs === undefined ? done : wakeAfter(plan.nextMs - nowMs + afterTurnMs);
}

/** Listed Jobs that are not in the copy, which may be behind: the server is asked. */
async function goneJobs(
  cronJob: Stored<CronJob>,
  own: readonly Stored<Job>[],
  client: Client,
): Promise<ReadonlySet<string>> {
  const gone = new Set<string>();
  for (const { uid = '', namespace, name = '' } of cronJob.status.active ?? []) {
    if (own.some(job => job.metadata.uid === uid)) continue;
    const job = await client.get(jobs, { namespace, name }).catch(undefinedWhenGone);
    if (job?.metadata.uid !== uid) gone.add(uid);
  }
  return gone;
}

function undefinedWhenGone(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
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

/** Gives the status with the new Job in it. */
async function start(
  cronJob: Stored<CronJob>,
  { name, dueMs }: NonNullable<CronPlan['start']>,
  status: CronJobStatus,
  { client, recorder }: CronDeps,
): Promise<CronJobStatus> {
  let job: Stored<Job>;
  try {
    job = await client.create(jobs, jobOf(cronJob, name, dueMs));
    recorder.say(cronJobs, cronJob, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
  } catch (error) {
    if (isNamespaceTerminating(error)) return status;
    if (!isAlreadyExists(error)) {
      recorder.say(cronJobs, cronJob, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
      throw error;
    }
    // Our own, made in a step whose answer was lost; a stranger's is left alone.
    job = await client.get(jobs, { namespace: cronJob.metadata.namespace, name });
    if (controllerOf(job)?.uid !== cronJob.metadata.uid) return status;
  }
  const { namespace, uid, resourceVersion } = job.metadata;
  const reference = { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion };
  return { ...status, active: [...(status.active ?? []), reference], lastScheduleTime: rfc3339(dueMs) };
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
