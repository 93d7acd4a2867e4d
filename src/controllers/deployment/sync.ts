/**
 * One step of a Deployment: looks at its ReplicaSets, decides by the plans beside this file, writes. Every write carries
 * the resource version that was looked at, so a step on an old copy fails and is taken again.
 */

import type { Deployment, DeploymentStatus } from '#api/apps/deployment.ts';
import { deployments } from '#api/apps/deployment.ts';
import type { ReplicaSet } from '#api/apps/replica-set.ts';
import { replicaSets } from '#api/apps/replica-set.ts';
import type { Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import { resolveNewReplicaSet } from '#controllers/deployment/new-replica-set.ts';
import { oldPodsRun, planDown } from '#controllers/deployment/recreate.ts';
import type { Scaling, Sets } from '#controllers/deployment/replica-sets.ts';
import { byAge, replicasOf } from '#controllers/deployment/replica-sets.ts';
import { findNew, revisionOf, sizeAnnotations } from '#controllers/deployment/revision.ts';
import { planNew, planOld } from '#controllers/deployment/rolling.ts';
import { isScaling, planScale } from '#controllers/deployment/scale.ts';
import {
  countedStatus,
  isComplete,
  msUntilTimeout,
  pausedCondition,
  rolloutStatus,
  withCondition,
} from '#controllers/deployment/status.ts';
import type { Step, SyncDeps } from '#controllers/deployment/step.ts';
import type { Outcome } from '#loop/controller.ts';
import { done, wakeAfter } from '#loop/controller.ts';
import { claimOwned } from '#loop/owners.ts';
import { sameJson } from '#loop/same.ts';
import { isEmptySelector, selectorTest } from '#loop/selector.ts';

const noHistoryLimit = 2147483647;

export async function syncDeployment(
  deployment: Stored<Deployment>,
  candidates: Sets,
  deps: SyncDeps,
): Promise<Outcome> {
  if (isEmptySelector(deployment.spec.selector)) return refuseEmptySelector(deployment, deps);
  const owned = await claimOwned({
    client: deps.client,
    ownerResource: deployments,
    owner: deployment,
    resource: replicaSets,
    matches: matcher(deployment),
    candidates,
  });
  const step: Step = { ...deps, deployment, newSet: undefined, old: owned };
  if (deployment.metadata.deletionTimestamp) {
    splitOwned(step, owned);
    return writeCountedStatus(step);
  }
  const paused = pausedCondition(deployment, deps.clock.nowMs());
  if (paused !== undefined) {
    const conditions = withCondition(deployment.status.conditions ?? [], paused);
    await writeStatus(step, { ...deployment.status, conditions });
  }
  if (deployment.spec.paused || isScaling(deployment, owned)) return scaleOnly(step, owned);
  return deployment.spec.strategy?.type === 'Recreate' ? recreate(step, owned) : roll(step, owned);
}

function matcher(deployment: Stored<Deployment>): (set: Stored<ReplicaSet>) => boolean {
  const matches = selectorTest(deployment.spec.selector);
  return set => matches(set.metadata.labels);
}

async function refuseEmptySelector(deployment: Stored<Deployment>, deps: SyncDeps): Promise<Outcome> {
  const message = 'This deployment is selecting all pods. A non-empty selector is required.';
  deps.recorder.say(deployments, deployment, 'Warning', 'SelectingAll', message);
  const { generation } = deployment.metadata;
  if ((deployment.status.observedGeneration ?? 0) < (generation ?? 0)) {
    const status = { ...deployment.status, observedGeneration: generation };
    await deps.client.updateStatus(deployments, { ...deployment, status });
  }
  return done;
}

function splitOwned(step: Step, owned: Sets): void {
  step.newSet = findNew(step.deployment, owned);
  step.old = owned.filter(each => each.metadata.uid !== step.newSet?.metadata.uid);
}

const allOf = (step: Step): Stored<ReplicaSet>[] => (step.newSet === undefined ? step.old : [...step.old, step.newSet]);

/** A change of size, or any change while a person has stopped the rollout: sizes only, nothing rolls. */
async function scaleOnly(step: Step, owned: Sets): Promise<Outcome> {
  if (await resolveNewReplicaSet(step, owned, false)) return done;
  for (const scaling of planScale(step.deployment, step.newSet, step.old)) await scale(step, scaling);
  if (step.deployment.spec.paused) await removeOld(step);
  return writeCountedStatus(step);
}

async function roll(step: Step, owned: Sets): Promise<Outcome> {
  if (await resolveNewReplicaSet(step, owned, true)) return done;
  const newSet = step.newSet;
  const grown = newSet === undefined ? [] : planNew(step.deployment, newSet, step.old);
  for (const scaling of grown) await scale(step, scaling);
  if (grown.length > 0) return writeRolloutStatus(step);
  const shrunk = planOld(step.deployment, step.newSet, step.old);
  for (const scaling of shrunk) await scale(step, scaling);
  if (shrunk.length > 0) return writeRolloutStatus(step);
  if (isComplete(step.deployment, step.deployment.status)) await removeOld(step);
  return writeRolloutStatus(step);
}

async function recreate(step: Step, owned: Sets): Promise<Outcome> {
  if (await resolveNewReplicaSet(step, owned, false)) return done;
  const down = planDown(step.old);
  for (const scaling of down) await scale(step, scaling);
  if (down.length > 0) return writeRolloutStatus(step);
  if (oldPodsRun(step.newSet, step.old, step.podsOf(owned))) return writeRolloutStatus(step);
  if (step.newSet === undefined && (await resolveNewReplicaSet(step, owned, true))) return done;
  const newSet = step.newSet;
  const wanted = replicasOf(step.deployment);
  if (newSet !== undefined && replicasOf(newSet) !== wanted)
    await scale(step, { replicaSet: newSet, replicas: wanted });
  if (isComplete(step.deployment, step.deployment.status)) await removeOld(step);
  return writeRolloutStatus(step);
}

/** Gives a ReplicaSet its size, and notes the size of the whole in its annotations. */
async function scale(step: Step, { replicaSet, replicas }: Scaling): Promise<void> {
  const { client, deployment, recorder } = step;
  const before = replicasOf(replicaSet);
  const annotations = { ...replicaSet.metadata.annotations, ...sizeAnnotations(deployment) };
  if (before === replicas && sameJson(annotations, replicaSet.metadata.annotations)) return;
  const scaled = await client.update(replicaSets, {
    ...replicaSet,
    metadata: { ...replicaSet.metadata, annotations },
    spec: { ...replicaSet.spec, replicas },
  });
  if (scaled.metadata.uid === step.newSet?.metadata.uid) step.newSet = scaled;
  else step.old = step.old.map(each => (each.metadata.uid === scaled.metadata.uid ? scaled : each));
  if (before === replicas) return;
  const way = before < replicas ? 'up' : 'down';
  const message = `Scaled ${way} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`;
  recorder.say(deployments, deployment, 'Normal', 'ScalingReplicaSet', message);
}

/** Old ReplicaSets beyond the history limit go, the oldest revisions first. */
async function removeOld(step: Step): Promise<void> {
  const limit = step.deployment.spec.revisionHistoryLimit ?? noHistoryLimit;
  if (limit === noHistoryLimit) return;
  const kept = step.old.filter(each => !each.metadata.deletionTimestamp);
  const surplus = kept.sort((a, b) => revisionOf(a) - revisionOf(b) || byAge(a, b)).slice(0, kept.length - limit);
  if (kept.length <= limit) return;
  for (const each of surplus) {
    const settled = (each.status.observedGeneration ?? 0) >= (each.metadata.generation ?? 0);
    if (each.status.replicas > 0 || replicasOf(each) > 0 || !settled) continue;
    await step.client.delete(replicaSets, refOf(each));
  }
}

function writeCountedStatus(step: Step): Promise<Outcome> {
  const status = countedStatus(step.deployment, step.newSet, allOf(step), step.clock.nowMs());
  return writeStatus(step, status);
}

async function writeRolloutStatus(step: Step): Promise<Outcome> {
  const nowMs = step.clock.nowMs();
  const status = rolloutStatus(step.deployment, step.newSet, allOf(step), nowMs);
  if (!sameJson(status, step.deployment.status)) return writeStatus(step, status);
  const leftMs = msUntilTimeout(step.deployment, status, nowMs);
  return leftMs === undefined ? done : wakeAfter(leftMs);
}

async function writeStatus(step: Step, status: DeploymentStatus): Promise<Outcome> {
  if (sameJson(status, step.deployment.status)) return done;
  step.deployment = await step.client.updateStatus(deployments, { ...step.deployment, status });
  return done;
}
