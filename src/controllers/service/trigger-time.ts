/**
 * When the change happened that a write answers: the earliest of the Service's creation and the readiness of its Pods that
 * were not known before. Whoever programs the network measures from it how long that took.
 */

import type { Pod } from '#api/core/pod.ts';
import { podCondition } from '#api/core/pod-state.ts';
import type { Service } from '#api/core/service.ts';
import type { Key, Stored } from '#client/object.ts';

export const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

interface Known {
  readonly service: string;
  readonly pods: ReadonlyMap<string, string>;
}

export class TriggerTimes {
  readonly #known = new Map<Key, Known>();

  /** Undefined when nothing new is known, as for a change of the Service's ports. */
  next(key: Key, service: Stored<Service>, pods: readonly Stored<Pod>[]): string | undefined {
    const before = this.#known.get(key);
    let earliest: string | undefined;
    const consider = (time: string, known: string | undefined) => {
      if (known !== undefined && time <= known) return;
      if (earliest === undefined || time < earliest) earliest = time;
    };
    const times = new Map<string, string>();
    for (const pod of pods) {
      const time = podCondition(pod, 'Ready')?.lastTransitionTime;
      if (!time) continue;
      times.set(pod.metadata.name, time);
      consider(time, before?.pods.get(pod.metadata.name));
    }
    const { creationTimestamp } = service.metadata;
    consider(creationTimestamp, before?.service);
    this.#known.set(key, { service: creationTimestamp, pods: times });
    return earliest;
  }

  forget(key: Key): void {
    this.#known.delete(key);
  }
}
