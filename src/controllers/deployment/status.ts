/** What a Deployment says about itself: counts, and the conditions Available, Progressing and ReplicaFailure. Pure. */

import type { Deployment, DeploymentCondition, DeploymentStatus } from '#api/apps/deployment.ts';
import type { ReplicaSet } from '#api/apps/replica-set.ts';
import type { Stored } from '#client/object.ts';
import { replicasOf, totalReplicas } from '#controllers/deployment/replica-sets.ts';
import { maxUnavailable } from '#controllers/deployment/rolling.ts';
import { rfc3339 } from '#lib/clock.ts';

type Conditions = readonly DeploymentCondition[];

/** No deadline is written as the largest int32. */
const noDeadlineSeconds = 2147483647;

export function progressDeadlineMs(deployment: Deployment): number | undefined {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds === undefined || seconds === noDeadlineSeconds ? undefined : seconds * 1000;
}

export function conditionOf(status: DeploymentStatus | undefined, type: string): DeploymentCondition | undefined {
  return status?.conditions?.find(condition => condition.type === type);
}

export function newCondition(
  type: 'Available' | 'Progressing',
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  nowMs: number,
): DeploymentCondition {
  const now = rfc3339(nowMs);
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

/** With the condition at the end; unchanged when it says what is said already. */
export function withCondition(conditions: Conditions, condition: DeploymentCondition): DeploymentCondition[] {
  const old = conditions.find(each => each.type === condition.type);
  if (old?.status === condition.status && old.reason === condition.reason) return [...conditions];
  const since = old?.status === condition.status ? old.lastTransitionTime : condition.lastTransitionTime;
  return [...without(conditions, condition.type), { ...condition, lastTransitionTime: since }];
}

export function without(conditions: Conditions, type: string): DeploymentCondition[] {
  return conditions.filter(condition => condition.type !== type);
}

/** Progressing while a person has stopped the Deployment, and when it goes on; undefined when nothing is to be said. */
export function pausedCondition(deployment: Deployment, nowMs: number): DeploymentCondition | undefined {
  if (progressDeadlineMs(deployment) === undefined) return undefined;
  const reason = conditionOf(deployment.status, 'Progressing')?.reason;
  if (reason === 'ProgressDeadlineExceeded') return undefined;
  const said = reason === 'DeploymentPaused';
  const paused = deployment.spec?.paused ?? false;
  if (paused === said) return undefined;
  return paused
    ? newCondition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', nowMs)
    : newCondition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', nowMs);
}

type Counted = 'replicas' | 'readyReplicas' | 'availableReplicas';

const sum = (sets: readonly ReplicaSet[], field: Counted) =>
  sets.reduce((total, each) => total + (each.status?.[field] ?? 0), 0);

/** One that was never looked at has none; unknown when another does not say. */
function terminating(sets: readonly ReplicaSet[]): number | undefined {
  let total = 0;
  for (const { status } of sets) {
    if (!status?.observedGeneration) continue;
    if (status.terminatingReplicas === undefined) return undefined;
    total += status.terminatingReplicas;
  }
  return total;
}

/** The counts and Available; the other conditions as they are. */
export function countedStatus(
  deployment: Stored<Deployment>,
  newSet: Stored<ReplicaSet> | undefined,
  all: readonly Stored<ReplicaSet>[],
  nowMs: number,
): DeploymentStatus {
  const available = sum(all, 'availableReplicas');
  const enough = available >= replicasOf(deployment) - maxUnavailable(deployment);
  const condition = enough
    ? newCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', nowMs)
    : newCondition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        nowMs,
      );
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: sum(all, 'replicas') || undefined,
    updatedReplicas: newSet?.status.replicas || undefined,
    readyReplicas: sum(all, 'readyReplicas') || undefined,
    availableReplicas: available || undefined,
    unavailableReplicas: Math.max(0, totalReplicas(all) - available) || undefined,
    terminatingReplicas: terminating(all),
    conditions: withCondition(deployment.status.conditions ?? [], condition),
    collisionCount: deployment.status.collisionCount,
  };
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0)
  );
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  const grew = (field: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas') =>
    (after[field] ?? 0) > (before[field] ?? 0);
  return grew('updatedReplicas') || old(after) < old(before) || grew('readyReplicas') || grew('availableReplicas');
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, nowMs: number): boolean {
  const condition = conditionOf(status, 'Progressing');
  const deadlineMs = progressDeadlineMs(deployment);
  if (condition === undefined || deadlineMs === undefined || condition.reason === 'NewReplicaSetAvailable')
    return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return Date.parse(condition.lastUpdateTime ?? '') + deadlineMs < nowMs;
}

/** The whole status of a Deployment in mid-roll. */
export function rolloutStatus(
  deployment: Stored<Deployment>,
  newSet: Stored<ReplicaSet> | undefined,
  all: readonly Stored<ReplicaSet>[],
  nowMs: number,
): DeploymentStatus {
  const status = countedStatus(deployment, newSet, all, nowMs);
  const conditions = progressConditions(deployment, newSet, status, nowMs);
  const failure = replicaFailure(newSet, all);
  status.conditions = failure ? withCondition(conditions, failure) : without(conditions, 'ReplicaFailure');
  return status;
}

function progressConditions(
  deployment: Stored<Deployment>,
  newSet: Stored<ReplicaSet> | undefined,
  status: DeploymentStatus,
  nowMs: number,
): DeploymentCondition[] {
  const conditions = status.conditions ?? [];
  if (progressDeadlineMs(deployment) === undefined) return without(conditions, 'Progressing');
  const current = conditionOf(deployment.status, 'Progressing');
  const settled = status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
  if (settled) return conditions;
  const what = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status)) {
    const message = `${what} has successfully progressed.`;
    return withCondition(conditions, newCondition('Progressing', 'True', 'NewReplicaSetAvailable', message, nowMs));
  }
  if (hasProgressed(deployment.status, status)) {
    // Written anew each time, because its update time is what the deadline counts from.
    const condition = newCondition('Progressing', 'True', 'ReplicaSetUpdated', `${what} is progressing.`, nowMs);
    if (current?.status === 'True') condition.lastTransitionTime = current.lastTransitionTime;
    return [...without(conditions, 'Progressing'), condition];
  }
  if (!hasTimedOut(deployment, status, nowMs)) return conditions;
  const message = `${what} has timed out progressing.`;
  return withCondition(conditions, newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', message, nowMs));
}

/** The new ReplicaSet's failure, else that of any other. */
function replicaFailure(
  newSet: Stored<ReplicaSet> | undefined,
  all: readonly Stored<ReplicaSet>[],
): DeploymentCondition | undefined {
  for (const each of newSet === undefined ? all : [newSet, ...all]) {
    const found = each.status.conditions?.find(condition => condition.type === 'ReplicaFailure');
    if (found === undefined) continue;
    const { type, status, lastTransitionTime, reason, message } = found;
    return { type, status, lastUpdateTime: lastTransitionTime, lastTransitionTime, reason, message };
  }
  return undefined;
}

/** When to look again whether the deadline has passed; undefined when nothing is awaited. */
export function msUntilTimeout(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const condition = conditionOf(deployment.status, 'Progressing');
  const deadlineMs = progressDeadlineMs(deployment);
  if (condition === undefined || deadlineMs === undefined) return undefined;
  if (isComplete(deployment, status) || condition.reason === 'ProgressDeadlineExceeded') return undefined;
  const leftMs = Date.parse(condition.lastUpdateTime ?? '') + deadlineMs - nowMs;
  return Math.max(leftMs, 0) + 1000;
}
