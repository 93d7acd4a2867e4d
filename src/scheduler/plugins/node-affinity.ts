import { fitsNode, matchesTerm } from '#api/core/node-affinity.ts';
import type { NodeSelector } from '#api/core/scheduling.ts';
import type { NodeTable } from '#scheduler/node-table.ts';
import type { Plugin, PreFilterResult, Refusal } from '#scheduler/plugin.ts';
import { normalizeByMax } from '#scheduler/plugin.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

const refusal: Refusal = {
  plugin: 'NodeAffinity',
  reasons: ["node(s) didn't match Pod's node affinity/selector"],
  resolvable: false,
};

/** Nodes by their labels and name: nodeSelector, required and preferred node affinity. */
export const nodeAffinity: Plugin = {
  name: refusal.plugin,
  weight: 2,
  preFilter(info, table): PreFilterResult | undefined {
    const { nodeSelector, affinity } = info.pod.spec;
    const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (nodeSelector === undefined && required === undefined) return undefined;
    const onlyNodes = required === undefined ? undefined : namedNodes(required);
    if (onlyNodes?.size === 0) return { rejection: 'pod affinity terms conflict', resolvable: false };
    const fits = nodeAffinityTest(info, table);
    const filter = (row: number) => (fits(row) ? undefined : refusal);
    return onlyNodes === undefined ? { filter } : { filter, onlyNodes };
  },
  preScore({ pod }, table) {
    const terms = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const weighted = terms.filter(({ weight }) => weight !== 0);
    if (weighted.length === 0) return undefined;
    return {
      score(row) {
        const { name, labels = {} } = table.nodeOf(row).metadata;
        let sum = 0;
        for (const { weight, preference } of weighted) if (matchesTerm(preference, name, labels)) sum += weight;
        return sum;
      },
      normalize: scores => normalizeByMax(scores),
    };
  },
  wakes: {
    self: ({ old }, { pod }) => old.metadata.generation !== pod.metadata.generation,
    node: ({ old, node }, { pod }) => fitsNode(pod, node) && (old === undefined || !fitsNode(pod, old)),
  },
};

/** Whether the selector and the required affinity of a Pod fit a row; a plain selector compares numbers, not texts. */
export function nodeAffinityTest({ pod }: PodInfo, table: NodeTable): (row: number) => boolean {
  const wanted = Object.entries(pod.spec.nodeSelector ?? {}).map(([key, value]) => {
    const column = table.labels.column(key);
    return { column, id: column.idOf.get(value) ?? -2 };
  });
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return row => {
    for (const { column, id } of wanted) if (column.ids[row] !== id) return false;
    if (required === undefined) return true;
    const { name, labels = {} } = table.nodeOf(row).metadata;
    return required.nodeSelectorTerms.some(term => matchesTerm(term, name, labels));
  };
}

/** The nodes that every term names by `metadata.name`; undefined when some term names none. */
function namedNodes({ nodeSelectorTerms }: NodeSelector): ReadonlySet<string> | undefined {
  const all = new Set<string>();
  for (const { matchFields = [] } of nodeSelectorTerms) {
    let ofTerm: Set<string> | undefined;
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== 'metadata.name' || operator !== 'In') continue;
      ofTerm = ofTerm === undefined ? new Set(values) : ofTerm.intersection(new Set(values));
    }
    if (ofTerm === undefined) return undefined;
    for (const name of ofTerm) all.add(name);
  }
  return nodeSelectorTerms.length === 0 ? undefined : all;
}
