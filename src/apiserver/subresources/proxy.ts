/**
 * `pods/proxy`, `services/proxy` and `nodes/proxy`: every method, the rest of the path and the query, passed on to an address
 * of the cluster and the reply passed back. The client's credentials stay here, redirects are the client's to follow, and only
 * a 101 opens a tunnel.
 */

import type { Endpoints } from '#api/core/endpoints.ts';
import type { Node } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Service } from '#api/core/service.ts';
import { splitTarget } from '#apiserver/authz/request-info.ts';
import type { ResourceHandler, ResourceRequest } from '#apiserver/request.ts';
import { keyOf } from '#apiserver/served.ts';
import type { Kubelets } from '#apiserver/subresources/kubelets.ts';
import { withOwnLinks } from '#apiserver/subresources/proxy-links.ts';
import {
  checkAddress,
  podTarget,
  portNumber,
  serviceTarget,
  type Target,
  targetNameOf,
} from '#apiserver/subresources/proxy-target.ts';
import { admissionRequest } from '#apiserver/verbs/admit.ts';
import type { Clock } from '#lib/clock.ts';
import { HttpClient } from '#lib/http/client.ts';
import type { Dial } from '#lib/http/connect.ts';
import type { HeaderValues } from '#lib/http/exchange.ts';
import { headerTokens, headerValue } from '#lib/http/headers.ts';
import { proxiedHeaders, proxy } from '#lib/http/proxy.ts';
import type { Transport } from '#lib/http/transport.ts';
import { tunnel, upgradeHeaders } from '#lib/http/tunnel.ts';
import { ApiError, noSuchPathError, notFoundError } from '#machinery/api-error.ts';

export interface ProxyDeps {
  readonly clock: Clock;
  readonly kubelets: Kubelets;
  readonly dial?: Dial | undefined;
}

/** All that a proxy passes on. */
export const proxyMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

export function proxyHandlers(deps: ProxyDeps): Readonly<Record<string, Readonly<Record<string, ResourceHandler>>>> {
  const all = (find: (request: ResourceRequest, deps: ProxyDeps) => Promise<Backend>) => {
    const handler: ResourceHandler = async request =>
      passOn(request, await admitted(request, () => find(request, deps)));
    return Object.fromEntries(proxyMethods.map(method => [method, handler]));
  };
  return { 'pods/proxy': all(podBackend), 'services/proxy': all(serviceBackend), 'nodes/proxy': all(nodeBackend) };
}

interface Backend {
  readonly client: HttpClient;
  /** Whether it is this request's alone, and closes with it. */
  readonly isOwn: boolean;
}

async function admitted(request: ResourceRequest, find: () => Promise<Backend>): Promise<Backend> {
  await request.server.admission.validate(admissionRequest(request, 'CONNECT', {}, undefined, false));
  return find();
}

/** An object as fresh as the store. */
async function read<T>(request: ResourceRequest, plural: string, name: string): Promise<T | undefined> {
  const stored = request.server.resources.find('', 'v1', plural)?.stored;
  const entry = await stored?.cache.read(keyOf(stored.hub, request.info.namespace, name), 'latest');
  return entry?.object() as T | undefined;
}

async function podBackend(request: ResourceRequest, deps: ProxyDeps): Promise<Backend> {
  const asked = targetNameOf(request.info.name, 'pod');
  const pod = await read<Pod>(request, 'pods', asked.name);
  if (pod === undefined) throw notFoundError({ group: '', resource: 'pods' }, asked.name);
  return backendAt(podTarget(asked, pod), deps);
}

async function serviceBackend(request: ResourceRequest, deps: ProxyDeps): Promise<Backend> {
  const { info, server } = request;
  const asked = targetNameOf(info.name, 'service');
  const pods = server.resources.find('', 'v1', 'pods')?.stored;
  const [service, endpoints] = await Promise.all([
    read<Service>(request, 'services', asked.name),
    read<Endpoints>(request, 'endpoints', asked.name),
  ]);
  const pod = (namespace: string, name: string) => pods?.cache.get(`${namespace}/${name}`)?.object() as Pod | undefined;
  const facts = { service, endpoints, pod, fraction: server.random.next() };
  return backendAt(serviceTarget(asked, info.name, info.namespace, facts), deps);
}

async function nodeBackend(request: ResourceRequest, deps: ProxyDeps): Promise<Backend> {
  const { secure, name, port } = targetNameOf(request.info.name, 'node');
  const node = await read<Node>(request, 'nodes', name);
  if (node === undefined) throw notFoundError({ group: '', resource: 'nodes' }, name);
  const kubelet = deps.kubelets.placeOf(node);
  const address = checkAddress(kubelet.address);
  if (port === '' || Number(port) === kubelet.port) return { client: deps.kubelets.of(node), isOwn: false };
  return backendAt({ secure, address, port: portNumber(port, secure) }, deps);
}

/** Upstream trusts any certificate here: who stands at an address of the cluster has no name that one could hold. */
function backendAt({ secure, address, port }: Target, { clock, dial }: ProxyDeps): Backend {
  const host = address.includes(':') ? `[${address}]` : address;
  const url = `${secure ? 'https' : 'http'}://${host}:${port}`;
  const client = new HttpClient({ url, clock, dial, tls: () => ({ insecure: true }), protocols: ['http/1.1'] });
  return { client, isOwn: true };
}

async function passOn(request: ResourceRequest, { client, isOwn }: Backend): Promise<void> {
  const { exchange } = request;
  if (isOwn) exchange.onClose(() => client.close());
  const { before, rest, query } = partsOf(request);
  const mark = query === '' ? '' : `?${query}`;
  if (exchange.upgrade === undefined && rest === '') {
    // Relative links of the page that follows need the slash (kubernetes/kubernetes#4958).
    exchange.reply(301, { 'cache-control': 'no-cache, private', location: `${before}/${mark}` });
    return;
  }
  const target = `${rest === '' ? '/' : rest}${mark}`;
  try {
    if (exchange.upgrade !== undefined) await tunnel(exchange, client, { target, headers: upgradeOf(request) });
    else await proxy(exchange, linked(client, before), { target, headers: headersOf(request, before + rest) });
  } catch (error) {
    if (exchange.closed) return;
    throw new ApiError('ServiceUnavailable', `error trying to reach service: ${(error as Error).message}`);
  }
}

/** Only what is known to tunnel may leave HTTP (kubernetes/kubernetes#72112). */
function upgradeOf({ exchange }: ResourceRequest): HeaderValues {
  const known = headerTokens(exchange.headers, 'upgrade').some(
    each => each === 'websocket' || each.startsWith('spdy/'),
  );
  if (!known) throw new ApiError('BadRequest', 'only upgrades to websocket and SPDY are passed on');
  return upgradeHeaders(exchange.headers);
}

function linked(client: HttpClient, before: string): Transport {
  return async request => withOwnLinks(await client.request(request), { host: client.authority, prefix: before });
}

function headersOf({ exchange }: ResourceRequest, path: string): HeaderValues {
  const headers = proxiedHeaders(exchange);
  // A page that came compressed could not be given links of ours.
  if (headerValue(headers, 'accept')?.includes('text/html')) delete headers['accept-encoding'];
  return {
    ...headers,
    'x-forwarded-uri': path,
    'x-forwarded-host': exchange.headers['host'],
    'x-forwarded-proto': 'https',
  };
}

/**
 * The path up to the sub-resource, and what follows it as it was sent, with `.` and `..` resolved:
 * `/api/v1/…/pods/p/proxy` and `/a%20b/`. The rest is empty when not even a slash follows.
 */
function partsOf({ exchange, info }: ResourceRequest): { before: string; rest: string; query: string } {
  const { path, query } = splitTarget(exchange.target);
  const named = info.path.replace(/^\/+/, '').split('/').length - info.parts.length + 3;
  const segments = path.replace(/^\/+/, '').split('/');
  const trailing = /\/+$/.exec(info.path)?.[0].length ?? 0;
  const count = named - trailing;
  if (segments[count - 1] !== 'proxy') throw noSuchPathError();
  const before = `/${segments.slice(0, count).join('/')}`;
  return { before, rest: cleanPath(segments.slice(count)), query };
}

/** `['a', '..', 'b', '']` is `/b/`. Nothing leads above the root. */
function cleanPath(segments: readonly string[]): string {
  if (segments.length === 0) return '';
  const kept: string[] = [];
  for (const segment of segments) {
    const plain = segment.replaceAll(/%2e/gi, '.');
    if (plain === '..') kept.pop();
    else if (plain !== '' && plain !== '.') kept.push(segment);
  }
  const endsInSlash = segments.at(-1) === '' && kept.length > 0;
  return `/${kept.join('/')}${endsInSlash ? '/' : ''}`;
}
