/** Server-side apply: PATCH with `application/apply-patch+yaml`. Makes the object when there is none. */

import { readBody } from '#apiserver/body.ts';
import { inVersion, sendObject } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { keyOf } from '#apiserver/served.ts';
import { checkMayCreate, createObject } from '#apiserver/verbs/create.ts';
import { objectsInVersion, resetFieldsOf } from '#apiserver/verbs/managed-fields.ts';
import { agreeOnName, agreeOnNamespace } from '#apiserver/verbs/metadata.ts';
import { type WriteOptions, writeOptions } from '#apiserver/verbs/options.ts';
import { updateObject } from '#apiserver/verbs/update.ts';
import { currentEntry, resourceName } from '#apiserver/verbs/write.ts';
import { warn } from '#apiserver/warning.ts';
import { ApiError, badRequestError, conflictError, invalidError } from '#machinery/api-error.ts';
import { applyConfiguration } from '#machinery/apply/apply.ts';
import { jsonTypeName } from '#machinery/patch/patch-error.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { required } from '#machinery/validation/field-error.ts';
import { unmarshalErrors, YamlSyntaxError } from '#machinery/yaml.ts';

/** How often it starts again when others make and remove the object meanwhile. */
const attemptsMax = 5;

export async function apply(request: ResourceRequest): Promise<void> {
  const options = applyOptions(request.query);
  const config = await readConfig(request);
  for (let attempt = 1; ; attempt++) {
    try {
      return await applyOnce(request, config, options);
    } catch (error) {
      const raced = error instanceof ApiError && error.reason === 'AlreadyExists';
      if (!raced || attempt >= attemptsMax) throw error;
    }
  }
}

/** Who applies must say so; whoever applies with force takes over what is in the way. */
export function applyOptions(query: URLSearchParams): WriteOptions {
  if (!query.get('fieldManager')) {
    const missing = required('fieldManager', 'is required for apply patch');
    throw invalidError({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [missing]);
  }
  return writeOptions(query, 'PatchOptions');
}

export interface Config {
  readonly value: AnyJson;
  readonly duplicates: readonly string[];
}

export async function readConfig(request: ResourceRequest): Promise<Config> {
  const body = await readBody(request);
  try {
    const { value, duplicates } = await request.server.yaml.read(body.toString());
    if (value !== null && (typeof value !== 'object' || Array.isArray(value))) {
      const why = `json: cannot unmarshal ${jsonTypeName(value)} into Go value of type map[string]interface {}`;
      throw badRequestError(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${why}`);
    }
    return { value: value ?? {}, duplicates };
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw badRequestError(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
  }
}

async function applyOnce(request: ResourceRequest, config: Config, options: WriteOptions): Promise<void> {
  const { served, info } = request;
  const { stored } = served;
  const key = keyOf(stored.hub, info.namespace, info.name);
  if (info.subresource === '' && (await currentEntry(stored, key)) === undefined) {
    sendObject(request, 201, await applyNew(request, config, options));
    return;
  }
  const next = (current: AnyJson) => applied(request, config, current, options);
  const conflictIsFinal = Boolean(config.value.metadata?.resourceVersion);
  const written = await updateObject(request, key, options, next, { conflictIsFinal, tracked: true });
  sendObject(request, 200, written.object);
}

async function applyNew(request: ResourceRequest, config: Config, options: WriteOptions): Promise<AnyJson> {
  const { served, info } = request;
  checkMayCreate(request);
  const object = applied(request, config, undefined, options);
  const { uid } = config.value.metadata ?? {};
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflictError(resourceName(served), info.name, why);
  }
  return createObject(request, object, options, { tracked: true });
}

/** The object with the configuration in it; what is there and what comes out in the hub's version. */
function applied(
  request: ResourceRequest,
  config: Config,
  current: AnyJson | undefined,
  options: WriteOptions,
): AnyJson {
  const { served, info, query, server } = request;
  const toHub = (object: AnyJson) => (served.toHub === undefined ? object : served.toHub(object));
  const { object } = applyConfiguration({
    schema: served.resource.schema,
    live: current && inVersion(served, current),
    config: config.value,
    manager: options.fieldManager,
    force: isTrue(query.get('force')),
    apiVersion: served.resource.apiVersion,
    kind: served.resource.kind,
    subresource: info.subresource,
    nowMs: server.clock.nowMs(),
    resetFields: resetFieldsOf(request, info.subresource),
    inVersion: (apiVersion, next) => objectsInVersion(request, apiVersion, current, toHub(next)),
  });
  checkStrictly(request, config, options);
  const own = {
    ...object,
    metadata: { ...object.metadata },
    kind: served.resource.kind,
    apiVersion: served.resource.apiVersion,
  };
  agreeOnName(request, own);
  agreeOnNamespace(request, own);
  return toHub(own);
}

export function checkStrictly(request: ResourceRequest, { duplicates }: Config, options: WriteOptions): void {
  const [errors] = duplicates;
  if (errors === undefined || options.fieldValidation === 'Ignore') return;
  if (options.fieldValidation === 'Strict') {
    throw badRequestError(`error strict decoding YAML: error converting YAML to JSON: ${errors}`);
  }
  for (const line of errors.slice(unmarshalErrors.length).split('\n')) warn(request, line.trim());
}

/** A parameter that is there is on, unless it says otherwise. */
export function isTrue(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== 'false' && value !== '0';
}
