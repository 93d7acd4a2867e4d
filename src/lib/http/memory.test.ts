import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Handler, ReplyStream } from './exchange.ts';
import { call, memoryBufferBytesMax, memoryTransport } from './memory.ts';

const bytes = (text: string) => Buffer.from(text);

test('a call is a request and its reply, with the caller as peer', async () => {
  const handler: Handler = async exchange => {
    const body = await exchange.body(10);
    const { method, target, protocol, peer } = exchange;
    exchange.reply(201, { 'Content-Type': 'text/plain', vary: ['a', 'b'] }, [
      bytes(`${method} ${target} ${protocol} ${peer.address} `),
      body,
    ]);
  };
  const transport = memoryTransport(handler, { address: 'here' });
  const reply = await transport({ method: 'POST', target: '/x?y', body: bytes('body') });
  assert.equal(reply.status, 201);
  assert.deepEqual({ ...reply.headers }, { 'content-type': 'text/plain', vary: ['a', 'b'] });
  assert.equal(Buffer.from(await reply.body.whole(100)).toString(), 'POST /x?y memory here body');
  const tooLarge = await transport({ method: 'POST', target: '/', body: bytes('more than ten bytes') });
  assert.equal(tooLarge.status, 500);
});

test('everything is done in microtasks: no turn of the event loop comes between', async () => {
  const order: string[] = [];
  process.nextTick(() => setImmediate(() => order.push('event loop')));
  const reply = await call(exchange => exchange.reply(200, {}, bytes('x')), { method: 'GET', target: '/' });
  for await (const chunk of reply.body) order.push(Buffer.from(chunk).toString());
  order.push('done');
  assert.deepEqual(order, ['x', 'done']);
});

test('a stream waits for a slow reader, and goes on when it has caught up', async () => {
  let stream: ReplyStream | undefined;
  const reply = await call(
    exchange => {
      stream = exchange.stream(200, {});
    },
    { method: 'GET', target: '/' },
  );
  const chunk = Buffer.alloc(memoryBufferBytesMax / 4);
  let drains = 0;
  stream!.onDrain(() => drains++);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => stream!.write(chunk)),
    [true, true, true, false],
  );
  assert.equal(stream!.bufferedBytes, memoryBufferBytesMax);
  const reader = reply.body[Symbol.asyncIterator]();
  for (let i = 0; i < 4; i++) await reader.next();
  assert.equal(drains, 1);
  const waiting = reader.next();
  assert.equal(stream!.write(bytes('late')), true);
  assert.equal(Buffer.from((await waiting).value!).toString(), 'late');
  stream!.end();
  assert.equal((await reader.next()).done, true);
});

test('either side can leave, and the other learns it', async () => {
  let closes = 0;
  let stream: ReplyStream | undefined;
  const handler: Handler = exchange => {
    exchange.onClose(() => closes++);
    if (exchange.target === '/hang') return;
    stream = exchange.stream(200, {});
  };
  const abort = new AbortController();
  const hanging = call(handler, { method: 'GET', target: '/hang', signal: abort.signal });
  queueMicrotask(() => queueMicrotask(() => abort.abort(new Error('gave up'))));
  await assert.rejects(hanging, /gave up/);
  assert.equal(closes, 1);

  const cancelled = await call(handler, { method: 'GET', target: '/' });
  cancelled.body.cancel();
  assert.equal(closes, 2);
  assert.equal(stream!.write(bytes('x')), false);

  const broken = await call(handler, { method: 'GET', target: '/' });
  stream!.write(bytes('x'));
  stream!.destroy();
  await assert.rejects(broken.body.whole(10), /before it was complete/);
  assert.equal(closes, 3);
});
