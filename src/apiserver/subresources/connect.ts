/**
 * `pods/log`, `exec`, `attach` and `portforward`: passed on to the kubelet of the Pod's node. Whatever the HTTP verb, running
 * something in a Pod needs the right to `create` (KEP-4006).
 */

import type { Node } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { accessForbidden } from '#apiserver/authz/forbidden.ts';
import { headersOf } from '#apiserver/reply.ts';
import type { ResourceHandler, ResourceRequest } from '#apiserver/request.ts';
import { keyOf } from '#apiserver/served.ts';
import type { Kubelets } from '#apiserver/subresources/kubelets.ts';
import { logQuery } from '#apiserver/subresources/log-query.ts';
import { admissionRequest } from '#apiserver/verbs/admit.ts';
import type { HttpClient } from '#lib/http/client.ts';
import { tunnel } from '#lib/http/tunnel.ts';
import { badRequestError, notFoundError, untypedError } from '#machinery/api-error.ts';

type Handlers = Readonly<Record<string, Readonly<Record<string, ResourceHandler>>>>;

export function connectHandlers(kubelets: Kubelets): Handlers {
  const both = (handler: ResourceHandler) => ({ GET: handler, POST: handler });
  return {
    'pods/log': { GET: request => log(request, kubelets) },
    'pods/exec': both(request => stream(request, kubelets, 'exec')),
    'pods/attach': both(request => stream(request, kubelets, 'attach')),
    'pods/portforward': both(request => portForward(request, kubelets)),
  };
}

async function podOf(request: ResourceRequest): Promise<Pod> {
  const { info, served } = request;
  const entry = await served.stored.cache.read(keyOf(served.stored.hub, info.namespace, info.name), 'latest');
  if (entry === undefined) throw notFoundError({ group: '', resource: 'pods' }, info.name);
  return entry.object() as Pod;
}

/** The kubelet of the node that the Pod is bound to. A node that is gone reads as a Pod of its name, as upstream has it. */
function kubeletOf(request: ResourceRequest, kubelets: Kubelets, pod: Pod): HttpClient {
  const name = pod.spec?.nodeName ?? '';
  const node = request.server.resources.find('', 'v1', 'nodes')?.stored.cache.get(name);
  if (node === undefined) throw notFoundError({ group: '', resource: 'pods' }, name);
  return kubelets.of(node.object() as Node);
}

function containersOf(pod: Pod): string[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [...initContainers, ...containers, ...ephemeralContainers].map(each => each.name);
}

/** The container asked for, or the only one; init containers beside it do not count. Throws 400. */
function containerOf(pod: Pod, asked: string | null, usesDefault: boolean): string {
  const name = pod.metadata?.name ?? '';
  const known = containersOf(pod);
  if (asked) {
    if (!known.includes(asked)) throw badRequestError(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  const regular = pod.spec?.containers ?? [];
  const [first] = regular;
  if (first !== undefined && (usesDefault || regular.length === 1)) return first.name;
  throw badRequestError(`a container name must be specified for pod ${name}, choose one of: [${known.join(' ')}]`);
}

async function log(request: ResourceRequest, kubelets: Kubelets): Promise<void> {
  const { namespace, name } = request.info;
  const query = logQuery(request.query, name);
  const pod = await podOf(request);
  const container = containerOf(pod, request.query.get('container'), false);
  if (!pod.spec?.nodeName) {
    request.exchange.reply(204, { 'cache-control': 'no-cache, private' });
    return;
  }
  const client = kubeletOf(request, kubelets, pod);
  const target = `/containerLogs/${namespace}/${name}/${container}?${query}`;
  await reached(() => proxyLog(request, client, target));
}

/** A refusal of the kubelet is a 4xx with its text as the message; all else goes through as it comes. */
async function proxyLog(request: ResourceRequest, client: HttpClient, target: string): Promise<void> {
  const { exchange } = request;
  const abort = new AbortController();
  exchange.onClose(() => abort.abort(new Error('the client is gone')));
  const reply = await client.request({ method: 'GET', target, signal: abort.signal });
  if (reply.status !== 200) {
    const text = Buffer.from(await reply.body.whole(64 << 10))
      .toString()
      .trim();
    throw reply.status < 500 ? badRequestError(text) : untypedError(text, reply.status);
  }
  const out = exchange.stream(200, headersOf(request, 'text/plain'));
  let drained: (() => void) | undefined;
  out.onDrain(() => drained?.());
  try {
    for await (const chunk of reply.body) {
      if (!out.write(chunk)) await new Promise<void>(resolve => (drained = resolve));
    }
    out.end();
  } catch {
    out.destroy();
  }
}

async function reached(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    // A refusal has a code too, which is a number.
    if (typeof (error as NodeJS.ErrnoException).code !== 'string') throw error;
    throw untypedError(`cannot reach the kubelet of the Pod's node: ${(error as Error).message}`);
  }
}

/** Only who may create may run something, also where a WebSocket comes as a GET. */
async function allowed(request: ResourceRequest): Promise<void> {
  const { server, user, info } = request;
  const access = { ...info, verb: 'create' };
  const verdict = server.authorizer.authorize(user, access);
  if (verdict.decision !== 'allow') throw accessForbidden(user, access, verdict.reason);
  await server.admission.validate(admissionRequest(request, 'CONNECT', {}, undefined, false));
}

async function stream(request: ResourceRequest, kubelets: Kubelets, what: 'exec' | 'attach'): Promise<void> {
  await allowed(request);
  const pod = await podOf(request);
  const { query, info, exchange } = request;
  const container = containerOf(pod, query.get('container'), true);
  if (!pod.spec?.nodeName) throw badRequestError(`pod ${info.name} does not have a host assigned`);
  const client = kubeletOf(request, kubelets, pod);
  if (exchange.upgrade === undefined) throw badRequestError('Upgrade request required');
  const wanted = new URLSearchParams();
  for (const [own, theirs] of [
    ['stdin', 'input'],
    ['stdout', 'output'],
    ['stderr', 'error'],
    ['tty', 'tty'],
  ] as const) {
    const value = query.get(own);
    if (value !== null && value !== 'false' && value !== '0') wanted.set(theirs, '1');
  }
  for (const word of query.getAll('command')) wanted.append('command', word);
  await reached(() =>
    tunnel(exchange, client, { target: `/${what}/${info.namespace}/${info.name}/${container}?${wanted}` }),
  );
}

async function portForward(request: ResourceRequest, kubelets: Kubelets): Promise<void> {
  await allowed(request);
  const pod = await podOf(request);
  const { info, exchange, query } = request;
  if (!pod.spec?.nodeName) throw badRequestError(`pod ${info.name} does not have a host assigned`);
  const client = kubeletOf(request, kubelets, pod);
  if (exchange.upgrade === undefined) throw badRequestError('Upgrade request required');
  const ports = query
    .getAll('ports')
    .map(port => `port=${encodeURIComponent(port)}`)
    .join('&');
  await reached(() => tunnel(exchange, client, { target: `/portForward/${info.namespace}/${info.name}?${ports}` }));
}
