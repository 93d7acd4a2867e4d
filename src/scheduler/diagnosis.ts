/** Why a Pod fits no node, and the sentence that tells it. */

import type { Refusal } from '#scheduler/plugin.ts';

export interface Diagnosis {
  readonly nodeCount: number;
  /** By row. */
  readonly refusals: ReadonlyMap<number, Refusal>;
  /** A plugin that wants none of the nodes, whatever they are like. */
  readonly rejection: string | undefined;
  /** Why nodes were not looked at, when a plugin left only some. */
  readonly notLookedAt: string;
  /** The plugins that refused: what concerns none of them cannot help. */
  readonly plugins: ReadonlySet<string>;
}

export const noNodesMessage = 'no nodes available to schedule pods';

/**
 * @example
 * 0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).
 */
export function fitMessage(diagnosis: Diagnosis): string {
  const { nodeCount, refusals, rejection, notLookedAt } = diagnosis;
  const opening = `0/${nodeCount} nodes are available:`;
  if (rejection !== undefined) return `${opening} ${rejection}.`;
  const reasons = [...refusals.values()].flatMap(refusal => refusal.reasons);
  const counts = countReasons(reasons);
  if (refusals.size < nodeCount) raiseCount(counts, notLookedAt, nodeCount - refusals.size);
  return `${opening}${reasonsText(counts)}`;
}

/** `0/3 nodes are available: 2 No preemption victims found for incoming pod, 1 …` of reasons given per node. */
export function countedMessage(nodeCount: number, reasons: readonly string[]): string {
  return `0/${nodeCount} nodes are available:${reasonsText(countReasons(reasons))}`;
}

function countReasons(reasons: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const reason of reasons) raiseCount(counts, reason, 1);
  return counts;
}

function raiseCount(counts: Map<string, number>, reason: string, by: number): void {
  counts.set(reason, (counts.get(reason) ?? 0) + by);
}

/** In the order of the texts, the number first: `1 b, 2 a`. */
function reasonsText(counts: ReadonlyMap<string, number>): string {
  const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return texts.length === 0 ? '' : ` ${texts.join(', ')}.`;
}
