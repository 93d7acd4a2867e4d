/** For how long a Pod may stay under taints. Pure. */

import type { Taint, Toleration } from '#api/core/scheduling.ts';
import { tolerates } from '#api/core/tolerations.ts';

/**
 * 'never': one of the taints is not tolerated at all; undefined: for as long as it likes. The shortest of the tolerations
 * that are used counts.
 */
export function msTolerated(
  tolerations: readonly Toleration[] | undefined,
  taints: readonly Taint[],
): number | 'never' | undefined {
  let shortestMs: number | undefined;
  for (const taint of taints) {
    const used = (tolerations ?? []).filter(toleration => tolerates(toleration, taint));
    if (used.length === 0) return 'never';
    for (const { tolerationSeconds } of used) {
      if (tolerationSeconds === undefined) continue;
      const ms = Math.max(0, tolerationSeconds) * 1000;
      shortestMs = Math.min(shortestMs ?? ms, ms);
    }
  }
  return shortestMs;
}
