/** GET of a collection: pages at one revision, joined from bytes that the cache keeps. */

import { metadataOf } from '#apiserver/encode/form-source.ts';
import { PartialObjectMetadata } from '#apiserver/encode/forms.ts';
import { indentedList, yamlOfList } from '#apiserver/encode/list-text.ts';
import { columnsOf } from '#apiserver/encode/table.ts';
import { type Accepted, contentTypes, negotiate, wantsPretty } from '#apiserver/negotiate.ts';
import { checkTableMedia, headersOf, includeObject, inVersion, metadataOnly, send } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { type ListQuery, listQuery, versionOf } from '#apiserver/verbs/list-options.ts';
import { ApiError, badRequestError } from '#machinery/api-error.ts';
import { magic } from '#machinery/codec/envelope.ts';
import { stringify } from '#machinery/codec/json.ts';
import { encodeMessage } from '#machinery/codec/protobuf-encode.ts';
import { jsonProblem } from '#machinery/json/positional.ts';
import { ListMeta } from '#machinery/meta.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { always, field, list as listOf, struct } from '#machinery/schema.ts';
import { CompactedError } from '#store/store.ts';
import type { Form } from '#watch/form.ts';
import type { Page, ReadAt } from '#watch/read.ts';

const listChoices = { transformations: ['Table', 'PartialObjectMetadataList'], list: true } as const;

export async function list(request: ResourceRequest): Promise<void> {
  const accepted = negotiate(request.exchange.headers, listChoices);
  const query = listQuery(request, false);
  const page = await readPage(request, query);
  const metadata = listMetadata(page);
  if (accepted.as === 'Table') return sendTable(request, page, metadata, accepted);
  const isPretty = accepted.media === 'json' && wantsPretty(request.exchange.headers, request.query);
  if (accepted.media === 'yaml' || isPretty) return sendForPeople(request, page, metadata, accepted);
  const { kind, apiVersion } = listType(request, accepted);
  const partial = accepted.as !== undefined;
  const { object } = request.served.forms;
  if (accepted.media === 'protobuf') {
    const items = await page.bytes(partial ? object.metadataProtobuf : object.protobuf);
    return reply(request, accepted, protobufList(apiVersion, kind, metadata, items));
  }
  const items = await page.bytes(partial ? object.metadataJson : object.json);
  const head = `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${stringify(metadata)},"items":`;
  // Upstream prints a list of metadata without items as null, and any other as an empty list.
  if (partial && page.size === 0) return reply(request, accepted, [Buffer.from(`${head}null}\n`)]);
  reply(request, accepted, [Buffer.from(`${head}[`), ...items, Buffer.from(']}\n')]);
}

function reply(request: ResourceRequest, accepted: Accepted, chunks: readonly Uint8Array[]): void {
  request.exchange.reply(200, headersOf(request, contentTypes[accepted.media]), chunks);
}

function listType(request: ResourceRequest, accepted: Accepted): { kind: string; apiVersion: string } {
  const { resource } = request.served;
  return accepted.as === undefined
    ? { kind: `${resource.kind}List`, apiVersion: resource.apiVersion }
    : { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${accepted.version}` };
}

/** The page asked for. Throws 400 for a bad token, 410 when its revision is gone, 504 when its revision never comes. */
export async function readPage(request: ResourceRequest, query: ListQuery): Promise<Page> {
  const { cache } = request.served.stored;
  const { scope, selector } = query;
  const token = query.continueToken === '' ? undefined : decodeToken(query.continueToken, query.resourceVersion);
  // Whatever is there is given whole: resourceVersion=0 is for those who fill a cache.
  const limit = query.resourceVersion === '0' && query.match === '' ? undefined : query.limit;
  const at = token === undefined ? readAt(query) : token.revision < 0 ? 'latest' : { exact: token.revision };
  try {
    return await cache.list({ scope, at, after: token?.after, limit, selector });
  } catch (error) {
    throw await worded(error, request, token);
  }
}

function readAt({ resourceVersion, match, limit }: ListQuery): ReadAt {
  if (resourceVersion === '') return 'latest';
  const version = versionOf(resourceVersion);
  if (match === 'Exact') return { exact: version };
  if (match === '' && limit !== undefined && version > 0) return { exact: version };
  return version === 0 ? 'any' : { notOlderThan: version };
}

const inconsistent = `The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.`;

async function worded(error: unknown, request: ResourceRequest, token: Token | undefined): Promise<unknown> {
  if (!(error instanceof CompactedError)) return error;
  if (token === undefined) {
    return new ApiError('Expired', 'The provided resource version is too old', {});
  }
  const expired = new ApiError('Expired', inconsistent);
  const revision = request.served.stored.cache.revision;
  const again = encodeToken(-1, token.after);
  return withMetadata(expired, { resourceVersion: String(revision), continue: again });
}

/** The Status of an expired page brings the token to go on with, inconsistently. */
function withMetadata(error: ApiError, metadata: AnyJson): ApiError {
  Object.defineProperty(error, 'status', { value: { ...error.status, metadata } });
  return error;
}

interface Token {
  readonly revision: number;
  readonly after: string;
}

/** What upstream's tokens hold: {v, rv, start}, base64url; a revision of -1 goes on at the latest. */
export function encodeToken(revision: number, after: string): string {
  const text = stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${after}\u0000` });
  return Buffer.from(text).toString('base64url');
}

function decodeToken(token: string, resourceVersion: string): Token {
  const refuse = (why: string) => badRequestError(`invalid continue token: continue key is not valid: ${why}`);
  // A last character alone holds no byte.
  const bad = /[^A-Za-z0-9_-]/.exec(token)?.index ?? (token.length % 4 === 1 ? token.length - 1 : undefined);
  if (bad !== undefined) throw refuse(`illegal base64 data at input byte ${bad}`);
  const bytes = Buffer.from(token, 'base64url');
  const problem = jsonProblem(bytes);
  if (problem !== undefined) throw refuse(problem);
  const { v: form = '', rv, start } = (JSON.parse(bytes.toString()) ?? {}) as Record<string, unknown>;
  if (form !== 'meta.k8s.io/v1') throw refuse(`server does not recognize this encoded version ${form}`);
  if (!Number.isSafeInteger(rv) || rv === 0) {
    throw refuse('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  }
  if (typeof start !== 'string' || start === '') throw refuse('encoded start key empty (version meta.k8s.io/v1)');
  if (`/${start}`.split('/').includes('..')) throw refuse(start);
  if (resourceVersion !== '' && resourceVersion !== '0') {
    throw badRequestError('specifying resource version is not allowed when using continue');
  }
  return { revision: rv as number, after: start.endsWith('\u0000') ? start.slice(0, -1) : start };
}

export function listMetadata(page: Page): AnyJson {
  return {
    resourceVersion: String(page.revision),
    ...(page.next === undefined ? {} : { continue: encodeToken(page.revision, page.next) }),
    ...(page.next === undefined || page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
}

async function sendTable(request: ResourceRequest, page: Page, metadata: AnyJson, accepted: Accepted): Promise<void> {
  const { served, query } = request;
  checkTableMedia(accepted);
  const form: Form = served.forms.table(includeObject(query));
  const rows = await page.bytes(form);
  const { definitions } = columnsOf(served.stored.strategy);
  const head =
    `{"kind":"Table","apiVersion":"meta.k8s.io/${accepted.version}","metadata":${stringify(metadata)},` +
    `"columnDefinitions":${stringify(definitions)},"rows":[`;
  const chunks = [Buffer.from(head), ...rows, Buffer.from(']}\n')];
  if (!wantsPretty(request.exchange.headers, query) && accepted.media === 'json')
    return reply(request, accepted, chunks);
  send(request, 200, JSON.parse(Buffer.concat(chunks).toString()), undefined, accepted.media);
}

/** Bytes of YAML or indented JSON that are made before others have their turn. */
const turnBytesMax = 256 << 10;

/** For people: YAML or indented JSON, made from objects, which takes long: one after the other, with turns of others between. */
async function sendForPeople(
  request: ResourceRequest,
  page: Page,
  metadata: AnyJson,
  accepted: Accepted,
): Promise<void> {
  const { exchange, server } = request;
  const list = { ...listType(request, accepted), metadata, items: shownItems(request, page, accepted) };
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (const piece of accepted.media === 'yaml' ? yamlOfList(list) : indentedList(list)) {
    const chunk = Buffer.from(piece);
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes < turnBytesMax) continue;
    bytes = 0;
    await new Promise<void>(resolve => server.clock.after(0, resolve));
    if (exchange.closed) return;
  }
  reply(request, accepted, chunks);
}

function* shownItems(request: ResourceRequest, page: Page, accepted: Accepted): Generator<AnyJson> {
  const { served } = request;
  for (const entry of page.entries()) {
    const hub = entry.object() as AnyJson;
    const shown = accepted.as
      ? metadataOnly(metadataOf(served.stored.strategy, hub), accepted)
      : inVersion(served, hub);
    const { kind: _, apiVersion: __, ...item } = shown;
    yield item;
  }
}

const ListHead = struct('List', { metadata: always(1, ListMeta), items: field(2, listOf(PartialObjectMetadata)) });

/** Envelope and list message around items that carry their tag and length already. */
function protobufList(apiVersion: string, kind: string, metadata: AnyJson, items: readonly Uint8Array[]): Uint8Array[] {
  const head = encodeMessage(ListHead, { metadata });
  const length = items.reduce((sum, item) => sum + item.length, head.length);
  const typeMeta = encodeMessage(TypeMetaField, { typeMeta: { apiVersion, kind } });
  return [magic, typeMeta, tagAndLength(0x12, length), head, ...items, Buffer.from([0x1a, 0, 0x22, 0])];
}

const TypeMetaField = struct('Unknown', {
  typeMeta: field(1, struct('TypeMeta', { apiVersion: field(1, stringType()), kind: field(2, stringType()) })),
});

function stringType() {
  return { kind: 'string' } as const;
}

function tagAndLength(tag: number, length: number): Buffer {
  const out = [tag];
  let rest = length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
  return Buffer.from(out);
}
