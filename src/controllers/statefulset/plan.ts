/**
 * What a StatefulSet does next. In order, one Pod at a time and each only when all before it are well; with the policy
 * Parallel all at once. A new template goes from the highest ordinal down. Pure.
 */

import type { StatefulSet } from '#api/apps/stateful-set.ts';
import type { Pod } from '#api/core/pod.ts';
import { isPodTerminal } from '#api/core/pod-state.ts';
import type { Stored } from '#client/object.ts';
import {
  endOf,
  isAvailable,
  isHealthy,
  isTerminating,
  ordinalOf,
  revisionOf,
  startOf,
} from '#controllers/statefulset/pods.ts';

export type Action =
  | { readonly do: 'create'; readonly ordinal: number; readonly revision: 'current' | 'update' }
  | { readonly do: 'delete'; readonly pod: Stored<Pod>; readonly forUpdate: boolean };

export interface PlanInput {
  readonly set: Stored<StatefulSet>;
  readonly pods: readonly Stored<Pod>[];
  /** Names of the revisions. */
  readonly updateRevision: string;
  readonly nowMs: number;
}

export function planStatefulSet(input: PlanInput): Action[] {
  const { set } = input;
  if (set.metadata.deletionTimestamp) return [];
  const inOrder = set.spec.podManagementPolicy !== 'Parallel';
  const actions: Action[] = [];
  if (keepReplicas(input, inOrder, actions) && inOrder) return actions;
  if (removeSurplus(input, inOrder, actions) && inOrder) return actions;
  if (actions.length > 0 || set.spec.updateStrategy?.type === 'OnDelete') return actions;
  return rollOne(input);
}

function byOrdinal({ set, pods }: PlanInput): Map<number, Stored<Pod>> {
  return new Map(pods.map(pod => [ordinalOf(set.metadata.name, pod.metadata.name) ?? -1, pod]));
}

/** Until an update is complete, the ordinals below its partition are made as they were. */
function revisionFor(set: Stored<StatefulSet>, ordinal: number): 'current' | 'update' {
  const { updateStrategy } = set.spec;
  if (updateStrategy?.type === 'OnDelete') return 'update';
  return ordinal < startOf(set) + (updateStrategy?.rollingUpdate?.partition ?? 0) ? 'current' : 'update';
}

/** True when the rest has to wait. */
function keepReplicas(input: PlanInput, inOrder: boolean, actions: Action[]): boolean {
  const { set, nowMs } = input;
  const present = byOrdinal(input);
  for (let ordinal = startOf(set); ordinal < endOf(set); ordinal++) {
    const pod = present.get(ordinal);
    if (pod === undefined) {
      actions.push({ do: 'create', ordinal, revision: revisionFor(set, ordinal) });
      if (inOrder) return true;
      continue;
    }
    if (isPodTerminal(pod)) {
      if (!isTerminating(pod)) actions.push({ do: 'delete', pod, forUpdate: false });
      if (inOrder) return true;
      continue;
    }
    if (inOrder && (isTerminating(pod) || !isAvailable(set, pod, nowMs))) return true;
  }
  return false;
}

/** The highest first; one that is not well may go only when it is the first that is not. */
function removeSurplus(input: PlanInput, inOrder: boolean, actions: Action[]): boolean {
  const { set, nowMs } = input;
  const ordered = [...byOrdinal(input)].sort(([a], [b]) => b - a);
  const surplus = ordered.filter(([ordinal]) => ordinal < startOf(set) || ordinal >= endOf(set));
  const firstUnwell = ordered.findLast(([, pod]) => !isHealthy(set, pod, nowMs))?.[1];
  for (const [, pod] of surplus) {
    if (isTerminating(pod)) {
      if (inOrder) return true;
      continue;
    }
    if (inOrder && !isAvailable(set, pod, nowMs) && pod !== firstUnwell) return true;
    actions.push({ do: 'delete', pod, forUpdate: false });
    if (inOrder) return true;
  }
  return false;
}

/** The highest Pod that is not of the new revision; nothing while one above it is not well. */
function rollOne(input: PlanInput): Action[] {
  const { set, updateRevision, nowMs } = input;
  const present = byOrdinal(input);
  const lowest = startOf(set) + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0);
  for (let ordinal = endOf(set) - 1; ordinal >= lowest; ordinal--) {
    const pod = present.get(ordinal);
    if (pod === undefined) return [];
    if (revisionOf(pod) !== updateRevision && !isTerminating(pod)) return [{ do: 'delete', pod, forUpdate: true }];
    if (!isHealthy(set, pod, nowMs)) return [];
  }
  return [];
}
