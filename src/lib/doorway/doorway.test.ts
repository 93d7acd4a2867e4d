import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { run } from '#lib/process.ts';
import { type Doorway, openDoorway } from './doorway.ts';

const possible = process.platform === 'linux' && process.getuid?.() === 0;
const skip = possible ? false : 'a doorway needs Linux and root';
const netns = `proa-test-doorway-${process.pid}`;
let doorway: Doorway;

if (possible) {
  await run(['ip', 'netns', 'add', netns]);
  await run(['ip', '-netns', netns, 'link', 'set', 'lo', 'up']);
  doorway = openDoorway({ netns: `/run/netns/${netns}` });
  after(async () => {
    doorway.close();
    await run(['ip', 'netns', 'delete', netns]);
    assert.equal(existsSync(`/run/netns/${netns}`), false);
  });
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as { port: number }).port;
}

async function textOf(socket: Socket): Promise<string> {
  socket.setEncoding('utf8');
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

test('a listener and the connections to it are in the other namespace', { skip }, async () => {
  const server = await doorway.listen('127.0.0.1', 0);
  // The server speaks first: a byte read by the wrong process would be missing.
  server.on('connection', socket => socket.end(`hello from ${socket.localPort}`));
  const port = portOf(server);
  const replies = await Promise.all(
    Array.from({ length: 20 }, async () => textOf(await doorway.connect('127.0.0.1', port))),
  );
  assert.deepEqual(new Set(replies), new Set([`hello from ${port}`]));

  const outside = connect({ host: '127.0.0.1', port });
  const [error] = await once(outside, 'error');
  assert.equal(error.code, 'ECONNREFUSED', 'our own namespace does not have the listener');

  server.close();
  await assert.rejects(doorway.connect('127.0.0.1', port), { code: 'ECONNREFUSED' });
});

test('a port that is taken is refused with the reason', { skip }, async () => {
  const server = await doorway.listen('127.0.0.1', 0);
  await assert.rejects(doorway.listen('127.0.0.1', portOf(server)), { code: 'EADDRINUSE' });
  server.close();
});

test('datagrams go there and back', { skip }, async () => {
  const [a, b] = await Promise.all([doorway.udp('127.0.0.1', 0), doorway.udp('127.0.0.1', 0)]);
  a.send('ping', portOf(b), '127.0.0.1');
  const [bytes, from] = await once(b, 'message');
  assert.deepEqual([String(bytes), from.port], ['ping', portOf(a)]);
  a.close();
  b.close();
});

test('what was handed over outlives the child, and the next call starts another', { skip }, async () => {
  const other = openDoorway({ netns: `/run/netns/${netns}` });
  const server = await other.listen('127.0.0.1', 0);
  server.on('connection', socket => socket.end('still here'));
  other.close();
  assert.equal(await textOf(await other.connect('127.0.0.1', portOf(server))), 'still here');
  server.close();
  other.close();
});

test('a connection can be given up', { skip }, async () => {
  const aborting = new AbortController();
  const address = '127.0.0.1';
  const full = createServer();
  full.listen(0, address);
  await once(full, 'listening');
  const attempt = doorway.connect(address, portOf(full), { signal: aborting.signal });
  aborting.abort(new Error('changed my mind'));
  await assert.rejects(attempt, { message: 'changed my mind' });
  full.close();
});

test('a namespace that is not there is an error that names it', { skip }, async () => {
  const nowhere = openDoorway({ netns: '/run/netns/proa-test-nowhere' });
  await assert.rejects(
    nowhere.connect('127.0.0.1', 1),
    /doorway into \/run\/netns\/proa-test-nowhere closed .*No such file/,
  );
});
