/**
 * Time, handed in. Nothing outside `lib` reads the machine's clock or sets a timer (tools/tidy checks it), so that the
 * whole control plane can run on the fake clock of `testing/fake-clock.ts`.
 */

/** A timer that was set. Cancelling one that fired already does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time, milliseconds since 1970 UTC. May jump. */
  nowMs(): number;
  /** Milliseconds since some fixed point; never goes back. For durations. */
  monotonicMs(): number;
  /** Calls back once, after `delayMs`. Never calls back synchronously. Does not keep the process alive when `idle` is set. */
  after(delayMs: number, callback: () => void, options?: { idle?: boolean }): Timer;
}

/** Node rounds longer delays down to 1 ms. */
const timerMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback, options) {
    const handle = setTimeout(callback, Math.min(Math.max(delayMs, 0), timerMsMax));
    if (options?.idle) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or rejects with the signal's reason when it is aborted first. `idle` as for `after`. */
export function sleep(
  clock: Clock,
  delayMs: number,
  signal?: AbortSignal,
  options?: { idle?: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const fire = () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    const timer = clock.after(delayMs, fire, options);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** `2026-11-21T10:05:00Z`: the form of `metav1.Time` on the wire (whole seconds, UTC). */
export function rfc3339(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** `2026-11-21T10:05:00.123000Z`: the form of `metav1.MicroTime` on the wire. */
export function rfc3339Micro(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}
