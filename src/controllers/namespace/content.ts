/** Empties a namespace: deletes every object of every kind in it, and says what is left. */

import { pods } from '#api/core/pod.ts';
import { isMethodNotSupported, isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { ServedResource } from '#client/discovery.ts';
import type { ApiObject, Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';

/** What is left of one kind. */
export interface Remaining {
  readonly group: string;
  readonly plural: string;
  readonly count: number;
  /** How many objects each finalizer holds. */
  readonly finalizers: ReadonlyMap<string, number>;
}

export interface Emptied {
  readonly remaining: readonly Remaining[];
  readonly failures: readonly string[];
  /** When it is worth looking again; 0 when nothing is left. */
  readonly estimateSeconds: number;
  /** Pods are still ending: nothing else has been touched, because they may need it. */
  readonly waitsForPods: boolean;
}

/** Objects with finalizers are looked at again about this soon. */
const finalizerSeconds = 15;
const namesShownMax = 5;

const isPods = (resource: ServedResource) => resource.group === pods.group && resource.plural === pods.plural;

/** Pods first: their Secrets, ConfigMaps and policies stay until the last of them has ended. */
export async function emptyNamespace(
  client: Client,
  namespace: string,
  served: readonly ServedResource[],
  nowMs: number,
): Promise<Emptied> {
  const remaining: Remaining[] = [];
  const failures: string[] = [];
  let estimateSeconds = 0;
  const empty = async (resource: ServedResource) => {
    try {
      const left = await emptyOf(client, namespace, resource, nowMs);
      if (left === undefined) return;
      remaining.push(left.remaining);
      estimateSeconds = Math.max(estimateSeconds, left.estimateSeconds);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  };
  const deletable = served.filter(each => each.namespaced && each.preferred && each.verbs.includes('delete'));
  for (const resource of deletable.filter(isPods)) await empty(resource);
  if (remaining.length > 0) return { remaining, failures, estimateSeconds, waitsForPods: true };
  for (const resource of deletable) if (!isPods(resource)) await empty(resource);
  return { remaining, failures, estimateSeconds, waitsForPods: false };
}

async function emptyOf(
  client: Client,
  namespace: string,
  resource: ServedResource,
  nowMs: number,
): Promise<{ remaining: Remaining; estimateSeconds: number } | undefined> {
  if (!resource.verbs.includes('list')) return undefined;
  if (!(await deleteAll(client, namespace, resource))) return undefined;
  const left: readonly Stored<ApiObject>[] = await listLeft(client, namespace, resource);
  if (left.length === 0) return undefined;
  const finalizers = new Map<string, number>();
  for (const { metadata } of left) {
    for (const name of metadata.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
  }
  const graceSeconds = isPods(resource) ? Math.max(...left.map(pod => graceLeftSeconds(pod, nowMs))) : 0;
  const estimateSeconds = Math.max(graceSeconds, finalizers.size > 0 ? finalizerSeconds : 0);
  if (estimateSeconds === 0) {
    const names = left.slice(0, namesShownMax).map(object => object.metadata.name);
    throw new Error(
      `unexpected items still remain in namespace: ${namespace} for gvr: ${resource.plural}: ${names.join(', ')}`,
    );
  }
  const { group, plural } = resource;
  return { remaining: { group, plural, count: left.length, finalizers }, estimateSeconds };
}

async function listLeft(
  client: Client,
  namespace: string,
  resource: ServedResource,
): Promise<readonly Stored<ApiObject>[]> {
  const list = await client.list<ApiObject>(resource, { namespace, metadataOnly: true });
  return list.items;
}

/** False when the kind is no longer served. */
async function deleteAll(client: Client, namespace: string, resource: ServedResource): Promise<boolean> {
  const options = { propagationPolicy: 'Background' };
  try {
    if (resource.verbs.includes('deletecollection')) {
      await client.deleteCollection(resource, { namespace }, options);
      return true;
    }
  } catch (error) {
    if (isNotFound(error)) return false;
    if (!isMethodNotSupported(error)) throw error;
  }
  for (const object of await listLeft(client, namespace, resource)) {
    await client.delete(resource, refOf(object), options).catch(error => {
      if (!isNotFound(error)) throw error;
    });
  }
  return true;
}

/** A Pod that was just told to end has its grace period; one that has had it may be there any moment longer. */
function graceLeftSeconds({ metadata }: Stored<ApiObject>, nowMs: number): number {
  const untilMs = Date.parse(metadata.deletionTimestamp ?? '');
  return Number.isNaN(untilMs) ? 1 : Math.max(1, Math.ceil((untilMs - nowMs) / 1000));
}
