/** Work that is done again whenever something may have changed, one round at a time. */

import type { Clock, Timer } from '#lib/clock.ts';

export class WakeLoop {
  readonly #clock: Clock;
  readonly #work: () => Promise<void>;
  /** Woken since the round that is under way began. */
  #isWoken = false;
  #isWorking = false;
  #isStopped = false;
  #timer: { atMs: number; timer: Timer } | undefined;

  /** `work` does not reject. */
  constructor(clock: Clock, work: () => Promise<void>) {
    this.#clock = clock;
    this.#work = work;
  }

  get stopped(): boolean {
    return this.#isStopped;
  }

  /** A round begins now, or after the one that is under way. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isWorking && !this.#isStopped) void this.#run();
  }

  /** Wakes at that time, or before it when it is to wake earlier already. */
  wakeAt(atMs: number): void {
    if (this.#isStopped || (this.#timer !== undefined && this.#timer.atMs <= atMs)) return;
    this.#timer?.timer.cancel();
    const timer = this.#clock.after(Math.max(atMs - this.#clock.nowMs(), 0), () => {
      this.#timer = undefined;
      this.wake();
    });
    this.#timer = { atMs, timer };
  }

  /** No round begins any more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.timer.cancel();
  }

  async #run(): Promise<void> {
    this.#isWorking = true;
    while (this.#isWoken && !this.#isStopped) {
      this.#isWoken = false;
      await this.#work();
    }
    this.#isWorking = false;
  }
}
