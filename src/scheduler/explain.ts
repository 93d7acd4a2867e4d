/** Why a Pod is not on a node, or which node it would get: every node, every plugin. Pure; nothing is decided by it. */

import type { Node } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { isPodTerminal } from '#api/core/pod-state.ts';
import type { Stored } from '#client/object.ts';
import { NodeFilters } from '#scheduler/filters.ts';
import { NodeTable } from '#scheduler/node-table.ts';
import { allPlugins } from '#scheduler/plugins/all.ts';
import { isGated } from '#scheduler/plugins/scheduling-gates.ts';
import { podInfoOf } from '#scheduler/pod-info.ts';

export interface Explanation {
  readonly pod: string;
  /** The gates that keep it from being tried at all. */
  readonly gates: readonly string[];
  /** A plugin that wants none of the nodes, and why. */
  readonly rejection: { readonly plugin: string; readonly message: string } | undefined;
  readonly nodes: readonly NodeExplanation[];
}

export interface NodeExplanation {
  readonly node: string;
  /** Empty when the Pod fits. `resolvable`: it would help if less important Pods went. */
  readonly refusals: readonly { plugin: string; reasons: readonly string[]; resolvable: boolean }[];
  /** What each plugin thinks of a node that fits, from 0 to 100, with the weight that it has. */
  readonly scores: readonly { plugin: string; score: number; weight: number }[];
}

/** From what a client can list; who already has a table uses `explainIn`. */
export function explain(pod: Stored<Pod>, nodes: Iterable<Stored<Node>>, pods: Iterable<Stored<Pod>>): Explanation {
  const table = new NodeTable();
  for (const node of nodes) table.putNode(node);
  for (const other of pods) {
    const { nodeName } = other.spec;
    if (!nodeName || isPodTerminal(other) || other.metadata.uid === pod.metadata.uid) continue;
    table.put(podInfoOf(other), nodeName, { assumed: false });
  }
  return explainIn(table, pod);
}

export function explainIn(table: NodeTable, pod: Stored<Pod>): Explanation {
  const info = podInfoOf(pod);
  const filters = new NodeFilters(info, table, allPlugins);
  const { rejection, onlyNodes, onlyNodesBy } = filters;
  const rows = rejection === undefined ? [...table.order] : [];
  const refusalsOf = new Map(
    rows.map(row => {
      const refusals = [...filters.runAll(row)];
      if (onlyNodes !== undefined && !onlyNodes.has(table.names[row]!)) {
        const reasons = [`node(s) didn't satisfy plugin(s) [${onlyNodesBy.join(' ')}]`];
        if (refusals.length === 0) refusals.push({ plugin: onlyNodesBy[0]!, reasons, resolvable: false });
      }
      return [row, refusals];
    }),
  );
  const feasible = rows.filter(row => refusalsOf.get(row)!.length === 0);
  const placeOf = new Map(feasible.map((row, at) => [row, at]));
  const scorers = allPlugins.flatMap(plugin => {
    const scorer = feasible.length === 0 ? undefined : plugin.preScore?.(info, table, feasible);
    if (scorer === undefined) return [];
    const scores = Float64Array.from(feasible, row => scorer.score(row));
    scorer.normalize?.(scores);
    return [{ plugin: plugin.name, weight: plugin.weight ?? 1, scores }];
  });
  return {
    pod: info.key,
    gates: isGated(info) ? (pod.spec.schedulingGates ?? []).map(({ name }) => name) : [],
    rejection: rejection && { plugin: rejection.plugin, message: rejection.message },
    nodes: rows.map(row => ({
      node: table.names[row]!,
      refusals: refusalsOf.get(row)!,
      scores: placeOf.has(row)
        ? scorers.map(({ plugin, weight, scores }) => ({ plugin, weight, score: scores[placeOf.get(row)!]! }))
        : [],
    })),
  };
}
