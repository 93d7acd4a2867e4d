/** Carries out a preemption: each victim is told why, and deleted. */

import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import type { Clock } from '#lib/clock.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import { conditionPatch } from '#scheduler/pod-status.ts';
import { preemptionReason } from '#scheduler/preempt.ts';
import type { SchedulerEvents } from '#scheduler/scheduler-events.ts';

export interface Eviction {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: SchedulerEvents;
  readonly schedulerName: string;
  /** For whom. */
  readonly preemptor: PodInfo;
  readonly nodeName: string;
}

export async function evictAll(victims: readonly PodInfo[], eviction: Eviction): Promise<void> {
  await Promise.all(victims.map(victim => evict(victim.pod, eviction)));
}

async function evict(victim: Stored<Pod>, eviction: Eviction): Promise<void> {
  const { client, clock, events, schedulerName, preemptor, nodeName } = eviction;
  if (victim.metadata.deletionTimestamp) return;
  const condition = conditionPatch(
    victim,
    {
      type: 'DisruptionTarget',
      observedGeneration: victim.metadata.generation,
      status: 'True',
      reason: preemptionReason,
      message: `${schedulerName}: preempting to accommodate a higher priority pod`,
    },
    clock.nowMs(),
  );
  const { uid } = victim.metadata;
  try {
    if (condition !== undefined) {
      const patch = { metadata: { uid }, status: { conditions: [condition] } };
      await client.patchStrategic(pods, refOf(victim), patch, { subresource: 'status' });
    }
    await client.delete(pods, refOf(victim), { preconditions: { uid } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const message = `Preempted by pod ${preemptor.uid} on node ${nodeName}`;
  events.say(victim, { type: 'Normal', reason: 'Preempted', action: 'Preempting', message, related: preemptor.pod });
}
