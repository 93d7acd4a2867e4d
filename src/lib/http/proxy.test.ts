import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import { HttpClient } from './client.ts';
import type { Handler } from './exchange.ts';
import { call } from './memory.ts';
import { proxiedHeaders, proxy } from './proxy.ts';
import { HttpServer } from './server.ts';

const undo: (() => unknown)[] = [];
after(async () => {
  for (const step of undo.reverse()) await step();
});

async function serve(handler: Handler): Promise<HttpClient> {
  const server = new HttpServer({ handler, clock: systemClock });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new HttpClient({ url: `http://127.0.0.1:${port}`, clock: systemClock });
  undo.push(
    () => server.close(0),
    () => client.close(),
  );
  return client;
}

test('a request and its reply are passed on as they come, without what proves who the client is', async () => {
  const behind = await serve(async exchange => {
    const body = await exchange.body(1 << 20);
    const names = Object.keys(exchange.headers).filter(name => name.startsWith('x-') || name === 'authorization');
    const said = `${exchange.method} ${exchange.target} ${body.length} ${names} ${exchange.headers['x-forwarded-for']}`;
    exchange.reply(307, { location: 'http://169.254.169.254/', 'x-kept': ['1', '2'] }, Buffer.from(said));
  });
  const front = await serve(exchange =>
    proxy(exchange, behind.request, { target: '/inner?q', headers: proxiedHeaders(exchange) }),
  );
  const headers = {
    authorization: 'Bearer secret',
    'x-remote-user': 'admin',
    'impersonate-user': 'admin',
    connection: 'x-hop',
    'x-hop': 'gone',
    'x-own': 'kept',
    'x-forwarded-for': '10.9.8.7',
  };
  const body = Readable.from([Buffer.alloc(100_000), Buffer.alloc(23)]);
  const reply = await front.request({ method: 'PUT', target: '/outer', headers, body });
  assert.deepEqual([reply.status, reply.headers['location']], [307, 'http://169.254.169.254/']);
  assert.deepEqual(reply.headers['x-kept'], ['1', '2']);
  const text = Buffer.from(await reply.body.whole(1000)).toString();
  assert.equal(text, 'PUT /inner?q 100023 x-own,x-forwarded-for 10.9.8.7, 127.0.0.1');
});

test('a stream goes through piece by piece; either end that leaves is told to the other', async () => {
  const gone = Promise.withResolvers<void>();
  const behind = await serve(exchange => {
    const stream = exchange.stream(200, {});
    stream.write(Buffer.from('first'));
    if (exchange.target === '/break')
      exchange
        .bodyStream()
        .once('end', () => stream.destroy())
        .resume();
    else exchange.onClose(gone.resolve);
  });
  const front: Handler = exchange => proxy(exchange, behind.request, { target: exchange.target, headers: {} });
  const watch = await call(front, { method: 'GET', target: '/watch' });
  const reader = watch.body[Symbol.asyncIterator]();
  assert.equal(Buffer.from((await reader.next()).value!).toString(), 'first');
  watch.body.cancel();
  await gone.promise;

  const client = await serve(front);
  const body = new Readable({ read() {} });
  const broken = await client.request({ method: 'POST', target: '/break', body });
  const pieces = broken.body.readable();
  await once(pieces, 'data');
  const failed = once(pieces, 'end');
  body.push(null);
  await assert.rejects(failed);
});

test('a server that cannot be reached leaves the answer to the caller', async () => {
  const nowhere = new HttpClient({
    url: 'http://nowhere:1',
    clock: systemClock,
    dial: () => Promise.reject(new Error('no way there')),
  });
  const reply = await call(
    async exchange => {
      await assert.rejects(proxy(exchange, nowhere.request, { target: '/', headers: {} }), /no way there/);
      exchange.reply(503, {});
    },
    { method: 'GET', target: '/' },
  );
  assert.equal(reply.status, 503);
});
