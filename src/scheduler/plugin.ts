/**
 * What a scheduler plugin is. A plugin is asked once per Pod and answers with closures that are then run per node: they
 * read the live node table, so what is added to or taken from it counts at once.
 */

import type { Node } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Stored } from '#client/object.ts';
import type { NodeTable } from '#scheduler/node-table.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import type { Claim } from '#scheduler/storage.ts';

/** Why a node does not do. */
export interface Refusal {
  readonly plugin: string;
  readonly reasons: readonly string[];
  /** False when taking Pods off the node would not help either. */
  readonly resolvable: boolean;
}

export type NodeFilter = (row: number) => Refusal | undefined;

export type PreFilterResult =
  | { readonly filter: NodeFilter; readonly onlyNodes?: ReadonlySet<string> }
  /** No node will do, whatever it is like. */
  | { readonly rejection: string; readonly resolvable: boolean };

export interface NodeScorer {
  /** Any number; without `normalize`, from 0 to 100. */
  readonly score: (row: number) => number;
  /** Brings the scores of all nodes to 0 to 100, in place. */
  readonly normalize?: ((scores: Float64Array) => void) | undefined;
}

/** Something happened that may let a waiting Pod run. */
export type ClusterEvent =
  | { readonly type: 'node'; readonly old: Stored<Node> | undefined; readonly node: Stored<Node> }
  | { readonly type: 'podPlaced'; readonly info: PodInfo; readonly node: Stored<Node> | undefined }
  /** Ended or deleted, or asks for less. */
  | { readonly type: 'podGone'; readonly info: PodInfo }
  /** A volume or a class came or changed, or that claim. */
  | { readonly type: 'storage'; readonly claim: Claim | undefined }
  /** The waiting Pod itself was changed. */
  | { readonly type: 'self'; readonly old: Stored<Pod> };

type EventOf<T> = Extract<ClusterEvent, { type: T }>;

/** Whether a Pod that the plugin refused may run after the event. Absent: such events never help. */
export type WakeRules = {
  readonly [T in ClusterEvent['type']]?: (event: EventOf<T>, info: PodInfo) => boolean;
};

export interface Plugin {
  readonly name: string;
  /** Nothing when the Pod does not concern the plugin: it is skipped for this Pod. */
  preFilter?(info: PodInfo, table: NodeTable): PreFilterResult | undefined;
  /** True when its filter keeps sums over many nodes and must be asked anew when a Pod comes to or leaves a node. */
  readonly sumsNodes?: boolean;
  /** Asked when more than one node is left. */
  preScore?(info: PodInfo, table: NodeTable, rows: readonly number[]): NodeScorer | undefined;
  readonly weight?: number;
  readonly wakes?: WakeRules;
}

export const nodeScoreMax = 100;

/** The highest becomes 100, the others in proportion; `reverse` makes the least the best. */
export function normalizeByMax(scores: Float64Array, { reverse = false } = {}): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  for (let at = 0; at < scores.length; at++) {
    const share = max === 0 ? 0 : Math.trunc((scores[at]! * nodeScoreMax) / max);
    scores[at] = reverse ? nodeScoreMax - share : share;
  }
}
