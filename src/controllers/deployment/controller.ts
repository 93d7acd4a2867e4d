/** Deployments: wiring. What happens in one step is in sync.ts. */

import type { Deployment } from '#api/apps/deployment.ts';
import { deployments } from '#api/apps/deployment.ts';
import type { ReplicaSet } from '#api/apps/replica-set.ts';
import { replicaSets } from '#api/apps/replica-set.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { byOwner, orphanOf } from '#client/indexes.ts';
import type { Informer } from '#client/informer.ts';
import type { ApiObject, Stored } from '#client/object.ts';
import { keyFor, keyOf } from '#client/object.ts';
import { syncDeployment } from '#controllers/deployment/sync.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeBySelf } from '#loop/controller.ts';
import { controllerOf } from '#loop/owners.ts';
import type { WorkQueue } from '#loop/queue.ts';
import { isEmptySelector, selectorTest } from '#loop/selector.ts';

export function deploymentController(deps: ControllerDeps): Controller {
  const all = deps.informers.of(deployments);
  const sets = deps.informers.of(replicaSets);
  const podCopy = deps.informers.of(pods);
  const recorder = deps.events('deployment-controller');
  return {
    name: 'deployment-controller',
    reads: [all, sets, podCopy],
    workers: 5,
    wake(queue) {
      wakeBySelf(queue, all);
      wakeByReplicaSets(queue, all, sets);
      wakeByLastPod(queue, all, sets, podCopy);
    },
    async reconcile(key) {
      const deployment = all.byKey(key);
      if (deployment === undefined) return done; // Deleted: the garbage collector takes what it owned.
      const { uid, namespace } = deployment.metadata;
      const candidates = [...sets.by(byOwner, uid), ...sets.by(byOwner, orphanOf(namespace))];
      return syncDeployment(deployment, candidates, {
        ...deps,
        recorder,
        podsOf: owned => owned.flatMap(each => podCopy.by(byOwner, each.metadata.uid)),
      });
    },
  };
}

/** The Deployment that a reference names, when it is still that one. */
function ownerIn(all: Informer<Deployment>, object: ApiObject): Stored<Deployment> | undefined {
  const controller = controllerOf(object);
  if (controller?.kind !== deployments.kind) return undefined;
  const owner = all.get(object.metadata?.namespace, controller.name);
  return owner?.metadata.uid === controller.uid ? owner : undefined;
}

function wakeByReplicaSets(queue: WorkQueue, all: Informer<Deployment>, sets: Informer<ReplicaSet>): void {
  const wakeOwner = (set: Stored<ReplicaSet>) => {
    const controller = controllerOf(set);
    // By name, because at the start the Deployments may not have come yet.
    if (controller?.kind === deployments.kind) queue.add(keyFor(set.metadata.namespace, controller.name));
    else if (controller === undefined && !set.metadata.deletionTimestamp) wakeMatching(set);
  };
  const wakeMatching = (set: Stored<ReplicaSet>) => {
    for (const deployment of all.inNamespace(set.metadata.namespace ?? '')) {
      if (isEmptySelector(deployment.spec.selector)) continue;
      if (selectorTest(deployment.spec.selector)(set.metadata.labels)) queue.add(keyOf(deployment));
    }
  };
  sets.on({
    add: wakeOwner,
    delete: wakeOwner,
    update(old, set) {
      const before = controllerOf(old);
      if (before !== undefined && before.uid !== controllerOf(set)?.uid) wakeOwner(old);
      wakeOwner(set);
    },
  });
}

/** A Deployment that recreates waits for its last old Pod. */
function wakeByLastPod(
  queue: WorkQueue,
  all: Informer<Deployment>,
  sets: Informer<ReplicaSet>,
  podCopy: Informer<Pod>,
): void {
  podCopy.on({
    delete(pod) {
      const controller = controllerOf(pod);
      if (controller?.kind !== replicaSets.kind) return;
      const set = sets.get(pod.metadata.namespace, controller.name);
      const deployment = set === undefined ? undefined : ownerIn(all, set);
      if (deployment?.spec.strategy?.type !== 'Recreate') return;
      const owned = sets.by(byOwner, deployment.metadata.uid);
      if (owned.every(each => podCopy.by(byOwner, each.metadata.uid).length === 0)) queue.add(keyOf(deployment));
    },
  });
}
