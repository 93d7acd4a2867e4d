/**
 * One decision: which node for this Pod, or why none. Pure over the node table but for the place where the next search
 * begins, so that every node gets its turn.
 */

import { must } from '#lib/assert.ts';
import type { Random } from '#lib/random.ts';
import type { Diagnosis } from '#scheduler/diagnosis.ts';
import { NodeFilters } from '#scheduler/filters.ts';
import type { NodeTable } from '#scheduler/node-table.ts';
import type { Nominations } from '#scheduler/nominations.ts';
import type { Plugin, Refusal } from '#scheduler/plugin.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

export type Decision =
  | { readonly at: 'node'; readonly row: number }
  | { readonly at: 'nowhere'; readonly diagnosis: Diagnosis; readonly filters: NodeFilters }
  /** There are no nodes at all. */
  | { readonly at: 'empty' };

/** Below this many nodes all are compared; above, fewer of them the more there are, but never less than a twentieth. */
const feasibleCountMin = 100;
const percentMax = 50;
const percentMin = 5;
const nodesPerPercent = 125;

/** After how many nodes that would do the search may stop. 1,000 nodes: 420; 5,000: 500. */
export function feasibleCountWanted(nodeCount: number): number {
  if (nodeCount < feasibleCountMin) return nodeCount;
  const percent = Math.max(percentMax - Math.trunc(nodeCount / nodesPerPercent), percentMin);
  return Math.max(Math.trunc((nodeCount * percent) / 100), feasibleCountMin);
}

export class Cycle {
  readonly #table: NodeTable;
  readonly #plugins: readonly Plugin[];
  readonly #nominations: Nominations;
  readonly #random: Random;
  #start = 0;

  constructor(options: { table: NodeTable; plugins: readonly Plugin[]; nominations: Nominations; random: Random }) {
    this.#table = options.table;
    this.#plugins = options.plugins;
    this.#nominations = options.nominations;
    this.#random = options.random;
  }

  decide(info: PodInfo): Decision {
    const table = this.#table;
    if (table.nodeCount === 0) return { at: 'empty' };
    const filters = new NodeFilters(info, table, this.#plugins);
    const refusals = new Map<number, Refusal>();
    const feasible = filters.rejection === undefined ? this.#search(info, filters, refusals) : [];
    if (feasible.length > 0) return { at: 'node', row: this.#best(info, feasible) };
    return { at: 'nowhere', diagnosis: this.#diagnose(filters, refusals), filters };
  }

  /** The node that was cleared for the Pod comes first; if it does, no other is looked at. */
  #search(info: PodInfo, filters: NodeFilters, refusals: Map<number, Refusal>): number[] {
    const nominated = this.#nominations.nodeOf(info.uid);
    const nominatedRow = nominated === undefined ? undefined : this.#table.rowOf(nominated);
    if (nominatedRow !== undefined && (filters.onlyNodes?.has(nominated!) ?? true)) {
      if (this.#nominations.refusalAt(nominatedRow, info, filters) === undefined) return [nominatedRow];
    }
    const rows = this.#rowsToSearch(filters);
    const wanted = feasibleCountWanted(rows.length);
    const feasible: number[] = [];
    let looked = 0;
    for (; looked < rows.length && feasible.length < wanted; looked++) {
      const row = rows[(this.#start + looked) % rows.length]!;
      const refusal = this.#nominations.refusalAt(row, info, filters);
      if (refusal === undefined) feasible.push(row);
      else refusals.set(row, refusal);
    }
    this.#start = (this.#start + looked) % this.#table.nodeCount;
    return feasible;
  }

  #rowsToSearch({ onlyNodes }: NodeFilters): Int32Array | readonly number[] {
    if (onlyNodes === undefined) return this.#table.order;
    return [...onlyNodes].map(name => this.#table.rowOf(name)).filter(row => row !== undefined);
  }

  #diagnose(filters: NodeFilters, refusals: ReadonlyMap<number, Refusal>): Diagnosis {
    const plugins = new Set([...refusals.values()].map(refusal => refusal.plugin));
    if (filters.rejection !== undefined) plugins.add(filters.rejection.plugin);
    for (const plugin of filters.onlyNodesBy) plugins.add(plugin);
    return {
      nodeCount: this.#table.nodeCount,
      refusals,
      rejection: filters.rejection?.message,
      notLookedAt: `node(s) didn't satisfy plugin(s) [${filters.onlyNodesBy.join(' ')}]`,
      plugins,
    };
  }

  /** Of the nodes with the highest score any one. */
  #best(info: PodInfo, rows: readonly number[]): number {
    if (rows.length === 1) return rows[0]!;
    const totals = this.scores(info, rows);
    let best = 0;
    let equalCount = 1;
    for (let at = 1; at < rows.length; at++) {
      if (totals[at]! > totals[best]!) {
        best = at;
        equalCount = 1;
      } else if (totals[at] === totals[best]) {
        equalCount++;
        if (Math.floor(this.#random.next() * equalCount) === 0) best = at;
      }
    }
    return must(rows[best], 'one of the rows is best');
  }

  /** The weighted sum of what each plugin thinks of each row. */
  scores(info: PodInfo, rows: readonly number[]): Float64Array {
    const totals = new Float64Array(rows.length);
    const scores = new Float64Array(rows.length);
    for (const plugin of this.#plugins) {
      const scorer = plugin.preScore?.(info, this.#table, rows);
      if (scorer === undefined) continue;
      for (let at = 0; at < rows.length; at++) scores[at] = scorer.score(rows[at]!);
      scorer.normalize?.(scores);
      const weight = plugin.weight ?? 1;
      for (let at = 0; at < rows.length; at++) totals[at]! += weight * scores[at]!;
    }
    return totals;
  }
}
