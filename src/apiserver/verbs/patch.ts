/** PATCH: JSON patch, merge patch, strategic merge patch, apply (upstream: endpoints/handlers/patch.go). */

import { contentType, readBody } from '#apiserver/body.ts';
import { inVersion, sendObject } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { keyOf } from '#apiserver/served.ts';
import { apply } from '#apiserver/verbs/apply.ts';
import { agreeOnName, agreeOnNamespace } from '#apiserver/verbs/metadata.ts';
import { type WriteOptions, writeOptions } from '#apiserver/verbs/options.ts';
import { updateObject } from '#apiserver/verbs/update.ts';
import { warn } from '#apiserver/warning.ts';
import { ApiError, badRequestError, invalidError, unsupportedMediaTypeError } from '#machinery/api-error.ts';
import { decoderOf } from '#machinery/codec/decode.ts';
import { setDefaults } from '#machinery/codec/defaults.ts';
import { stringify } from '#machinery/codec/json.ts';
import { BodySyntaxError, type ParsedBody, parseJsonBody } from '#machinery/codec/parse.ts';
import { problemsOf, withNumbers } from '#machinery/codec/problems.ts';
import { goFormat } from '#machinery/patch/go-format.ts';
import { applyJsonPatch, unknownOperationFields } from '#machinery/patch/json-patch.ts';
import { applyMergePatch } from '#machinery/patch/merge-patch.ts';
import { PatchError } from '#machinery/patch/patch-error.ts';
import { applyStrategicPatch } from '#machinery/patch/strategic.ts';
import { unstructuredProblem } from '#machinery/patch/unstructured.ts';
import type { AnyJson, Schema } from '#machinery/schema.ts';
import { forbidden, quote } from '#machinery/validation/field-error.ts';

/** The patched object in the version asked for, and what of the patch itself is wrong strictly. */
export type PatchFunction = (current: AnyJson, patch: AnyJson, schema: Schema) => AnyJson;

const jsonPatch: PatchFunction = (current, patch) => applyJsonPatch(current, patch);
const strategicPatch: PatchFunction = (current, patch, schema) => applyStrategicPatch(schema, current, patch);

/** By content type, which a client can choose freely: no other name finds anything. */
export const patchFunctions: Readonly<Record<string, PatchFunction>> = Object.assign(Object.create(null), {
  'application/json-patch+json': jsonPatch,
  'application/merge-patch+json': (current: AnyJson, patch: AnyJson) => applyMergePatch(current, patch),
  'application/strategic-merge-patch+json': strategicPatch,
});

export async function patch(request: ResourceRequest): Promise<void> {
  const type = contentType(request);
  if (type === 'application/apply-patch+yaml') return apply(request);
  const function_ = patchFunctions[type];
  if (function_ === undefined) throw unsupportedMediaTypeError('415: Unsupported Media Type', {});
  const options = patchOptions(request.query);
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

function patchOptions(query: URLSearchParams): WriteOptions {
  if (query.has('force')) {
    const why = forbidden('force', 'may not be specified for non-apply patch');
    throw invalidError({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [why]);
  }
  return writeOptions(query, 'PatchOptions');
}

function parsePatch(function_: PatchFunction, body: Buffer): ParsedBody {
  try {
    return parseJsonBody(body);
  } catch (error) {
    if (!(error instanceof BodySyntaxError)) throw error;
    const why = error.message.replace(/^couldn't get version\/kind; json parse error: /, '');
    throw badRequestError(function_ === strategicPatch ? why : `error decoding patch: ${why}`);
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
  const parsed = parsePatch(function_, body);
  const given = withNumbers(parsed.value);
  const patched = patchedBy(function_, own, given, type);
  // What a strategic patch made never was text: upstream shows the patch instead.
  const shown = function_ === strategicPatch ? goFormat(given) : stringify(patched);
  const refuse = (why: string) => {
    const message = `Invalid value: ${quote(shown)}: ${why}`;
    return invalidError({ group: '', kind: '' }, '', [{ type: 'FieldValueInvalid', path: 'patch', message }]);
  };
  if (function_ !== strategicPatch) checkType(request, patched, type, refuse);
  const notes = { unknownField: false, wrongValue: false };
  const object = decoderOf(type.schema)(patched, notes);
  if (notes.wrongValue) {
    const unconverted = function_ === strategicPatch ? unstructuredProblem(type.schema, patched) : undefined;
    throw refuse(unconverted ?? problemsOf(type.schema, patched).wrong ?? 'a value is not of its type');
  }
  const unknown = notes.unknownField ? problemsOf(type.schema, patched).unknown : [];
  const strict = [...patchProblems(function_, parsed), ...unknown.map(path => `unknown field ${quote(path)}`)];
  if (strict.length > 0 && options.fieldValidation === 'Strict')
    throw refuse(`strict decoding error: ${strict.join(', ')}`);
  if (options.fieldValidation === 'Warn') for (const text of strict) warn(request, text);
  object.kind = type.kind;
  object.apiVersion = type.apiVersion;
  setDefaults(type.schema, object);
  agreeOnName(request, object);
  agreeOnNamespace(request, object);
  return object;
}

function patchedBy(function_: PatchFunction, own: AnyJson, given: AnyJson, type: PatchedType): AnyJson {
  try {
    return function_(own, given, type.schema);
  } catch (error) {
    throw patchError(error);
  }
}

/** The object says what it is, and must still say the same. Without a version upstream does not even find its name. */
function checkType(
  request: ResourceRequest,
  patched: AnyJson,
  type: PatchedType,
  refuse: (why: string) => Error,
): void {
  const { kind = type.kind, apiVersion } = patched ?? {};
  if (apiVersion === undefined) agreeOnName(request, {});
  if (kind === type.kind && apiVersion === type.apiVersion) return;
  const why = request.server.knowsKind(kind, apiVersion)
    ? `converting (${apiVersion.replace(/^.*\//, '')}.${kind}) to (${type.apiVersion.replace(/^.*\//, '')}.${type.kind}): unknown conversion`
    : `no kind ${quote(kind)} is registered for version ${quote(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`;
  throw refuse(why);
}

/** What is wrong with the patch itself, strictly: keys given twice, and of JSON patches fields that no operation has. */
function patchProblems(function_: PatchFunction, parsed: ParsedBody): string[] {
  const isJsonPatch = function_ === jsonPatch;
  const where = isJsonPatch ? 'json patch ' : '';
  const unknown = isJsonPatch ? unknownOperationFields(parsed.value) : [];
  return [
    ...parsed.repeated().map(path => `${where}duplicate field ${quote(path)}`),
    ...unknown.map(path => `${where}unknown field ${quote(path)}`),
  ];
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
