/** What every object of the API has in common, as it comes from a server. */

import type { ObjectMeta } from '#machinery/meta.ts';

/** An object of any kind. */
export interface ApiObject {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata?: ObjectMeta | undefined;
}

/** The metadata of an object that a server has stored. */
export interface StoredMeta extends ObjectMeta {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
}

/** The type of an object read from a server: it has its metadata, and `spec` and `status` where the kind has them. */
export type Stored<T> = T & { metadata: StoredMeta } & (T extends { spec?: infer S }
    ? { spec: NonNullable<S> }
    : unknown) &
  (T extends { status?: infer S } ? { status: NonNullable<S> } : unknown);

/** Where an object is. Without a namespace for kinds that have none. */
export interface ObjectRef {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** `namespace/name`, or `name` of an object without a namespace: how caches and queues call it. */
export type Key = string;

export function keyOf(object: ApiObject): Key {
  const { namespace, name = '' } = object.metadata ?? {};
  return namespace ? `${namespace}/${name}` : name;
}

export function keyFor(namespace: string | undefined, name: string): Key {
  return namespace ? `${namespace}/${name}` : name;
}

export function refOfKey(key: Key): ObjectRef {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export function refOf(object: ApiObject): ObjectRef {
  return { namespace: object.metadata?.namespace, name: object.metadata?.name ?? '' };
}

/** Makes an object and all it holds read-only, so that a test sees who writes into a shared one. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
