import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, test } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { type GrpcClient, grpcClient } from './client.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

interface Served {
  client: GrpcClient;
  server: Http2Server;
  sessions: Set<ServerHttp2Session>;
}

/** A server that hands each call to `onCall`, and a client of it. */
async function serve(onCall: (stream: ServerHttp2Stream, path: string) => void, clock = systemClock): Promise<Served> {
  const server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', session => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (opened, headers) => {
    const stream = opened as ServerHttp2Stream;
    stream.on('error', () => undefined);
    stream.resume();
    onCall(stream, String(headers[':path']));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = grpcClient({ connect: () => connect(port, '127.0.0.1'), clock, messageBytesMax: 1_000 });
  open.push(() => {
    client.close();
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { client, server, sessions };
}

function framed(...messages: string[]): Buffer {
  return Buffer.concat(
    messages.map(text => {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(text.length, 1);
      return Buffer.concat([head, Buffer.from(text)]);
    }),
  );
}

function answer(stream: ServerHttp2Stream, body: Buffer, trailers: Record<string, string>): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
}

const message = new Uint8Array(0);

test('one answer, many answers, however they are cut', async () => {
  const { client } = await serve((stream, path) => {
    if (path === '/one') return answer(stream, framed('only'), { 'grpc-status': '0' });
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    const bytes = framed('first', '', 'third');
    for (const byte of bytes) stream.write(Buffer.of(byte));
    stream.end();
  });
  assert.equal(String(await client.unary({ path: '/one', message })), 'only');
  const got: string[] = [];
  await client.serverStream({ path: '/many', message }, bytes => got.push(String(bytes)));
  assert.deepEqual(got, ['first', '', 'third']);
});

test('errors have the code and the words of the server', async () => {
  const { client } = await serve((stream, path) => {
    if (path === '/trailers')
      return answer(stream, Buffer.alloc(0), { 'grpc-status': '5', 'grpc-message': 'not%20here' });
    if (path === '/headers') return stream.respond({ ':status': 200, 'grpc-status': '12' }, { endStream: true });
    if (path === '/large') return answer(stream, framed('x'.repeat(1_001)), { 'grpc-status': '0' });
    stream.respond({ ':status': 503 }, { endStream: true });
  });
  const call = (path: string) => client.unary({ path, message });
  await assert.rejects(call('/trailers'), { code: 'NotFound', message: 'not here' });
  await assert.rejects(call('/headers'), { code: 'Unimplemented' });
  await assert.rejects(call('/large'), { code: 'ResourceExhausted' });
  await assert.rejects(call('/http'), { code: 'Unavailable' });
});

test('a deadline, a caller and a lost connection end a call; the next one connects again', async () => {
  const clock = new FakeClock();
  let arrived = () => undefined as unknown;
  const { client, sessions } = await serve((stream, path) => {
    if (path === '/works') answer(stream, framed('yes'), { 'grpc-status': '0' });
    arrived();
  }, clock);
  const waiting = () => new Promise<void>(resolve => (arrived = () => resolve()));

  let here = waiting();
  const late = assert.rejects(client.unary({ path: '/hangs', message, timeoutMs: 500 }), { code: 'DeadlineExceeded' });
  await here;
  clock.advance(500);
  await late;

  here = waiting();
  const aborting = new AbortController();
  const aborted = assert.rejects(client.unary({ path: '/hangs', message, signal: aborting.signal }), {
    code: 'Canceled',
  });
  await here;
  aborting.abort();
  await aborted;

  here = waiting();
  const lost = assert.rejects(client.unary({ path: '/hangs', message }), { code: 'Unavailable' });
  await here;
  for (const session of sessions) session.destroy();
  await lost;
  assert.equal(String(await client.unary({ path: '/works', message })), 'yes');
  assert.equal(clock.nextMs(), undefined, 'no deadline is left behind');
});

test('nobody listening is Unavailable', async () => {
  const client = grpcClient({ connect: () => connect('/nonexistent/socket'), clock: systemClock });
  await assert.rejects(client.unary({ path: '/x', message }), { code: 'Unavailable', message: /ENOENT/ });
  client.close();
});
