/** POST on a collection. */

import { accessForbidden } from '#apiserver/authz/forbidden.ts';
import { decodeBody } from '#apiserver/body.ts';
import { sendObject } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { keyOf } from '#apiserver/served.ts';
import { admissionRequest } from '#apiserver/verbs/admit.ts';
import { trackWrite } from '#apiserver/verbs/managed-fields.ts';
import {
  agreeOnNamespace,
  dropRepeatedOwners,
  fillSystemFields,
  generateName,
  wipeSystemFields,
} from '#apiserver/verbs/metadata.ts';
import { type WriteOptions, writeOptions } from '#apiserver/verbs/options.ts';
import { createStored } from '#apiserver/verbs/write.ts';
import { warn } from '#apiserver/warning.ts';
import { ApiError, invalidError } from '#machinery/api-error.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { dropGated } from '#machinery/codec/gated.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { validateObjectMeta } from '#machinery/validation/object-meta.ts';

/** A generated name that is taken is generated anew this often (upstream: 8). */
const generateAttemptsMax = 8;

export async function create(request: ResourceRequest): Promise<void> {
  const options = writeOptions(request.query, 'CreateOptions');
  const object = await decodeBody(request, options.fieldValidation);
  agreeOnNamespace(request, object);
  const created = await createObject(request, object, options);
  sendObject(request, 201, created);
}

/** A PUT or an apply that makes the object takes the right to create it as well. Throws 403. */
export function checkMayCreate({ server, user, info }: ResourceRequest): void {
  const access = { ...info, verb: 'create' };
  const verdict = server.authorizer.authorize(user, access);
  if (verdict.decision !== 'allow') throw accessForbidden(user, access, verdict.reason);
}

export interface CreateSettings {
  /** Whether managedFields are in the object already (apply keeps its own books). */
  readonly tracked?: boolean;
}

/** Everything from the decoded object of the hub version to the stored one. */
export async function createObject(
  request: ResourceRequest,
  object: AnyJson,
  options: WriteOptions,
  settings: CreateSettings = {},
): Promise<AnyJson> {
  wipeSystemFields(object);
  const given = settings.tracked ? object : trackWrite(request, undefined, object, options, '');
  dropGated(request.served.stored.hub.schema, given);
  dropRepeatedOwners(given, text => warn(request, text));
  const generates = !given.metadata.name && Boolean(given.metadata.generateName);
  for (let attempt = 1; ; attempt++) {
    try {
      return await createOnce(request, generates ? structuredClone(given) : given, options);
    } catch (error) {
      const taken = error instanceof ApiError && error.reason === 'AlreadyExists';
      if (!taken || !generates || attempt >= generateAttemptsMax) throw error;
    }
  }
}

async function createOnce(request: ResourceRequest, object: AnyJson, options: WriteOptions): Promise<AnyJson> {
  const { served, server, user } = request;
  const { strategy, hub } = served.stored;
  const context = { nowMs: server.clock.nowMs(), user, apiVersion: served.resource.apiVersion, dryRun: options.dryRun };
  const admission = admissionRequest(request, 'CREATE', object, undefined, options.dryRun);
  await server.admission.mutate(admission);
  fillSystemFields(request, object);
  generateName(request, object.metadata);
  const claim = await server.allocation.allocate(request, object, undefined, options.dryRun);
  try {
    if (strategy.hasGeneration) object.metadata.generation = 1;
    strategy.prepareCreate?.(object, context);
    const errors = [
      ...validateObjectMeta(object.metadata, {
        namespaced: hub.namespaced,
        ...(strategy.validateName === undefined ? {} : { validateName: strategy.validateName }),
      }),
      ...(strategy.validateCreate?.(object, context) ?? []),
    ];
    if (errors.length > 0) throw invalidError(hub, object.metadata.name ?? '', errors);
    for (const text of strategy.warnOnCreate?.(object) ?? []) warn(request, text);
    await server.admission.validate({ ...admission, name: object.metadata.name });
    const ordered = canonical(hub.schema, object);
    const key = keyOf(hub, object.metadata.namespace ?? '', object.metadata.name);
    return await createStored(request, key, ordered, options.dryRun);
  } catch (error) {
    await claim?.release();
    throw error;
  }
}
