/** How long to leave a failed key alone: 5 ms, 10 ms, 20 ms, … 1,000 s, as upstream's rate limiter does. */

import type { Key } from '#client/object.ts';

const retryMsFirst = 5;
const retryMsMax = 1_000_000;

export class Backoff {
  readonly #failures = new Map<Key, number>();

  nextMs(key: Key): number {
    const failureCount = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failureCount + 1);
    return Math.min(retryMsFirst * 2 ** failureCount, retryMsMax);
  }

  failureCount(key: Key): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: Key): void {
    this.#failures.delete(key);
  }
}
