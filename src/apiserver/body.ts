/** From the body of a request to an object of the hub version: JSON, YAML or protobuf, strictly checked, with defaults. */

import type { ApiRequest, ResourceRequest } from '#apiserver/request.ts';
import type { FieldValidation } from '#apiserver/verbs/options.ts';
import { dryRunErrors } from '#apiserver/verbs/options.ts';
import { warn } from '#apiserver/warning.ts';
import { BodyRefused, BodyTooLarge, BodyTooSlow } from '#lib/http/exchange.ts';
import { ApiError, badRequestError, invalidError, unsupportedMediaTypeError } from '#machinery/api-error.ts';
import { decoderOf } from '#machinery/codec/decode.ts';
import { setDefaults } from '#machinery/codec/defaults.ts';
import { hasMagic, openEnvelope } from '#machinery/codec/envelope.ts';
import { BodySyntaxError, type ParsedBody, parseJsonBody, yamlBody } from '#machinery/codec/parse.ts';
import { problemsOf, withNumbers } from '#machinery/codec/problems.ts';
import { decodeMessage, ProtobufError } from '#machinery/codec/protobuf-decode.ts';
import { DeleteOptions } from '#machinery/meta.ts';
import { parseApiVersion } from '#machinery/resource.ts';
import type { AnyJson, Gvk, Schema } from '#machinery/schema.ts';
import { quote } from '#machinery/validation/field-error.ts';
import { unmarshalErrors, YamlSyntaxError } from '#machinery/yaml.ts';

/** Upstream's limit of a request's body. */
export const bodyBytesMax = 3 << 20;

const accepted = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

export type BodyMedia = 'json' | 'yaml' | 'protobuf';

const mediaTypes: ReadonlyMap<string, BodyMedia> = new Map([
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
  ['application/vnd.kubernetes.protobuf', 'protobuf'],
]);

/** The media type of the Content-Type header, without parameters; JSON when there is none. */
export function contentType(request: ApiRequest): string {
  const header = String(request.exchange.headers['content-type'] ?? '');
  return header === '' ? 'application/json' : (header.split(';')[0] as string).trim().toLowerCase();
}

export async function readBody(request: ApiRequest, limit = bodyBytesMax): Promise<Buffer> {
  const { exchange, server, user } = request;
  let taken = 0;
  exchange.onClose(() => server.bodies.give(user.name, taken));
  const meter = (count: number) => {
    if (exchange.closed || !server.bodies.take(user.name, count)) return false;
    taken += count;
    return true;
  };
  try {
    const bytes = await exchange.body(limit, meter);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    if (error instanceof BodyTooLarge) {
      throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
    }
    if (error instanceof BodyRefused) {
      throw new ApiError('TooManyRequests', 'Too many requests, please try again later.', { retryAfter: 1 });
    }
    if (error instanceof BodyTooSlow) {
      throw new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout');
    }
    // The client broke off: no defect of ours, and nobody is there to hear of it.
    throw badRequestError((error as Error).message);
  }
}

/** What the body is to be: its schema and its name in messages. */
export interface Expected {
  readonly schema: Schema;
  readonly gvk: Gvk;
  /** Whether the API knows a kind at all: another message for one that is only in the wrong place. */
  /** Other versions of the kind that are the same on the wire. */
  readonly alsoVersions?: readonly string[];
  readonly isKnown?: (kind: string, apiVersion: string) => boolean;
}

/** The object of the body in the hub version, defaults set. Unknown fields are refused, warned about or ignored. */
export async function decodeBody(request: ResourceRequest, validation: FieldValidation): Promise<AnyJson> {
  const { resource, toHub } = request.served;
  const object = await decodeAs(
    request,
    { schema: resource.schema, gvk: resource, isKnown: request.server.knowsKind },
    validation,
  );
  return toHub === undefined ? object : decodedHub(request, toHub(object));
}

/** After a conversion the hub's own defaults count too. */
function decodedHub(request: ResourceRequest, object: AnyJson): AnyJson {
  setDefaults(request.served.stored.hub.schema, object);
  return object;
}

export async function decodeAs(request: ApiRequest, expected: Expected, validation: FieldValidation): Promise<AnyJson> {
  const media = mediaTypes.get(contentType(request));
  if (media === undefined) {
    const why = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
    throw unsupportedMediaTypeError(why);
  }
  const body = await readBody(request);
  if (media === 'protobuf') return finish(expected, decodeProtobuf(body, expected));
  return decodeParsed(request, body, await parse(request, body, media, expected), expected, validation);
}

function decodeParsed(
  request: ApiRequest,
  body: Buffer,
  parsed: ParsedBody,
  expected: Expected,
  validation: FieldValidation,
): AnyJson {
  const { value } = parsed;
  const object = typedObject(value, expected, body);
  const notes = { unknownField: false, wrongValue: false };
  const decoded = decoderOf(expected.schema)(parsed.exact ? withNumbers(object) : object, notes);
  if (notes.wrongValue || parsed.exact) {
    const { wrong } = problemsOf(expected.schema, object);
    if (wrong !== undefined) throw cannotBeHandled(object, expected, wrong);
  }
  const strict = validation === 'Ignore' ? [] : strictErrors(parsed, notes.unknownField, expected, object);
  if (strict.length > 0) {
    if (validation === 'Strict') throw cannotBeHandled(object, expected, `strict decoding error: ${strict.join(', ')}`);
    for (const text of strict.slice(0, warnedMax).flatMap(warningsOf)) warn(request, text);
  }
  return finish(expected, decoded);
}

/** All their headers together hold far fewer. */
const warnedMax = 1000;

/** YAML names all repeated keys in one error; as warnings each is one of its own. */
function warningsOf(text: string): string[] {
  return text.startsWith(unmarshalErrors)
    ? text
        .slice(unmarshalErrors.length)
        .split('\n')
        .map(line => line.trim())
    : [text];
}

/** Unknown fields and fields given twice, in the order of the text. */
function strictErrors(parsed: ParsedBody, hasUnknown: boolean, expected: Expected, object: AnyJson): string[] {
  const unknown = hasUnknown ? problemsOf(expected.schema, object).unknown : [];
  const repeated = parsed.repeated();
  if (repeated.length === 0) return unknown.map(path => `unknown field ${quote(path)}`);
  return parsed.ordered(unknown);
}

function finish({ schema, gvk }: Expected, object: AnyJson): AnyJson {
  object.kind = gvk.kind;
  object.apiVersion = gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`;
  setDefaults(schema, object);
  return object;
}

async function parse(
  request: ApiRequest,
  body: Buffer,
  media: 'json' | 'yaml',
  expected: Expected,
): Promise<ParsedBody> {
  try {
    return media === 'json' ? parseJsonBody(body) : yamlBody(await request.server.yaml.read(body.toString()));
  } catch (error) {
    if (!(error instanceof BodySyntaxError || error instanceof YamlSyntaxError)) throw error;
    throw unrecognized(body, error.message, expected);
  }
}

/** How much of a bad body is shown back: as text when it looks like JSON, else in hex (upstream: 30 bytes). */
const shownBytesMax = 30;

function unrecognized(body: Buffer, why: string, expected: Expected): ApiError {
  return badRequestError(
    `the object provided is unrecognized (must be of type ${expected.gvk.kind}): ${why} (${shownBody(body)})`,
  );
}

function shownBody(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const part = body.subarray(0, shownBytesMax);
  const shown = body[0] === 0x7b ? part.toString() : part.toString('hex');
  return body.length > shownBytesMax ? `${shown} ...` : shown;
}

const notAnObject =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** Checks that kind and apiVersion, where given, are the expected ones. */
function typedObject(value: AnyJson, expected: Expected, body: Buffer): AnyJson {
  const unreadable = (why: string) =>
    unrecognized(body, `couldn't get version/kind; json parse error: ${why}`, expected);
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw unreadable(`json: cannot unmarshal ${type} into Go value of type ${notAnObject}`);
  }
  for (const name of ['kind', 'apiVersion']) {
    const given = value[name];
    if (given === undefined || given === null || typeof given === 'string') continue;
    const type =
      typeof given === 'boolean' ? 'bool' : Array.isArray(given) ? 'array' : isNumeric(given) ? 'number' : 'object';
    throw unreadable(`json: cannot unmarshal ${type} into Go struct field .${name} of type string`);
  }
  checkKind(value.kind ?? '', value.apiVersion ?? '', expected, body);
  return value;
}

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'object' && value !== null && 'text' in value);
}

/** Kinds of upstream's scheme that are no part of the API served, but known to it. */
const knownElsewhere: ReadonlySet<string> = new Set(['List', 'Status', 'DeleteOptions']);

function checkKind(kind: string, apiVersion: string, expected: Expected, body: Buffer): void {
  const { gvk } = expected;
  const wanted = gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`;
  if (apiVersion.split('/').length > 2) {
    throw unrecognized(body, `unexpected GroupVersion string: ${apiVersion}`, expected);
  }
  const others = (expected.alsoVersions ?? []).map(each => `${gvk.group}/${each}`);
  if ((kind === '' || kind === gvk.kind) && ['', wanted, ...others].includes(apiVersion)) return;
  const version = parseApiVersion(apiVersion === '' ? wanted : apiVersion);
  const head = `${kind === '' ? gvk.kind : kind} in version ${quote(version.version)} cannot be handled as a ${gvk.kind}`;
  const shown = apiVersion === '' ? wanted : apiVersion;
  const isKnown = expected.isKnown?.(kind, shown) ?? knownElsewhere.has(kind);
  if (isKnown) {
    const goPackage = gvk.group === '' ? 'core' : gvk.group.replace(/\..*$/, '');
    throw badRequestError(
      `${head}: converting (${version.version}.${kind}) to (${goPackage}.${gvk.kind}): unknown conversion`,
    );
  }
  throw badRequestError(
    `${head}: no kind ${quote(kind)} is registered for version ${quote(shown)} in scheme "pkg/runtime/scheme.go:111"`,
  );
}

function cannotBeHandled(object: AnyJson, { gvk }: Expected, why: string): ApiError {
  const kind = object.kind || gvk.kind;
  const { version } = parseApiVersion(object.apiVersion || gvk.version);
  return badRequestError(`${kind} in version ${quote(version)} cannot be handled as a ${gvk.kind}: ${why}`);
}

function decodeProtobuf(body: Buffer, expected: Expected): AnyJson {
  if (!hasMagic(body)) {
    const why = 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]';
    throw unrecognized(body, why, expected);
  }
  try {
    const { apiVersion, kind, raw } = openEnvelope(body);
    checkKind(kind, apiVersion, expected, body);
    const notes = { unknownField: false, wrongValue: false };
    const object = decoderOf(expected.schema)(decodeMessage(expected.schema, raw), notes);
    if (notes.wrongValue) throw new ProtobufError('a value is not of its type');
    return object;
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw unrecognized(body, error.message, expected);
  }
}

const propagationPolicies = ['Foreground', 'Background', 'Orphan'];

/** DeleteOptions from the body and, where it is silent, from the query. Throws 422 for what makes no sense. */
export async function decodeDeleteOptions(request: ResourceRequest): Promise<DeleteOptions> {
  const body = await readBody(request);
  const expected: Expected = {
    schema: DeleteOptions,
    gvk: { group: '', version: 'v1', kind: 'DeleteOptions' },
    isKnown: () => false,
  };
  const media = mediaTypes.get(contentType(request)) ?? 'json';
  const options: DeleteOptions =
    body.length === 0 ? optionsOfQuery(request.query) : await deleteOptionsOf(request, body, media, expected);
  checkDeleteOptions(options);
  return options;
}

async function deleteOptionsOf(
  request: ResourceRequest,
  body: Buffer,
  media: BodyMedia,
  expected: Expected,
): Promise<DeleteOptions> {
  const { group, version } = request.served.resource;
  // Clients name the options after the group of what they delete, or after meta: both are the same type.
  const parsed = media === 'protobuf' ? undefined : await parse(request, body, media, expected);
  const apiVersion: unknown = parsed?.value?.apiVersion;
  const named = typeof apiVersion === 'string' ? parseApiVersion(apiVersion) : { group, version };
  const asNamed = { ...expected, gvk: { ...expected.gvk, ...named } };
  try {
    if (parsed === undefined) return finish(asNamed, decodeProtobuf(body, asNamed));
    return decodeParsed(request, body, parsed, asNamed, 'Ignore');
  } catch (error) {
    throw error instanceof ApiError ? new ApiError(error.reason, error.message.replace(wrapped, ''), error) : error;
  }
}

/** Upstream decodes options without the head that it gives to errors of objects. */
const wrapped = /^\w+ in version "[^"]*" cannot be handled as a DeleteOptions: /;

function optionsOfQuery(query: URLSearchParams): DeleteOptions {
  const options: AnyJson = {};
  const grace = query.get('gracePeriodSeconds');
  if (grace !== null && grace !== '') {
    const refuse = (why: string) => badRequestError(`strconv.ParseInt: parsing ${quote(grace)}: ${why}`);
    if (!/^[+-]?\d+$/.test(grace)) throw refuse('invalid syntax');
    if (BigInt.asIntN(64, BigInt(grace.replace('+', ''))) !== BigInt(grace.replace('+', '')))
      throw refuse('value out of range');
    options.gracePeriodSeconds = Number(grace);
  }
  const policy = query.get('propagationPolicy');
  if (policy !== null && policy !== '') options.propagationPolicy = policy;
  const orphans = query.get('orphanDependents');
  if (orphans !== null && orphans !== '') options.orphanDependents = orphans !== 'false' && orphans !== '0';
  const dryRun = query.getAll('dryRun');
  if (dryRun.length > 0) options.dryRun = dryRun;
  return options;
}

function checkDeleteOptions(options: DeleteOptions): void {
  const { propagationPolicy: policy, orphanDependents } = options;
  const errors = [];
  if (policy !== undefined && orphanDependents !== undefined) {
    errors.push({
      type: 'FieldValueInvalid' as const,
      path: 'propagationPolicy',
      message: `Invalid value: ${quote(policy)}: orphanDependents and deletionPropagation cannot be both set`,
    });
  }
  if (policy !== undefined && !propagationPolicies.includes(policy)) {
    const list = [...propagationPolicies, 'nil'].map(quote).join(', ');
    errors.push({
      type: 'FieldValueNotSupported' as const,
      path: 'propagationPolicy',
      message: `Unsupported value: ${quote(policy)}: supported values: ${list}`,
    });
  }
  errors.push(...dryRunErrors(options.dryRun ?? []));
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
}
