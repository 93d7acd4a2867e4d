/** What the server itself does to metadata, the same for every kind (upstream: registry/rest/{create,update,meta}.go). */

import type { ResourceRequest } from '#apiserver/request.ts';
import { rfc3339 } from '#lib/clock.ts';
import { randomSuffix } from '#lib/random.ts';
import { badRequestError, untypedError } from '#machinery/api-error.ts';
import type { AnyJson } from '#machinery/schema.ts';

/** Upstream leaves room for the suffix in 63 characters. */
const generatedBaseMax = 58;
const generatedSuffixLength = 5;

const namespaceDiffers = 'the namespace of the provided object does not match the namespace sent on the request';

/** The object's namespace is the path's; a cluster-wide kind has none. Throws 400 when the body says another. */
export function agreeOnNamespace(request: ResourceRequest, object: AnyJson): void {
  const { namespace } = request.info;
  const { metadata } = object;
  if (!request.served.resource.namespaced) {
    delete metadata.namespace;
  } else if (metadata.namespace === undefined || metadata.namespace === '') {
    metadata.namespace = namespace;
  } else if (metadata.namespace !== namespace) {
    throw badRequestError(namespaceDiffers);
  }
}

/** For a PUT or PATCH: the name in the body is the path's. */
export function agreeOnName(request: ResourceRequest, object: AnyJson): void {
  const { name } = request.info;
  const given = object.metadata?.name ?? '';
  if (given === '') {
    throw badRequestError(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (given !== name) {
    throw badRequestError(`the name of the object (${given}) does not match the name on the URL (${name})`);
  }
}

/** What a client cannot say of a new object: dropped before anybody notes who set it. */
export function wipeSystemFields({ metadata }: AnyJson): void {
  for (const name of ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink']) {
    delete metadata[name];
  }
}

/** What only the server gives to a new object. */
export function fillSystemFields(request: ResourceRequest, object: AnyJson): void {
  const { clock, random } = request.server;
  const { metadata } = object;
  if (metadata.resourceVersion) throw untypedError('resourceVersion should not be set on objects to be created');
  metadata.uid = random.uuid();
  metadata.creationTimestamp = rfc3339(clock.nowMs());
}

/** Gives a name where only a prefix was given. */
export function generateName(request: ResourceRequest, metadata: AnyJson): void {
  if (metadata.name || !metadata.generateName) return;
  const base = (metadata.generateName as string).slice(0, generatedBaseMax);
  metadata.name = base + randomSuffix(request.server.random, generatedSuffixLength);
}

/** What an update may leave out: it stays as it was. */
export function keepSystemFields(object: AnyJson, old: AnyJson): void {
  const { metadata } = object;
  metadata.generation = old.metadata.generation;
  metadata.uid ??= old.metadata.uid;
  metadata.creationTimestamp = old.metadata.creationTimestamp;
  metadata.deletionTimestamp ??= old.metadata.deletionTimestamp;
  metadata.deletionGracePeriodSeconds ??= old.metadata.deletionGracePeriodSeconds;
  for (const name of ['generation', 'deletionTimestamp', 'deletionGracePeriodSeconds']) {
    if (metadata[name] === undefined) delete metadata[name];
  }
}

/** One owner named twice counts once, and the client hears of it. */
export function dropRepeatedOwners(object: AnyJson, warn: (text: string) => void): void {
  const owners = object.metadata.ownerReferences as AnyJson[] | undefined;
  if (owners === undefined || owners.length < 2) return;
  const seen = new Set<string>();
  const repeated: string[] = [];
  const kept = owners.filter(owner => {
    const identity = JSON.stringify(owner);
    if (seen.has(identity)) repeated.push(owner.uid);
    return !seen.has(identity) && seen.add(identity);
  });
  if (kept.length === owners.length) return;
  object.metadata.ownerReferences = kept;
  warn(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${repeated.join(', ')}`,
  );
}
