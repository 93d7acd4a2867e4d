/** Says in a Pod's status why it is about to be disrupted, before it is: so that a Job can tell a failure from a disruption. */

import type { Pod, PodCondition, PodStatus } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { podCondition } from '#api/core/pod-state.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import type { Clock } from '#lib/clock.ts';
import { rfc3339 } from '#lib/clock.ts';

export interface Disruption {
  readonly reason: string;
  readonly message: string;
}

export async function addDisruption(client: Client, clock: Clock, pod: Stored<Pod>, why: Disruption): Promise<void> {
  const old = podCondition(pod, 'DisruptionTarget');
  if (old?.status === 'True' && old.reason === why.reason && old.message === why.message) return;
  await patchStatus(client, pod, { conditions: [conditionOf(clock, pod, why)] });
}

/** Gives a Pod up that nobody will end any more. */
export async function markFailed(
  client: Client,
  clock: Clock,
  pod: Stored<Pod>,
  why: Disruption | undefined,
): Promise<void> {
  const conditions = why === undefined ? {} : { conditions: [conditionOf(clock, pod, why)] };
  const observedGeneration = pod.metadata.generation;
  await patchStatus(client, pod, { phase: 'Failed', observedGeneration, ...conditions });
}

function conditionOf(clock: Clock, pod: Stored<Pod>, { reason, message }: Disruption): PodCondition {
  const old = podCondition(pod, 'DisruptionTarget');
  const now = rfc3339(clock.nowMs());
  return {
    type: 'DisruptionTarget',
    observedGeneration: pod.metadata.generation,
    status: 'True',
    lastTransitionTime: old?.status === 'True' ? old.lastTransitionTime : now,
    reason,
    message,
  };
}

async function patchStatus(client: Client, pod: Stored<Pod>, status: PodStatus): Promise<void> {
  const { uid, namespace, name } = pod.metadata;
  await client.patchStrategic(pods, { namespace, name }, { metadata: { uid }, status }, { subresource: 'status' });
}
