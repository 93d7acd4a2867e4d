/** What the node lifecycle writes: taints and labels of Nodes, the readiness of their Pods. */

import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Pod, PodCondition } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { isPodReady } from '#api/core/pod-state.ts';
import { isConflict, isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import type { TaintChange } from '#controllers/nodelifecycle/health.ts';
import { changedTaints } from '#controllers/nodelifecycle/health.ts';
import type { Clock } from '#lib/clock.ts';
import { rfc3339 } from '#lib/clock.ts';
import type { EventRecorder } from '#loop/events.ts';

const triesMax = 5;

/** Changes taints on the Node as it is now; others (the kubelet, people) write Nodes all the time. */
export async function changeTaints(client: Client, clock: Clock, name: string, change: TaintChange): Promise<void> {
  if (change.add.length === 0 && change.remove.length === 0) return;
  for (let tries = 1; ; tries++) {
    try {
      const node = await client.get(nodes, { name });
      const taints = changedTaints(node.spec.taints ?? [], change, clock.nowMs());
      if (taints === undefined) return;
      const { resourceVersion } = node.metadata;
      const spec = { taints: taints.length > 0 ? taints : null };
      await client.patchMerge(nodes, { name }, { metadata: { resourceVersion }, spec });
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error) || tries >= triesMax) throw error;
    }
  }
}

/** The Pods of a Node that fell silent are no longer taken for ready. */
export async function markPodsNotReady(
  client: Client,
  clock: Clock,
  recorder: EventRecorder,
  onNode: readonly Stored<Pod>[],
): Promise<void> {
  for (const pod of onNode) {
    if (!isPodReady(pod)) continue;
    const lastTransitionTime = rfc3339(clock.nowMs());
    const conditions = pod.status.conditions?.map(
      (each): PodCondition => (each.type === 'Ready' ? { ...each, status: 'False', lastTransitionTime } : each),
    );
    try {
      await client.updateStatus(pods, { ...pod, status: { ...pod.status, conditions } });
    } catch (error) {
      if (isNotFound(error)) continue;
      throw error;
    }
    recorder.say(pods, pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  }
}

/** Events about a Node name it and its uid, and stand in the default namespace. */
export function sayOfNode(recorder: EventRecorder, node: Stored<Node>, reason: string, message: string): void {
  const { name, uid } = node.metadata;
  recorder.sayOf({ apiVersion: 'v1', kind: 'Node', name, uid }, 'Normal', reason, message);
}
