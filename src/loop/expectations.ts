/**
 * What a loop has done and not yet seen in its copy. Until all of it came back, or five minutes passed, the loop does not
 * act on that owner again: acting on an old copy would make the same Pods twice.
 *
 * Deletions are expected by uid, so that seeing one object go twice (the mark, then the end) counts once.
 */

import type { Key } from '#client/object.ts';
import type { Clock } from '#lib/clock.ts';

const expectationMsMax = 300_000;

interface Expected {
  creationCount: number;
  deletions: Set<string>;
  readonly sinceMs: number;
}

export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<Key, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  satisfied(owner: Key): boolean {
    const expected = this.#expected.get(owner);
    if (expected === undefined) return true;
    if (expected.creationCount <= 0 && expected.deletions.size === 0) return true;
    return this.#clock.monotonicMs() - expected.sinceMs > expectationMsMax;
  }

  expectCreations(owner: Key, count: number): void {
    this.#expected.set(owner, { creationCount: count, deletions: new Set(), sinceMs: this.#clock.monotonicMs() });
  }

  expectDeletions(owner: Key, uids: readonly string[]): void {
    this.#expected.set(owner, { creationCount: 0, deletions: new Set(uids), sinceMs: this.#clock.monotonicMs() });
  }

  /** Both at once, for a loop that makes and deletes in one step. */
  expect(owner: Key, creationCount: number, deletionUids: readonly string[]): void {
    this.#expected.set(owner, { creationCount, deletions: new Set(deletionUids), sinceMs: this.#clock.monotonicMs() });
  }

  /** Seen in the copy, or it failed and will never be seen. */
  created(owner: Key, count = 1): void {
    const expected = this.#expected.get(owner);
    if (expected !== undefined) expected.creationCount -= count;
  }

  deleted(owner: Key, uid: string): void {
    this.#expected.get(owner)?.deletions.delete(uid);
  }

  forget(owner: Key): void {
    this.#expected.delete(owner);
  }
}
