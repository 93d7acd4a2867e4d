import assert from 'node:assert/strict';
import { type EventEmitter, once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2, constants, type OutgoingHttpHeaders } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { connect as connectTcp, createServer as createTcp } from 'node:net';
import { after, test } from 'node:test';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type Clock, systemClock } from '#lib/clock.ts';
import { testCa } from '#testing/certificates.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { BodyTooLarge, type Exchange, type Handler, type ReplyStream } from './exchange.ts';
import { headerValues } from './headers.ts';
import { HttpServer, type ServerOptions } from './server.ts';

const ca = testCa('clients', systemClock.nowMs());
const frontCa = testCa('front-proxy', systemClock.nowMs());
const strangerCa = testCa('strangers', systemClock.nowMs());
const serverTls = ca.issue({ commonName: 'server' }, { server: true });
const tls = { ...serverTls, clientCas: [ca.certificate, frontCa.certificate] };
const undo: (() => unknown)[] = [];
after(async () => {
  for (const step of undo.reverse()) await step();
});

async function serve(handler: Handler, options: Partial<ServerOptions> = {}) {
  const server = new HttpServer({ handler, clock: systemClock, tls, ...options });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  undo.push(() => server.close(0));
  return { server, port };
}

function session(port: number, options: ConnectionOptions = {}): ClientHttp2Session {
  const made = connectHttp2(`https://127.0.0.1:${port}`, { ca: ca.certificate, ...options });
  made.on('error', () => {});
  undo.push(() => made.destroy());
  return made;
}

async function get(from: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: Uint8Array) {
  const stream = from.request({ ':path': '/', ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [replyHeaders] = await once(stream, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { status: replyHeaders[':status'], headers: replyHeaders, text: Buffer.concat(chunks).toString() };
}

/** What a raw HTTP/1.1 client gets for these bytes until the server closes. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', ca: ca.certificate });
  undo.push(() => socket.destroy());
  socket.write(text);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Resolves when it has closed, an error or not. */
function closing(what: EventEmitter): Promise<void> {
  what.on('error', () => {});
  return new Promise(resolve => what.once('close', resolve));
}

const echo: Handler = async exchange => {
  const body = await exchange.body(1000);
  const groups = headerValues(exchange.headers, 'impersonate-group').join('|');
  const text = `${exchange.protocol} ${exchange.method} ${exchange.target} ${groups} ${Buffer.from(body)}`;
  exchange.reply(200, { 'x-warning': ['one\r\nx-evil: 1', 'zwei \u00fc'] }, [Buffer.from(text), Buffer.from('!')]);
};

test('a request without TLS is told that TLS is wanted', async () => {
  const { port } = await serve(exchange => exchange.reply(200, {}));
  const socket = connectTcp({ port, host: '127.0.0.1' });
  undo.push(() => socket.destroy());
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  const told = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';
  assert.equal(Buffer.concat(chunks).toString(), told);
});

test('both protocols see the same request: repeated headers apart, values that cannot open a header', async () => {
  const { port } = await serve(echo);
  const headers = { 'impersonate-group': ['a', 'b, c'], ':method': 'POST', ':path': '/x?y=1' };
  const two = await get(session(port), headers, Buffer.from('body'));
  assert.equal(two.text, 'http/2 POST /x?y=1 a|b, c body!');
  assert.equal(two.headers['content-length'], String(two.text.length));
  assert.equal(two.headers['x-evil'], undefined);
  const one = await raw(
    port,
    'POST http://proxied/x?y=1 HTTP/1.1\r\nHost: a\r\nImpersonate-Group: a\r\nImpersonate-Group: b, c\r\n' +
      'Expect: 100-continue\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody',
  );
  const [continued, ...rest] = one.split('\r\n\r\n');
  assert.equal(continued, 'HTTP/1.1 100 Continue');
  assert.equal(rest[1], 'http/1.1 POST /x?y=1 a|b, c body!');
  assert.match(rest[0]!, /x-warning: one {2}x-evil: 1\r\nx-warning: zwei \u00c3\u00bc|x-warning: one {2}x-evil: 1\r\n/);
  assert.doesNotMatch(rest[0]!, /\r\nx-evil/);
});

test('a client certificate counts only when it leads to a CA of ours and is valid now', async () => {
  let nowMs = systemClock.nowMs();
  const clock: Clock = { ...systemClock, nowMs: () => nowMs };
  const { port } = await serve(
    exchange => {
      const { certificate, certificateRoot } = exchange.peer;
      const root =
        certificateRoot === undefined ? '' : Buffer.from(certificateRoot).includes('front-proxy') ? 'front' : 'client';
      exchange.reply(200, {}, Buffer.from(`${exchange.peer.address} ${certificate === undefined ? 'nobody' : root}`));
    },
    { clock },
  );
  const who = async (options: { certificate: string; key: string } | undefined) => {
    const client = session(port, options === undefined ? {} : { cert: options.certificate, key: options.key });
    return { client, text: (await get(client, {})).text };
  };
  const alice = await who(ca.issue({ commonName: 'alice', organization: 'people' }));
  assert.equal(alice.text, '127.0.0.1 client');
  assert.equal((await who(frontCa.issue({ commonName: 'front' }))).text, '127.0.0.1 front');
  assert.equal((await who(undefined)).text, '127.0.0.1 nobody');
  assert.equal(
    (await who(strangerCa.issue({ commonName: 'admin', organization: 'system:masters' }))).text,
    '127.0.0.1 nobody',
  );
  const expired = ca.issue({ commonName: 'old' }, { notAfterMs: nowMs - 1000 });
  assert.equal((await who(expired)).text, '127.0.0.1 nobody');
  // A server's certificate is no client's, whoever signed it.
  assert.equal((await who(serverTls)).text, '127.0.0.1 nobody');
  nowMs += 2 * 24 * 60 * 60 * 1000;
  assert.equal((await get(alice.client, {})).text, '127.0.0.1 nobody');
});

test('a body over its limit is refused at once, and the connection stays usable', async () => {
  const { port } = await serve(async exchange => {
    try {
      await exchange.body(1000);
      exchange.reply(204, {});
    } catch (error) {
      assert.ok(error instanceof BodyTooLarge);
      exchange.reply(413, {}, Buffer.from(error.message));
    }
  });
  const client = session(port);
  const announced = await get(client, { ':method': 'POST', 'content-length': 5000 }, Buffer.alloc(5000));
  assert.equal(announced.status, 413);
  const unannounced = client.request({ ':method': 'POST', ':path': '/' });
  unannounced.write(Buffer.alloc(900));
  unannounced.write(Buffer.alloc(900));
  const [headers] = await once(unannounced, 'response');
  assert.equal(headers[':status'], 413);
  unannounced.resume();
  await once(unannounced, 'close');
  assert.equal(unannounced.rstCode, constants.NGHTTP2_NO_ERROR);
  assert.equal((await get(client, { ':method': 'POST' }, Buffer.alloc(10))).status, 204);

  const big = 2_000_000;
  const reply = await raw(
    port,
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${big}\r\n\r\n${'x'.repeat(big)}` +
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
  );
  assert.match(reply, /^HTTP\/1.1 413 [\s\S]*larger than 1000 bytesHTTP\/1.1 204 /);
});

test('a body that does not come is given up, and nothing is left behind when it does', async () => {
  const clock = new FakeClock();
  const reading = Promise.withResolvers<void>();
  const { port } = await serve(
    async exchange => {
      const body = exchange.body(1000);
      reading.resolve();
      exchange.reply(200, {}, await body.catch(error => Buffer.from(error.name)));
    },
    { clock },
  );
  const client = session(port);
  assert.equal((await get(client, { ':method': 'POST' }, Buffer.from('all'))).text, 'all');
  const stream = client.request({ ':method': 'POST', ':path': '/' });
  stream.write('some');
  await reading.promise;
  const replied = once(stream, 'response');
  // The request is under way once its handler reads; the first of these is only to get it there.
  await get(client, { ':method': 'POST' }, Buffer.from('x'));
  clock.advance(60_000);
  await replied;
  assert.equal(String((await once(stream, 'data'))[0]), 'BodyTooSlow');
});

test('HEAD and statuses without a body say their length and send nothing', async () => {
  const { port } = await serve(exchange =>
    exchange.reply(exchange.target === '/' ? 200 : 304, {}, Buffer.from('12345')),
  );
  const client = session(port);
  const head = await get(client, { ':method': 'HEAD' });
  assert.deepEqual([head.headers['content-length'], head.text], ['5', '']);
  const unchanged = await get(client, { ':path': '/same' });
  assert.deepEqual([unchanged.status, unchanged.headers['content-length'], unchanged.text], [304, undefined, '']);
  assert.match(
    await raw(port, 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    /content-length: 5\r\n[\s\S]*\r\n\r\n$/,
  );
});

for (const protocol of ['http/2', 'http/1.1'] as const) {
  test(`a reply stream over ${protocol} stops when the client does, goes on with it, and learns that it left`, async () => {
    const chunk = Buffer.alloc(64 << 10, 'x');
    const started = Promise.withResolvers<{ exchange: Exchange; stream: ReplyStream }>();
    const { port } = await serve(exchange => {
      const stream = exchange.stream(200, { 'content-type': 'text/plain' });
      started.resolve({ exchange, stream });
    });
    const options = { port, host: '127.0.0.1', ca: ca.certificate };
    const client = protocol === 'http/2' ? session(port).request({ ':path': '/' }) : requestHttps(options).end();
    client.on('error', () => {});
    const answered = once(client, 'response');
    const { exchange, stream } = await started.promise;
    assert.equal(exchange.protocol, protocol);
    const [reply] = await answered;
    const body = protocol === 'http/2' ? client : reply;

    let written = 0;
    while (stream.write(chunk)) {
      written += chunk.length;
      // The kernel's buffers are all that may hide a client that does not read.
      assert.ok(written < 64 << 20, 'backpressure');
      if (written % (1 << 20) === 0) await new Promise(resolve => setImmediate(resolve));
    }
    written += chunk.length;
    assert.ok(stream.bufferedBytes > 0);
    const drained = new Promise<void>(resolve => stream.onDrain(resolve));
    let received = 0;
    body.on('data', (data: Buffer) => (received += data.length));
    await drained;
    const closed = new Promise<void>(resolve => exchange.onClose(resolve));
    if (received < written) await new Promise<void>(resolve => body.on('data', () => received >= written && resolve()));
    client.destroy();
    await closed;
    assert.equal(exchange.closed, true);
    assert.equal(stream.write(chunk), false);
    let called = false;
    exchange.onClose(() => (called = true));
    assert.equal(called, true);
  });
}

test('what a handler throws is a 500, or a broken reply', async () => {
  const errors: string[] = [];
  const { port } = await serve(
    async exchange => {
      if (exchange.target === '/late') exchange.stream(200, {}).write(Buffer.from('x'));
      throw new Error(exchange.target);
    },
    { onError: error => errors.push((error as Error).message) },
  );
  const client = session(port);
  assert.equal((await get(client, { ':path': '/early' })).status, 500);
  await assert.rejects(get(client, { ':path': '/late' }), { code: 'ERR_HTTP2_STREAM_ERROR' });
  assert.match(await raw(port, 'GET /early HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'), /^HTTP\/1.1 500 /);
  assert.deepEqual(errors, ['/early', '/late', '/early']);
});

test('an upgrade hands over the raw connection; any other reply ends it; other protocols are ordinary requests', async () => {
  const { port } = await serve(exchange => {
    if (exchange.upgrade === undefined) return exchange.reply(400, {}, Buffer.from('Upgrade request required'));
    if (exchange.target === '/no') return exchange.reply(403, {}, Buffer.from('no'));
    const { socket, head } = exchange.upgrade;
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
    socket.write(head);
    socket.pipe(socket);
    return undefined;
  });
  const head = (target: string, protocol: string) =>
    `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
  const socket = connectTls({ port, host: '127.0.0.1', ca: ca.certificate });
  undo.push(() => socket.destroy());
  socket.write(`${head('/', 'SPDY/3.1')}early `);
  let text = '';
  socket.on('data', data => (text += data));
  while (!text.endsWith('early ')) await once(socket, 'data');
  socket.write('late');
  while (!text.endsWith('late')) await once(socket, 'data');
  assert.match(text, /^HTTP\/1.1 101 [\s\S]*\r\n\r\nearly late$/);

  assert.match(await raw(port, head('/no', 'websocket')), /^HTTP\/1.1 403 Forbidden\r\n[\s\S]*\r\n\r\nno$/);
  const plain = `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n`;
  assert.match(await raw(port, plain), /^HTTP\/1.1 400 Bad Request\r\n/);
});

test('closing finishes what is under way and refuses the rest', async () => {
  const release = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  let count = 0;
  const { server, port } = await serve(async exchange => {
    if (++count === 2) entered.resolve();
    await release.promise;
    exchange.reply(200, {}, Buffer.from('finished'));
  });
  const client = session(port);
  const one = raw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const two = get(client, {});
  await entered.promise;
  const goaway = once(client, 'goaway');
  const closed = server.close(60_000);
  await goaway;
  await assert.rejects(once(connectTcp(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
  release.resolve();
  assert.equal((await two).text, 'finished');
  assert.match(await one, /connection: close\r\n[\s\S]*finished$/i);
  await closed;
});

test('connections that stay quiet are closed, a request head sent byte by byte among them', async () => {
  const clock = new FakeClock();
  const accepted = Promise.withResolvers<void>();
  const { server, port } = await serve(exchange => exchange.reply(200, {}), { clock, tls: undefined });
  // Sockets that someone else accepted are served alike.
  const other = createTcp(socket => {
    server.accept(socket);
    accepted.resolve();
  }).listen(0, '127.0.0.1');
  undo.push(() => other.close());
  await once(other, 'listening');
  const slow = connectTcp((other.address() as { port: number }).port, '127.0.0.1');
  slow.write('GET / HTTP/1.1\r\nHo');
  await accepted.promise;
  clock.advance(32_000);
  await closing(slow);

  const idle = connectTcp(port, '127.0.0.1');
  idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(idle, 'data');
  clock.advance(32_000);
  idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(idle, 'data');
  idle.write('GET');
  clock.advance(89_000);
  assert.equal(idle.destroyed, false);
  clock.advance(90_000);
  await closing(idle);
});

test('a client that opens and resets streams without end is cut off', async () => {
  const { port } = await serve(() => new Promise(() => {}), { limits: { resetsBurst: 50, resetsPerSecond: 1 } });
  const client = session(port);
  await once(client, 'connect');
  const ended = closing(client);
  for (let i = 0; i < 200 && !client.destroyed; i++) {
    const stream = client.request({ ':path': '/' });
    stream.on('error', () => {});
    await new Promise(resolve => setImmediate(resolve));
    stream.close(constants.NGHTTP2_CANCEL);
  }
  await ended;
});

test('more headers than the bound are refused', async () => {
  const { port } = await serve(exchange => exchange.reply(200, {}));
  const many = Array.from({ length: 600 }, (_, i) => `x-${i}: 1\r\n`).join('');
  assert.match(await raw(port, `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${many}\r\n`), /^HTTP\/1.1 431 /);
  const large = `x-large: ${'x'.repeat(200_000)}\r\n`;
  // The reply itself may be lost: the server does not read on.
  assert.match(await raw(port, `GET / HTTP/1.1\r\nHost: a\r\n${large}\r\n`).catch(() => ''), /^$|^HTTP\/1.1 431 /);
  const client = session(port);
  await assert.rejects(get(client, Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`x-${i}`, '1']))));
});

const megabyte = Buffer.alloc(1 << 20, 'x');
const longReply = new Array<Buffer>(40).fill(megabyte);

test('a long reply goes as fast as it is read, and comes whole', async () => {
  const { port } = await serve(exchange => exchange.reply(200, {}, longReply));
  const two = await get(session(port), { ':method': 'POST' }, Buffer.alloc(300_000));
  assert.equal(two.text.length, 40 << 20);
  const one = await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.ok(one.endsWith('xx') && one.length > 40 << 20);
});

test('a long reply that nobody reads costs one turn of it, and is given up after a minute', async () => {
  const clock = new FakeClock();
  const closed: Promise<void>[] = [];
  const { port } = await serve(
    exchange => {
      exchange.reply(200, {}, longReply);
      closed.push(new Promise<void>(resolve => exchange.onClose(resolve)));
    },
    { clock },
  );
  const before = process.memoryUsage().rss;
  Array.from({ length: 20 }, () => {
    const socket = connectTls({ port, host: '127.0.0.1', ca: ca.certificate }).pause();
    undo.push(() => socket.destroy());
    return socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  });
  const stream = session(port).request({ ':path': '/' }).pause();
  await once(stream, 'response');
  while (closed.length < 21) await new Promise(resolve => setImmediate(resolve));
  // All of it would be 840 MB, and as much again encrypted.
  assert.ok(process.memoryUsage().rss - before < 400 << 20);
  clock.advance(60_000);
  await Promise.all(closed);
});
