/**
 * The keys a loop still has to look at. A key is in it once, however often it was added; one that is being worked on is
 * not given out a second time, but again when it is done (so a change during the work is never lost).
 *
 * @example add a, add b, add a; take → a; add a; take → b; take → nothing; done a; take → a
 */

import type { Key } from '#client/object.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import { Heap } from '#lib/heap.ts';
import { Backoff } from '#loop/retry.ts';

interface Waiting {
  readonly key: Key;
  readonly atMs: number;
  readonly sequence: number;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #backoff = new Backoff();
  readonly #ready: Set<Key> = new Set();
  readonly #working = new Set<Key>();
  /** Added while being worked on. */
  readonly #again = new Set<Key>();
  /** When each waiting key is due: the earliest of its wishes counts, others in the heap are passed over. */
  readonly #dueMs = new Map<Key, number>();
  readonly #waiting = new Heap<Waiting>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence));
  #sequence = 0;
  #timer: Timer | undefined;
  #timerAtMs = 0;
  #stopped = false;
  #onReady: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Called whenever there may be something to take. */
  onReady(callback: () => void): void {
    this.#onReady = callback;
  }

  /** How many keys can be taken now. */
  get readyCount(): number {
    return this.#ready.size;
  }

  /** True when nothing is ready or being worked on; keys may still be waiting for their time. */
  get idle(): boolean {
    return this.#ready.size === 0 && this.#working.size === 0;
  }

  add(key: Key): void {
    if (this.#stopped) return;
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#ready.add(key);
    this.#onReady();
  }

  addAfter(key: Key, delayMs: number): void {
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const atMs = this.#clock.monotonicMs() + delayMs;
    const dueMs = this.#dueMs.get(key);
    if (this.#stopped || (dueMs !== undefined && dueMs <= atMs)) return;
    this.#dueMs.set(key, atMs);
    this.#waiting.push({ key, atMs, sequence: this.#sequence++ });
    this.#setTimer();
  }

  /** After a failure: later, the more often it has failed. */
  addFailed(key: Key): void {
    this.addAfter(key, this.#backoff.nextMs(key));
  }

  failureCount(key: Key): number {
    return this.#backoff.failureCount(key);
  }

  /** The key is well again. */
  forget(key: Key): void {
    this.#backoff.forget(key);
  }

  take(): Key | undefined {
    const next = this.#ready.values().next();
    if (next.done) return undefined;
    this.#ready.delete(next.value);
    this.#working.add(next.value);
    return next.value;
  }

  done(key: Key): void {
    this.#working.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#ready.clear();
    this.#again.clear();
    this.#dueMs.clear();
  }

  #setTimer(): void {
    const first = this.#waiting.peek();
    if (first === undefined || (this.#timer !== undefined && this.#timerAtMs <= first.atMs)) return;
    this.#timer?.cancel();
    this.#timerAtMs = first.atMs;
    const delayMs = first.atMs - this.#clock.monotonicMs();
    this.#timer = this.#clock.after(delayMs, () => this.#wake(), { idle: true });
  }

  #wake(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    for (let next = this.#waiting.peek(); next !== undefined && next.atMs <= nowMs; next = this.#waiting.peek()) {
      this.#waiting.pop();
      if (this.#dueMs.get(next.key) !== next.atMs) continue;
      this.#dueMs.delete(next.key);
      this.add(next.key);
    }
    this.#setTimer();
  }
}
