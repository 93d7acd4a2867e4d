/** What a control loop is: a name, what wakes it, and one step that brings one object nearer to what is wanted. */

import type { Informer } from '#client/informer.ts';
import type { ApiObject, Key } from '#client/object.ts';
import { keyOf } from '#client/object.ts';
import type { WorkQueue } from '#loop/queue.ts';

/** Nothing more to do until something wakes the loop, or look again after a while. */
export type Outcome = { readonly wakeAfterMs?: number | undefined };

export const done: Outcome = {};

export function wakeAfter(ms: number): Outcome {
  return { wakeAfterMs: ms };
}

export interface Controller {
  readonly name: string;
  /** The copies it reads; it begins once all are complete. */
  readonly reads: readonly Pick<Informer<ApiObject>, 'synced'>[];
  /** How many keys are worked on at a time. Upstream's number; 1 when absent. */
  readonly workers?: number;
  /** Subscribes to everything that may wake it. Called once, before the copies are complete. */
  wake(queue: WorkQueue): void;
  /** A rejection means: try again later. */
  reconcile(key: Key): Promise<Outcome>;
  /** For what a loop does beside its keys: a sweep at intervals, timers of its own. Ends with the signal. */
  run?(signal: AbortSignal): void;
}

/** Wakes the loop with every object of its own kind. */
export function wakeBySelf<T extends ApiObject>(queue: WorkQueue, informer: Informer<T>): void {
  const add = (object: T) => queue.add(keyOf(object));
  informer.on({ add, update: (_, object) => add(object), delete: add });
}
