import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, createServer as createTcp, type Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { after, test } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import { HttpClient } from './client.ts';
import { HttpServer } from './server.ts';
import { join, tunnel } from './tunnel.ts';

const undo: (() => unknown)[] = [];
after(async () => {
  for (const step of undo.reverse()) await step();
});

/** A server behind that says what the test makes it say, and a front that tunnels to it. */
async function tunnelTo(behind: (socket: Socket) => void) {
  const raw = createTcp(behind).listen(0, '127.0.0.1');
  undo.push(() => raw.close());
  await once(raw, 'listening');
  const { port: behindPort } = raw.address() as { port: number };
  const client = new HttpClient({ url: `http://127.0.0.1:${behindPort}`, clock: systemClock });
  const outcome = Promise.withResolvers<unknown>();
  const front = new HttpServer({
    clock: systemClock,
    handler: exchange => tunnel(exchange, client, { target: '/inner' }).then(outcome.resolve, outcome.resolve),
  });
  const { port } = await front.listen({ host: '127.0.0.1', port: 0 });
  undo.push(() => front.close(0));
  const socket = connectTcp(port, '127.0.0.1');
  undo.push(() => socket.destroy());
  return { socket, outcome: outcome.promise };
}

const ask =
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Authorization: Bearer secret\r\nSec-WebSocket-Key: k\r\n\r\n';

test('the upgrade goes on without credentials, what came early with it, and its answer as it was', async () => {
  let head = '';
  const { socket } = await tunnelTo(behind => {
    behind.once('data', data => {
      head += data;
      behind.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-A: b\r\n\r\n');
      behind.once('data', early => behind.end(`got ${early}`));
    });
  });
  socket.write(`${ask}early`);
  let reply = '';
  for await (const chunk of socket) reply += chunk;
  assert.match(reply, /^HTTP\/1.1 101 [\s\S]*X-A: b\r\n\r\ngot early$/i);
  assert.match(head, /^GET \/inner HTTP\/1.1\r\n/);
  assert.match(head, /sec-websocket-key: k\r\n/i);
  assert.doesNotMatch(head, /secret/);
});

test('a 200 to an upgrade is a reply, and the connection behind it is closed', async () => {
  let closed: Promise<unknown> | undefined;
  const { socket } = await tunnelTo(behind => {
    closed = once(behind, 'close');
    behind.once('data', () => behind.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nno'));
    behind.on('error', () => {});
  });
  socket.write(ask);
  let reply = '';
  for await (const chunk of socket) reply += chunk;
  assert.match(reply, /^HTTP\/1.1 200 OK\r\n[\s\S]*connection: close\r\n\r\nno$/i);
  await closed;
});

test('a client that leaves while the server behind still thinks leaves nothing open', async () => {
  const asked = Promise.withResolvers<Socket>();
  const { socket, outcome } = await tunnelTo(behind => {
    behind.on('error', () => {});
    behind.once('data', () => asked.resolve(behind));
  });
  socket.write(ask);
  const behind = await asked.promise;
  const closed = once(behind, 'close');
  socket.destroy();
  assert.ok((await outcome) instanceof Error);
  await closed;
});

test('joined with one that is closed already, the other is closed', async () => {
  const [one, far] = duplexPair();
  const [other] = duplexPair();
  far.destroy();
  one.destroy();
  await join(one, other);
  assert.equal(other.destroyed, true);
});
