/** Makes and deletes the Pods of an owner, and says so in Events. */

import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import type { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { isNamespaceTerminating, isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { ApiObject, Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import type { EventRecorder } from '#loop/events.ts';
import { controllerReference } from '#loop/owners.ts';
import type { Resource } from '#machinery/resource.ts';

export interface PodControlOptions {
  readonly client: Client;
  readonly recorder: EventRecorder;
  /** The kind of the owner. */
  readonly resource: Resource;
}

/** The Pod that a template describes. */
export function podFromTemplate(
  template: PodTemplateSpec | undefined,
  resource: Resource,
  owner: ApiObject,
  name: { name: string } | { generateName: string },
): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const ownerReferences = [controllerReference(resource, owner)];
  const metadata = { ...name, namespace: owner.metadata?.namespace, labels, annotations, ownerReferences, finalizers };
  return { metadata, spec: template?.spec };
}

export class PodControl {
  readonly #options: PodControlOptions;

  constructor(options: PodControlOptions) {
    this.#options = options;
  }

  async create(owner: ApiObject, pod: Pod): Promise<Stored<Pod>> {
    const { client, recorder, resource } = this.#options;
    try {
      const made = await client.create(pods, pod);
      recorder.say(resource, owner, 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`);
      return made;
    } catch (error) {
      if (!isNamespaceTerminating(error)) {
        recorder.say(resource, owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      }
      throw error;
    }
  }

  /** False when it was gone already. */
  async delete(owner: ApiObject, pod: Stored<Pod>): Promise<boolean> {
    const { client, recorder, resource } = this.#options;
    try {
      await client.delete(pods, refOf(pod), { preconditions: { uid: pod.metadata.uid } });
    } catch (error) {
      if (isNotFound(error)) return false;
      recorder.say(resource, owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      throw error;
    }
    recorder.say(resource, owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
    return true;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Does something `count` times: 1, then 2, 4, 8 … at once, so that a refusal (a quota, say) costs one try and not hundreds.
 * Gives how many succeeded and the first failure, after which no further batch is begun.
 */
export async function slowStart(
  count: number,
  act: (index: number) => Promise<unknown>,
): Promise<{ succeededCount: number; error: unknown }> {
  let succeededCount = 0;
  let error: unknown;
  let from = 0;
  for (let batchMax = 1; from < count && error === undefined; batchMax *= 2) {
    const first = from;
    const batch = Math.min(batchMax, count - first);
    const results = await Promise.allSettled(Array.from({ length: batch }, (_, i) => act(first + i)));
    from += batch;
    for (const result of results) {
      if (result.status === 'fulfilled') succeededCount++;
      else error ??= result.reason;
    }
  }
  return { succeededCount, error };
}
