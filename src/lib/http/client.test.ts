import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import { testCa } from '#testing/certificates.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { HttpClient, type HttpClientOptions } from './client.ts';
import type { Handler } from './exchange.ts';
import { pingMsMax, silenceMsMax } from './http2-connection.ts';
import { HttpServer, type ServerLimits } from './server.ts';

const ca = testCa('ca', systemClock.nowMs());
const tls = { ...ca.issue({ commonName: 'server' }, { server: true }), clientCas: [ca.certificate] };
const undo: (() => unknown)[] = [];
after(async () => {
  for (const step of undo.reverse()) await step();
});

async function serve(handler: Handler, limits: Partial<ServerLimits> = {}) {
  const server = new HttpServer({ handler, clock: systemClock, tls, limits });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  undo.push(() => server.close(0));
  return { server, port };
}

function client(port: number, options: Partial<HttpClientOptions> = {}): HttpClient {
  const trusted = () => ({ ca: ca.certificate });
  const made = new HttpClient({ url: `https://127.0.0.1:${port}`, clock: systemClock, tls: trusted, ...options });
  undo.push(() => made.close());
  return made;
}

/** A dial that counts and keeps what it opened. */
function countingDial() {
  const sockets: Socket[] = [];
  const dial = async (host: string, port: number) => {
    const socket = connectTcp({ host, port });
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  return { sockets, dial };
}

const text = async (reply: { body: { whole(limit: number): Promise<Uint8Array> } }) =>
  Buffer.from(await reply.body.whole(1 << 20)).toString();

for (const protocol of ['h2', 'http/1.1'] as const) {
  test(`${protocol}: requests share connections, with token and certificate; redirects are only replies`, async () => {
    const { port } = await serve(async exchange => {
      const { method, target, peer, headers } = exchange;
      const body = Buffer.from(await exchange.body(100)).toString();
      const who = peer.certificate === undefined ? 'nobody' : 'somebody';
      const words = [exchange.protocol, method, target, body, headers['authorization'], who, headers['x-two']].join(
        ' ',
      );
      exchange.reply(302, { location: '/elsewhere', 'x-two': ['a', 'b'] }, Buffer.from(words));
    });
    const { sockets, dial } = countingDial();
    const own = ca.issue({ commonName: 'me' });
    const http = client(port, {
      url: `https://127.0.0.1:${port}/prefix`,
      dial,
      protocols: [protocol],
      token: () => 'secret',
      tls: () => ({ ca: ca.certificate, ...own }),
    });
    const name = protocol === 'h2' ? 'http/2' : protocol;
    for (let i = 0; i < 3; i++) {
      const body = i === 0 ? Buffer.from('whole') : Readable.from([Buffer.from('in '), Buffer.from('parts')]);
      const reply = await http.request({ method: 'POST', target: '/a?b', headers: { 'x-two': ['1', '2'] }, body });
      assert.equal(reply.status, 302);
      assert.deepEqual(reply.headers['x-two'], ['a', 'b']);
      assert.equal(
        await text(reply),
        `${name} POST /prefix/a?b ${i === 0 ? 'whole' : 'in parts'} Bearer secret somebody 1,2`,
      );
    }
    assert.equal(sockets.length, 1);
  });

  test(`${protocol}: a reply is read as slowly as its reader likes, and cancelled by either end`, async () => {
    let open = 0;
    const { port } = await serve(exchange => {
      open++;
      const stream = exchange.stream(200, {});
      const fill = () => {
        while (stream.write(Buffer.alloc(64 << 10, 'x')));
      };
      stream.onDrain(fill);
      exchange.onClose(() => left.shift()?.());
      fill();
    });
    const left: (() => void)[] = [];
    const leaving = () => new Promise<void>(resolve => left.push(resolve));
    const http = client(port, { protocols: [protocol] });
    const reply = await http.request({ method: 'GET', target: '/' });
    let received = 0;
    const first = leaving();
    for await (const chunk of reply.body) if ((received += chunk.length) > 20 << 20) break;
    await first;
    const abort = new AbortController();
    const second = leaving();
    const aborted = await http.request({ method: 'GET', target: '/', signal: abort.signal });
    abort.abort(new Error('enough'));
    await assert.rejects(aborted.body.whole(1 << 30));
    await second;
    assert.equal(open, 2);
  });
}

test('a server that is not the right one is refused', async () => {
  const { port } = await serve(exchange => exchange.reply(200, {}));
  const other = testCa('other', systemClock.nowMs());
  const request = { method: 'GET', target: '/' };
  await assert.rejects(client(port, { tls: () => ({ ca: other.certificate }) }).request(request), /certificate/);
  const misnamed = () => ({ ca: ca.certificate, serverName: 'kubernetes.default.svc' });
  await assert.rejects(client(port, { tls: misnamed }).request(request), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  assert.equal((await client(port, { tls: () => ({ insecure: true }) }).request(request)).status, 200);
});

test('a full connection gets a second one beside it', async () => {
  const held: (() => void)[] = [];
  const { port } = await serve(
    exchange => {
      held.push(() => exchange.reply(200, {}));
      if (held.length === 5) for (const release of held) release();
    },
    { streamsMax: 2 },
  );
  const { sockets, dial } = countingDial();
  const http = client(port, { dial });
  const replies = await Promise.all(Array.from({ length: 5 }, () => http.request({ method: 'GET', target: '/' })));
  assert.deepEqual(
    replies.map(reply => reply.status),
    [200, 200, 200, 200, 200],
  );
  assert.equal(sockets.length, 3);
});

test('a server that goes away gracefully is connected to again; refused requests are sent again', async () => {
  const server = createSecureServer({ cert: tls.certificate, key: tls.key });
  let sessions = 0;
  let refusals = 0;
  server.on('session', session => {
    sessions++;
    session.on('stream', stream => {
      stream.on('error', () => {});
      // 7: REFUSED_STREAM
      if (refusals++ === 0) return stream.close(7);
      stream.respond({ ':status': 200 });
      stream.end('ok');
      session.goaway(0, stream.id);
      return undefined;
    });
  });
  server.listen(0, '127.0.0.1');
  undo.push(() => server.close());
  await once(server, 'listening');
  const http = client((server.address() as AddressInfo).port);
  const ask = () => http.request({ method: 'POST', target: '/', body: Buffer.from('x') });
  assert.equal(await text(await ask()), 'ok');
  assert.equal(await text(await ask()), 'ok');
  assert.equal(sessions, 2);
  assert.equal(refusals, 3);
});

test('a server that has died silently is noticed by the pings that it leaves unanswered', async () => {
  const { port } = await serve(exchange => {
    if (exchange.target === '/watch') exchange.stream(200, {}).write(Buffer.from('event'));
    else exchange.reply(200, {});
  });
  const clock = new FakeClock();
  const { sockets, dial } = countingDial();
  const http = client(port, { clock, dial });
  const watch = await http.request({ method: 'GET', target: '/watch' });
  const reader = watch.body[Symbol.asyncIterator]();
  await reader.next();
  const next = reader.next();
  next.catch(() => {});
  // Silent, but it answers: the answer to the ping is there before the reply to what is asked after it.
  clock.advance(silenceMsMax);
  clock.advance(silenceMsMax);
  await text(await http.request({ method: 'GET', target: '/' }));
  clock.advance(pingMsMax);
  assert.equal(sockets[0]!.destroyed, false);
  // Nothing comes any more.
  sockets[0]!.pause();
  clock.advance(silenceMsMax);
  clock.advance(silenceMsMax);
  clock.advance(pingMsMax);
  await assert.rejects(next);
});

test('only a 101 opens a tunnel', async () => {
  const { port } = await serve(exchange => {
    if (exchange.target === '/ok') exchange.reply(200, {}, Buffer.from('not an upgrade'));
    else if (exchange.target === '/forbidden') exchange.reply(403, {}, Buffer.from('no'));
    else {
      const { socket } = exchange.upgrade!;
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-A: b\r\n\r\nhello ',
      );
      socket.pipe(socket);
    }
  });
  const { sockets, dial } = countingDial();
  const http = client(port, { dial, token: () => 'secret' });
  const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };
  for (const [target, status] of [
    ['/ok', 200],
    ['/forbidden', 403],
  ] as const) {
    const reply = await http.upgrade({ method: 'POST', target, headers });
    assert.equal(reply.switched === false && reply.status, status);
    assert.equal(sockets.at(-1)!.destroyed, true);
  }
  const reply = await http.upgrade({ method: 'POST', target: '/tunnel', headers });
  assert.ok(reply.switched);
  assert.equal(reply.headers['x-a'], 'b');
  reply.socket.end('world');
  let received = Buffer.from(reply.head).toString();
  for await (const chunk of reply.socket) received += chunk;
  assert.equal(received, 'hello world');
});
