/**
 * How long to wait before the next try of something that failed: none at first, then twice as long each time.
 *
 * Worked example for containers (10 s to 300 s), failures at 0 s, 5 s and 20 s: after the first nothing is waited, `next`
 * makes the delay 10 s; the second is waited for until 15 s, `next` makes it 20 s; the third is waited for until 40 s.
 * A thing that has run for twice the longest delay starts anew.
 */
export class Backoff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #entries = new Map<string, { delayMs: number; updatedAtMs: number }>();

  constructor(options: { initialMs: number; maxMs: number }) {
    this.#initialMs = options.initialMs;
    this.#maxMs = options.maxMs;
  }

  /** The delay under way and when it ends, for a failure at `failedAtMs`; undefined when another try may be made now. */
  waiting(key: string, failedAtMs: number, nowMs: number): { delayMs: number; untilMs: number } | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#isStale(entry.updatedAtMs, failedAtMs)) return undefined;
    const untilMs = failedAtMs + entry.delayMs;
    return nowMs < untilMs ? { delayMs: entry.delayMs, untilMs } : undefined;
  }

  /** A try is made: the next one waits longer. */
  next(key: string, failedAtMs: number, nowMs: number): void {
    const entry = this.#entries.get(key);
    const delayMs =
      entry === undefined || this.#isStale(entry.updatedAtMs, failedAtMs)
        ? this.#initialMs
        : Math.min(entry.delayMs * 2, this.#maxMs);
    this.#entries.set(key, { delayMs, updatedAtMs: nowMs });
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  #isStale(updatedAtMs: number, failedAtMs: number): boolean {
    return failedAtMs - updatedAtMs > this.#maxMs * 2;
  }
}

export const containerBackoffMs = { initialMs: 10_000, maxMs: 300_000 };
export const retryBackoffMs = { initialMs: 1000, maxMs: 60_000 };
export const volumeBackoffMs = { initialMs: 500, maxMs: 122_000 };
