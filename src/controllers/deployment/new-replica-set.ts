/** Finds, brings up to date, or makes the ReplicaSet of a Deployment's present template. */

import { deployments } from '#api/apps/deployment.ts';
import type { ReplicaSet } from '#api/apps/replica-set.ts';
import { replicaSets } from '#api/apps/replica-set.ts';
import { isAlreadyExists, isNamespaceTerminating } from '#client/api-error.ts';
import type { Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import type { Sets } from '#controllers/deployment/replica-sets.ts';
import {
  buildReplicaSet,
  findNew,
  maxRevision,
  newReplicaSetAnnotations,
  revisionAnnotation,
  sameTemplate,
} from '#controllers/deployment/revision.ts';
import { newReplicas } from '#controllers/deployment/rolling.ts';
import { conditionOf, newCondition, progressDeadlineMs, withCondition } from '#controllers/deployment/status.ts';
import type { Step } from '#controllers/deployment/step.ts';
import { controllerOf } from '#loop/owners.ts';
import { sameJson } from '#loop/same.ts';

/** Sets `newSet` and `old` of the step. True when something was written that comes back as an event: end the step. */
export async function resolveNewReplicaSet(step: Step, owned: Sets, create: boolean): Promise<boolean> {
  const found = findNew(step.deployment, owned);
  step.newSet = found;
  step.old = owned.filter(each => each.metadata.uid !== found?.metadata.uid);
  const revision = maxRevision(step.old) + 1;
  if (found !== undefined) return bringUpToDate(step, found, revision);
  if (!create) return false;
  await make(step, owned, revision);
  return true;
}

async function bringUpToDate(step: Step, found: Stored<ReplicaSet>, revision: number): Promise<boolean> {
  const { client, deployment, clock } = step;
  const annotations = newReplicaSetAnnotations(deployment, found, revision);
  const { minReadySeconds } = deployment.spec;
  const sameReady = (found.spec.minReadySeconds ?? 0) === (minReadySeconds ?? 0);
  if (!sameReady || !sameJson(annotations, found.metadata.annotations ?? {})) {
    const metadata = { ...found.metadata, annotations };
    step.newSet = await client.update(replicaSets, { ...found, metadata, spec: { ...found.spec, minReadySeconds } });
    return true;
  }
  const known =
    conditionOf(deployment.status, 'Progressing') !== undefined || progressDeadlineMs(deployment) === undefined;
  const message = `Found new replica set "${found.metadata.name}"`;
  const condition = known
    ? undefined
    : newCondition('Progressing', 'True', 'FoundNewReplicaSet', message, clock.nowMs());
  await noteRevision(step, annotations[revisionAnnotation] ?? '', condition);
  return false;
}

type Condition = ReturnType<typeof newCondition>;

/** The Deployment's own revision annotation and, where there is something to say, its condition, in one write. */
async function noteRevision(step: Step, revision: string, condition: Condition | undefined): Promise<void> {
  const { deployment, client } = step;
  if (deployment.metadata.annotations?.[revisionAnnotation] === revision && condition === undefined) return;
  const annotations = { ...deployment.metadata.annotations, [revisionAnnotation]: revision };
  const conditions = deployment.status.conditions ?? [];
  step.deployment = await client.updateStatus(deployments, {
    ...deployment,
    metadata: { ...deployment.metadata, annotations },
    status: { ...deployment.status, conditions: condition ? withCondition(conditions, condition) : conditions },
  });
}

async function make(step: Step, owned: Sets, revision: number): Promise<void> {
  const { client, deployment, recorder, clock } = step;
  const wanted = buildReplicaSet(deployment, revision);
  const replicas = newReplicas(deployment, 0, owned);
  wanted.spec = { ...wanted.spec!, replicas };
  const name = wanted.metadata?.name ?? '';
  let made = true;
  try {
    step.newSet = await client.create(replicaSets, wanted);
  } catch (error) {
    if (isAlreadyExists(error)) {
      step.newSet = await takeExisting(step, wanted, error);
      made = false;
    } else {
      if (!isNamespaceTerminating(error)) await noteFailure(step, name, error);
      throw error;
    }
  }
  if (made && replicas > 0) {
    const message = `Scaled up replica set ${name} from 0 to ${replicas}`;
    recorder.say(deployments, deployment, 'Normal', 'ScalingReplicaSet', message);
  }
  const tells = made && progressDeadlineMs(deployment) !== undefined;
  const message = `Created new replica set "${name}"`;
  const condition = tells
    ? newCondition('Progressing', 'True', 'NewReplicaSetCreated', message, clock.nowMs())
    : undefined;
  await noteRevision(step, String(revision), condition);
}

/** One of that name is there: our own, made in a step whose answer was lost, or a stranger's, which calls for another hash. */
async function takeExisting(step: Step, wanted: ReplicaSet, error: unknown): Promise<Stored<ReplicaSet>> {
  const { client, deployment } = step;
  const existing = await client.get(replicaSets, refOf(wanted));
  const ours = controllerOf(existing)?.uid === deployment.metadata.uid;
  if (ours && sameTemplate(existing.spec.template, deployment.spec.template)) return existing;
  const collisionCount = (deployment.status.collisionCount ?? 0) + 1;
  await client.updateStatus(deployments, { ...deployment, status: { ...deployment.status, collisionCount } });
  throw error;
}

async function noteFailure(step: Step, name: string, error: unknown): Promise<void> {
  const { client, clock, deployment, recorder } = step;
  const why = error instanceof Error ? error.message : String(error);
  const message = `Failed to create new replica set "${name}": ${why}`;
  recorder.say(deployments, deployment, 'Warning', 'ReplicaSetCreateError', message);
  if (progressDeadlineMs(deployment) === undefined) return;
  const condition = newCondition('Progressing', 'False', 'ReplicaSetCreateError', message, clock.nowMs());
  const conditions = withCondition(deployment.status.conditions ?? [], condition);
  await client
    .updateStatus(deployments, { ...deployment, status: { ...deployment.status, conditions } })
    .catch(() => {});
}
