/** PATCH: JSON patch, merge patch, strategic merge patch, apply (upstream: endpoints/handlers/patch.go). */

import { contentType, readBody } from '#apiserver/body.ts';
import { inVersion, sendObject } from '#apiserver/reply.ts';
import { type ResourceRequest, warn } from '#apiserver/request.ts';
import { keyOf } from '#apiserver/served.ts';
import { apply } from '#apiserver/verbs/apply.ts';
import { agreeOnName, agreeOnNamespace } from '#apiserver/verbs/metadata.ts';
import { type WriteOptions, writeOptions } from '#apiserver/verbs/options.ts';
import { updateObject } from '#apiserver/verbs/update.ts';
import { ApiError, badRequestError, invalidError, unsupportedMediaTypeError } from '#machinery/api-error.ts';
import { keepCleared } from '#machinery/apply/track.ts';
import { decoderOf } from '#machinery/codec/decode.ts';
import { setDefaults } from '#machinery/codec/defaults.ts';
import { stringify } from '#machinery/codec/json.ts';
import { BodySyntaxError, parseJsonBody } from '#machinery/codec/parse.ts';
import { problemsOf, withNumbers } from '#machinery/codec/problems.ts';
import { applyJsonPatch } from '#machinery/patch/json-patch.ts';
import { applyMergePatch } from '#machinery/patch/merge-patch.ts';
import { PatchError } from '#machinery/patch/patch-error.ts';
import { applyStrategicPatch } from '#machinery/patch/strategic.ts';
import type { AnyJson, Schema } from '#machinery/schema.ts';
import { quote } from '#machinery/validation/field-error.ts';

/** The patched object in the version asked for, and what of the patch itself is wrong strictly. */
export type PatchFunction = (current: AnyJson, patch: AnyJson, schema: Schema) => AnyJson;

export const patchFunctions: Readonly<Record<string, PatchFunction>> = {
  'application/json-patch+json': (current, patch) => applyJsonPatch(current, patch),
  'application/merge-patch+json': (current, patch) => applyMergePatch(current, patch),
  'application/strategic-merge-patch+json': (current, patch, schema) => applyStrategicPatch(schema, current, patch),
};

export async function patch(request: ResourceRequest): Promise<void> {
  const type = contentType(request);
  if (type === 'application/apply-patch+yaml') return apply(request);
  const function_ = patchFunctions[type];
  if (function_ === undefined) throw unsupportedMediaTypeError('415: Unsupported Media Type', {});
  const options = writeOptions(request.query, 'PatchOptions');
  const body = await readBody(request);
  const { served, info } = request;
  const key = keyOf(served.stored.hub, info.namespace, info.name);
  const written = await updateObject(
    request,
    key,
    options,
    current => {
      const own = structuredClone(inVersion(served, current));
      const patched = patchWith(request, function_, own, body, options, served.resource);
      return served.toHub === undefined ? patched : served.toHub(patched);
    },
    { conflictIsFinal: false },
  );
  sendObject(request, 200, written.object);
}

function parsePatch(body: Buffer): ReturnType<typeof parseJsonBody> {
  try {
    return parseJsonBody(body);
  } catch (error) {
    if (!(error instanceof BodySyntaxError)) throw error;
    throw badRequestError(error.message.replace(/^couldn't get version\/kind; json parse error: /, ''));
  }
}

/** The type of what a patch makes. */
interface PatchedType {
  readonly schema: Schema;
  readonly kind: string;
  readonly apiVersion: string;
}

/** The object that the patch makes of `own` (which it may change), checked like a body. Throws 4xx. */
export function patchWith(
  request: ResourceRequest,
  function_: PatchFunction,
  own: AnyJson,
  body: Buffer,
  options: WriteOptions,
  type: PatchedType,
): AnyJson {
  const parsed = parsePatch(body);
  let patched: AnyJson;
  try {
    patched = function_(own, withNumbers(parsed.value), type.schema);
  } catch (error) {
    throw patchError(error);
  }
  const notes = { unknownField: false, wrongValue: false };
  const object = decoderOf(type.schema)(patched, notes);
  const refuse = (why: string) =>
    invalidError({ group: '', kind: '' }, '', [
      { type: 'FieldValueInvalid', path: 'patch', message: `Invalid value: ${quote(stringify(patched))}: ${why}` },
    ]);
  if (notes.wrongValue) throw refuse(problemsOf(type.schema, patched).wrong ?? 'a value is not of its type');
  const unknown = notes.unknownField ? problemsOf(type.schema, patched).unknown : [];
  const strict = [
    ...parsed.repeated().map(path => `duplicate field ${quote(path)}`),
    ...unknown.map(path => `unknown field ${quote(path)}`),
  ];
  if (strict.length > 0 && options.fieldValidation === 'Strict')
    throw refuse(`strict decoding error: ${strict.join(', ')}`);
  if (options.fieldValidation === 'Warn') for (const text of strict) warn(request, text);
  keepCleared(patched, object);
  object.kind = type.kind;
  object.apiVersion = type.apiVersion;
  setDefaults(type.schema, object);
  agreeOnName(request, object);
  agreeOnNamespace(request, object);
  return object;
}

const reasons = { 400: 'BadRequest', 413: 'RequestEntityTooLarge', 422: 'Invalid', 500: '' } as const;

function patchError(error: unknown): unknown {
  if (error instanceof PatchError) {
    return new ApiError(reasons[error.code], error.message, {
      code: error.code,
      ...(error.code === 422 ? { details: {} } : {}),
    });
  }
  return error;
}
