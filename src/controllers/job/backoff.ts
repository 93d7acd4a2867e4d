/** How long a Job waits before it makes another Pod in place of one that failed: 10 s, 20 s, … 10 min. Pure. */

const pauseMsFirst = 10_000;
const pauseMsMax = 600_000;

export function pauseMs(failureCount: number): number {
  return failureCount <= 0 ? 0 : Math.min(pauseMsFirst * 2 ** (failureCount - 1), pauseMsMax);
}

/** The failures since the last success, and when the last of them was. */
export interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

export const noFailures: Failures = { count: 0, lastMs: 0 };

/** After Pods ended at these times: a success forgives what failed before it. */
export function addEnds(before: Failures, succeededAtMs: readonly number[], failedAtMs: readonly number[]): Failures {
  const lastSuccessMs = Math.max(Number.NEGATIVE_INFINITY, ...succeededAtMs);
  const since = failedAtMs.filter(ms => ms >= lastSuccessMs);
  const count = (succeededAtMs.length > 0 ? 0 : before.count) + since.length;
  return { count, lastMs: Math.max(succeededAtMs.length > 0 ? 0 : before.lastMs, ...since) };
}

export function leftMs({ count, lastMs }: Failures, nowMs: number): number {
  return Math.max(0, lastMs + pauseMs(count) - nowMs);
}
