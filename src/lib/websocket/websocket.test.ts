import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { duplexPair } from 'node:stream';
import { after, test } from 'node:test';
import { WebSocket } from 'ws';
import { systemClock } from '#lib/clock.ts';
import { HttpClient } from '#lib/http/client.ts';
import type { Handler } from '#lib/http/exchange.ts';
import { HttpServer } from '#lib/http/server.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { closeMsMax, messageBytesMax, WebSocketConnection } from './connection.ts';
import { webSocketDuplex } from './duplex.ts';
import { acceptWebSocket, connectWebSocket } from './handshake.ts';

const undo: (() => unknown)[] = [];
after(async () => {
  for (const step of undo.reverse()) await step();
});

async function serve(handler: Handler) {
  const server = new HttpServer({ handler, clock: systemClock });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new HttpClient({ url: `http://127.0.0.1:${port}`, clock: systemClock });
  undo.push(
    () => server.close(0),
    () => client.close(),
  );
  return { port, client };
}

const echo: Handler = exchange => {
  const socket = acceptWebSocket(exchange, ['', 'a', 'SPDY/3.1+x'], systemClock);
  socket?.onMessage((data, isBinary) => socket.send(isBinary ? data : data.toString()));
  socket?.resume();
};

function pair(clock = new FakeClock()) {
  const [near, far] = duplexPair();
  const options = { protocol: '', head: new Uint8Array(0), clock };
  const server = new WebSocketConnection(far, { side: 'server', ...options });
  return { near, server, clock, client: () => new WebSocketConnection(near, { side: 'client', ...options }) };
}

test("the client's first protocol that is known is chosen; another library agrees", async () => {
  const { port, client } = await serve(echo);
  const odd = await connectWebSocket(client, { target: '/' }, ['b', 'SPDY/3.1+x', 'a']);
  assert.ok(odd.switched);
  assert.equal(odd.socket.protocol, 'SPDY/3.1+x');
  odd.socket.close();
  const refused = await connectWebSocket(client, { target: '/' }, ['b']);
  assert.deepEqual([refused.switched, !refused.switched && refused.status], [false, 403]);

  const other = new WebSocket(`ws://127.0.0.1:${port}/`, ['a']);
  await once(other, 'open');
  assert.equal(other.protocol, 'a');
  const big = Buffer.alloc(1_000_000, 'x');
  for (const message of ['text', big]) {
    other.send(message);
    const [data, isBinary] = await once(other, 'message');
    assert.deepEqual([data.toString(), isBinary], [message.toString(), message !== 'text']);
  }
  other.ping();
  await once(other, 'pong');
  other.close(1000);
  assert.equal((await once(other, 'close'))[0], 1000);
});

test('a malformed handshake is a 400', async () => {
  const { port } = await serve(echo);
  const head = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
  for (const rest of ['Sec-WebSocket-Version: 13\r\n', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n']) {
    const socket = connectTcp(port, '127.0.0.1');
    socket.write(`${head}${rest}\r\n`);
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1.1 400 /);
    socket.destroy();
  }
});

test('goodbye is said once by each end, after everything sent before; one who does not answer is cut off', async () => {
  const { server, client: open } = pair();
  const client = open();
  const received: string[] = [];
  client.onMessage(data => received.push(data.toString()));
  client.resume();
  server.send('one');
  server.send('two');
  server.close();
  assert.equal(server.isOpen, false);
  await Promise.all([server.closed, client.closed]);
  assert.deepEqual(received, ['one', 'two']);

  const silent = pair();
  silent.near.on('error', () => {});
  silent.server.close();
  silent.clock.advance(closeMsMax);
  await silent.server.closed;
});

test('frames that break the rules end the connection', async () => {
  const offences = {
    'not masked': Buffer.from([0x82, 0x01, 0x00]),
    'reserved bits': Buffer.from([0xf2, 0x80, 0, 0, 0, 0]),
    'unknown opcode': Buffer.from([0x83, 0x80, 0, 0, 0, 0]),
    'fragmented ping': Buffer.from([0x09, 0x80, 0, 0, 0, 0]),
    'huge message': Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    'text that is not UTF-8': Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]),
  };
  for (const [name, bytes] of Object.entries(offences)) {
    const { near, server } = pair();
    near.on('error', () => {});
    near.resume();
    near.on('end', () => near.end());
    server.onMessage(() => assert.fail(name));
    server.resume();
    near.write(bytes);
    await server.closed;
  }
  assert.ok(messageBytesMax < 2 ** 31);
});

test('a stream of bytes over messages waits for its reader', async () => {
  const { server, client: open } = pair();
  const far = webSocketDuplex(server);
  const near = webSocketDuplex(open());
  let sent = 0;
  const chunk = Buffer.alloc(32 << 10, 'x');
  const push = () => {
    while (near.write(chunk)) sent += chunk.length;
    sent += chunk.length;
  };
  near.on('drain', push);
  push();
  for (let i = 0; i < 100; i++) await new Promise(resolve => setImmediate(resolve));
  const stalled = sent;
  assert.ok(stalled < 2 << 20, `${stalled} bytes on their way`);
  near.removeAllListeners('drain');
  near.end();
  let received = 0;
  for await (const piece of far) received += piece.length;
  assert.equal(received, stalled);
});
