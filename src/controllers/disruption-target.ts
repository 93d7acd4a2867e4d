/** Says in a Pod's status why it is about to be disrupted, before it is: so that a Job can tell a failure from a disruption. */

import type { Pod, PodStatus } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { podCondition } from '#api/core/pod-state.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import type { Clock } from '#lib/clock.ts';
import { rfc3339 } from '#lib/clock.ts';

export interface Disruption {
  readonly reason: string;
  readonly message: string;
  /** Set when the Pod is given up with its Node. */
  readonly phase?: 'Failed';
}

export async function addDisruption(
  client: Client,
  clock: Clock,
  pod: Stored<Pod>,
  { reason, message, phase }: Disruption,
): Promise<void> {
  const old = podCondition(pod, 'DisruptionTarget');
  const said = old?.status === 'True' && old.reason === reason && old.message === message;
  if (said && (phase === undefined || pod.status.phase === phase)) return;
  const now = rfc3339(clock.nowMs());
  const condition = {
    type: 'DisruptionTarget',
    observedGeneration: pod.metadata.generation,
    status: 'True',
    lastTransitionTime: old?.status === 'True' ? old.lastTransitionTime : now,
    reason,
    message,
  };
  const status: PodStatus = { conditions: [condition], ...(phase === undefined ? {} : { phase }) };
  const { uid, namespace, name } = pod.metadata;
  await client.patchStrategic(pods, { namespace, name }, { metadata: { uid }, status }, { subresource: 'status' });
}
