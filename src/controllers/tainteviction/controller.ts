/** Drives Pods from Nodes with a NoExecute taint that they do not tolerate, or no longer: each at its own time. */

import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import type { Taint } from '#api/core/scheduling.ts';
import { isNotFound } from '#client/api-error.ts';
import { byNodeName } from '#client/indexes.ts';
import type { Key, Stored } from '#client/object.ts';
import { keyOf, refOf } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { addDisruption } from '#controllers/disruption-target.ts';
import { msTolerated } from '#controllers/tainteviction/toleration.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeAfter } from '#loop/controller.ts';

const component = 'taint-eviction-controller';

export function taintEvictionController(deps: ControllerDeps): Controller {
  const { client, clock, informers } = deps;
  const nodeCopy = informers.of(nodes);
  const podCopy = informers.of(pods);
  const recorder = deps.events(component);
  /** When the time of each Pod ends. */
  const scheduledMs = new Map<Key, number>();
  const say = (pod: Stored<Pod>, message: string) => recorder.say(pods, pod, 'Normal', 'TaintManagerEviction', message);

  function cancel(key: Key, pod: Stored<Pod>): void {
    if (scheduledMs.delete(key)) say(pod, `Cancelling deletion of Pod ${key}`);
  }

  /** A time that is set stands, whatever taints come on top, as long as each is tolerated for a while. */
  function schedule(key: Key, toleratedMs: number): number {
    const atMs = scheduledMs.get(key) ?? clock.monotonicMs() + toleratedMs;
    scheduledMs.set(key, atMs);
    return atMs;
  }

  async function evict(key: Key, pod: Stored<Pod>): Promise<void> {
    say(pod, `Marking for deletion Pod ${key}`);
    try {
      await addDisruption(client, clock, pod, {
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
      });
      await client.delete(pods, refOf(pod), { preconditions: { uid: pod.metadata.uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    scheduledMs.delete(key);
  }

  return {
    name: component,
    reads: [nodeCopy, podCopy],
    workers: 8,
    wake(queue) {
      const wakePods = (node: Stored<Node>) => {
        for (const pod of podCopy.by(byNodeName, node.metadata.name)) queue.add(keyOf(pod));
      };
      nodeCopy.on({
        add(node) {
          if (noExecuteTaints(node).length > 0) wakePods(node);
        },
        update(old, node) {
          if (taintsKey(old) !== taintsKey(node)) wakePods(node);
        },
      });
      podCopy.on({
        add(pod) {
          if (pod.spec.nodeName) queue.add(keyOf(pod));
        },
        update(old, pod) {
          const moved = old.spec.nodeName !== pod.spec.nodeName;
          if (moved || JSON.stringify(old.spec.tolerations) !== JSON.stringify(pod.spec.tolerations))
            queue.add(keyOf(pod));
        },
        delete(pod) {
          scheduledMs.delete(keyOf(pod));
        },
      });
    },
    async reconcile(key) {
      const pod = podCopy.byKey(key);
      if (pod === undefined) return done;
      const node = nodeCopy.byKey(pod.spec.nodeName ?? '');
      const taints = node === undefined ? [] : noExecuteTaints(node);
      const toleratedMs = msTolerated(pod.spec.tolerations, taints);
      if (toleratedMs === undefined) {
        cancel(key, pod);
        return done;
      }
      if (toleratedMs === 'never') cancel(key, pod);
      else {
        const leftMs = schedule(key, toleratedMs) - clock.monotonicMs();
        if (leftMs > 0) return wakeAfter(leftMs);
      }
      await evict(key, pod);
      return done;
    },
  };
}

function noExecuteTaints(node: Node): Taint[] {
  return (node.spec?.taints ?? []).filter(taint => taint.effect === 'NoExecute');
}

function taintsKey(node: Node): string {
  return noExecuteTaints(node)
    .map(({ key, value }) => `${key}=${value ?? ''}`)
    .join();
}
