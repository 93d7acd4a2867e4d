/** The `scale` of a workload: its replicas and selector, in one form for every kind (autoscaling/v1 Scale). */

import { Scale } from '#api/autoscaling/scale.ts';
import { contentType, decodeAs, readBody } from '#apiserver/body.ts';
import { PartialObjectMetadata } from '#apiserver/encode/forms.ts';
import { negotiate } from '#apiserver/negotiate.ts';
import { metadataOnly, objectChoices, send, sendTable } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { ageColumn, nameColumn } from '#apiserver/resources/columns.ts';
import type { Column } from '#apiserver/resources/strategy.ts';
import { keyOf } from '#apiserver/served.ts';
import { applyOptions, checkStrictly, isTrue, readConfig } from '#apiserver/verbs/apply.ts';
import { agreeOnName, agreeOnNamespace } from '#apiserver/verbs/metadata.ts';
import { managerName, type WriteOptions, writeOptions } from '#apiserver/verbs/options.ts';
import { patchFunctions, patchWith } from '#apiserver/verbs/patch.ts';
import { updateObject } from '#apiserver/verbs/update.ts';
import { resourceName } from '#apiserver/verbs/write.ts';
import { badRequestError, invalidError, notFoundError, unsupportedMediaTypeError } from '#machinery/api-error.ts';
import { applyConfiguration } from '#machinery/apply/apply.ts';
import { managersFromScale, managersOfScale } from '#machinery/apply/scale.ts';
import { trackUpdate } from '#machinery/apply/track.ts';
import { canonical } from '#machinery/codec/decode.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { labelSelectorOf, labelSelectorOfMap } from '#machinery/selector/label-selector.ts';
import { invalid } from '#machinery/validation/field-error.ts';

const scaleVersion = 'autoscaling/v1';
const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

/** The Scale of a Deployment, ReplicaSet, StatefulSet or ReplicationController. */
export function scaleOf(object: AnyJson): AnyJson {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const { selector } = object.spec;
  const isController = object.kind === 'ReplicationController';
  const shown = (isController ? labelSelectorOfMap(selector) : labelSelectorOf(selector)).text;
  return canonical<AnyJson>(Scale, {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: object.spec.replicas ?? 0 },
    status: { replicas: object.status?.replicas ?? 0, selector: shown },
  });
}

export async function getScale(request: ResourceRequest): Promise<void> {
  const { stored } = request.served;
  const { info } = request;
  const entry = await stored.cache.read(keyOf(stored.hub, info.namespace, info.name), 'latest');
  if (entry === undefined) throw notFoundError(resourceName(request.served), info.name);
  sendScale(request, entry.object());
}

/** Upstream's Name has no format here, as it is no object that is stored under that name. */
const scaleColumns: readonly Column<AnyJson>[] = [
  { ...nameColumn, format: '' },
  { name: 'Desired', type: 'integer', cell: scale => scale.spec?.replicas ?? 0 },
  { name: 'Available', type: 'integer', cell: scale => scale.status?.replicas ?? 0 },
  ageColumn,
];

function sendScale(request: ResourceRequest, object: AnyJson): void {
  const accepted = negotiate(request.exchange.headers, objectChoices);
  const scale = scaleOf(object);
  if (accepted.as === 'Table') {
    const { resourceVersion } = scale.metadata;
    sendTable(request, [scale], scaleColumns, { resourceVersion }, accepted);
  } else if (accepted.as !== undefined)
    send(request, 200, metadataOnly(scale.metadata, accepted), PartialObjectMetadata, accepted.media);
  else send(request, 200, scale, Scale, accepted.media);
}

export async function updateScale(request: ResourceRequest): Promise<void> {
  const options = writeOptions(request.query, 'UpdateOptions');
  const expected = { schema: Scale, gvk: scaleKind, isKnown: isKnown(request) };
  const scale = await decodeAs(request, expected, options.fieldValidation);
  agreeOnName(request, scale);
  agreeOnNamespace(request, scale);
  const next = (current: AnyJson) => tracked(request, options, current, scale);
  await writeScale(request, options, next, Boolean(scale.metadata.resourceVersion), scale.metadata.uid);
}

/** Versions of Scale that decoders know and that no path takes any more. */
const olderVersions = ['apps/v1beta1', 'apps/v1beta2', 'extensions/v1beta1'];

function isKnown({ server }: ResourceRequest) {
  return (kind: string, apiVersion: string): boolean => {
    if (kind === 'Scale' && olderVersions.includes(apiVersion)) {
      const why = `does not match the expected API version (${scaleVersion})`;
      throw badRequestError(`the API version in the data (${apiVersion}) ${why}`);
    }
    return server.knowsKind(kind, apiVersion);
  };
}

export async function patchScale(request: ResourceRequest): Promise<void> {
  const type = contentType(request);
  if (type === 'application/apply-patch+yaml') return applyScale(request);
  const function_ = patchFunctions[type];
  if (function_ === undefined) throw unsupportedMediaTypeError('415: Unsupported Media Type', {});
  const options = writeOptions(request.query, 'PatchOptions');
  const body = await readBody(request);
  const patched = { schema: Scale, kind: 'Scale', apiVersion: scaleVersion };
  const next = (current: AnyJson) =>
    tracked(request, options, current, patchWith(request, function_, structuredClone(current), body, options, patched));
  await writeScale(request, options, next, false);
}

async function applyScale(request: ResourceRequest): Promise<void> {
  const options = applyOptions(request.query);
  const config = await readConfig(request);
  const next = (current: AnyJson) => {
    const { object } = applyConfiguration({
      schema: Scale,
      live: current,
      config: config.value,
      manager: options.fieldManager,
      force: isTrue(request.query.get('force')),
      apiVersion: scaleVersion,
      kind: 'Scale',
      subresource: 'scale',
      nowMs: request.server.clock.nowMs(),
    });
    checkStrictly(request, config, options);
    agreeOnName(request, object);
    return object;
  };
  await writeScale(request, options, next, Boolean(config.value.metadata?.resourceVersion));
}

/** The new Scale with its managedFields after this write. */
function tracked(request: ResourceRequest, options: WriteOptions, live: AnyJson, scale: AnyJson): AnyJson {
  const { server, exchange } = request;
  const managedFields = trackUpdate({
    schema: Scale,
    live,
    next: scale,
    manager: managerName(options, String(exchange.headers['user-agent'] ?? '')),
    operation: 'Update',
    apiVersion: scaleVersion,
    subresource: 'scale',
    nowMs: server.clock.nowMs(),
  });
  return { ...scale, metadata: { ...scale.metadata, managedFields } };
}

/** `next` makes the new Scale of the current one, both with those managedFields of the object that are about its replicas. */
async function writeScale(
  request: ResourceRequest,
  options: WriteOptions,
  next: (current: AnyJson) => AnyJson,
  conflictIsFinal: boolean,
  uid?: string,
): Promise<void> {
  const { info, served } = request;
  const { hub } = served.stored;
  const key = keyOf(hub, info.namespace, info.name);
  const written = await updateObject(
    request,
    key,
    options,
    (current, entry) => {
      const { managedFields, ...metadata } = current.metadata;
      const parent = { managedFields, apiVersion: hub.apiVersion, replicas: ['spec', 'replicas'] };
      const live = scaleOf(current);
      const scale = next({ ...live, metadata: { ...live.metadata, managedFields: managersOfScale(parent) } });
      checkScale(scale);
      const owners = managersFromScale(parent, scale.metadata.managedFields);
      const resourceVersion = scale.metadata.resourceVersion || String(entry.revision);
      return {
        ...current,
        metadata: { ...metadata, resourceVersion, ...(owners === undefined ? {} : { managedFields: owners }) },
        spec: { ...current.spec, replicas: scale.spec?.replicas ?? 0 },
      };
    },
    { conflictIsFinal, uid, tracked: true },
  );
  sendScale(request, written.object);
}

function checkScale(scale: AnyJson): void {
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas >= 0) return;
  const why = invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
  throw invalidError(scaleKind, scale.metadata.name, [why]);
}
