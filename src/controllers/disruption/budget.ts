/** How many Pods of a budget may be disrupted now. Pure. */

import type { Pod } from '#api/core/pod.ts';
import { isPodReady } from '#api/core/pod-state.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '#api/policy/pod-disruption-budget.ts';
import type { Stored } from '#client/object.ts';
import { rfc3339 } from '#lib/clock.ts';
import { percentOf, scaledValue } from '#machinery/int-or-string.ts';

/** An eviction that was allowed is expected to show within this time. */
export const deletionMsMax = 120_000;

export interface Expected {
  readonly expectedCount: number;
  readonly desiredHealthy: number;
}

/** Whether the size that the owners of the Pods want has to be known. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  const { maxUnavailable, minAvailable } = spec ?? {};
  return maxUnavailable !== undefined || (minAvailable !== undefined && percentOf(minAvailable) !== undefined);
}

export function expectedOf({ spec }: PodDisruptionBudget, podCount: number, scale: number): Expected {
  const { maxUnavailable, minAvailable } = spec ?? {};
  if (maxUnavailable !== undefined) {
    const unavailable = scaledValue(maxUnavailable, scale, 'up') ?? 0;
    return { expectedCount: scale, desiredHealthy: Math.max(0, scale - unavailable) };
  }
  if (minAvailable === undefined) return { expectedCount: podCount, desiredHealthy: 0 };
  if (typeof minAvailable === 'number') return { expectedCount: podCount, desiredHealthy: minAvailable };
  return { expectedCount: scale, desiredHealthy: scaledValue(minAvailable, scale, 'up') ?? 0 };
}

export interface Disrupted {
  /** Evicted and still to be seen going. */
  readonly pods: Record<string, string>;
  /** Evicted so long ago that it will not happen any more. */
  readonly overdue: readonly Stored<Pod>[];
  readonly recheckMs: number | undefined;
}

export function disruptedOf(budget: PodDisruptionBudget, pods: readonly Stored<Pod>[], nowMs: number): Disrupted {
  const kept: Record<string, string> = {};
  const overdue: Stored<Pod>[] = [];
  let recheckMs: number | undefined;
  for (const pod of pods) {
    const time = budget.status?.disruptedPods?.[pod.metadata.name];
    if (time === undefined || pod.metadata.deletionTimestamp) continue;
    const leftMs = Date.parse(time) + deletionMsMax - nowMs;
    if (leftMs <= 0) {
      overdue.push(pod);
      continue;
    }
    kept[pod.metadata.name] = time;
    recheckMs = Math.min(recheckMs ?? leftMs, leftMs);
  }
  return { pods: kept, overdue, recheckMs };
}

export function countHealthy(pods: readonly Stored<Pod>[], disrupted: Disrupted): number {
  return pods.filter(
    pod => !pod.metadata.deletionTimestamp && disrupted.pods[pod.metadata.name] === undefined && isPodReady(pod),
  ).length;
}

export function budgetStatus(
  budget: Stored<PodDisruptionBudget>,
  { expectedCount, desiredHealthy }: Expected,
  currentHealthy: number,
  disrupted: Disrupted,
  nowMs: number,
): PodDisruptionBudgetStatus {
  const disruptionsAllowed = expectedCount <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const allowed = disruptionsAllowed > 0;
  return {
    observedGeneration: budget.metadata.generation,
    disruptedPods: Object.keys(disrupted.pods).length > 0 ? disrupted.pods : undefined,
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods: expectedCount,
    conditions: [allowedCondition(budget, allowed, allowed ? 'SufficientPods' : 'InsufficientPods', '', nowMs)],
  };
}

/** The status when the count failed: to be safe, nothing may be disrupted. */
export function failedStatus(
  budget: Stored<PodDisruptionBudget>,
  why: string,
  nowMs: number,
): PodDisruptionBudgetStatus {
  return {
    ...budget.status,
    disruptionsAllowed: 0,
    observedGeneration: budget.metadata.generation,
    conditions: [allowedCondition(budget, false, 'SyncFailed', why, nowMs)],
  };
}

function allowedCondition(
  { metadata, status }: Stored<PodDisruptionBudget>,
  allowed: boolean,
  reason: string,
  message: string,
  nowMs: number,
) {
  const type = 'DisruptionAllowed';
  const value = allowed ? 'True' : 'False';
  const old = status.conditions?.find(condition => condition.type === type);
  const lastTransitionTime = old?.status === value ? old.lastTransitionTime : rfc3339(nowMs);
  return { type, status: value, observedGeneration: metadata.generation, lastTransitionTime, reason, message };
}
