/**
 * Writing: from an object of the hub version to the store, and back to the client. Everything that changes a stored object
 * goes through `writeObject` (one try) or `updateStored` (tries again when somebody else was faster).
 */

import type { ResourceRequest } from '#apiserver/request.ts';
import { keyOf, type Served, type Stored } from '#apiserver/served.ts';
import {
  ApiError,
  alreadyExistsError,
  conflictError,
  notFoundError,
  objectModified,
  untypedError,
} from '#machinery/api-error.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { stringify } from '#machinery/codec/json.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { Revision } from '#store/store.ts';
import type { Entry } from '#watch/entry.ts';

/** Upstream's etcd refuses larger requests (1.5 MiB with some room for its envelope). */
const storedBytesMax = 1536 * 1024;

/** How often a write that lost against another is tried again before the client hears of it. */
const attemptsMax = 50;

/** As the request calls it: an Event of the old API goes by another name in the new. */
export function resourceName({ resource }: Served): { group: string; resource: string } {
  return { group: resource.group, resource: resource.plural };
}

/** The write was meant for another object of this name, or for another version of it. */
export function preconditionFailed(
  { served, info }: ResourceRequest,
  what: 'UID' | 'ResourceVersion',
  asked: string,
  found: string,
  dryRun: boolean,
): ApiError {
  const { stored } = served;
  const path = stored.prefix + keyOf(stored.hub, info.namespace, info.name);
  // A dry run of upstream does not get as far as the store, which puts /registry in front.
  const key = dryRun ? path.replace(/^\/registry/, '') : path;
  const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${what} in precondition: ${asked}, ${what} in object meta: ${found}`;
  return conflictError(resourceName(served), info.name, why);
}

/** An object in its stored form: canonical, without a resourceVersion. */
export function storedBytes(stored: Stored, object: AnyJson): { value: Buffer; object: AnyJson } {
  const { hub } = stored;
  const { resourceVersion: _, ...metadata } = object.metadata;
  const ordered = canonical(hub.schema, { ...object, metadata });
  ordered.kind = hub.kind;
  ordered.apiVersion = hub.apiVersion;
  const value = Buffer.from(stringify({ kind: hub.kind, apiVersion: hub.apiVersion, ...ordered }));
  if (value.length > storedBytesMax) throw untypedError('etcdserver: request is too large');
  return { value, object: ordered };
}

/** The object with the version it now has, keys in order. */
export function atRevision(stored: Stored, object: AnyJson, revision: Revision): AnyJson {
  const { hub } = stored;
  const versioned = canonical(hub.schema, {
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(revision) },
  });
  return { kind: hub.kind, apiVersion: hub.apiVersion, ...versioned };
}

/** Creates the key. Throws AlreadyExists. Dry run: only looks. */
export async function createStored(
  request: ResourceRequest,
  key: string,
  object: AnyJson,
  dryRun: boolean,
): Promise<AnyJson> {
  const { stored } = request.served;
  const { value, object: ordered } = storedBytes(stored, object);
  const name = object.metadata.name as string;
  if (dryRun) {
    if ((await stored.cache.read(key, 'latest')) !== undefined)
      throw alreadyExistsError(resourceName(request.served), name);
    return { kind: stored.hub.kind, apiVersion: stored.hub.apiVersion, ...ordered };
  }
  stored.remember(value, ordered);
  const written = await request.server.store.put(stored.prefix + key, value, {
    expected: 0,
    ttlSeconds: stored.strategy.ttlSeconds,
  });
  if (!written.ok) throw await takenError(request.served, key, name, written.current?.modRevision ?? 0);
  await stored.cache.waitFor(written.revision);
  return atRevision(stored, ordered, written.revision);
}

/** The name is taken; perhaps by an object that is on its way out. */
async function takenError(served: Served, key: string, name: string, revision: Revision): Promise<ApiError> {
  const { stored } = served;
  await stored.cache.waitFor(revision);
  const taken = alreadyExistsError(resourceName(served), name);
  const there = stored.cache.get(key)?.object() as AnyJson;
  if (!there?.metadata.deletionTimestamp) return taken;
  return new ApiError('AlreadyExists', `object is being deleted: ${taken.message}`, { details: taken.details });
}

/** What a write is to become. `keep`: as it is, nothing is written. */
export type Change =
  | { readonly kind: 'put'; readonly object: AnyJson }
  /** Deleted by an update that let the last finalizer go, it is answered at the version that it had. */
  | { readonly kind: 'delete'; readonly object: AnyJson; readonly keepsVersion?: boolean }
  | { readonly kind: 'keep'; readonly object: AnyJson };

export interface Written {
  readonly object: AnyJson;
  readonly outcome: 'put' | 'delete' | 'keep';
}

export interface UpdateOptions {
  readonly dryRun: boolean;
  /** Somebody else's write in between is an answer for the client, not a reason to try again. */
  readonly conflictIsFinal?: (object: AnyJson) => boolean;
}

/** The current entry, as fresh as the store. */
export async function currentEntry(stored: Stored, key: string): Promise<Entry | undefined> {
  return stored.cache.read(key, 'latest');
}

/**
 * Reads, lets `plan` say what the object shall become, writes if nobody wrote in between; else again from the start, with
 * what stands there now. `plan` sees the true old object each time.
 */
export async function updateStored(
  request: ResourceRequest,
  key: string,
  options: UpdateOptions,
  plan: (entry: Entry) => Promise<Change> | Change,
): Promise<Written> {
  const { stored } = request.served;
  const { name } = request.info;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const entry = await currentEntry(stored, key);
    if (entry === undefined) throw notFoundError(resourceName(request.served), name);
    const change = await plan(entry);
    const written = await tryChange(request, key, entry, change, options.dryRun);
    if (written !== undefined) return written;
    if (options.conflictIsFinal?.(change.object)) break;
  }
  throw conflictError(resourceName(request.served), name, objectModified);
}

/** Undefined: somebody else was faster. */
async function tryChange(
  request: ResourceRequest,
  key: string,
  entry: Entry,
  change: Change,
  dryRun: boolean,
): Promise<Written | undefined> {
  const { stored } = request.served;
  const { store } = request.server;
  if (change.kind === 'keep') return { object: change.object, outcome: 'keep' };
  const { value, object } = storedBytes(stored, change.object);
  if (change.kind === 'put' && value.equals(entry.value)) {
    return { object: atRevision(stored, object, entry.revision), outcome: 'keep' };
  }
  if (dryRun) return { object: atRevision(stored, object, entry.revision), outcome: change.kind };
  stored.remember(value, object);
  const options = { expected: entry.revision, ttlSeconds: stored.strategy.ttlSeconds };
  const written =
    change.kind === 'put'
      ? await store.put(stored.prefix + key, value, options)
      : await store.delete(stored.prefix + key, options);
  if (!written.ok) {
    if (written.current !== undefined) await stored.cache.waitFor(written.current.modRevision);
    return undefined;
  }
  await stored.cache.waitFor(written.revision);
  const revision = change.kind === 'delete' && change.keepsVersion ? entry.revision : written.revision;
  return { object: atRevision(stored, object, revision), outcome: change.kind };
}
