/** ReplicaSets and ReplicationControllers do the same; this is where they differ. */

import type { ReplicaSet } from '#api/apps/replica-set.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import type { Resource } from '#machinery/resource.ts';

export interface ReplicaKind {
  readonly controllerName: string;
  /** The name in Events: `replicaset-controller`. */
  readonly component: string;
  /** Seen as a ReplicaSet: spec and status have the same fields but for the selector. */
  readonly resource: Resource<ReplicaSet>;
  /** Its status says how many Pods are ending. */
  readonly countsTerminating: boolean;
  readonly selectorOf: (owner: ReplicaSet) => LabelSelector | undefined;
}
