/**
 * What an API server does in a second, through TLS as any client would ask it; with two servers, the first against the second.
 * `node bench/api.ts NAME=KUBECONFIG [NAME=KUBECONFIG]`: each gets a namespace `bench` that is deleted in the end. The client
 * runs on one thread of Node, which bounds the rows of small requests (about 15,000 a second).
 */

import { readFileSync } from 'node:fs';
import { parseKubeconfig } from '#client/kubeconfig.ts';
import { systemClock as clock } from '#lib/clock.ts';
import { HttpClient } from '#lib/http/client.ts';

const podCount = 1000;
const watcherCount = 500;
const rowMs = 3000;
const replyBytesMax = 64 << 20;
const configMaps = '/api/v1/namespaces/bench/configmaps';
const pods = '/api/v1/namespaces/bench/pods';
const types = {
  json: 'application/json',
  protobuf: 'application/vnd.kubernetes.protobuf',
  table: 'application/json;as=Table;g=meta.k8s.io;v=v1',
};

interface Row {
  readonly name: string;
  /** How many times in a second. */
  measure(server: HttpClient): Promise<number>;
}

function connect(file: string): HttpClient {
  const config = parseKubeconfig(readFileSync(file, 'utf8'), { readFile: path => readFileSync(path, 'utf8') });
  const tls = { ca: config.caPem, certificate: config.certificatePem, key: config.keyPem };
  return new HttpClient({ url: config.server, clock, tls: () => tls });
}

async function ask(server: HttpClient, method: string, target: string, object?: object, accept = types.json) {
  const body = object === undefined ? undefined : Buffer.from(JSON.stringify(object));
  const headers = { accept, ...(body && { 'content-type': types.json }) };
  const reply = await server.request({ method, target, headers, body });
  const bytes = await reply.body.whole(replyBytesMax);
  if (reply.status >= 300 && reply.status !== 404 && reply.status !== 409) {
    throw new Error(`${method} ${target}: ${reply.status} ${Buffer.from(bytes)}`);
  }
  return reply.status;
}

/** As often as it goes, by so many at once. */
async function rate(workers: number, once: (count: number) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let count = 0;
  const work = async () => {
    while (performance.now() - start < rowMs) await once(count++);
  };
  await Promise.all(Array.from({ length: workers }, work));
  return (count * 1000) / (performance.now() - start);
}

const pod = (index: number) => ({
  metadata: { name: `pod-${index}`, labels: { app: `app-${index % 100}` } },
  spec: { nodeName: 'none', containers: [{ name: 'main', image: 'none:1', env: [{ name: 'A', value: 'b' }] }] },
});

const configMap = (name: string, value = '0') => ({ metadata: { name }, data: { value } });

async function prepare(server: HttpClient): Promise<void> {
  await ask(server, 'POST', '/api/v1/namespaces', { metadata: { name: 'bench' } });
  // Pods are refused until the namespace has its account.
  await ask(server, 'POST', '/api/v1/namespaces/bench/serviceaccounts', { metadata: { name: 'default' } });
  let next = 0;
  const work = async () => {
    while (next < podCount) await ask(server, 'POST', pods, pod(next++));
  };
  await Promise.all(Array.from({ length: 16 }, work));
  for (let i = 0; i < 16; i++) await ask(server, 'POST', configMaps, configMap(`kept-${i}`));
}

let created = 0;
const create = (workers: number): Row => ({
  name: `create a ConfigMap, ${workers} at once`,
  measure: server =>
    rate(workers, () => ask(server, 'POST', configMaps, configMap(`made-${process.pid}-${created++}`))),
});
const list = (name: string, accept: string): Row => ({
  name: `list ${podCount} Pods, ${name}`,
  measure: server => rate(4, () => ask(server, 'GET', pods, undefined, accept)),
});

/** Events that reach watchers while one client writes. */
async function deliveries(server: HttpClient): Promise<number> {
  const target = `${configMaps}?watch=1&fieldSelector=metadata.name%3Dkept-0&resourceVersion=0`;
  const stop = new AbortController();
  let events = 0;
  const follow = async () => {
    const reply = await server.request({ method: 'GET', target, headers: { accept: types.json }, signal: stop.signal });
    for await (const chunk of reply.body) for (const byte of chunk) if (byte === 10) events++;
  };
  const watchers = Array.from({ length: watcherCount }, () => follow().catch(() => {}));
  while (events < watcherCount) await ask(server, 'GET', '/version');
  events = 0;
  const start = performance.now();
  await rate(1, count => ask(server, 'PUT', `${configMaps}/kept-0`, configMap('kept-0', String(count))));
  const perSecond = (events * 1000) / (performance.now() - start);
  stop.abort();
  await Promise.all(watchers);
  return perSecond;
}

const rows: readonly Row[] = [
  { name: 'get a Pod, 64 at once', measure: server => rate(64, () => ask(server, 'GET', `${pods}/pod-7`)) },
  list('JSON', types.json),
  list('protobuf', types.protobuf),
  list('Table', types.table),
  create(1),
  create(16),
  create(128),
  {
    name: 'update a ConfigMap, 16 at once',
    measure: server =>
      rate(16, count =>
        ask(server, 'PUT', `${configMaps}/kept-${count % 16}`, configMap(`kept-${count % 16}`, `${count}`)),
      ),
  },
  { name: `events to ${watcherCount} watchers`, measure: deliveries },
];

const servers = process.argv.slice(2).map(argument => {
  const [name = '', file] = argument.split('=');
  if (file === undefined) throw new Error('usage: node bench/api.ts NAME=KUBECONFIG [NAME=KUBECONFIG]');
  return { name, server: connect(file) };
});
for (const { server } of servers) await prepare(server);
console.log(`${'in a second'.padEnd(32)}${servers.map(({ name }) => name.padStart(12)).join('')}`);
for (const { name, measure } of rows) {
  const rates: number[] = [];
  for (const { server } of servers) rates.push(await measure(server));
  const [ours, theirs] = rates;
  const ratio = ours && theirs ? `${(ours / theirs).toFixed(1)} to 1`.padStart(12) : '';
  console.log(
    `${name.padEnd(32)}${rates.map(each => Math.round(each).toLocaleString('en').padStart(12)).join('')}${ratio}`,
  );
}
for (const { server } of servers) {
  await ask(server, 'DELETE', '/api/v1/namespaces/bench');
  server.close();
}
