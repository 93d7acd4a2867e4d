import type { Taint, Toleration } from '#api/core/scheduling.ts';
import { tolerates, toleratesTaint } from '#api/core/tolerations.ts';
import type { Plugin, Refusal } from '#scheduler/plugin.ts';
import { normalizeByMax } from '#scheduler/plugin.ts';

const refusal: Refusal = {
  plugin: 'TaintToleration',
  reasons: ['node(s) had untolerated taint(s)'],
  resolvable: false,
};

/** Taints keep Pods away that do not tolerate them. Nodes with the same taints are judged once. */
export const taintToleration: Plugin = {
  name: refusal.plugin,
  weight: 3,
  preFilter({ pod }, table) {
    const fits = memo(list => !hasUntolerated(table.taintLists[list]!, pod.spec.tolerations));
    return { filter: row => (fits(table.taintListOf[row]!) ? undefined : refusal) };
  },
  /** The fewer soft taints a Pod would have to put up with, the better. */
  preScore({ pod }, table) {
    const tolerations = (pod.spec.tolerations ?? []).filter(({ effect }) => !effect || effect === 'PreferNoSchedule');
    const softCount = memo(list => {
      const soft = table.taintLists[list]!.filter(({ effect }) => effect === 'PreferNoSchedule');
      return soft.filter(taint => !tolerations.some(toleration => tolerates(toleration, taint))).length;
    });
    return {
      score: row => softCount(table.taintListOf[row]!),
      normalize: scores => normalizeByMax(scores, { reverse: true }),
    };
  },
  wakes: {
    // Tolerations can only be added.
    self: ({ old }, { pod }) => old.spec.tolerations?.length !== pod.spec.tolerations?.length,
    node({ old, node }, { pod }) {
      if (hasUntolerated(node.spec?.taints, pod.spec.tolerations)) return false;
      return old === undefined || hasUntolerated(old.spec?.taints, pod.spec.tolerations);
    },
  },
};

/** A taint that keeps the Pod off the node. */
export function hasUntolerated(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
): boolean {
  for (const taint of taints ?? []) {
    if (taint.effect !== 'PreferNoSchedule' && !toleratesTaint(tolerations, taint)) return true;
  }
  return false;
}

/** The answer for each number, worked out once. */
function memo<T>(of: (list: number) => T): (list: number) => T {
  const known: T[] = [];
  return list => (known[list] ??= of(list));
}
