/**
 * The API server: one event loop that owns caches and order. A request passes route, authentication, impersonation,
 * authorization, and then the verb, which decodes, admits, validates and stores (DESIGN: server pipeline).
 */

import { anonymous, type User } from '#apiserver/authn/user.ts';
import { streamAccess } from '#apiserver/authz/connect.ts';
import { accessForbidden } from '#apiserver/authz/forbidden.ts';
import { decodePath, parseQuery, type RequestInfo, requestInfo, splitTarget } from '#apiserver/authz/request-info.ts';
import { ObservedExchange } from '#apiserver/observed-exchange.ts';
import { PathNotFound } from '#apiserver/path-not-found.ts';
import { headersOf, sendError } from '#apiserver/reply.ts';
import type { ApiRequest, ResourceRequest, Server, ServerParts } from '#apiserver/request.ts';
import { resourceHandler } from '#apiserver/route.ts';
import { warn } from '#apiserver/warning.ts';
import type { Exchange } from '#lib/http/exchange.ts';
import { ApiError, badRequestError, noSuchPathError, tooLargeRevisionError } from '#machinery/api-error.ts';
import { TooLargeRevisionError } from '#watch/read.ts';

/** Known to every server, though none serves them. */
const kindsOfAll: ReadonlySet<string> = new Set(['List', 'Status']);

export function createServer(parts: ServerParts): Server {
  const server: Server = {
    ...parts,
    knowsKind: (kind, apiVersion) =>
      (apiVersion === 'v1' && kindsOfAll.has(kind)) ||
      parts.resources.all().some(({ resource }) => resource.kind === kind && resource.apiVersion === apiVersion),
    openWatch: (request, contentType) => request.exchange.stream(200, headersOf(request, contentType)),
    handle: exchange => handle(server, exchange),
  };
  return server;
}

async function handle(server: Server, inner: Exchange): Promise<void> {
  const exchange = new ObservedExchange(inner);
  let request: ApiRequest | undefined;
  try {
    const { path: raw, query: text } = splitTarget(exchange.target);
    const path = decodePath(raw);
    if (path === undefined) throw badRequestError('the path holds malformed escapes');
    const query = parseQuery(text);
    const info = requestInfo(exchange.method, path, query);
    const measured = server.metrics.begin(info, exchange.method, query.has('dryRun'));
    exchange.onClose(() => measured.end(exchange.status));
    const user = who(server, exchange);
    request = { exchange, info, query, user, server, warnings: [] };
    allow(server, user, info);
    await dispatch(request);
  } catch (error) {
    if (error instanceof PathNotFound) return pageNotFound(exchange);
    const told = error instanceof TooLargeRevisionError ? tooLargeRevisionError(error.asked, error.current) : error;
    sendError(exchange, told, request, cause =>
      server.log(`${exchange.method} ${exchange.target} failed: ${stackOf(cause)}`),
    );
  }
}

function stackOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

function who(server: Server, exchange: Exchange): User {
  const found = server.authenticator.authenticate(exchange);
  if (found === undefined) return anonymous;
  if (found.user === undefined) throw new ApiError('Unauthorized', 'Unauthorized');
  return server.impersonate(exchange, found.user);
}

function allow(server: Server, user: User, info: RequestInfo): void {
  for (const access of [info, streamAccess(info)]) {
    if (access === undefined) continue;
    const verdict = server.authorizer.authorize(user, access);
    if (verdict.decision !== 'allow') throw accessForbidden(user, access, verdict.reason);
  }
}

async function dispatch(request: ApiRequest): Promise<void> {
  const { info, server } = request;
  if (!info.isResource) {
    const handler = server.paths.find(info.path);
    if (handler === undefined) throw /^\/api(\/|$)/.test(info.path) ? noSuchPathError() : new PathNotFound();
    return handler(request);
  }
  const served = server.resources.find(info.group, info.version, info.resource);
  if (served === undefined) {
    throw info.group !== '' && !server.resources.hasGroup(info.group) ? new PathNotFound() : noSuchPathError();
  }
  const withResource: ResourceRequest = { ...request, served };
  const handler = resourceHandler(withResource, served);
  if (served.resource.deprecated !== undefined) warn(request, served.resource.deprecated);
  return handler(withResource);
}

/** Nothing is registered at the path at all: what Go's own router answers. */
function pageNotFound(exchange: Exchange): void {
  const headers = {
    'cache-control': 'no-cache, private',
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  };
  exchange.reply(404, headers, Buffer.from('404 page not found\n'));
}
