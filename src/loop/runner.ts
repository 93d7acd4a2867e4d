/** Runs control loops: takes keys, calls `reconcile`, and brings failed keys back later. */

import { isConflict, isNamespaceTerminating, isNotFound } from '#client/api-error.ts';
import type { Key } from '#client/object.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Controller, Outcome } from '#loop/controller.ts';
import { WorkQueue } from '#loop/queue.ts';

export interface RunnerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface Running {
  readonly name: string;
  /** True when no key is ready or being worked on. */
  readonly idle: boolean;
}

/** Starts a loop. It works from when its copies are complete until the signal is aborted. */
export function runController(controller: Controller, options: RunnerOptions): Running {
  const { clock, log, signal } = options;
  const queue = new WorkQueue(clock);
  signal.addEventListener('abort', () => queue.stop(), { once: true });
  controller.wake(queue);
  void Promise.all(controller.reads.map(informer => informer.synced)).then(() => {
    if (signal.aborted) return;
    controller.run?.(signal);
    drain(queue, {
      workers: controller.workers ?? 1,
      reconcile: key => controller.reconcile(key),
      onError: (key, error) => logFailure(log, controller.name, key, error),
    });
  });
  return {
    name: controller.name,
    get idle() {
      return queue.idle;
    },
  };
}

export interface DrainOptions {
  readonly workers: number;
  readonly reconcile: (key: Key) => Promise<Outcome>;
  readonly onError: (key: Key, error: unknown) => void;
}

/** Works on whatever is ready, now and whenever more becomes ready, at most `workers` keys at a time. */
export function drain(queue: WorkQueue, options: DrainOptions): void {
  let workingCount = 0;
  const work = async (key: Key) => {
    try {
      const { wakeAfterMs } = await options.reconcile(key);
      queue.forget(key);
      if (wakeAfterMs !== undefined) queue.addAfter(key, wakeAfterMs);
    } catch (error) {
      options.onError(key, error);
      queue.addFailed(key);
    }
    workingCount--;
    queue.done(key);
    pump();
  };
  const pump = () => {
    while (workingCount < options.workers) {
      const key = queue.take();
      if (key === undefined) return;
      workingCount++;
      void work(key);
    }
  };
  queue.onReady(pump);
  pump();
}

/** That somebody else was faster is everyday life; the rest a person may want to see. */
function logFailure(log: Log, name: string, key: Key, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const fields = { controller: name, key, error: message };
  if (isConflict(error) || isNotFound(error) || isNamespaceTerminating(error)) log.debug('will try again', fields);
  else log.warn('reconcile failed, will try again', fields);
}
