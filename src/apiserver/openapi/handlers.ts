/** Answers `/openapi/v3`, its documents and `/openapi/v2`: made when first asked for, kept as bytes, known by their hash. */

import { createHash } from 'node:crypto';
import { openApiV2, openApiV3 } from '#apiserver/openapi/documents.ts';
import { encodeDocument } from '#apiserver/openapi/protobuf.ts';
import { headersOf } from '#apiserver/reply.ts';
import type { ApiRequest, PathHandler } from '#apiserver/request.ts';
import type { ServedResources } from '#apiserver/served.ts';
import { methodNotAllowedError } from '#machinery/api-error.ts';
import type { AnyJson } from '#machinery/schema.ts';

const protobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** Older clients write `@` where the media type has a dot. */
function offeredBy(clause: string): 'json' | 'protobuf' | undefined {
  const [type = ''] = clause.split(';');
  if (['application/json', 'application/*', '*/*'].includes(type.trim())) return 'json';
  return type.trim().replace('@', '.') === protobufType ? 'protobuf' : undefined;
}

interface Document {
  readonly bytes: Buffer;
  readonly hash: string;
}

export class OpenApi {
  readonly #resources: () => ServedResources;
  readonly #documents = new Map<string, Document>();

  constructor(resources: () => ServedResources) {
    this.#resources = resources;
  }

  /** Undefined: not a path of OpenAPI. */
  find(path: string): PathHandler | undefined {
    if (path === '/openapi/v2') return request => this.#v2(request);
    if (path === '/openapi/v3' || path === '/openapi/v3/') return request => this.#index(request);
    const [, document] = /^\/openapi\/v3\/(.+)$/.exec(path) ?? [];
    const groupVersion = document === undefined ? undefined : parseDocument(document);
    if (document === undefined) return undefined;
    if (this.#groupDocuments().includes(document)) {
      return request => this.#answer(request, document, () => emptyDocument, 'application/json');
    }
    if (groupVersion === undefined || !this.#resources().hasGroupVersion(...groupVersion)) {
      return ({ exchange }) => exchange.reply(404, { 'cache-control': 'no-cache, private' });
    }
    return request =>
      this.#answer(request, document, () => openApiV3(this.#resources(), ...groupVersion), 'application/json');
  }

  #index(request: ApiRequest): void {
    onlyGet(request);
    const paths: Record<string, AnyJson> = {};
    for (const { resource } of this.#resources().all()) {
      const { group, version } = resource;
      const name = group === '' ? `api/${version}` : `apis/${group}/${version}`;
      if (paths[name] !== undefined) continue;
      const { hash } = this.#document(name, () => openApiV3(this.#resources(), group, version));
      paths[name] = { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` };
    }
    for (const name of this.#groupDocuments()) {
      const { hash } = this.#document(name, () => emptyDocument);
      paths[name] = { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` };
    }
    const sorted = Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)));
    request.exchange.reply(
      200,
      headersOf(request, 'text/plain; charset=utf-8'),
      Buffer.from(JSON.stringify({ paths: sorted })),
    );
  }

  /** Discovery has documents too; what it answers is described with the types, so nothing is left for them. */
  #groupDocuments(): string[] {
    const groups = new Set(
      this.#resources()
        .all()
        .map(({ resource }) => resource.group),
    );
    groups.delete('');
    const discovery = ['api', 'apis', ...[...groups].map(name => `apis/${name}`)];
    return [...discovery, '.well-known/openid-configuration', 'openid/v1/jwks', 'version'];
  }

  #v2(request: ApiRequest): void {
    const accept = String(request.exchange.headers['accept'] ?? '');
    const kind = accept
      .split(',')
      .map(clause => offeredBy(clause.trim()))
      .find(each => each !== undefined);
    if (accept !== '' && kind === undefined) {
      request.exchange.reply(406, { 'cache-control': 'no-cache, private', vary: 'Accept-Encoding, Accept' });
    } else if (kind === 'protobuf') {
      const make = () =>
        encodeDocument(JSON.parse(this.#document('v2', () => openApiV2(this.#resources())).bytes.toString()));
      this.#answer(request, 'v2.pb', make, protobufType);
    } else {
      this.#answer(request, 'v2', () => openApiV2(this.#resources()), 'application/json');
    }
  }

  #document(name: string, make: () => AnyJson): Document {
    const known = this.#documents.get(name);
    if (known !== undefined) return known;
    const made = make();
    const bytes = Buffer.isBuffer(made) ? made : Buffer.from(JSON.stringify(made));
    const hash = createHash('sha512').update(bytes).digest('hex').toUpperCase();
    const document = { bytes, hash };
    this.#documents.set(name, document);
    return document;
  }

  #answer(request: ApiRequest, name: string, make: () => AnyJson, type: string): void {
    onlyGet(request);
    const { bytes, hash } = this.#document(name, make);
    const etag = `"${hash}"`;
    const headers = { ...headersOf(request, type), etag, vary: 'Accept-Encoding, Accept' };
    if (request.exchange.headers['if-none-match'] === etag) request.exchange.reply(304, headers);
    else request.exchange.reply(200, headers, bytes);
  }
}

function onlyGet(request: ApiRequest): void {
  if (request.exchange.method !== 'GET') throw methodNotAllowedError();
}

const emptyDocument = { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1.36.3' }, paths: {} };

/** `api/v1`, `apis/apps/v1`. */
function parseDocument(name: string): [group: string, version: string] | undefined {
  const parts = name.split('/');
  if (parts[0] === 'api' && parts.length === 2) return ['', parts[1] as string];
  return parts[0] === 'apis' && parts.length === 3 ? [parts[1] as string, parts[2] as string] : undefined;
}
