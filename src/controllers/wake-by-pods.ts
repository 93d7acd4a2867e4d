/** Wakes the owners of Pods: when one comes, changes or goes, and for Pods without an owner everyone who could adopt them. */

import type { Pod } from '#api/core/pod.ts';
import type { Informer } from '#client/informer.ts';
import type { ApiObject, Key, Stored } from '#client/object.ts';
import { keyFor, keyOf } from '#client/object.ts';
import type { Expectations } from '#loop/expectations.ts';
import { controllerOf } from '#loop/owners.ts';
import type { WorkQueue } from '#loop/queue.ts';
import { selectorTest } from '#loop/selector.ts';
import type { LabelSelector } from '#machinery/meta.ts';

export interface PodWakes<O extends ApiObject> {
  readonly pods: Informer<Pod>;
  readonly owners: Informer<O>;
  readonly kind: string;
  readonly selectorOf: (owner: Stored<O>) => LabelSelector | undefined;
  readonly expectations?: Expectations;
  /** How long a change of a Pod may wait for others, so that they are dealt with together. */
  readonly updateDelayMs?: (old: Stored<Pod>, pod: Stored<Pod>) => number;
}

export function wakeByPods<O extends ApiObject>(queue: WorkQueue, wakes: PodWakes<O>): void {
  const { pods, expectations, updateDelayMs = () => 0 } = wakes;
  const keyOfOwner = (pod: Pod): Key | undefined => {
    const controller = controllerOf(pod);
    return controller?.kind === wakes.kind ? keyFor(pod.metadata?.namespace, controller.name) : undefined;
  };
  const wakeAdopters = (pod: Stored<Pod>, delayMs = 0) => {
    for (const owner of wakes.owners.inNamespace(pod.metadata.namespace ?? '')) {
      if (selectorTest(wakes.selectorOf(owner))(pod.metadata.labels)) queue.addAfter(keyOf(owner), delayMs);
    }
  };
  const gone = (pod: Stored<Pod>) => {
    const owner = keyOfOwner(pod);
    if (owner === undefined) return;
    expectations?.deleted(owner, pod.metadata.uid);
    queue.add(owner);
  };
  pods.on({
    add(pod) {
      if (pod.metadata.deletionTimestamp) {
        gone(pod);
        return;
      }
      const owner = keyOfOwner(pod);
      if (owner !== undefined) {
        expectations?.created(owner);
        queue.add(owner);
      } else if (controllerOf(pod) === undefined) wakeAdopters(pod);
    },
    update(old, pod) {
      if (pod.metadata.deletionTimestamp) {
        gone(pod);
        return;
      }
      const delayMs = updateDelayMs(old, pod);
      const before = controllerOf(old)?.uid === controllerOf(pod)?.uid ? undefined : keyOfOwner(old);
      if (before !== undefined) queue.addAfter(before, delayMs);
      const owner = keyOfOwner(pod);
      if (owner !== undefined) queue.addAfter(owner, delayMs);
      else if (controllerOf(pod) === undefined) wakeAdopters(pod, delayMs);
    },
    delete: gone,
  });
}
