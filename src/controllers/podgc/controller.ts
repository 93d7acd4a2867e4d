/**
 * Clears away Pods that nobody else will: of Nodes that are gone, never scheduled and told to end, on Nodes declared out of
 * service, and the oldest of the finished ones when there are too many.
 */

import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { isPodTerminal } from '#api/core/pod-state.ts';
import { isConflict, isNotFound } from '#client/api-error.ts';
import { byNodeName } from '#client/indexes.ts';
import type { Key, Stored } from '#client/object.ts';
import { keyOf, refOf } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { markFailed } from '#controllers/disruption-target.ts';
import type { Controller, Outcome } from '#loop/controller.ts';
import { done, wakeAfter } from '#loop/controller.ts';

/** A Node that seems gone may only be late in our copy, or about to be made anew. */
const quarantineMs = 40_000;
/** Upstream's --terminated-pod-gc-threshold. */
const finishedMax = 12_500;
const finishedKey: Key = '/finished';
const outOfService = 'node.kubernetes.io/out-of-service';

export function podGarbageCollectorController(deps: ControllerDeps): Controller {
  const { client, clock, informers } = deps;
  const podCopy = informers.of(pods);
  const nodeCopy = informers.of(nodes);
  /** When each Node was first missed. */
  const missedMs = new Map<string, number>();

  /** Gives it up as failed, when it has not ended; `why` is told where the Pod is disrupted. */
  async function force(pod: Stored<Pod>, why?: { reason: string; message: string }): Promise<void> {
    try {
      if (!isPodTerminal(pod)) await markFailed(client, clock, pod, why);
      await client.delete(pods, refOf(pod), { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async function orphaned(pod: Stored<Pod>, nodeName: string): Promise<Outcome> {
    const sinceMs = missedMs.get(nodeName) ?? clock.monotonicMs();
    missedMs.set(nodeName, sinceMs);
    const leftMs = sinceMs + quarantineMs - clock.monotonicMs();
    if (leftMs > 0) return wakeAfter(leftMs);
    if (await nodeExists(nodeName)) return done;
    await force(pod, { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' });
    return done;
  }

  async function nodeExists(name: string): Promise<boolean> {
    try {
      await client.get(nodes, { name });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async function removeFinished(): Promise<Outcome> {
    const finished = [...podCopy.values()].filter(isPodTerminal);
    const surplus = finished.sort(byAge).slice(0, Math.max(0, finished.length - finishedMax));
    for (const pod of surplus) await force(pod);
    return done;
  }

  return {
    name: 'pod-garbage-collector-controller',
    reads: [podCopy, nodeCopy],
    workers: 4,
    wake(queue) {
      let finishedCount = 0;
      const countFinished = (change: number) => {
        finishedCount += change;
        if (change > 0 && finishedCount > finishedMax) queue.add(finishedKey);
      };
      podCopy.on({
        add(pod) {
          if (isPodTerminal(pod)) countFinished(1);
          queue.add(keyOf(pod));
        },
        update(old, pod) {
          if (isPodTerminal(pod) && !isPodTerminal(old)) countFinished(1);
          const moved = old.spec.nodeName !== pod.spec.nodeName;
          if (moved || old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp) queue.add(keyOf(pod));
        },
        delete(pod) {
          if (isPodTerminal(pod)) countFinished(-1);
        },
      });
      const wakeNode = (node: Stored<Node>) => {
        for (const pod of podCopy.by(byNodeName, node.metadata.name)) queue.add(keyOf(pod));
      };
      nodeCopy.on({
        add(node) {
          missedMs.delete(node.metadata.name);
        },
        update(old, node) {
          if (isOutOfService(node) && !isOutOfService(old)) wakeNode(node);
        },
        delete: wakeNode,
      });
    },
    async reconcile(key) {
      if (key === finishedKey) return removeFinished();
      const pod = podCopy.byKey(key);
      if (pod === undefined) return done;
      const { nodeName } = pod.spec;
      if (!nodeName) {
        if (pod.metadata.deletionTimestamp) await force(pod);
        return done;
      }
      const node = nodeCopy.byKey(nodeName);
      if (node === undefined) return orphaned(pod, nodeName);
      if (pod.metadata.deletionTimestamp && isOutOfService(node)) await force(pod);
      return done;
    },
  };
}

/** A person says so, and the Node does not say that it is ready. */
function isOutOfService(node: Node): boolean {
  const ready = node.status?.conditions?.find(condition => condition.type === 'Ready')?.status;
  return ready !== 'True' && (node.spec?.taints?.some(taint => taint.key === outOfService) ?? false);
}

function byAge(a: Stored<Pod>, b: Stored<Pod>): number {
  return a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1;
}
