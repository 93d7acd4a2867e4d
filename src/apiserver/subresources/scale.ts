/** The `scale` of a workload: its replicas and selector, in one form for every kind (autoscaling/v1 Scale). */

import { Scale } from '#api/autoscaling/scale.ts';
import { contentType, decodeAs, readBody } from '#apiserver/body.ts';
import { PartialObjectMetadata } from '#apiserver/encode/forms.ts';
import { negotiate } from '#apiserver/negotiate.ts';
import { metadataOf, send } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { keyOf } from '#apiserver/served.ts';
import { agreeOnName, agreeOnNamespace } from '#apiserver/verbs/metadata.ts';
import { type WriteOptions, writeOptions } from '#apiserver/verbs/options.ts';
import { patchFunctions, patchWith } from '#apiserver/verbs/patch.ts';
import { updateObject } from '#apiserver/verbs/update.ts';
import { resourceName } from '#apiserver/verbs/write.ts';
import { invalidError, notFoundError, unsupportedMediaTypeError } from '#machinery/api-error.ts';
import { canonical } from '#machinery/codec/decode.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { labelSelectorOf, labelSelectorOfMap } from '#machinery/selector/label-selector.ts';
import { invalid } from '#machinery/validation/field-error.ts';

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
  if (entry === undefined) throw notFoundError(resourceName(stored), info.name);
  sendScale(request, entry.object());
}

function sendScale(request: ResourceRequest, object: AnyJson): void {
  const accepted = negotiate(request.exchange.headers, { transformations: ['PartialObjectMetadata'] });
  const scale = scaleOf(object);
  if (accepted.as !== undefined) send(request, 200, metadataOf(scale, accepted), PartialObjectMetadata, accepted.media);
  else send(request, 200, scale, Scale, accepted.media);
}

export async function updateScale(request: ResourceRequest): Promise<void> {
  const options = writeOptions(request.query, 'UpdateOptions');
  const expected = { schema: Scale, gvk: scaleKind, isKnown: request.server.knowsKind };
  const scale = await decodeAs(request, expected, options.fieldValidation);
  agreeOnName(request, scale);
  agreeOnNamespace(request, scale);
  await writeScale(request, options, () => scale, Boolean(scale.metadata.resourceVersion));
}

export async function patchScale(request: ResourceRequest): Promise<void> {
  const function_ = patchFunctions[contentType(request)];
  if (function_ === undefined) throw unsupportedMediaTypeError('415: Unsupported Media Type', {});
  const options = writeOptions(request.query, 'PatchOptions');
  const body = await readBody(request);
  const type = { schema: Scale, kind: 'Scale', apiVersion: 'autoscaling/v1' };
  await writeScale(request, options, current => patchWith(request, function_, current, body, options, type), false);
}

async function writeScale(
  request: ResourceRequest,
  options: WriteOptions,
  next: (current: AnyJson) => AnyJson,
  conflictIsFinal: boolean,
): Promise<void> {
  const { info, served } = request;
  const key = keyOf(served.stored.hub, info.namespace, info.name);
  const written = await updateObject(
    request,
    key,
    options,
    (current, entry) => {
      const scale = next(structuredClone(scaleOf(current)));
      checkScale(scale);
      const resourceVersion = scale.metadata.resourceVersion || String(entry.revision);
      return {
        ...current,
        metadata: { ...current.metadata, resourceVersion },
        spec: { ...current.spec, replicas: scale.spec?.replicas ?? 0 },
      };
    },
    { conflictIsFinal },
  );
  sendScale(request, written.object);
}

function checkScale(scale: AnyJson): void {
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas >= 0) return;
  const why = invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
  throw invalidError(scaleKind, scale.metadata.name, [why]);
}
