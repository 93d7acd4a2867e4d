/** What a StatefulSet says about its Pods. Pure. */

import type { StatefulSet, StatefulSetStatus } from '#api/apps/stateful-set.ts';
import type { Pod } from '#api/core/pod.ts';
import { msUntilAvailable } from '#api/core/pod-state.ts';
import type { Stored } from '#client/object.ts';
import { isAvailable, isRunningAndReady, isTerminating, revisionOf } from '#controllers/statefulset/pods.ts';

export interface StatusInput {
  readonly set: Stored<StatefulSet>;
  readonly pods: readonly Stored<Pod>[];
  readonly currentRevision: string;
  readonly updateRevision: string;
  readonly collisionCount: number;
  /** Deleted in this step for the sake of the update. */
  readonly leaving: ReadonlySet<string>;
  readonly nowMs: number;
}

export function statefulSetStatus(input: StatusInput): StatefulSetStatus {
  const { set, pods, currentRevision, updateRevision, collisionCount, leaving, nowMs } = input;
  const count = (test: (pod: Stored<Pod>) => boolean) => pods.filter(test).length;
  const staying = (pod: Stored<Pod>) => !isTerminating(pod) && !leaving.has(pod.metadata.uid);
  const status: StatefulSetStatus = {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: count(isRunningAndReady) || undefined,
    currentReplicas: count(pod => staying(pod) && revisionOf(pod) === currentRevision) || undefined,
    updatedReplicas: count(pod => staying(pod) && revisionOf(pod) === updateRevision) || undefined,
    currentRevision,
    updateRevision,
    collisionCount,
    conditions: set.status.conditions,
    availableReplicas: count(pod => isAvailable(set, pod, nowMs)),
  };
  const wanted = set.spec.replicas ?? 1;
  const rolling = set.spec.updateStrategy?.type !== 'OnDelete';
  const complete = status.updatedReplicas === status.replicas && status.readyReplicas === status.replicas;
  if (rolling && complete && status.replicas === wanted && currentRevision !== updateRevision) {
    status.currentRevision = updateRevision;
    status.currentReplicas = status.updatedReplicas;
  }
  return status;
}

export function msUntilNextAvailable({ set, pods, nowMs }: StatusInput): number | undefined {
  const waits = pods
    .map(pod => msUntilAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs))
    .filter(ms => ms !== undefined && ms > 0) as number[];
  return waits.length > 0 ? Math.min(...waits) : undefined;
}
