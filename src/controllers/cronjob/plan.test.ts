/** CronJobs on paper: for each state of things, what is said, what goes, what is started, and when it looks again. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CronJob, CronJobSpec, CronJobStatus } from '#api/batch/cron-job.ts';
import type { Job } from '#api/batch/job.ts';
import type { Stored } from '#client/object.ts';
import type { CronInput } from '#controllers/cronjob/plan.ts';
import { planCronJob } from '#controllers/cronjob/plan.ts';

const created = '2026-03-01T00:00:00Z';

function cronJobOf(spec: Partial<CronJobSpec>, status: CronJobStatus = {}): Stored<CronJob> {
  const metadata = { name: 'c', namespace: 'n', uid: 'u', creationTimestamp: created, resourceVersion: '1' };
  return { metadata, spec: { schedule: '* * * * *', jobTemplate: {}, ...spec }, status } as Stored<CronJob>;
}

/** `done at 00:05`, `failed at 00:05` or `running at 00:05`. */
function jobOf(name: string, state: string): Stored<Job> {
  const [how, , at] = state.split(' ');
  const startTime = `2026-03-01T${at}:00Z`;
  const type = how === 'done' ? 'Complete' : how === 'failed' ? 'Failed' : undefined;
  const conditions = type === undefined ? [] : [{ type, status: 'True' }];
  const completionTime = how === 'done' ? startTime : undefined;
  const metadata = { name, uid: `uid-${name}` };
  return { metadata, spec: {}, status: { startTime, completionTime, conditions } } as unknown as Stored<Job>;
}

const listed = (...names: string[]) => names.map(name => ({ name, uid: `uid-${name}`, namespace: 'n' }));

/** The plan in words. */
function told(now: string, cronJob: Stored<CronJob>, jobs: Record<string, string> = {}, gone: string[] = []) {
  const own = Object.entries(jobs).map(([name, state]) => jobOf(name, state));
  const nowMs = Date.parse(now);
  const input: CronInput = { cronJob, own, gone: new Set(gone.map(name => `uid-${name}`)), nowMs };
  const before = JSON.stringify(input);
  const { say, remove, status, start, nextMs } = planCronJob(input);
  assert.equal(JSON.stringify(input), before, 'a plan changes nothing');
  return {
    say: say.map(({ reason }) => reason),
    remove: remove.map(job => job.metadata.name),
    active: (status.active ?? []).map(each => each.name),
    start: start && new Date(start.dueMs).toISOString().slice(0, 16),
    next: nextMs === undefined ? undefined : new Date(nextMs).toISOString().slice(0, 16),
  };
}

type Told = ReturnType<typeof told>;
const quiet: Told = { say: [], remove: [], active: [], start: undefined, next: undefined };

interface Row {
  readonly now: string;
  readonly spec?: Partial<CronJobSpec>;
  readonly status?: CronJobStatus;
  readonly jobs?: Record<string, string>;
  readonly gone?: string[];
  readonly is: Partial<Told>;
}

function table(rows: Readonly<Record<string, Row>>): void {
  for (const [name, { now, spec = {}, status, jobs, gone, is }] of Object.entries(rows)) {
    test(name, () => assert.deepEqual(told(now, cronJobOf(spec, status), jobs, gone), { ...quiet, ...is }));
  }
}

table({
  'before its first turn it waits': {
    now: '2026-03-01T00:00:59Z',
    is: { next: '2026-03-01T00:01' },
  },
  'at its turn it starts, and looks again at the next': {
    now: '2026-03-01T00:01:00Z',
    is: { start: '2026-03-01T00:01', next: '2026-03-01T00:02' },
  },
  'of several missed turns only the last is taken': {
    now: '2026-03-01T00:07:30Z',
    is: { start: '2026-03-01T00:07', next: '2026-03-01T00:08' },
  },
  'a hundred missed turns are nothing to tell': {
    now: '2026-03-01T01:40:30Z',
    is: { start: '2026-03-01T01:40', next: '2026-03-01T01:41' },
  },
  'more than a hundred are': {
    now: '2026-03-01T01:41:30Z',
    is: { say: ['TooManyMissedTimes'], start: '2026-03-01T01:41', next: '2026-03-01T01:42' },
  },
  'years of missed minutes end at the last one': {
    now: '2029-07-15T12:34:56Z',
    is: { say: ['TooManyMissedTimes'], start: '2029-07-15T12:34', next: '2029-07-15T12:35' },
  },
  'turns that are unevenly spaced are found too': {
    now: '2026-03-09T08:00:00Z',
    spec: { schedule: '0 9 * * 1-5' },
    is: { start: '2026-03-06T09:00', next: '2026-03-09T09:00' },
  },
  'turns before a long gap are found too': {
    now: '2026-11-01T00:00:00Z',
    spec: { schedule: '0 0 1-3 3 *' },
    is: { start: '2026-03-03T00:00', next: '2027-03-01T00:00', say: ['TooManyMissedTimes'] },
  },
  'a turn that was taken is not taken again': {
    now: '2026-03-01T00:01:30Z',
    status: { lastScheduleTime: '2026-03-01T00:01:00Z' },
    is: { next: '2026-03-01T00:02' },
  },
  'while suspended nothing starts, and nothing is waited for': {
    now: '2026-03-01T00:07:30Z',
    spec: { suspend: true },
    is: {},
  },
  'a schedule that never comes': {
    now: '2026-03-01T00:07:30Z',
    spec: { schedule: '0 0 30 2 *' },
    is: {},
  },
  'an unreadable schedule is told': {
    now: '2026-03-01T00:07:30Z',
    spec: { schedule: 'often' },
    is: { say: ['UnparseableSchedule'] },
  },
  'an interval runs on from the turn before': {
    now: '2026-03-01T02:10:00Z',
    spec: { schedule: '@every 1h' },
    status: { lastScheduleTime: '2026-03-01T00:30:00Z' },
    is: { start: '2026-03-01T01:30', next: '2026-03-01T02:30' },
  },
});

table({
  'within its deadline a late turn is taken': {
    now: '2026-03-01T00:01:04Z',
    spec: { startingDeadlineSeconds: 5 },
    is: { start: '2026-03-01T00:01', next: '2026-03-01T00:02' },
  },
  'after it the turn is forgotten': {
    now: '2026-03-01T00:01:05Z',
    spec: { startingDeadlineSeconds: 5 },
    is: { next: '2026-03-01T00:02' },
  },
  'a deadline bounds how far back missed turns are counted': {
    now: '2026-03-05T00:00:30Z',
    spec: { startingDeadlineSeconds: 200 },
    is: { start: '2026-03-05T00:00', next: '2026-03-05T00:01' },
  },
  'a turn on the very edge of a deadline is late only when it is past': {
    now: '2026-03-01T06:00:10Z',
    spec: { schedule: '0 6 * * *', startingDeadlineSeconds: 10 },
    is: { next: '2026-03-02T06:00' },
  },
});

table({
  'half an hour off, in Kolkata': {
    now: '2026-03-01T04:00:10Z',
    spec: { schedule: '30 9 * * *', timeZone: 'Asia/Kolkata' },
    is: { start: '2026-03-01T04:00', next: '2026-03-02T04:00' },
  },
  'a time that the clocks of Berlin skip does not come that day': {
    now: '2026-03-29T12:00:00Z',
    spec: { schedule: '30 2 * * *', timeZone: 'Europe/Berlin' },
    status: { lastScheduleTime: '2026-03-28T01:30:00Z' },
    is: { next: '2026-03-30T00:30' },
  },
  'after it summer time counts': {
    now: '2026-03-30T00:30:00Z',
    spec: { schedule: '30 2 * * *', timeZone: 'Europe/Berlin' },
    status: { lastScheduleTime: '2026-03-28T01:30:00Z' },
    is: { start: '2026-03-30T00:30', next: '2026-03-31T00:30' },
  },
  'a time that comes twice is taken once': {
    now: '2026-10-25T01:45:00Z',
    spec: { schedule: '30 2 * * *', timeZone: 'Europe/Berlin' },
    status: { lastScheduleTime: '2026-10-25T00:30:00Z' },
    is: { next: '2026-10-26T01:30' },
  },
  'a zone that is none is told': {
    now: '2026-03-01T00:07:30Z',
    spec: { timeZone: 'Mars/Olympus' },
    is: { say: ['UnknownTimeZone'] },
  },
});

const running = { 'c-1': 'running at 00:01' };
const oneActive = { active: listed('c-1'), lastScheduleTime: '2026-03-01T00:01:00Z' };
table({
  'Allow: a second beside the first': {
    now: '2026-03-01T00:02:00Z',
    spec: { concurrencyPolicy: 'Allow' },
    ...{ status: oneActive, jobs: running },
    is: { active: ['c-1'], start: '2026-03-01T00:02', next: '2026-03-01T00:03' },
  },
  'Forbid: the turn passes': {
    now: '2026-03-01T00:02:00Z',
    spec: { concurrencyPolicy: 'Forbid' },
    ...{ status: oneActive, jobs: running },
    is: { active: ['c-1'], say: ['JobAlreadyActive'], next: '2026-03-01T00:03' },
  },
  'Forbid: once the first has ended the missed turn is taken': {
    now: '2026-03-01T00:02:20Z',
    spec: { concurrencyPolicy: 'Forbid' },
    status: oneActive,
    jobs: { 'c-1': 'done at 00:01' },
    is: { say: ['SawCompletedJob'], start: '2026-03-01T00:02', next: '2026-03-01T00:03' },
  },
  'Replace: the first goes': {
    now: '2026-03-01T00:02:00Z',
    spec: { concurrencyPolicy: 'Replace' },
    ...{ status: oneActive, jobs: running },
    is: { remove: ['c-1'], start: '2026-03-01T00:02', next: '2026-03-01T00:03' },
  },
  'Replace: between turns the first stays': {
    now: '2026-03-01T00:01:30Z',
    spec: { concurrencyPolicy: 'Replace' },
    ...{ status: oneActive, jobs: running },
    is: { active: ['c-1'], next: '2026-03-01T00:02' },
  },
});

const past = {
  'c-1': 'done at 00:01',
  'c-2': 'failed at 00:02',
  'c-3': 'done at 00:03',
  'c-4': 'failed at 00:04',
  'c-5': 'done at 00:05',
};
const taken = { lastScheduleTime: '2026-03-01T00:05:00Z' };
const calm = { now: '2026-03-01T00:05:30Z', status: taken, jobs: past };
table({
  'limits leave the youngest of each kind': {
    ...calm,
    spec: { successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 1 },
    is: { remove: ['c-1', 'c-2'], next: '2026-03-01T00:06' },
  },
  'limit 0 leaves none': {
    ...calm,
    spec: { successfulJobsHistoryLimit: 0, failedJobsHistoryLimit: 5 },
    is: { remove: ['c-1', 'c-3', 'c-5'], next: '2026-03-01T00:06' },
  },
  'no limit leaves all': { ...calm, is: { next: '2026-03-01T00:06' } },
  'one that goes is no longer active, and is not said to be complete': {
    ...calm,
    status: { ...taken, active: listed('c-5') },
    spec: { successfulJobsHistoryLimit: 0 },
    is: { remove: ['c-1', 'c-3', 'c-5'], next: '2026-03-01T00:06' },
  },
});

table({
  'a Job it did not start is told': {
    now: '2026-03-01T00:01:30Z',
    status: { lastScheduleTime: '2026-03-01T00:01:00Z' },
    jobs: running,
    is: { say: ['UnexpectedJob'], next: '2026-03-01T00:02' },
  },
  'an active Job that is gone is told': {
    now: '2026-03-01T00:01:30Z',
    status: oneActive,
    gone: ['c-1'],
    is: { say: ['MissingJob'], next: '2026-03-01T00:02' },
  },
  'one that is only late in the copy is kept': {
    now: '2026-03-01T00:01:30Z',
    status: oneActive,
    is: { active: ['c-1'], next: '2026-03-01T00:02' },
  },
});

test('the time of the last success only moves on', () => {
  const nowMs = Date.parse('2026-03-01T00:05:30Z');
  const own = [jobOf('c-1', 'done at 00:03'), jobOf('c-2', 'done at 00:01'), jobOf('c-3', 'failed at 00:04')];
  const lastOf = (lastSuccessfulTime: string | undefined) => {
    const cronJob = cronJobOf({ suspend: true }, { lastSuccessfulTime });
    return planCronJob({ cronJob, own, gone: new Set(), nowMs }).status.lastSuccessfulTime;
  };
  assert.equal(lastOf(undefined), '2026-03-01T00:03:00Z');
  assert.equal(lastOf('2026-03-01T00:04:00Z'), '2026-03-01T00:04:00Z');
});
