/** Which turns of a CronJob have come. Pure. */

import type { CronJob } from '#api/batch/cron-job.ts';
import type { Stored } from '#client/object.ts';
import { type CronSchedule, nextCronMs } from '#lib/cron.ts';

/** More missed turns than this and a person is told: a clock may be wrong. */
const missedMax = 100;
/** Turns are walked through one by one only so far. */
const walkedMax = 100_000;

export interface Turns {
  /** The latest turn that has come and is still to be taken; undefined when none has. */
  readonly dueMs: number | undefined;
  readonly tooManyMissed: boolean;
  readonly nextMs: number | undefined;
}

export function turnsOf(cronJob: Stored<CronJob>, schedule: CronSchedule, nowMs: number): Turns {
  const { startingDeadlineSeconds: deadline, timeZone: zone } = cronJob.spec;
  const nextMs = nextCronMs(schedule, nowMs, zone);
  let fromMs = Date.parse(cronJob.status.lastScheduleTime ?? cronJob.metadata.creationTimestamp);
  if (deadline !== undefined) fromMs = Math.max(fromMs, nowMs - deadline * 1000);
  let dueMs: number | undefined;
  let count = 0;
  for (let atMs = nextCronMs(schedule, fromMs, zone); atMs !== undefined && atMs <= nowMs; ) {
    dueMs = atMs;
    count++;
    if (count >= walkedMax) break;
    atMs = nextCronMs(schedule, atMs, zone);
  }
  return { dueMs, tooManyMissed: count > missedMax, nextMs };
}

/** `backup-29384756`: the minutes since 1970 of the turn. */
export function jobName(cronJob: Stored<CronJob>, dueMs: number): string {
  return `${cronJob.metadata.name}-${Math.floor(dueMs / 60_000)}`;
}
