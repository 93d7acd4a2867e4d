/**
 * The API server: one event loop that owns caches and order. A request passes route, authentication, impersonation,
 * authorization, and then the verb, which decodes, admits, validates and stores (DESIGN: server pipeline).
 */

import type { AdmissionChain } from '#apiserver/admission/admission.ts';
import type { Authenticator } from '#apiserver/authn/authenticator.ts';
import { anonymous, type User } from '#apiserver/authn/user.ts';
import type { Authorizer } from '#apiserver/authz/authorizer.ts';
import { streamAccess } from '#apiserver/authz/connect.ts';
import { accessForbidden } from '#apiserver/authz/forbidden.ts';
import { decodePath, type RequestInfo, requestInfo, splitTarget } from '#apiserver/authz/request-info.ts';
import type { RequestMetrics } from '#apiserver/metrics.ts';
import { ObservedExchange } from '#apiserver/observed-exchange.ts';
import { PathNotFound } from '#apiserver/path-not-found.ts';
import { headersOf, sendError } from '#apiserver/reply.ts';
import { type ApiRequest, type ResourceRequest, warn } from '#apiserver/request.ts';
import { type ResourceHandler, resourceHandler } from '#apiserver/route.ts';
import type { ServedResources } from '#apiserver/served.ts';
import type { Clock } from '#lib/clock.ts';
import type { Exchange, ReplyStream } from '#lib/http/exchange.ts';
import type { Random } from '#lib/random.ts';
import { ApiError, badRequestError, noSuchPathError } from '#machinery/api-error.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { Store } from '#store/store.ts';

/** Answers for a path that is no resource: discovery, health, OpenAPI. Undefined: not mine. */
export type PathHandler = (request: ApiRequest) => void | Promise<void>;

export interface PathHandlers {
  find(path: string): PathHandler | undefined;
}

/** Addresses and ports claimed for a write. */
export interface Claim {
  /** The write failed: what was claimed is given back. */
  release(): Promise<void>;
  /** The write succeeded: what the object no longer has is given back. */
  commit(): Promise<void>;
}

export interface Allocation {
  /** Before a write is prepared and held against its rules: claims what the object needs, and writes it in. */
  allocate(request: ResourceRequest, object: AnyJson, old: AnyJson, dryRun: boolean): Promise<Claim | undefined>;
  /** The object is gone. */
  free(request: ResourceRequest, object: AnyJson): Promise<void>;
}

export interface ServerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly resources: ServedResources;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly impersonate: (exchange: Exchange, user: User) => User;
  readonly admission: AdmissionChain;
  readonly allocation: Allocation;
  readonly paths: PathHandlers;
  /** Sub-resources that reach out of this server (logs, exec, proxies) or sign something (tokens), by name and method. */
  readonly connectors: Readonly<Record<string, Readonly<Record<string, ResourceHandler>>>>;
  readonly metrics: RequestMetrics;
  readonly log: (text: string) => void;
}

export interface Server extends ServerParts {
  /** Whether any version of the API has the kind. */
  readonly knowsKind: (kind: string, apiVersion: string) => boolean;
  openWatch(request: ResourceRequest, contentType: string): ReplyStream | Promise<ReplyStream>;
  handle(exchange: Exchange): Promise<void>;
}

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
    const { path: raw, query } = splitTarget(exchange.target);
    const path = decodePath(raw);
    if (path === undefined) throw badRequestError('the path holds malformed escapes');
    const info = requestInfo(exchange.method, path, query);
    const measured = server.metrics.begin(info, exchange.method, query.includes('dryRun='));
    exchange.onClose(() => measured.end(exchange.status));
    const user = who(server, exchange);
    request = { exchange, info, query: parseQuery(query), user, server, warnings: [] };
    allow(server, user, info);
    await dispatch(request);
  } catch (error) {
    if (error instanceof PathNotFound) return pageNotFound(exchange);
    sendError(exchange, error, request, cause =>
      server.log(`${exchange.method} ${exchange.target} failed: ${stackOf(cause)}`),
    );
  }
}

function stackOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

/** Go leaves out pairs with a semicolon or a malformed escape; URLSearchParams would keep them. */
function parseQuery(query: string): URLSearchParams {
  if (query === '' || !/[;%]/.test(query)) return new URLSearchParams(query);
  const pairs = query.split('&').filter(pair => !pair.includes(';') && !/%(?![0-9A-Fa-f]{2})/.test(pair));
  return new URLSearchParams(pairs.join('&'));
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
