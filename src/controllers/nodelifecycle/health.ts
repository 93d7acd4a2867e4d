/** What the state of a Node asks for: conditions when it is silent, taints and labels. Pure. */

import type { Node, NodeCondition } from '#api/core/node.ts';
import type { Taint } from '#api/core/scheduling.ts';
import { rfc3339 } from '#lib/clock.ts';

export type ReadyStatus = 'True' | 'False' | 'Unknown';

export const notReadyKey = 'node.kubernetes.io/not-ready';
export const unreachableKey = 'node.kubernetes.io/unreachable';

export function conditionOf(node: Node, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find(condition => condition.type === type);
}

export function readyStatus(node: Node): ReadyStatus | undefined {
  return conditionOf(node, 'Ready')?.status as ReadyStatus | undefined;
}

const judgedTypes = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The conditions of a Node whose kubelet has not been heard of for too long. */
export function silentConditions(node: Node, nowMs: number): NodeCondition[] {
  const conditions = [...(node.status?.conditions ?? [])];
  const now = rfc3339(nowMs);
  for (const type of judgedTypes) {
    const at = conditions.findIndex(condition => condition.type === type);
    const old = conditions[at];
    if (old === undefined) {
      const reason = 'NodeStatusNeverUpdated';
      const message = 'Kubelet never posted node status.';
      const lastHeartbeatTime = node.metadata?.creationTimestamp;
      conditions.push({ type, status: 'Unknown', lastHeartbeatTime, lastTransitionTime: now, reason, message });
    } else if (old.status !== 'Unknown') {
      const reason = 'NodeStatusUnknown';
      const message = 'Kubelet stopped posting node status.';
      conditions[at] = { ...old, status: 'Unknown', lastTransitionTime: now, reason, message };
    }
  }
  return conditions;
}

/** Which condition, in which status, becomes which taint. */
const conditionTaints: readonly (readonly [type: string, status: string, key: string])[] = [
  ['Ready', 'False', notReadyKey],
  ['Ready', 'Unknown', unreachableKey],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
];
const unschedulableKey = 'node.kubernetes.io/unschedulable';
const noScheduleKeys = new Set([...conditionTaints.map(([, , key]) => key), unschedulableKey]);

export interface TaintChange {
  readonly add: readonly Taint[];
  readonly remove: readonly Taint[];
}

/** What keeps new Pods away from the Node while its conditions, or a person, say so. */
export function noScheduleChange(node: Node): TaintChange {
  const wanted = conditionTaints
    .filter(([type, status]) => conditionOf(node, type)?.status === status)
    .map(([, , key]): Taint => ({ key, effect: 'NoSchedule' }));
  if (node.spec?.unschedulable) wanted.push({ key: unschedulableKey, effect: 'NoSchedule' });
  const present = (node.spec?.taints ?? []).filter(
    taint => taint.effect === 'NoSchedule' && noScheduleKeys.has(taint.key),
  );
  return {
    add: wanted.filter(taint => !present.some(each => each.key === taint.key)),
    remove: present.filter(taint => !wanted.some(each => each.key === taint.key)),
  };
}

/** The key of the taint that drives Pods away from a Node in this state; undefined when it is well. */
export function evictionKey(ready: ReadyStatus | undefined): string | undefined {
  return ready === 'False' ? notReadyKey : ready === 'Unknown' ? unreachableKey : undefined;
}

export const hasNoExecute = (node: Node, key: string) =>
  node.spec?.taints?.some(taint => taint.key === key && taint.effect === 'NoExecute') ?? false;

export const noExecute = (key: string): Taint => ({ key, effect: 'NoExecute' });

/** The taints after the change, new ones stamped with the time; undefined when they are so already. */
export function changedTaints(taints: readonly Taint[], change: TaintChange, nowMs: number): Taint[] | undefined {
  const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const kept = taints.filter(taint => !change.remove.some(each => same(each, taint)));
  const added = change.add.filter(taint => !kept.some(each => same(each, taint)));
  if (added.length === 0 && kept.length === taints.length) return undefined;
  return [...kept, ...added.map(taint => ({ ...taint, timeAdded: rfc3339(nowMs) }))];
}

const labelPairs = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const;

/** The old names of labels follow the new ones; undefined when they do already. */
export function missingLabels(node: Node): Record<string, string> | undefined {
  const missing: Record<string, string> = {};
  for (const [name, oldName] of labelPairs) {
    const value = node.metadata?.labels?.[name];
    if (value !== undefined && node.metadata?.labels?.[oldName] !== value) missing[oldName] = value;
  }
  return Object.keys(missing).length === 0 ? undefined : missing;
}
