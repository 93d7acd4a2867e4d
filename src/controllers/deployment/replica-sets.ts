/** The ReplicaSets of a Deployment: their sizes and their order. Pure. */

import type { Deployment } from '#api/apps/deployment.ts';
import type { ReplicaSet } from '#api/apps/replica-set.ts';
import type { Stored } from '#client/object.ts';

export type Sets = readonly Stored<ReplicaSet>[];

/** A size that a ReplicaSet should get. */
export interface Scaling {
  readonly replicaSet: Stored<ReplicaSet>;
  readonly replicas: number;
}

export const replicasOf = (object: Deployment | ReplicaSet | undefined): number =>
  object === undefined ? 0 : (object.spec?.replicas ?? 1);

export const totalReplicas = (replicaSets: readonly ReplicaSet[]): number =>
  replicaSets.reduce((sum, each) => sum + replicasOf(each), 0);

export function byAge(a: Stored<ReplicaSet>, b: Stored<ReplicaSet>): number {
  const [at, bt] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (at !== bt) return at < bt ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

export const active = (replicaSets: Sets): Stored<ReplicaSet>[] => replicaSets.filter(each => replicasOf(each) > 0);
