/** Growing pauses between failures: 800 ms, 1.6 s, … 30 s, each stretched by up to its own length; calm resets them. */

import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';

const pauseMsFirst = 800;
const pauseMsMax = 30_000;
/** After this long without a failure the next pause is the first again. */
const calmMs = 120_000;

export class Backoff {
  readonly #clock: Clock;
  readonly #random: Random;
  #pauseMs = pauseMsFirst;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** How long to wait after a failure that happened now. */
  nextMs(): number {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastAtMs > calmMs) this.#pauseMs = pauseMsFirst;
    this.#lastAtMs = nowMs;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMs * 2, pauseMsMax);
    return pauseMs * (1 + this.#random.next());
  }
}
