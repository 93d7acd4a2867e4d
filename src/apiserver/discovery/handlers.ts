/** Answers `/api`, `/apis` and what is beneath, down to a group's version. */

import { aggregatedDocument, groupDocument, groupsOf, resourceListDocument } from '#apiserver/discovery/documents.ts';
import { negotiate } from '#apiserver/negotiate.ts';
import { PathNotFound } from '#apiserver/path-not-found.ts';
import { headersOf, send } from '#apiserver/reply.ts';
import type { ApiRequest, PathHandler } from '#apiserver/request.ts';
import { methodNotAllowedError, noSuchPathError, notAcceptableError } from '#machinery/api-error.ts';
import type { AnyJson } from '#machinery/schema.ts';

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Undefined: the path is none of discovery's. `advertised`: where clients find the server, `127.0.0.1:6443`. */
export function discoveryHandler(path: string, advertised: () => string): PathHandler | undefined {
  const segments = path.split('/').filter(Boolean);
  if (path.includes('//') || (segments[0] !== 'api' && segments[0] !== 'apis')) return undefined;
  if (segments.length > 3) return undefined;
  return request => {
    if (request.exchange.method !== 'GET') throw methodNotAllowedError();
    const [root, first, second] = segments;
    if (root === 'api') return first === undefined ? core(request, advertised()) : coreVersion(request, first, second);
    if (first === undefined) return groups(request);
    return second === undefined ? group(request, first) : groupVersion(request, first, second);
  };
}

function core(request: ApiRequest, advertised: string): void {
  const addresses = [{ clientCIDR: '0.0.0.0/0', serverAddress: advertised }];
  answer(request, { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: addresses }, true);
}

function coreVersion(request: ApiRequest, version: string, rest: string | undefined): void {
  if (version !== 'v1' || rest !== undefined) throw noSuchPathError();
  answer(request, resourceListDocument(request.server.resources, '', 'v1'));
}

function groups(request: ApiRequest): void {
  const list = groupsOf(request.server.resources).map(groupDocument);
  answer(request, { kind: 'APIGroupList', apiVersion: 'v1', groups: list }, false);
}

function group(request: ApiRequest, name: string): void {
  const found = groupsOf(request.server.resources).find(each => each.name === name);
  if (found === undefined) throw new PathNotFound();
  answer(request, { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(found) });
}

function groupVersion(request: ApiRequest, name: string, version: string): void {
  const found = groupsOf(request.server.resources).find(each => each.name === name);
  if (found === undefined) throw new PathNotFound();
  if (!found.versions.includes(version)) throw noSuchPathError();
  answer(request, resourceListDocument(request.server.resources, name, version));
}

/** `aggregated`: the document has an aggregated form, of the core group (true) or the others (false). */
function answer(request: ApiRequest, document: AnyJson, aggregated?: boolean): void {
  const accept = String(request.exchange.headers['accept'] ?? '');
  if (aggregated !== undefined && accept.includes('as=APIGroupDiscoveryList')) {
    for (const clause of accept.split(',')) {
      if (/g=apidiscovery\.k8s\.io/.test(clause) && /v=v2(;|$)/.test(clause.trim())) {
        const body = aggregatedDocument(request.server.resources, aggregated);
        request.exchange.reply(200, headersOf(request, aggregatedType), Buffer.from(`${JSON.stringify(body)}\n`));
        return;
      }
      if (!clause.includes('as=')) break;
    }
  }
  try {
    const { media } = negotiate(request.exchange.headers, { transformations: [] });
    send(request, 200, document, undefined, media === 'protobuf' ? 'json' : media);
  } catch {
    const offered = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
    throw notAcceptableError(`only the following media types are accepted: ${offered}`);
  }
}
