/** PUT on an object or one of its sub-resources, and what PATCH and apply share with it. */

import { isDeepStrictEqual } from 'node:util';
import { decodeBody } from '#apiserver/body.ts';
import { sendObject } from '#apiserver/reply.ts';
import type { Claim, ResourceRequest } from '#apiserver/request.ts';
import type { Strategy, UpdateRules } from '#apiserver/resources/strategy.ts';
import { keyOf } from '#apiserver/served.ts';
import { admissionRequest } from '#apiserver/verbs/admit.ts';
import { checkMayCreate, createObject } from '#apiserver/verbs/create.ts';
import { trackWrite } from '#apiserver/verbs/managed-fields.ts';
import { agreeOnName, agreeOnNamespace, dropRepeatedOwners, keepSystemFields } from '#apiserver/verbs/metadata.ts';
import { type WriteOptions, writeOptions } from '#apiserver/verbs/options.ts';
import {
  atRevision,
  type Change,
  currentEntry,
  preconditionFailed,
  resourceName,
  updateStored,
  type Written,
} from '#apiserver/verbs/write.ts';
import { warn } from '#apiserver/warning.ts';
import { conflictError, invalidError, objectModified, untypedError } from '#machinery/api-error.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { dropGated } from '#machinery/codec/gated.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { invalidShown } from '#machinery/validation/field-error.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '#machinery/validation/object-meta.ts';
import type { Entry } from '#watch/entry.ts';

export async function update(request: ResourceRequest): Promise<void> {
  const options = writeOptions(request.query, 'UpdateOptions');
  const object = await decodeBody(request, options.fieldValidation);
  agreeOnName(request, object);
  agreeOnNamespace(request, object);
  const { served, info } = request;
  const { stored } = served;
  const key = keyOf(stored.hub, info.namespace, info.name);
  if (stored.strategy.allowCreateOnUpdate && info.subresource === '') {
    if ((await currentEntry(stored, key)) === undefined) {
      checkMayCreate(request);
      const { uid } = object.metadata;
      if (uid) throw preconditionFailed(request, 'UID', uid, '', options.dryRun);
      // Whatever version it was made from is gone.
      delete object.metadata.resourceVersion;
      sendObject(request, 201, await createObject(request, object, options));
      return;
    }
  }
  const written = await updateObject(request, key, options, () => structuredClone(object), {
    conflictIsFinal: object.metadata.resourceVersion !== undefined && object.metadata.resourceVersion !== '',
    uid: object.metadata.uid,
  });
  sendObject(request, 200, written.object);
}

export interface UpdateSettings {
  readonly conflictIsFinal: boolean;
  /** The object that is meant, where the client said so; not another one of the same name. */
  readonly uid?: string | undefined;
  /** Whether managedFields are left to `next` (apply keeps its own books). */
  readonly tracked?: boolean;
}

/** `next` makes the wanted object from the current one; it runs again when somebody else was faster. */
export async function updateObject(
  request: ResourceRequest,
  key: string,
  options: WriteOptions,
  next: (current: AnyJson, entry: Entry) => AnyJson | Promise<AnyJson>,
  settings: UpdateSettings,
): Promise<Written> {
  const { stored } = request.served;
  let claim: Claim | undefined;
  try {
    const written = await updateStored(
      request,
      key,
      { dryRun: options.dryRun, conflictIsFinal: () => settings.conflictIsFinal },
      async entry => {
        await claim?.release();
        const old = entry.object() as AnyJson;
        if (settings.uid && settings.uid !== old.metadata.uid) {
          throw preconditionFailed(request, 'UID', settings.uid, old.metadata.uid, options.dryRun);
        }
        const wanted = await next(old, entry);
        checkVersion(request, wanted, entry);
        const change = await planUpdate(request, wanted, old, options, settings, made => {
          claim = made;
        });
        return change.kind === 'keep' ? { kind: 'keep', object: atRevision(stored, old, entry.revision) } : change;
      },
    );
    await claim?.commit();
    if (written.outcome === 'delete' && !options.dryRun) await request.server.allocation.free(request, written.object);
    return written;
  } catch (error) {
    await claim?.release();
    throw error;
  }
}

/** The object says which version it was made from; that must be what stands there. */
function checkVersion(request: ResourceRequest, wanted: AnyJson, entry: Entry): void {
  const { stored } = request.served;
  const { resourceVersion } = wanted.metadata;
  if (resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0') {
    if (stored.strategy.allowUnconditionalUpdate !== false) return;
    const why = invalidShown('metadata.resourceVersion', '0', 'must be specified for an update');
    // Upstream names the resource where all other refusals name the kind.
    const { group, resource } = resourceName(request.served);
    throw invalidError({ group, kind: resource }, request.info.name, [why]);
  }
  if (!/^\d+$/.test(resourceVersion)) {
    throw untypedError(`strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`);
  }
  if (resourceVersion !== String(entry.revision)) {
    throw conflictError(resourceName(request.served), request.info.name, objectModified);
  }
}

async function planUpdate(
  request: ResourceRequest,
  wanted: AnyJson,
  old: AnyJson,
  options: WriteOptions,
  settings: UpdateSettings,
  claimed: (claim: Claim | undefined) => void,
): Promise<Change> {
  const { served, server, info, user } = request;
  const { strategy, hub } = served.stored;
  const context = { nowMs: server.clock.nowMs(), user, apiVersion: served.resource.apiVersion, dryRun: options.dryRun };
  // Lists sent empty count as absent from here on, as in what is stored: else they would look changed.
  const object = settings.tracked
    ? wanted
    : canonical(hub.schema, trackWrite(request, old, wanted, options, info.subresource));
  dropGated(hub.schema, object);
  dropRepeatedOwners(object, text => warn(request, text));
  const admission = admissionRequest(request, 'UPDATE', object, old, options.dryRun);
  await server.admission.mutate(admission);
  keepSystemFields(object, old);
  claimed(await server.allocation.allocate(request, object, old, options.dryRun));
  const rules: UpdateRules<AnyJson> =
    info.subresource === '' ? strategy : (strategy.subresources?.[info.subresource] ?? {});
  rules.prepareUpdate?.(object, old, context);
  raiseGeneration(strategy, object, old);
  const errors = [
    ...validateObjectMeta(object.metadata, { namespaced: hub.namespaced, update: true }),
    // Once for every kind and once more by the kind itself, so each cause comes twice, as upstream has it.
    ...validateObjectMetaUpdate(object.metadata, old.metadata),
    ...validateObjectMetaUpdate(object.metadata, old.metadata),
    ...(rules.validateUpdate?.(object, old, context) ?? []),
  ];
  if (errors.length > 0) throw invalidError(hub, info.name, errors);
  for (const text of rules.warnOnUpdate?.(object, old) ?? []) warn(request, text);
  await server.admission.validate(admission);
  const ordered = canonical(hub.schema, object);
  return isFinished(ordered, strategy)
    ? { kind: 'delete', object: ordered, keepsVersion: true }
    : { kind: 'put', object: ordered };
}

function raiseGeneration(strategy: Strategy, object: AnyJson, old: AnyJson): void {
  if (!strategy.hasGeneration || object.metadata.generation !== old.metadata.generation) return;
  const wantedOf = strategy.wantedOf ?? ((each: AnyJson) => each.spec);
  if (isDeepStrictEqual(wantedOf(object), wantedOf(old))) return;
  object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

/** Marked for deletion, its grace over and no finalizer left: this update is what removes it. */
export function isFinished(object: AnyJson, strategy: Strategy): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0) return false;
  return (deletionGracePeriodSeconds ?? 0) === 0 && !strategy.holdsDeletion?.(object);
}
