import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps } from '#api/core/config-map.ts';
import { Client } from '#client/client.ts';
import { Informer } from '#client/informer.ts';
import { jsonTransport } from '#client/json-transport.ts';
import type { Exchange, ReplyStream } from '#lib/http/exchange.ts';
import { memoryTransport } from '#lib/http/memory.ts';
import type { Random } from '#lib/random.ts';
import { FakeClock } from '#testing/fake-clock.ts';

const random: Random = { next: () => 0.5, uuid: () => 'u', bytes: count => new Uint8Array(count) };

function configMap(name: string, version: number, data = {}) {
  const metadata = { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: String(version) };
  return { kind: 'ConfigMap', apiVersion: 'v1', metadata, data };
}

/** A server that a test plays by hand: it sees each request and answers it. */
function handPlayed() {
  const waiting: Exchange[] = [];
  const clock = new FakeClock();
  const transport = jsonTransport({
    transport: memoryTransport(exchange => void waiting.push(exchange)),
    userAgent: 't',
  });
  const client = new Client({ transport, clock });
  const informer = new Informer(configMaps, {}, { client, clock, random });
  const seen: string[] = [];
  informer.on({
    add: object => seen.push(`add ${object.metadata.name}`),
    update: (old, object) => seen.push(`update ${old.metadata.resourceVersion} ${object.metadata.resourceVersion}`),
    delete: object => seen.push(`delete ${object.metadata.name}`),
  });
  return {
    clock,
    informer,
    seen,
    async request(): Promise<Exchange> {
      await settle();
      const exchange = waiting.shift();
      assert.ok(exchange, 'no request came');
      return exchange;
    },
  };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

const json = { 'content-type': 'application/json' };

function send(stream: ReplyStream, type: string, object: unknown): void {
  stream.write(Buffer.from(`${JSON.stringify({ type, object })}\n`));
}

const queryOf = (exchange: Exchange) => new URL(exchange.target, 'http://x').searchParams;

test('a copy is read by WatchList, follows, resumes where it was, and is read again when its version expired', async () => {
  const { clock, informer, seen, request } = handPlayed();
  informer.start();
  const first = await request();
  assert.equal(queryOf(first).get('sendInitialEvents'), 'true');
  const stream = first.stream(200, json);
  send(stream, 'ADDED', configMap('a', 1));
  send(stream, 'ADDED', configMap('b', 2));
  await settle();
  assert.equal(informer.hasSynced, false);
  const end = { metadata: { resourceVersion: '3', annotations: { 'k8s.io/initial-events-end': 'true' } } };
  send(stream, 'BOOKMARK', end);
  await informer.synced;
  assert.deepEqual(
    [...informer.values()].map(object => object.metadata.name),
    ['a', 'b'],
  );
  // An event that comes in two pieces is one event.
  const bytes = Buffer.from(`${JSON.stringify({ type: 'MODIFIED', object: configMap('a', 4) })}\n`);
  stream.write(bytes.subarray(0, 10));
  stream.write(bytes.subarray(10));
  send(stream, 'DELETED', configMap('b', 5));
  await settle();
  stream.end();
  await settle();
  clock.advance(2000);
  const resumed = await request();
  assert.equal(queryOf(resumed).get('resourceVersion'), '5');
  assert.equal(queryOf(resumed).get('sendInitialEvents'), null);
  const status = { kind: 'Status', status: 'Failure', code: 410, reason: 'Expired', message: 'too old' };
  const expired = resumed.stream(200, json);
  send(expired, 'ERROR', status);
  const again = await request();
  assert.equal(queryOf(again).get('sendInitialEvents'), 'true');
  const stream2 = again.stream(200, json);
  send(stream2, 'ADDED', configMap('c', 9));
  send(stream2, 'BOOKMARK', end);
  await settle();
  assert.deepEqual(seen, ['add a', 'add b', 'update 1 4', 'delete b', 'add c', 'delete a']);
  informer.stop();
});

test('a server without WatchList is listed page by page', async () => {
  const { informer, request } = handPlayed();
  informer.start();
  const refused = { kind: 'Status', status: 'Failure', code: 422, reason: 'Invalid', message: 'sendInitialEvents' };
  (await request()).reply(422, json, Buffer.from(JSON.stringify(refused)));
  const page = (items: unknown[], next?: string) =>
    Buffer.from(JSON.stringify({ metadata: { resourceVersion: '7', continue: next }, items }));
  (await request()).reply(200, json, page([configMap('a', 1)], 'next'));
  const second = await request();
  assert.equal(queryOf(second).get('continue'), 'next');
  second.reply(200, json, page([configMap('b', 1)]));
  await informer.synced;
  assert.equal(informer.size, 2);
  assert.equal(queryOf(await request()).get('resourceVersion'), '7');
  informer.stop();
});

test('an index follows every change, whenever it was first used', async () => {
  const { informer, request } = handPlayed();
  informer.start();
  const colour = {
    name: 'colour',
    valuesOf: (object: { data?: Record<string, string> }) => [object.data?.['colour'] ?? ''],
  };
  const stream = (await request()).stream(200, json);
  send(stream, 'ADDED', configMap('a', 1, { colour: 'red' }));
  send(stream, 'BOOKMARK', {
    metadata: { resourceVersion: '3', annotations: { 'k8s.io/initial-events-end': 'true' } },
  });
  await informer.synced;
  const names = (value: string) => informer.by(colour, value).map(object => object.metadata.name);
  assert.deepEqual(names('red'), ['a']);
  send(stream, 'MODIFIED', configMap('a', 4, { colour: 'blue' }));
  send(stream, 'ADDED', configMap('b', 5, { colour: 'blue' }));
  await settle();
  assert.deepEqual([names('red'), names('blue')], [[], ['a', 'b']]);
  send(stream, 'DELETED', configMap('a', 6, { colour: 'blue' }));
  await settle();
  assert.deepEqual(names('blue'), ['b']);
  informer.stop();
});
