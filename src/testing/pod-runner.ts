/** Runs Pods as a scheduler and a kubelet would, without containers: binds each to the one Node, makes it ready, lets it go. */

import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { ApiError } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Informer } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import type { Clock } from '#lib/clock.ts';
import { rfc3339 } from '#lib/clock.ts';

export interface PodRunnerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly pods: Informer<Pod>;
  readonly nodeName: string;
  /** How a Pod ends by itself; undefined: it runs on. */
  readonly outcome?: (pod: Stored<Pod>) => 'Succeeded' | 'Failed' | undefined;
}

export function runPods(options: PodRunnerOptions): () => void {
  let addressCount = 1;
  const nextAddress = () => `10.244.${addressCount >> 8}.${++addressCount & 255}`;
  const act = async (pod: Stored<Pod>) => {
    try {
      await step(options, pod, nextAddress);
    } catch (error) {
      // Somebody else wrote first: the next event brings the Pod as it is now.
      if (!(error instanceof ApiError)) throw error;
    }
  };
  return options.pods.on({ add: pod => void act(pod), update: (_, pod) => void act(pod) });
}

async function step(
  { client, clock, nodeName, outcome }: PodRunnerOptions,
  pod: Stored<Pod>,
  nextAddress: () => string,
) {
  const { name } = pod.metadata;
  if (!pod.spec.nodeName) {
    const binding = { metadata: { name }, target: { kind: 'Node', name: nodeName } };
    await client.createSubresource(pods, refOf(pod), 'binding', binding);
    return;
  }
  if (pod.metadata.deletionTimestamp) {
    await client.delete(pods, refOf(pod), { gracePeriodSeconds: 0 });
    return;
  }
  const lastTransitionTime = rfc3339(clock.nowMs());
  if (pod.status.phase === 'Pending' || !pod.status.phase) {
    const podIP = nextAddress();
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime }];
    const status = { ...pod.status, phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
    await client.updateStatus(pods, { ...pod, status });
    return;
  }
  const phase = pod.status.phase === 'Running' ? outcome?.(pod) : undefined;
  if (phase === undefined) return;
  const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime }];
  await client.updateStatus(pods, { ...pod, status: { ...pod.status, phase, conditions } });
}
