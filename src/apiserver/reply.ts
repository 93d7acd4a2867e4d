/** Answers: an object, a Status, in the form the client asked for. */

import { metadataOf } from '#apiserver/encode/form-source.ts';
import { encodedOnce, lineEnd, PartialObjectMetadata, unlisted } from '#apiserver/encode/forms.ts';
import { jsonHead } from '#apiserver/encode/json-bytes.ts';
import { yamlOf } from '#apiserver/encode/list-text.ts';
import { type Columns, columnsOf } from '#apiserver/encode/table.ts';
import { type Accepted, contentTypes, type Media, mediaOfError, negotiate, wantsPretty } from '#apiserver/negotiate.ts';
import type { ApiRequest, ResourceRequest } from '#apiserver/request.ts';
import type { Column } from '#apiserver/resources/strategy.ts';
import { warningHeader } from '#apiserver/warning.ts';
import type { Exchange, HeaderValues } from '#lib/http/exchange.ts';
import { ApiError, badRequestError, notAcceptableError, untypedError } from '#machinery/api-error.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { encodeEnvelope, sealEnvelope } from '#machinery/codec/envelope.ts';
import { stringify } from '#machinery/codec/json.ts';
import { Status } from '#machinery/meta.ts';
import type { AnyJson, Schema } from '#machinery/schema.ts';
import type { Entry } from '#watch/entry.ts';

export const objectChoices = { transformations: ['Table', 'PartialObjectMetadata'] } as const;

export function headersOf(request: Pick<ApiRequest, 'warnings'> | undefined, contentType: string): HeaderValues {
  const headers: Record<string, string | string[]> = {
    'cache-control': 'no-cache, private',
    'content-type': contentType,
  };
  if (request !== undefined && request.warnings.length > 0) headers['warning'] = request.warnings.map(warningHeader);
  return headers;
}

/** Any object, as it is. */
export function send(
  request: ApiRequest,
  code: number,
  object: AnyJson,
  schema: Schema | undefined,
  media: Media,
): void {
  const { exchange, query } = request;
  const headers = headersOf(request, contentTypes[media]);
  exchange.reply(code, headers, encodeWhole(object, schema, media, wantsPretty(exchange.headers, query)));
}

function encodeWhole(object: AnyJson, schema: Schema | undefined, media: Media, pretty: boolean): Uint8Array {
  if (media === 'protobuf' && schema !== undefined) {
    return encodeEnvelope(schema, object.apiVersion, object.kind, object);
  }
  if (media === 'yaml') return Buffer.from(yamlOf(object));
  return Buffer.from(pretty ? stringify(object, 2) : `${stringify(object)}\n`);
}

/** Tables have no form in protobuf. Throws 406. */
export function checkTableMedia({ as, media, version }: Accepted): void {
  if (as !== 'Table' || media !== 'protobuf') return;
  const why = 'does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message';
  throw notAcceptableError(`object *${version}.Table ${why}`);
}

/** An entry of the cache: its bytes are written as they are. */
export function sendEntry(request: ResourceRequest, code: number, entry: Entry): void {
  const { exchange, served, query } = request;
  const accepted = negotiate(exchange.headers, objectChoices);
  if (accepted.as === undefined && accepted.media !== 'yaml' && !wantsPretty(exchange.headers, query)) {
    const { kind, apiVersion } = served.resource;
    const headers = headersOf(request, contentTypes[accepted.media]);
    const { bytes } = encodedOnce(entry, served.forms.object[accepted.media]);
    if (accepted.media === 'json')
      exchange.reply(code, headers, [jsonHead(kind, apiVersion), bytes.subarray(1), lineEnd]);
    else exchange.reply(code, headers, sealEnvelope(apiVersion, kind, Buffer.from(unlisted(bytes))));
    return;
  }
  sendObject(request, code, entry.object(), accepted);
}

/** An object of the hub version, turned into what the client asked for. */
export function sendObject(request: ResourceRequest, code: number, hub: AnyJson, accepted?: Accepted): void {
  const { exchange, served } = request;
  const wanted = accepted ?? negotiate(exchange.headers, objectChoices);
  if (wanted.as === 'Table') {
    send(
      request,
      code,
      tableOf(request, [hub], { resourceVersion: hub.metadata.resourceVersion }, wanted),
      undefined,
      wanted.media,
    );
  } else if (wanted.as !== undefined) {
    send(
      request,
      code,
      metadataOnly(metadataOf(served.stored.strategy, hub), wanted),
      PartialObjectMetadata,
      wanted.media,
    );
  } else {
    send(request, code, inVersion(served, hub), served.resource.schema, wanted.media);
  }
}

/** The hub's object as the version that was asked for has it. */
export function inVersion(served: ResourceRequest['served'], hub: AnyJson): AnyJson {
  return served.fromHub === undefined ? hub : canonical(served.resource.schema, served.fromHub(hub));
}

export function metadataOnly(metadata: unknown, wanted: Pick<Accepted, 'version'>): AnyJson {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${wanted.version ?? 'v1'}`, metadata };
}

const includes = ['None', 'Metadata', 'Object'] as const;

export function includeObject(query: URLSearchParams): (typeof includes)[number] {
  const asked = query.get('includeObject') ?? '';
  const known = includes.find(each => each === (asked === '' ? 'Metadata' : asked));
  if (known !== undefined) return known;
  const why = `includeObject: Invalid value: ${JSON.stringify(asked)}: must be 'Metadata', 'Object', 'None', or empty`;
  throw badRequestError(`Unable to convert to Table as requested: ${why}`);
}

function tableOf(request: ResourceRequest, hubs: readonly AnyJson[], metadata: AnyJson, wanted: Accepted): AnyJson {
  const { served, query } = request;
  const include = includeObject(query);
  const whole = (hub: AnyJson) =>
    include === 'Object' ? inVersion(served, hub) : metadataOnly(metadataOf(served.stored.strategy, hub), wanted);
  const rowObject = include === 'None' ? () => null : whole;
  return tableWith(request, columnsOf(served.stored.strategy), { items: hubs, rowObject, metadata }, wanted);
}

/** Of objects that are not stored: their columns are their own, and a row carries metadata or the whole object. */
export function sendTable(
  request: ResourceRequest,
  items: readonly AnyJson[],
  columns: readonly Column<AnyJson>[],
  metadata: AnyJson,
  wanted: Accepted,
): void {
  const include = includeObject(request.query);
  const rowObject = (item: AnyJson) =>
    include === 'None' ? null : include === 'Object' ? item : metadataOnly(item.metadata, wanted);
  const table = tableWith(request, columnsOf({ columns }), { items, rowObject, metadata }, wanted);
  send(request, 200, table, undefined, wanted.media);
}

interface Rows {
  readonly items: readonly AnyJson[];
  readonly metadata: AnyJson;
  rowObject(item: AnyJson): AnyJson;
}

function tableWith(request: ResourceRequest, columns: Columns, rows: Rows, wanted: Accepted): AnyJson {
  checkTableMedia(wanted);
  const nowMs = request.server.clock.nowMs();
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${wanted.version}`,
    metadata: rows.metadata,
    columnDefinitions: columns.definitions,
    rows: rows.items.map(item => ({
      cells: columns.all.map(column => column.cell(item, nowMs)),
      object: rows.rowObject(item),
    })),
  };
}

/** A refusal. Anything that is not an ApiError is a defect of ours: 500, and the log has it. */
export function sendError(
  exchange: Exchange,
  error: unknown,
  request?: ApiRequest,
  report?: (error: unknown) => void,
): void {
  const known = error instanceof ApiError ? error : undefined;
  if (known === undefined) report?.(error);
  const answer = known ?? untypedError(`the server failed on this request: ${(error as Error)?.message ?? error}`);
  if (exchange.closed) return;
  const media = mediaOfError(exchange.headers);
  const headers: Record<string, string | readonly string[] | undefined> = headersOf(request, contentTypes[media]);
  const retryAfter = answer.details?.retryAfterSeconds;
  if (retryAfter !== undefined && retryAfter > 0) headers['retry-after'] = String(retryAfter);
  const pretty = wantsPretty(exchange.headers, request?.query ?? new URLSearchParams());
  const withoutBody = exchange.method === 'HEAD';
  exchange.reply(answer.code, headers, withoutBody ? undefined : encodeWhole(answer.status, Status, media, pretty));
}
