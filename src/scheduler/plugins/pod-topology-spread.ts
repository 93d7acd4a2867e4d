import type { TopologySpreadConstraint } from '#api/core/scheduling.ts';
import type { LabelTest } from '#loop/selector.ts';
import { selectorTest } from '#loop/selector.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import type { LabelColumn } from '#scheduler/label-columns.ts';
import type { NodeTable } from '#scheduler/node-table.ts';
import type { ClusterEvent, NodeFilter, Plugin, Refusal } from '#scheduler/plugin.ts';
import { nodeScoreMax } from '#scheduler/plugin.ts';
import { nodeAffinityTest } from '#scheduler/plugins/node-affinity.ts';
import { hasUntolerated } from '#scheduler/plugins/taint-toleration.ts';
import type { RowSums } from '#scheduler/pod-counts.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import { withLabelKeys } from '#scheduler/pod-info.ts';

const plugin = 'PodTopologySpread';
const tooMany: Refusal = {
  plugin,
  reasons: ["node(s) didn't match pod topology spread constraints"],
  resolvable: true,
};
const noLabel: Refusal = {
  plugin,
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  resolvable: false,
};
const hostnameLabel = 'kubernetes.io/hostname';

interface Spread {
  readonly topologyKey: string;
  readonly column: LabelColumn;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly isSelf: boolean;
  /** How many Pods that it counts run on each row. */
  readonly pods: RowSums;
  /** Whether the row takes part; undefined: every row does. */
  readonly includes: ((row: number) => boolean) | undefined;
}

/** The same number of Pods in every zone, on every node, or wherever the constraint says. */
export const podTopologySpread: Plugin = {
  name: plugin,
  weight: 2,
  sumsNodes: true,
  preFilter(info, table) {
    const constraints = constraintsOf(info, 'DoNotSchedule');
    if (constraints.length === 0) return undefined;
    const spreads = constraints.map(constraint => spreadOf(constraint, info, table));
    const tests = spreads.map(spread => skewTest(spread, domainCounts(spread, spreads, table)));
    const filter: NodeFilter = row => {
      for (const test of tests) {
        const refusal = test(row);
        if (refusal !== undefined) return refusal;
      }
      return undefined;
    };
    return { filter };
  },
  preScore(info, table, rows) {
    const own = constraintsOf(info, 'ScheduleAnyway');
    const byDefault = (info.pod.spec.topologySpreadConstraints ?? []).length === 0;
    const constraints = byDefault ? defaultConstraints(table.selectorOfOwners(info)) : own;
    if (constraints.length === 0) return undefined;
    const spreads = constraints.map(constraint => spreadOf(constraint, info, table));
    return spreadScorer(spreads, table, rows, { needsAllLabels: !byDefault });
  },
  wakes: {
    self: ({ old }, { pod }) => JSON.stringify(old.metadata.labels) !== JSON.stringify(pod.metadata.labels),
    node: ({ old, node }, info) =>
      old === undefined ||
      constraintsOf(info, 'DoNotSchedule').some(
        ({ topologyKey }) => old.metadata.labels?.[topologyKey] !== node.metadata.labels?.[topologyKey],
      ) ||
      hasUntolerated(old.spec?.taints, info.pod.spec.tolerations) !==
        hasUntolerated(node.spec?.taints, info.pod.spec.tolerations),
    podPlaced: (event, info) => countsPodOf(event, info),
    podGone: (event, info) => countsPodOf(event, info),
  },
};

function countsPodOf(event: ClusterEvent & { info: PodInfo }, info: PodInfo): boolean {
  if (event.info.namespace !== info.namespace) return false;
  return constraintsOf(info, 'DoNotSchedule').some(each => testOf(each, info)(event.info.labels));
}

function constraintsOf({ pod }: PodInfo, whenUnsatisfiable: string): readonly TopologySpreadConstraint[] {
  return (pod.spec.topologySpreadConstraints ?? []).filter(each => each.whenUnsatisfiable === whenUnsatisfiable);
}

/** What upstream's scheduler does for Pods of a Service or a set that say nothing of spreading. */
function defaultConstraints(labelSelector: LabelSelector | undefined): readonly TopologySpreadConstraint[] {
  if (labelSelector === undefined) return [];
  const soft = { whenUnsatisfiable: 'ScheduleAnyway', labelSelector };
  return [
    { ...soft, topologyKey: hostnameLabel, maxSkew: 3 },
    { ...soft, topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5 },
  ];
}

function testOf({ labelSelector, matchLabelKeys }: TopologySpreadConstraint, { labels }: PodInfo): LabelTest {
  return selectorTest(withLabelKeys(labelSelector, matchLabelKeys, labels));
}

function spreadOf(constraint: TopologySpreadConstraint, info: PodInfo, table: NodeTable): Spread {
  const { topologyKey, maxSkew, minDomains = 1, nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  const selector = withLabelKeys(constraint.labelSelector, constraint.matchLabelKeys, info.labels);
  const test = selectorTest(selector);
  const id = `spread|${info.namespace}|${JSON.stringify(selector ?? null)}`;
  const pods = table.counts.counting(id, new Set([info.namespace]), each => !each.isTerminating && test(each.labels));
  const { tolerations, nodeSelector, affinity } = info.pod.spec;
  const limits: ((row: number) => boolean)[] = [];
  if (nodeAffinityPolicy !== 'Ignore' && (nodeSelector || affinity?.nodeAffinity)) {
    limits.push(nodeAffinityTest(info, table));
  }
  if (nodeTaintsPolicy === 'Honor') limits.push(row => !hasUntolerated(table.nodes[row]?.spec?.taints, tolerations));
  return {
    topologyKey,
    column: table.labels.column(topologyKey),
    maxSkew,
    minDomains,
    isSelf: test(info.labels),
    pods,
    includes: limits.length === 0 ? undefined : row => limits.every(limit => limit(row)),
  };
}

function hasAllLabels(spreads: readonly Spread[], row: number): boolean {
  for (const { column } of spreads) if (column.ids[row]! < 0) return false;
  return true;
}

/** A domain that no node is in that takes part. */
const absent = -1;

/** The Pods in each domain, by the number of the domain. */
function domainCounts(spread: Spread, all: readonly Spread[], table: NodeTable): Int32Array {
  const { column, pods, includes } = spread;
  const counts = new Int32Array(column.values.length).fill(absent);
  for (const row of table.order) {
    if (!hasAllLabels(all, row) || (includes !== undefined && !includes(row))) continue;
    const domain = column.ids[row]!;
    counts[domain] = Math.max(counts[domain]!, 0) + (pods.get(row) ?? 0);
  }
  return counts;
}

function skewTest({ column, maxSkew, minDomains, isSelf }: Spread, counts: Int32Array): NodeFilter {
  let least = Number.POSITIVE_INFINITY;
  let domainCount = 0;
  for (const count of counts) {
    if (count === absent) continue;
    domainCount++;
    if (count < least) least = count;
  }
  const min = domainCount < minDomains ? 0 : least;
  return row => {
    const domain = column.ids[row]!;
    if (domain < 0) return noLabel;
    return Math.max(counts[domain]!, 0) + (isSelf ? 1 : 0) - min > maxSkew ? tooMany : undefined;
  };
}

/** Fewer Pods are better; a domain counts more, the more domains there are. */
function spreadScorer(
  spreads: readonly Spread[],
  table: NodeTable,
  rows: readonly number[],
  { needsAllLabels }: { needsAllLabels: boolean },
) {
  const takesPart = (row: number) => !needsAllLabels || hasAllLabels(spreads, row);
  const candidates = rows.filter(takesPart);
  const parts = spreads.map(spread => {
    if (spread.topologyKey === hostnameLabel) return { spread, counts: undefined, domainCount: candidates.length };
    const counts = new Map<number, number>();
    for (const row of candidates) if (spread.column.ids[row]! >= 0) counts.set(spread.column.ids[row]!, 0);
    for (const [row, count] of spread.pods) {
      const known = counts.get(spread.column.ids[row]!);
      if (known === undefined || table.nodes[row] === undefined || !takesPart(row) || !(spread.includes?.(row) ?? true))
        continue;
      counts.set(spread.column.ids[row]!, known + count);
    }
    return { spread, counts, domainCount: counts.size };
  });
  const weights = parts.map(({ domainCount }) => Math.log(domainCount + 2));
  const left = new Set(candidates);
  return {
    score(row: number) {
      if (!left.has(row)) return Number.NaN;
      let sum = 0;
      for (const [at, { spread, counts }] of parts.entries()) {
        const domain = spread.column.ids[row]!;
        if (domain < 0) continue;
        const count = (counts === undefined ? spread.pods.get(row) : counts.get(domain)) ?? 0;
        sum += count * weights[at]! + (spread.maxSkew - 1);
      }
      return Math.round(sum);
    },
    normalize: normalizeFewest,
  };
}

/** The fewest become the most; nodes that take no part (not a number) get nothing. */
function normalizeFewest(scores: Float64Array): void {
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (const score of scores) {
    if (Number.isNaN(score)) continue;
    min = Math.min(min, score);
    max = Math.max(max, score);
  }
  for (let at = 0; at < scores.length; at++) {
    const score = scores[at]!;
    if (Number.isNaN(score)) scores[at] = 0;
    else scores[at] = max === 0 ? nodeScoreMax : Math.trunc((nodeScoreMax * (max + min - score)) / max);
  }
}
