/**
 * DELETE of one object: at once, after its grace period, or when its finalizers are gone (upstream:
 * registry/generic/registry/store.go and registry/rest/delete.go).
 */

import { decodeDeleteOptions } from '#apiserver/body.ts';
import { negotiate } from '#apiserver/negotiate.ts';
import { send, sendObject } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { keyOf, type Stored } from '#apiserver/served.ts';
import { admissionRequest } from '#apiserver/verbs/admit.ts';
import { isFinished } from '#apiserver/verbs/update.ts';
import { atRevision, type Change, resourceName, updateStored, type Written } from '#apiserver/verbs/write.ts';
import { warn } from '#apiserver/warning.ts';
import { rfc3339 } from '#lib/clock.ts';
import { conflictError, successStatus } from '#machinery/api-error.ts';
import { type DeleteOptions, Status } from '#machinery/meta.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { Entry } from '#watch/entry.ts';

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

export async function remove(request: ResourceRequest): Promise<void> {
  const { served, info } = request;
  const options = await decodeDeleteOptions(request);
  const deleted = await deleteObject(request, keyOf(served.stored.hub, info.namespace, info.name), options);
  answer(request, deleted);
}

/** A Status when the object is gone; the object while somebody still has to finish, and for a few kinds always. */
function answer(request: ResourceRequest, deleted: Written): void {
  const { stored, resource } = request.served;
  const { group, plural } = resource;
  const { object } = deleted;
  const waits = deleted.outcome !== 'delete' || stored.strategy.returnsDeleted;
  if (waits) return sendObject(request, 200, object);
  const accepted = negotiate(request.exchange.headers, { transformations: ['Table', 'PartialObjectMetadata'] });
  send(
    request,
    200,
    successStatus({ group, resource: plural }, object.metadata.name, object.metadata.uid),
    Status,
    accepted.media,
  );
}

/** Throws NotFound, Conflict (preconditions), Forbidden (admission). */
export async function deleteObject(request: ResourceRequest, key: string, options: DeleteOptions): Promise<Written> {
  const dryRun = (options.dryRun ?? []).includes('All');
  const { strategy } = request.served.stored;
  const isLeftToUs = options.orphanDependents === undefined && options.propagationPolicy === undefined;
  if (isLeftToUs && strategy.defaultPropagationWarning !== undefined) warn(request, strategy.defaultPropagationWarning);
  let deleted = await deleteOnce(request, key, options, dryRun);
  // Its time is up and nobody holds it: the write that said so is followed by the one that removes it.
  const isOver = strategy.gracePeriod !== undefined && isFinished(deleted.object, strategy);
  if (deleted.outcome !== 'delete' && isOver && !dryRun) {
    deleted = await deleteOnce(request, key, { ...options, preconditions: undefined }, dryRun);
  }
  if (deleted.outcome === 'delete' && !dryRun) await request.server.allocation.free(request, deleted.object);
  return deleted;
}

function deleteOnce(request: ResourceRequest, key: string, options: DeleteOptions, dryRun: boolean): Promise<Written> {
  return updateStored(request, key, { dryRun }, async entry => {
    checkPreconditions(request, entry, options);
    const object = entry.object() as AnyJson;
    await request.server.admission.validate(admissionRequest(request, 'DELETE', undefined, object, dryRun, options));
    return planDelete(request.served.stored, entry, options, request.server.clock.nowMs());
  });
}

export function checkPreconditions(request: ResourceRequest, entry: Entry, options: DeleteOptions): void {
  const { stored } = request.served;
  const { uid, resourceVersion } = options.preconditions ?? {};
  // Upstream names the kind here, not the resource.
  const kindName = { group: stored.hub.group, resource: stored.hub.kind };
  const object = entry.object() as AnyJson;
  // Namespaces are deleted in a way of their own, with words of their own.
  const refuse = (what: string, asked: string, found: string) => {
    if (stored.hub.qualifiedName === 'namespaces') {
      const why = `Precondition failed: ${what} in precondition: ${asked}, ${what} in object meta: ${found}`;
      throw conflictError(resourceName(request.served), request.info.name, why);
    }
    const why = `the ${what} in the precondition (${asked}) does not match the ${what} in record (${found}). The object might have been deleted and then recreated`;
    throw conflictError(kindName, request.info.name, why);
  };
  if (uid !== undefined && uid !== object.metadata.uid) refuse('UID', uid, object.metadata.uid);
  if (resourceVersion !== undefined && resourceVersion !== String(entry.revision)) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${entry.revision}). The object might have been modified`;
    throw conflictError(kindName, request.info.name, why);
  }
}

/** Pure: what a DELETE makes of the object. */
export function planDelete(stored: Stored, entry: Entry, options: DeleteOptions, nowMs: number): Change {
  const old = entry.object() as AnyJson;
  const finalizers = plannedFinalizers(stored, old, options);
  const metadata: AnyJson = { ...old.metadata, finalizers };
  if (finalizers.length === 0) delete metadata.finalizers;
  const grace = stored.strategy.gracePeriod?.(old, options.gracePeriodSeconds ?? undefined);
  if (grace !== undefined) return planGraceful(stored, entry, metadata, grace, nowMs);
  const isHeld = finalizers.length > 0 || (stored.strategy.holdsDeletion?.(old) ?? false);
  if (!isHeld) return { kind: 'delete', object: { ...old, metadata } };
  if (old.metadata.deletionTimestamp === undefined) {
    metadata.deletionTimestamp = rfc3339(nowMs);
    raise(metadata);
    if (stored.strategy.beginDeletion !== undefined)
      return { kind: 'put', object: begun(stored, { ...old, metadata }) };
  } else if (sameFinalizers(old, finalizers) && (old.metadata.deletionGracePeriodSeconds ?? 0) === 0) {
    return { kind: 'keep', object: atRevision(stored, old, entry.revision) };
  }
  metadata.deletionGracePeriodSeconds = 0;
  return { kind: 'put', object: { ...old, metadata } };
}

function begun(stored: Stored, object: AnyJson): AnyJson {
  const copy = structuredClone(object);
  stored.strategy.beginDeletion?.(copy);
  return copy;
}

/** A deletion that waits for somebody (a kubelet) to finish within `grace` seconds. */
function planGraceful(stored: Stored, entry: Entry, metadata: AnyJson, grace: number, nowMs: number): Change {
  const old = entry.object() as AnyJson;
  const before = old.metadata.deletionTimestamp as string | undefined;
  if (before === undefined) {
    metadata.deletionTimestamp = rfc3339(nowMs + grace * 1000);
    metadata.deletionGracePeriodSeconds = grace;
    raise(metadata);
  } else {
    const left = old.metadata.deletionGracePeriodSeconds as number | undefined;
    // A second DELETE can only shorten the time.
    if (left !== undefined && grace >= left) {
      if (left > 0 || (metadata.finalizers?.length ?? 0) > 0) {
        return sameFinalizers(old, metadata.finalizers ?? [])
          ? { kind: 'keep', object: atRevision(stored, old, entry.revision) }
          : { kind: 'put', object: { ...old, metadata } };
      }
    } else {
      metadata.deletionTimestamp = rfc3339(Date.parse(before) - ((left ?? 0) - grace) * 1000);
      metadata.deletionGracePeriodSeconds = grace;
    }
  }
  const gone = grace === 0 && (metadata.finalizers?.length ?? 0) === 0;
  const told = before !== undefined && (old.metadata.deletionGracePeriodSeconds ?? 0) === 0;
  // Watchers see first that its time is up, and then that it is gone.
  return { kind: gone && told ? 'delete' : 'put', object: { ...old, metadata } };
}

/** Being marked for deletion counts as a change of what is wanted. */
function raise(metadata: AnyJson): void {
  if (metadata.generation > 0) metadata.generation++;
}

function sameFinalizers(old: AnyJson, finalizers: readonly string[]): boolean {
  const before = (old.metadata.finalizers ?? []) as readonly string[];
  return before.length === finalizers.length && before.every((each, i) => each === finalizers[i]);
}

/** The collector's own finalizers, as the propagation policy asks for them. */
function plannedFinalizers(stored: Stored, old: AnyJson, options: DeleteOptions): string[] {
  const before = (old.metadata.finalizers ?? []) as string[];
  const wanted = propagationFinalizer(stored, before, options);
  const others = before.filter(each => each !== orphan && each !== foreground);
  if (wanted === undefined) return others;
  return before.includes(wanted)
    ? before.filter(each => each === wanted || others.includes(each))
    : [...others, wanted];
}

function propagationFinalizer(stored: Stored, before: readonly string[], options: DeleteOptions): string | undefined {
  if (options.orphanDependents !== undefined) return options.orphanDependents ? orphan : undefined;
  switch (options.propagationPolicy) {
    case 'Orphan':
      return orphan;
    case 'Foreground':
      return foreground;
    case 'Background':
      return undefined;
    default:
      if (before.includes(orphan)) return orphan;
      if (before.includes(foreground)) return foreground;
      return stored.strategy.defaultPropagation === 'Orphan' ? orphan : undefined;
  }
}
