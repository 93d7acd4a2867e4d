/** Gives back what the start of a process needed and nothing holds any more. */

import type { Clock } from '#lib/clock.ts';

/** By then the cluster is ready, and the rush of first lists is over. */
const delayMs = 15_000;

/** Once, on this thread: an idle one would else never collect. `gc` is there by `--expose-gc`. */
export function collectOnce(clock: Clock): void {
  clock.after(delayMs, () => globalThis.gc?.(), { idle: true });
}
