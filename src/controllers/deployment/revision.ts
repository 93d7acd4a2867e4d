/** Which ReplicaSet is the new one, and the bookkeeping in annotations: revisions, history, sizes. Pure. */

import type { Deployment } from '#api/apps/deployment.ts';
import { deployments } from '#api/apps/deployment.ts';
import type { ReplicaSet } from '#api/apps/replica-set.ts';
import type { PodTemplateSpec } from '#api/core/pod-spec.ts';
import type { Stored } from '#client/object.ts';
import { byAge } from '#controllers/deployment/replica-sets.ts';
import { maxSurge } from '#controllers/deployment/rolling.ts';
import { templateHash } from '#controllers/template-hash.ts';
import { controllerReference } from '#loop/owners.ts';
import { sameJson } from '#loop/same.ts';

export const hashLabel = 'pod-template-hash';
export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
const maxAnnotation = 'deployment.kubernetes.io/max-replicas';
const historyCharactersMax = 2000;

/** Annotations of a Deployment that say something about itself and are not handed down. */
const ownAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
]);

type Annotations = Record<string, string>;

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  const metadata = { ...template?.metadata, labels, creationTimestamp: undefined };
  return { ...template, metadata };
}

export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return sameJson(withoutHash(a), withoutHash(b));
}

/** The oldest with the Deployment's template: there may be several when clocks or adoption made them. */
export function findNew(
  deployment: Deployment,
  replicaSets: readonly Stored<ReplicaSet>[],
): Stored<ReplicaSet> | undefined {
  return [...replicaSets].sort(byAge).find(each => sameTemplate(each.spec.template, deployment.spec?.template));
}

export function revisionOf(object: ReplicaSet | Deployment): number {
  return Number(object.metadata?.annotations?.[revisionAnnotation] ?? '0') || 0;
}

export function maxRevision(replicaSets: readonly ReplicaSet[]): number {
  return Math.max(0, ...replicaSets.map(revisionOf));
}

/** How large the Deployment was when the ReplicaSet was last scaled; undefined when it does not say. */
export function desiredReplicasOf(replicaSet: ReplicaSet): number | undefined {
  return numberIn(replicaSet.metadata?.annotations?.[desiredAnnotation]);
}

export function maxReplicasOf(replicaSet: ReplicaSet): number | undefined {
  return numberIn(replicaSet.metadata?.annotations?.[maxAnnotation]);
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** The sizes of the Deployment now, for `getFraction` at the next scaling. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  const replicas = deployment.spec?.replicas ?? 1;
  return { [desiredAnnotation]: String(replicas), [maxAnnotation]: String(replicas + maxSurge(deployment)) };
}

/** The annotations that a new ReplicaSet should have, given those it has. Equal to those when nothing is to do. */
export function newReplicaSetAnnotations(
  deployment: Deployment,
  replicaSet: ReplicaSet,
  revision: number,
): Annotations {
  const annotations: Annotations = { ...replicaSet.metadata?.annotations };
  for (const [name, value] of Object.entries(deployment.metadata?.annotations ?? {})) {
    if (!ownAnnotations.has(name)) annotations[name] = value;
  }
  const before = annotations[revisionAnnotation];
  if (revisionOf(replicaSet) >= revision) return annotations;
  annotations[revisionAnnotation] = String(revision);
  if (before !== undefined) annotations[historyAnnotation] = withHistory(annotations[historyAnnotation], before);
  return annotations;
}

/** `1,3` and `5` make `1,3,5`; the oldest go when it grows too long. */
function withHistory(history: string | undefined, revision: string): string {
  if (!history) return revision;
  let past = history.split(',');
  let charactersCount = history.length + revision.length + 1;
  while (charactersCount > historyCharactersMax && past.length > 0) {
    charactersCount -= past[0]!.length + 1;
    past = past.slice(1);
  }
  return [...past, revision].join(',');
}

/** The ReplicaSet for the Deployment's template, without its size. */
export function buildReplicaSet(deployment: Stored<Deployment>, revision: number): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, deployment.status.collisionCount);
  const labels = { ...template?.metadata?.labels, [hashLabel]: hash };
  const replicaSet: ReplicaSet = {
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      ownerReferences: [controllerReference(deployments, deployment)],
    },
    spec: {
      replicas: 0,
      minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  };
  const annotations = newReplicaSetAnnotations(deployment, replicaSet, revision);
  replicaSet.metadata!.annotations = { ...annotations, ...sizeAnnotations(deployment) };
  return replicaSet;
}
