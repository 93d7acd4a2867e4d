/** A clock that stands still until it is told to move. Timers fire in the order of their times, then of their setting. */

import type { Clock, Timer } from '#lib/clock.ts';
import { Heap } from '#lib/heap.ts';

interface Pending {
  readonly atMs: number;
  readonly sequence: number;
  readonly callback: () => void;
  cancelled: boolean;
}

export class FakeClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  #sequence = 0;
  readonly #pending = new Heap<Pending>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence));

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
    this.#startMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const pending = {
      atMs: this.#nowMs + Math.max(delayMs, 0),
      sequence: this.#sequence++,
      callback,
      cancelled: false,
    };
    this.#pending.push(pending);
    return {
      cancel: () => {
        pending.cancelled = true;
      },
    };
  }

  /** The time of the next timer; undefined when none is set. */
  nextMs(): number | undefined {
    for (;;) {
      const next = this.#pending.peek();
      if (next === undefined || !next.cancelled) return next?.atMs;
      this.#pending.pop();
    }
  }

  /** Moves on and fires what is due on the way, timers set by timers included. Promises they resolve run afterwards. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let nextMs = this.nextMs(); nextMs !== undefined && nextMs <= untilMs; nextMs = this.nextMs()) {
      const due = this.#pending.pop()!;
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.callback();
    }
    this.#nowMs = untilMs;
  }
}
