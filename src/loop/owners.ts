/**
 * Who owns what. A controller owns the objects whose controller reference carries its uid; it adopts orphans that match its
 * selector and lets go of those that no longer match (upstream's ControllerRefManager).
 */

import { isInvalid, isNotFound } from '#client/api-error.ts';
import type { Client, ResourceOf } from '#client/client.ts';
import type { ApiObject, Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import type { OwnerReference } from '#machinery/meta.ts';
import type { Resource } from '#machinery/resource.ts';

export function controllerOf(object: ApiObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find(owner => owner.controller);
}

/** The reference that a controller writes into what it makes. */
export function controllerReference(resource: Resource, owner: ApiObject): OwnerReference {
  return {
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    name: owner.metadata?.name ?? '',
    uid: owner.metadata?.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

export interface ClaimOptions<O extends ApiObject, T extends ApiObject> {
  readonly client: Client;
  readonly ownerResource: Resource<O>;
  readonly owner: Stored<O>;
  readonly resource: ResourceOf<T>;
  readonly matches: (object: Stored<T>) => boolean;
  readonly candidates: readonly Stored<T>[];
}

/** The candidates that belong to the owner, after adopting and letting go. */
export async function claimOwned<O extends ApiObject, T extends ApiObject>(
  options: ClaimOptions<O, T>,
): Promise<Stored<T>[]> {
  const { owner, matches } = options;
  const claimed: Stored<T>[] = [];
  const adopting = adoptionCheck(options);
  for (const object of options.candidates) {
    const controller = controllerOf(object);
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (matches(object)) claimed.push(object);
      else if (!owner.metadata.deletionTimestamp) await release(options, object);
      continue;
    }
    if (owner.metadata.deletionTimestamp || object.metadata.deletionTimestamp || !matches(object)) continue;
    await adopting();
    const adopted = await adopt(options, object);
    if (adopted !== undefined) claimed.push(adopted);
  }
  return claimed;
}

/** Asks the server itself, once, whether the owner still is: the copy may be behind, and a dead owner must not adopt. */
function adoptionCheck<O extends ApiObject, T extends ApiObject>(options: ClaimOptions<O, T>): () => Promise<void> {
  const { client, ownerResource, owner } = options;
  let checked: Promise<void> | undefined;
  const check = async () => {
    const fresh: ApiObject = await client.get(ownerResource, refOf(owner));
    const shown = `${ownerResource.kind} ${owner.metadata.namespace}/${owner.metadata.name}`;
    if (fresh.metadata?.uid !== owner.metadata.uid) throw new Error(`${shown} is not the one it was: it was made anew`);
    if (fresh.metadata?.deletionTimestamp) throw new Error(`${shown} has just been deleted`);
  };
  return () => (checked ??= check());
}

async function adopt<O extends ApiObject, T extends ApiObject>(
  { client, ownerResource, owner, resource }: ClaimOptions<O, T>,
  object: Stored<T>,
): Promise<Stored<T> | undefined> {
  const ownerReferences = [controllerReference(ownerResource, owner)];
  try {
    return await client.patchStrategic(resource, refOf(object), {
      metadata: { ownerReferences, uid: object.metadata.uid },
    });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function release<O extends ApiObject, T extends ApiObject>(
  { client, owner, resource }: ClaimOptions<O, T>,
  object: Stored<T>,
): Promise<void> {
  const ownerReferences = [{ $patch: 'delete', uid: owner.metadata.uid }];
  try {
    await client.patchStrategic(resource, refOf(object), { metadata: { ownerReferences, uid: object.metadata.uid } });
  } catch (error) {
    // Gone, or no longer owned: what was wanted.
    if (!isNotFound(error) && !isInvalid(error)) throw error;
  }
}
