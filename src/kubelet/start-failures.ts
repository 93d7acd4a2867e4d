/**
 * The containers of a Pod that could not be started: why, and when each is tried again.
 *
 * A reason is shown by the look that begins the next try, as upstream shows it. An image that is not there: the first try
 * fails, a second one follows at once, shows `ErrImagePull` and is put off; ten seconds later the third shows
 * `ImagePullBackOff`, and so on. What is looked at in between shows what was shown.
 */

import type { WaitingReason } from '#kubelet/container-status.ts';

const retryMs = 10_000;

export class StartFailures {
  readonly #latest = new Map<string, WaitingReason>();
  readonly #shown = new Map<string, WaitingReason>();
  readonly #untilMs = new Map<string, number>();

  /** By container name, as statuses say them. */
  get shown(): ReadonlyMap<string, WaitingReason> {
    return this.#shown;
  }

  /** A try has failed. Answers until when the next one has to wait; undefined when it may follow at once. */
  note(name: string, reason: WaitingReason, nowMs: number): number | undefined {
    const isFirst = !this.#latest.has(name);
    this.#latest.set(name, reason);
    if (isFirst) return undefined;
    this.#untilMs.set(name, nowMs + retryMs);
    return nowMs + retryMs;
  }

  /** A reason that counts from now on, whatever the tries say: the pause before a restart. */
  show(name: string, reason: WaitingReason): void {
    this.#latest.set(name, reason);
    this.#shown.set(name, reason);
  }

  /** Those whose turn has come are shown. */
  look(nowMs: number): void {
    for (const [name, reason] of this.#latest) {
      if (this.waitsUntilMs(name, nowMs) === undefined) this.#shown.set(name, reason);
    }
  }

  waitsUntilMs(name: string, nowMs: number): number | undefined {
    const untilMs = this.#untilMs.get(name) ?? 0;
    return untilMs > nowMs ? untilMs : undefined;
  }

  /** It runs. */
  forget(name: string): void {
    for (const each of [this.#latest, this.#shown, this.#untilMs]) each.delete(name);
  }

  /** What was wrong may have been mended: nobody waits any more. */
  retryNow(): void {
    this.#untilMs.clear();
  }
}
