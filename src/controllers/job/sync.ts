/** One step of a Job: look, judge, make or delete Pods, count the ended ones, write. */

import type { Job, JobStatus } from '#api/batch/job.ts';
import { jobs } from '#api/batch/job.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { isPodReady } from '#api/core/pod-state.ts';
import { isNamespaceTerminating, isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Key, Stored } from '#client/object.ts';
import { keyOf, refOf } from '#client/object.ts';
import { addEnds, type Failures, leftMs, noFailures } from '#controllers/job/backoff.ts';
import { indexesText } from '#controllers/job/indexes.ts';
import { podOfJob } from '#controllers/job/new-pod.ts';
import { lookAt, type Picture } from '#controllers/job/picture.ts';
import { pendingIndexes, planPods } from '#controllers/job/plan.ts';
import { finishedAtMs, isIndexed, isTracked, trackingFinalizer } from '#controllers/job/pods.ts';
import { settle, track } from '#controllers/job/track.ts';
import {
  completed,
  conditionOf,
  isComplete,
  isFinished,
  jobCondition,
  msUntilDeadline,
  type Verdict,
  verdictOf,
} from '#controllers/job/verdict.ts';
import { type PodControl, slowStart } from '#controllers/pod-control.ts';
import { podsToDelete } from '#controllers/pod-ranking.ts';
import type { Clock } from '#lib/clock.ts';
import { rfc3339 } from '#lib/clock.ts';
import type { Outcome } from '#loop/controller.ts';
import { done, wakeAfter } from '#loop/controller.ts';
import type { EventRecorder } from '#loop/events.ts';
import type { Expectations } from '#loop/expectations.ts';
import { sameJson } from '#loop/same.ts';

export interface JobDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly control: PodControl;
  readonly expectations: Expectations;
  /** Of each Job, the failures since its last success. */
  readonly failures: Map<Key, Failures>;
  /** Of each Job, the Pods whose finalizer was taken away. */
  readonly released: Map<Key, Set<string>>;
}

interface Managed {
  activeCount: number;
  readyCount: number;
  terminatingCount: number;
  waitMs?: number | undefined;
  failure?: unknown;
}

export async function syncJob(job: Stored<Job>, own: readonly Stored<Pod>[], deps: JobDeps): Promise<Outcome> {
  if (isFinished(job)) return done;
  const { clock } = deps;
  const key = keyOf(job);
  const nowMs = clock.nowMs();
  const released = deps.released.get(key) ?? new Set<string>();
  deps.released.set(key, released);
  const started = startedStatus(job, nowMs);
  const picture = lookAt({ ...job, status: started }, own, released, nowMs);
  noteEnds(deps, key, picture, nowMs);
  let verdict = verdictOf(picture, nowMs);
  const managed = await manage(picture, verdict, key, deps);
  if (verdict === undefined && isComplete(picture, managed.activeCount)) verdict = completed;
  const suspension = verdict === undefined ? suspensionOf(picture.job, deps, nowMs) : undefined;
  await write(picture, { ...suspension, ...counts(picture, managed) }, verdict, released, deps, job);
  if (managed.failure !== undefined) throw managed.failure;
  const waits = [managed.waitMs, verdict === undefined ? msUntilDeadline(picture.job, nowMs) : undefined];
  const nextMs = Math.min(...waits.filter(ms => ms !== undefined));
  return Number.isFinite(nextMs) ? wakeAfter(Math.max(nextMs, 1)) : done;
}

function startedStatus(job: Stored<Job>, nowMs: number): JobStatus {
  const { startTime } = job.status;
  return { ...job.status, startTime: startTime || job.spec.suspend ? startTime : rfc3339(nowMs) };
}

function noteEnds(deps: JobDeps, key: Key, { newSucceeded, newFailed }: Picture, nowMs: number): void {
  const ends = (ended: readonly Stored<Pod>[]) => ended.map(pod => finishedAtMs(pod, nowMs));
  const before = deps.failures.get(key) ?? noFailures;
  if (newSucceeded.length + newFailed.length > 0)
    deps.failures.set(key, addEnds(before, ends(newSucceeded), ends(newFailed)));
}

async function manage(picture: Picture, verdict: Verdict | undefined, key: Key, deps: JobDeps): Promise<Managed> {
  const { job, active, readyCount, terminatingCount } = picture;
  const managed: Managed = { activeCount: active.length, readyCount, terminatingCount };
  if (verdict !== undefined) {
    await removePods(job, active, false, managed, key, deps);
    return managed;
  }
  if (job.metadata.deletionTimestamp || !deps.expectations.satisfied(key)) return managed;
  const plan = planPods(picture, (from, count) => podsToDelete(from, from, count, deps.clock.nowMs()));
  if (plan.remove.length > 0) await removePods(job, plan.remove, true, managed, key, deps);
  else if (plan.createCount > 0) await makePods(picture, plan.createCount, managed, key, deps);
  return managed;
}

/** `untrack`: they are not to be counted as failed, so they lose the finalizer before they go. */
async function removePods(
  job: Stored<Job>,
  surplus: readonly Stored<Pod>[],
  untrack: boolean,
  managed: Managed,
  key: Key,
  deps: JobDeps,
): Promise<void> {
  if (surplus.length === 0) return;
  deps.expectations.expectDeletions(
    key,
    surplus.map(pod => pod.metadata.uid),
  );
  const remove = async (pod: Stored<Pod>) => {
    try {
      if (untrack) await dropFinalizer(deps.client, pod);
      if (!(await deps.control.delete(job, pod))) deps.expectations.deleted(key, pod.metadata.uid);
      managed.activeCount--;
      managed.terminatingCount++;
      if (isPodReady(pod)) managed.readyCount--;
    } catch (error) {
      deps.expectations.deleted(key, pod.metadata.uid);
      managed.failure ??= error;
    }
  };
  await Promise.all(surplus.map(remove));
}

async function makePods(picture: Picture, room: number, managed: Managed, key: Key, deps: JobDeps): Promise<void> {
  const { job, awaiting } = picture;
  const nowMs = deps.clock.nowMs();
  const perIndex = picture.failedIndexes !== undefined;
  const pauseLeftMs = perIndex ? 0 : leftMs(deps.failures.get(key) ?? noFailures, nowMs);
  if (pauseLeftMs > 0) {
    managed.waitMs = pauseLeftMs;
    return;
  }
  const { indexes, waitMs } = isIndexed(job)
    ? pendingIndexes(picture, room, nowMs)
    : { indexes: [], waitMs: undefined };
  managed.waitMs = waitMs;
  const count = isIndexed(job) ? indexes.length : room;
  if (count === 0) return;
  deps.expectations.expectCreations(key, count);
  const make = (i: number) => deps.control.create(job, podOfJob(job, indexes[i], awaiting.get(indexes[i] ?? -1)));
  const { succeededCount, error } = await slowStart(count, make);
  deps.expectations.created(key, count - succeededCount);
  managed.activeCount += succeededCount;
  if (!isNamespaceTerminating(error)) managed.failure = error;
}

function counts({ job, failedIndexes }: Picture, { activeCount, readyCount, terminatingCount }: Managed): JobStatus {
  return {
    active: activeCount || undefined,
    ready: readyCount,
    terminating: terminatingCount,
    startTime: job.status.startTime,
    ...(failedIndexes === undefined ? {} : { failedIndexes: indexesText(failedIndexes) }),
  };
}

/** The condition Suspended follows what the Job says; on resuming, its time begins anew. */
function suspensionOf(job: Stored<Job>, { recorder }: JobDeps, nowMs: number): JobStatus | undefined {
  const old = conditionOf(job, 'Suspended');
  const suspend = job.spec.suspend ?? false;
  if (suspend === (old?.status === 'True') || (!suspend && old === undefined)) return undefined;
  const [status, reason, message] = suspend
    ? ['True', 'JobSuspended', 'Job suspended']
    : ['False', 'JobResumed', 'Job resumed'];
  recorder.say(jobs, job, 'Normal', suspend ? 'Suspended' : 'Resumed', message!);
  const condition = jobCondition('Suspended', reason!, message!, nowMs, status);
  const conditions = job.status.conditions ?? [];
  const replaced = conditions.map(each => (each === old ? condition : each));
  job.status.startTime = suspend ? undefined : rfc3339(nowMs);
  return { conditions: old === undefined ? [...conditions, condition] : replaced };
}

/** Names the ended Pods, lets them go, counts them, and says that the Job has ended when the last of them has. */
async function write(
  { job, ...picture }: Picture,
  changed: JobStatus,
  verdict: Verdict | undefined,
  released: Set<string>,
  deps: JobDeps,
  original: Stored<Job>,
): Promise<void> {
  const trackedUids = () =>
    new Set(picture.pods.filter(pod => isTracked(pod) && !released.has(pod.metadata.uid)).map(pod => pod.metadata.uid));
  const settled = settle({ ...job.status, ...changed }, trackedUids());
  const { status, release } = track({ job, ...picture }, settled, verdict, released);
  if (verdict !== undefined && conditionOf({ status }, verdict.type) === undefined) {
    const condition = jobCondition(verdict.type, verdict.reason, verdict.message, deps.clock.nowMs());
    status.conditions = [...(status.conditions ?? []), condition];
  }
  let written = original;
  const ready = release.length === 0 && finish(status, verdict, deps.clock.nowMs());
  if (!sameJson(status, original.status)) written = await deps.client.updateStatus(jobs, { ...original, status });
  if (ready) sayEnd(deps, written, verdict);
  if (release.length === 0) return;
  await Promise.all(
    release.map(async pod => {
      await dropFinalizer(deps.client, pod);
      released.add(pod.metadata.uid);
    }),
  );
  const after = settle(status, trackedUids());
  const ended = finish(after, verdict, deps.clock.nowMs());
  if (!sameJson(after, written.status)) written = await deps.client.updateStatus(jobs, { ...written, status: after });
  if (ended) sayEnd(deps, written, verdict);
}

/** Adds the last condition when nothing is left to wait for. */
function finish(status: JobStatus, verdict: Verdict | undefined, nowMs: number): boolean {
  if (verdict === undefined) return false;
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  if (succeeded.length + failed.length > 0 || (status.active ?? 0) > 0 || (status.terminating ?? 0) > 0) return false;
  const type = verdict.type === 'FailureTarget' ? 'Failed' : 'Complete';
  const condition = jobCondition(type, verdict.reason, verdict.message, nowMs);
  status.conditions = [...(status.conditions ?? []), condition];
  if (type === 'Complete') status.completionTime = rfc3339(nowMs);
  return true;
}

function sayEnd({ recorder }: JobDeps, job: Stored<Job>, verdict: Verdict | undefined): void {
  if (verdict?.type === 'FailureTarget') recorder.say(jobs, job, 'Warning', verdict.reason, verdict.message);
  else recorder.say(jobs, job, 'Normal', 'Completed', 'Job completed');
}

export async function dropFinalizer(client: Client, pod: Stored<Pod>): Promise<void> {
  if (!isTracked(pod)) return;
  const { uid } = pod.metadata;
  const patch = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } };
  try {
    await client.patchStrategic(pods, refOf(pod), patch);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
