import type { LabelColumn } from '#scheduler/label-columns.ts';
import type { NodeTable } from '#scheduler/node-table.ts';
import type { ClusterEvent, NodeFilter, Plugin, Refusal } from '#scheduler/plugin.ts';
import { nodeScoreMax } from '#scheduler/plugin.ts';
import type { RowSums } from '#scheduler/pod-counts.ts';
import type { AffinityTerm, PodInfo } from '#scheduler/pod-info.ts';

const plugin = 'InterPodAffinity';
const noPartner: Refusal = { plugin, reasons: ["node(s) didn't match pod affinity rules"], resolvable: false };
const unwantedThere: Refusal = { plugin, reasons: ["node(s) didn't match pod anti-affinity rules"], resolvable: true };
const unwelcome: Refusal = {
  plugin,
  reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
  resolvable: true,
};

/** A sum for each place of a topology key, by the number of the place. */
interface PlaceSums {
  readonly column: LabelColumn;
  readonly sums: Map<number, number>;
}

/** Near to, or away from, other Pods. */
export const interPodAffinity: Plugin = {
  name: plugin,
  weight: 2,
  sumsNodes: true,
  preFilter(info, table) {
    const unwelcomeAt = [...table.counts.keepingAway.values()]
      .filter(({ term }) => table.counts.means(term, info))
      .map(({ term, rows }) => placeSums(table, term.topologyKey, rows));
    const { requiredAffinity, requiredAntiAffinity } = info;
    if (unwelcomeAt.length === 0 && requiredAffinity.length === 0 && requiredAntiAffinity.length === 0)
      return undefined;
    const hasPartners = affinityTest(info, table);
    const avoided = requiredAntiAffinity.map(term => placeSums(table, term.topologyKey, table.counts.matching([term])));
    const filter: NodeFilter = row => {
      if (!hasPartners(row)) return noPartner;
      for (const places of avoided) if (sumAt(places, row) > 0) return unwantedThere;
      for (const places of unwelcomeAt) if (sumAt(places, row) > 0) return unwelcome;
      return undefined;
    };
    return { filter };
  },
  preScore(info, table) {
    const places = pulls(info, table);
    if (places.length === 0) return undefined;
    return {
      score(row) {
        let sum = 0;
        for (const each of places) sum += sumAt(each, row);
        return sum;
      },
      normalize: normalizeByRange,
    };
  },
  wakes: {
    node: ({ old, node }, { requiredAffinity, requiredAntiAffinity }) =>
      old === undefined ||
      (old.metadata.labels !== node.metadata.labels &&
        [...requiredAffinity, ...requiredAntiAffinity].some(
          ({ topologyKey }) => old.metadata.labels?.[topologyKey] !== node.metadata.labels?.[topologyKey],
        )),
    podPlaced: (event, { requiredAffinity }) => requiredAffinity.some(term => mayMean(term, event)),
    podGone: (event, info) =>
      info.requiredAntiAffinity.some(term => mayMean(term, event)) || event.info.requiredAntiAffinity.length > 0,
  },
};

/** Namespace selectors are left to the filter. */
function mayMean(term: AffinityTerm, { info }: ClusterEvent & { info: PodInfo }): boolean {
  return (term.namespaces.has(info.namespace) || term.namespaceTest !== undefined) && term.test(info.labels);
}

/** Each term has a Pod in the node's place that all terms mean. The first of a group that means itself may go anywhere. */
function affinityTest(info: PodInfo, table: NodeTable): (row: number) => boolean {
  const { requiredAffinity } = info;
  if (requiredAffinity.length === 0) return () => true;
  const partners = table.counts.matching(requiredAffinity);
  const places = requiredAffinity.map(({ topologyKey }) => placeSums(table, topologyKey, partners));
  const isFirst =
    places.every(({ sums }) => sums.size === 0) && requiredAffinity.every(term => table.counts.means(term, info));
  return row => places.every(each => (isFirst ? each.column.ids[row]! >= 0 : sumAt(each, row) > 0));
}

/** What the Pod would like, and what running Pods would like of it. */
function pulls(info: PodInfo, table: NodeTable): PlaceSums[] {
  const { counts } = table;
  const own = (terms: readonly AffinityTerm[], sign: 1 | -1) =>
    terms.map(term => placeSums(table, term.topologyKey, counts.matching([term]), sign * term.weight));
  const others = [...counts.pulling.values()]
    .filter(({ term }) => counts.means(term, info))
    .map(({ term, rows }) => placeSums(table, term.topologyKey, rows));
  return [...own(info.preferredAffinity, 1), ...own(info.preferredAntiAffinity, -1), ...others].filter(
    ({ sums }) => sums.size > 0,
  );
}

function placeSums(table: NodeTable, topologyKey: string, rows: RowSums, weight = 1): PlaceSums {
  const column = table.labels.column(topologyKey);
  const sums = new Map<number, number>();
  for (const [row, sum] of rows) {
    const place = column.ids[row]!;
    if (place >= 0) sums.set(place, (sums.get(place) ?? 0) + weight * sum);
  }
  return { column, sums };
}

function sumAt({ column, sums }: PlaceSums, row: number): number {
  return sums.get(column.ids[row]!) ?? 0;
}

/** The least becomes 0, the most 100. */
function normalizeByRange(scores: Float64Array): void {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    min = Math.min(min, score);
    max = Math.max(max, score);
  }
  for (let at = 0; at < scores.length; at++) {
    scores[at] = max === min ? 0 : Math.trunc((nodeScoreMax * (scores[at]! - min)) / (max - min));
  }
}
