/** Which turns of a CronJob have come. Pure. */

import type { CronJob } from '#api/batch/cron-job.ts';
import type { Stored } from '#client/object.ts';
import { type CronSchedule, nextCronMs } from '#lib/cron.ts';

/** More missed turns than this and a person is told: a clock may be wrong. */
const missedMax = 100;

export interface Turns {
  /** The latest turn that has come and is still to be taken; undefined when none has. */
  readonly dueMs: number | undefined;
  readonly tooManyMissed: boolean;
  readonly nextMs: number | undefined;
}

export function turnsOf(cronJob: Stored<CronJob>, schedule: CronSchedule, nowMs: number): Turns {
  const { startingDeadlineSeconds: deadline, timeZone: zone } = cronJob.spec;
  let fromMs = Date.parse(cronJob.status.lastScheduleTime ?? cronJob.metadata.creationTimestamp);
  // An interval runs on from the turn before, not from now.
  const nextMs = nextAfter(schedule, schedule.everyMs === undefined ? nowMs : fromMs, zone, nowMs);
  if (deadline !== undefined) fromMs = Math.max(fromMs, nowMs - deadline * 1000);
  const firstMs = nextCronMs(schedule, fromMs, zone);
  if (firstMs === undefined || firstMs > nowMs) return { dueMs: undefined, tooManyMissed: false, nextMs };
  const secondMs = nextCronMs(schedule, firstMs, zone);
  if (secondMs === undefined || secondMs > nowMs) return { dueMs: firstMs, tooManyMissed: false, nextMs };
  const missedCount = Math.floor((nowMs - firstMs) / (secondMs - firstMs)) + 1;
  const dueMs = latest(schedule, { firstMs, stepMs: secondMs - firstMs, missedCount, nowMs }, zone);
  return { dueMs, tooManyMissed: missedCount > missedMax, nextMs };
}

function nextAfter(schedule: CronSchedule, fromMs: number, zone: string | undefined, nowMs: number) {
  if (schedule.everyMs === undefined) return nextCronMs(schedule, nowMs, zone);
  const passedCount = Math.max(0, Math.floor((nowMs - fromMs) / schedule.everyMs));
  return fromMs + (passedCount + 1) * schedule.everyMs;
}

interface Missed {
  readonly firstMs: number;
  readonly stepMs: number;
  readonly missedCount: number;
  readonly nowMs: number;
}

/**
 * The last turn up to now. Years of missed minutes are not walked one by one: turns are taken to be as far apart as the first
 * two, and only what is left is walked. Turns that are not evenly spaced may have none there: then all are walked.
 */
function latest(schedule: CronSchedule, { firstMs, stepMs, missedCount, nowMs }: Missed, zone: string | undefined) {
  const walkFrom = (fromMs: number, dueMs: number | undefined) => {
    let atMs = nextCronMs(schedule, fromMs, zone);
    for (; atMs !== undefined && atMs <= nowMs; atMs = nextCronMs(schedule, atMs, zone)) dueMs = atMs;
    return dueMs;
  };
  return walkFrom(firstMs + (missedCount - 2) * stepMs, undefined) ?? walkFrom(firstMs, firstMs);
}

/** `backup-29384756`: the minutes since 1970 of the turn. */
export function jobName(cronJob: Stored<CronJob>, dueMs: number): string {
  return `${cronJob.metadata.name}-${Math.floor(dueMs / 60_000)}`;
}

/** Whether a turn is too old to be taken. */
export function isTooLate(cronJob: Stored<CronJob>, dueMs: number, nowMs: number): boolean {
  const { startingDeadlineSeconds: deadline } = cronJob.spec;
  return deadline !== undefined && dueMs + deadline * 1000 < nowMs;
}
