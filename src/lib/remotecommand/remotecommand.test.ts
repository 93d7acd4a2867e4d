import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, createServer as createTcp } from 'node:net';
import type { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import { HttpClient } from '#lib/http/client.ts';
import type { Handler } from '#lib/http/exchange.ts';
import { HttpServer } from '#lib/http/server.ts';
import { SpdyConnection } from '#lib/spdy/connection.ts';
import type { WebSocketConnection } from '#lib/websocket/connection.ts';
import { webSocketDuplex } from '#lib/websocket/duplex.ts';
import { connectWebSocket } from '#lib/websocket/handshake.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { acceptRemoteCommand, streamsMsMax } from './accept.ts';
import { channelForms } from './channels.ts';
import type { CommandSession, CommandStreams, RunningCommand, TerminalSize } from './command.ts';
import { openCommandOverSpdy, openCommandOverWebSocket, type Refusal } from './open.ts';
import { acceptPortForward, type Forward } from './port-forward.ts';
import { proxyPortForward, proxyRemoteCommand } from './relay.ts';
import { spdyUpgradeHeaders } from './spdy-upgrade.ts';
import { exitCodeOf, exitStatus, internalErrorStatus, successStatus } from './status.ts';

const undo: (() => unknown)[] = [];
after(async () => {
  for (const step of undo.reverse()) await step();
});

async function serve(handler: Handler): Promise<HttpClient> {
  const server = new HttpServer({ handler, clock: systemClock });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new HttpClient({ url: `http://127.0.0.1:${port}`, clock: systemClock });
  undo.push(() => server.close(0));
  undo.push(() => client.close());
  return client;
}

const all = { stdin: true, stdout: true, stderr: true, tty: false };

function serveCommand(streams: CommandStreams, run: (session: CommandSession) => Promise<void>): Promise<HttpClient> {
  return serve(async exchange => {
    const session = await acceptRemoteCommand(exchange, streams, systemClock);
    if (session !== undefined) await run(session);
  });
}

async function text(stream: Readable | undefined): Promise<string> {
  let received = '';
  stream?.on('data', chunk => {
    received += chunk;
  });
  if (stream !== undefined && !stream.readableEnded) await once(stream, 'end');
  return received;
}

function running(reply: RunningCommand | Refusal): RunningCommand {
  assert.ok(!('refused' in reply), `refused: ${'refused' in reply ? Buffer.from(reply.body) : ''}`);
  return reply;
}

const open = {
  WebSocket: openCommandOverWebSocket,
  SPDY: openCommandOverSpdy,
};

for (const [transport, protocol] of [
  ...Object.keys(channelForms)
    .filter(name => name !== '')
    .map(name => ['WebSocket', name] as const),
  ...['v5', 'v4', 'v3', 'v2'].map(version => ['SPDY', `${version}.channel.k8s.io`] as const),
  ['SPDY', 'channel.k8s.io'] as const,
]) {
  const knowsCodes = /^v[45]/.test(protocol);
  const endsStdin = transport === 'SPDY' || protocol.startsWith('v5');

  test(`${transport} ${protocol}: output, large input, and how it ended`, async () => {
    const big = Buffer.alloc(2_000_000, 'abc');
    const client = await serveCommand(all, async session => {
      let count = 0;
      const { promise: received, resolve } = Promise.withResolvers<void>();
      session.stdin!.on('data', chunk => {
        count += chunk.length;
        if (!endsStdin && count === big.length) resolve();
      });
      session.stdin!.on('end', resolve);
      await received;
      session.stdout!.write(big);
      session.stderr!.write(`${count} received`);
      await session.finish(exitStatus(3));
    });
    const command = running(await open[transport](client, { target: '/' }, all, [protocol]));
    if (endsStdin) command.stdin!.end(big);
    else command.stdin!.write(big);
    const [stdout, stderr, status] = await Promise.all([text(command.stdout), text(command.stderr), command.status]);
    assert.equal(stdout, big.toString());
    assert.equal(stderr, '2000000 received');
    if (knowsCodes) assert.equal(exitCodeOf(status), 3);
    // Before there were JSON and codes, only that it failed could be told.
    else assert.match(status.message ?? '', /command terminated with exit code 3/);
    command.close();
  });
}

for (const transport of ['WebSocket', 'SPDY'] as const) {
  test(`${transport}: a terminal has no stderr, and learns its sizes`, async () => {
    const terminal = { ...all, tty: true };
    const client = await serveCommand(terminal, async session => {
      assert.equal(session.stderr, undefined);
      const sizes: TerminalSize[] = [];
      await new Promise<void>(resolve => session.onResize(size => void (sizes.push(size) === 2 && resolve())));
      session.stdout!.write(sizes.map(size => `${size.width}x${size.height}`).join(' '));
      await session.finish(successStatus);
    });
    const command = running(await open[transport](client, { target: '/' }, terminal));
    command.resize({ width: 80, height: 24 });
    command.resize({ width: 120, height: 50 });
    assert.equal(await text(command.stdout), '80x24 120x50');
    assert.deepEqual(await command.status, successStatus);
  });

  test(`${transport}: a client that leaves ends the session; a server that leaves is an internal error`, async () => {
    const sessions: CommandSession[] = [];
    const client = await serveCommand(all, async session => {
      sessions.push(session);
      session.stdout!.write('ready');
    });
    const leaving = running(await open[transport](client, { target: '/' }, all));
    await once(leaving.stdout!, 'data');
    const ended = text(sessions[0]!.stdin);
    leaving.close();
    await sessions[0]!.closed;
    assert.equal(await ended, '');

    const left = running(await open[transport](client, { target: '/' }, all));
    await once(left.stdout!, 'data');
    for (const stream of [left.stdout, left.stderr]) stream!.resume();
    // The server, which the client was started after, closes all its connections.
    await undo.at(-2)!();
    const status = await left.status;
    assert.equal(status.reason, 'InternalError');
  });
}

test('refusals: no streams, no upgrade, protocols nobody knows, streams that never come', async () => {
  const clock = new FakeClock();
  const accepted = Promise.withResolvers<CommandSession | undefined>();
  const client = await serve(async exchange => {
    const streams = exchange.target === '/none' ? { stdin: false, stdout: false, stderr: false, tty: false } : all;
    const session = await acceptRemoteCommand(exchange, streams, clock);
    if (exchange.target === '/slow') accepted.resolve(session);
  });
  const refusal = async (reply: Promise<RunningCommand | Refusal>) => {
    const { status, body } = (await reply) as Refusal;
    return [status, Buffer.from(body).toString()];
  };
  const none = { target: '/none' };
  assert.deepEqual(await refusal(openCommandOverWebSocket(client, none, all)), [
    400,
    'you must specify at least 1 of stdin, stdout, stderr',
  ]);
  assert.deepEqual(await refusal(openCommandOverWebSocket(client, { target: '/' }, all, ['v9.channel.k8s.io'])), [
    403,
    '',
  ]);
  const [status, body] = await refusal(openCommandOverSpdy(client, { target: '/' }, all, ['v9.channel.k8s.io']));
  assert.equal(status, 403);
  assert.match(String(body), /unable to negotiate protocol: client supports \[v9\.channel\.k8s\.io\]/);
  const plain = await client.request({ method: 'GET', target: '/' });
  assert.equal(Buffer.from(await plain.body.whole(100)).toString(), 'Upgrade request required');

  const headers = spdyUpgradeHeaders(['v4.channel.k8s.io']);
  const reply = await client.upgrade({ method: 'POST', target: '/slow', headers });
  assert.ok(reply.switched);
  const connection = new SpdyConnection(reply.socket, { side: 'client', head: reply.head });
  await connection.open({ streamtype: 'error' }).accepted;
  await assert.rejects(connection.open({ streamtype: 'error' }).accepted);
  await assert.rejects(connection.open({ streamtype: 'other' }).accepted);
  clock.advance(streamsMsMax);
  assert.equal(await accepted.promise, undefined);
  await connection.closed;
});

/** Forwards to an echo on loopback, which keeps the direction back open until it has sent all. */
async function echoForward(): Promise<{ port: number; forward: Forward }> {
  const echo = createTcp({ allowHalfOpen: true }, socket => void socket.on('error', () => {}).pipe(socket));
  echo.listen(0, '127.0.0.1');
  undo.push(() => echo.close());
  await once(echo, 'listening');
  const { port } = echo.address() as { port: number };
  const forward: Forward = async (to, stream) => {
    if (to !== port) throw new Error(`error forwarding port ${to} to pod p`);
    const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
    stream.pipe(socket).pipe(stream);
    await once(stream, 'finish');
  };
  return { port, forward };
}

async function tunnelled(
  client: HttpClient,
  target: string,
): Promise<{ socket: WebSocketConnection; connection: SpdyConnection }> {
  const reply = await connectWebSocket(client, { target }, ['SPDY/3.1+portforward.k8s.io']);
  assert.ok(reply.switched);
  return { socket: reply.socket, connection: new SpdyConnection(webSocketDuplex(reply.socket), { side: 'client' }) };
}

async function exchangeThrough(connection: SpdyConnection, port: number, id: string, bytes: Buffer) {
  const headers = { port: String(port), requestid: id };
  const error = connection.open({ ...headers, streamtype: 'error' });
  error.end();
  const data = connection.open({ ...headers, streamtype: 'data' });
  data.end(bytes);
  return Promise.all([text(data), text(error)]);
}

test('port forwarding: many connections over one, raw and inside a WebSocket; errors say why', async () => {
  const { port, forward } = await echoForward();
  const client = await serve(exchange => acceptPortForward(exchange, systemClock, forward));
  const raw = await client.upgrade({
    method: 'POST',
    target: '/',
    headers: spdyUpgradeHeaders(['portforward.k8s.io']),
  });
  assert.ok(raw.switched);
  const connections = [
    new SpdyConnection(raw.socket, { side: 'client', head: raw.head }),
    (await tunnelled(client, '/')).connection,
  ];
  for (const connection of connections) {
    const sent = Array.from({ length: 10 }, (_, i) => Buffer.alloc(100_000 * i, String(i)));
    const received = await Promise.all(sent.map((bytes, i) => exchangeThrough(connection, port, String(i), bytes)));
    for (const [i, [data, error]] of received.entries()) {
      assert.equal(error, '');
      assert.ok(data === sent[i]!.toString(), `connection ${i}`);
    }
    const [data, error] = await exchangeThrough(connection, 81, 'x', Buffer.from('x'));
    assert.deepEqual([data, error], ['', 'error forwarding port 81 to pod p']);
    await assert.rejects(connection.open({ streamtype: 'data', port: '0', requestid: 'y' }).accepted);
    await assert.rejects(connection.open({ streamtype: 'other', port: '1', requestid: 'y' }).accepted);
    connection.close();
  }
});

test('port forwarding over channels: two for each port, which begin with its number', async () => {
  const { port, forward } = await echoForward();
  const client = await serve(exchange => acceptPortForward(exchange, systemClock, forward));
  const reply = await connectWebSocket(client, { target: `/?ports=${port},81` }, ['v4.channel.k8s.io']);
  assert.ok(reply.switched);
  const received = ['', '', '', ''];
  let told = Promise.withResolvers<void>();
  reply.socket.onMessage(data => {
    received[data[0]!] += data.subarray(1).toString('latin1');
    told.resolve();
    told = Promise.withResolvers<void>();
  });
  reply.socket.resume();
  reply.socket.send(Buffer.from('\0hello'));
  const number = (value: number) => String.fromCharCode(value & 0xff, value >> 8);
  const expected = [`${number(port)}hello`, number(port), number(81), `${number(81)}error forwarding port 81 to pod p`];
  while (received.join('|') !== expected.join('|')) await told.promise;
  reply.socket.close();

  for (const [query, message] of [
    ['', 'query parameter "port" is required'],
    ['?ports=', 'query parameter "port" cannot be empty'],
    ['?ports=0', 'port "0" must be > 0'],
    ['?port=x', 'unable to parse "x" as a port: strconv.ParseUint: parsing "x": invalid syntax'],
    ['?ports=80,65536', 'unable to parse "80,65536" as a port: strconv.ParseUint: parsing "65536": value out of range'],
  ]) {
    const refused = await connectWebSocket(client, { target: `/${query}` }, ['v4.channel.k8s.io']);
    assert.ok(!refused.switched);
    assert.deepEqual([refused.status, Buffer.from(refused.body).toString()], [400, message]);
  }
});

test('proxied: v5 and tunnelled SPDY are translated for a server that knows neither, the rest goes through untouched', async () => {
  const { port, forward } = await echoForward();
  const seen: string[] = [];
  // What containerd does: SPDY, and WebSockets up to v4.
  const behind = await serve(async exchange => {
    seen.push(`${exchange.method} ${exchange.headers['upgrade']} ${exchange.headers['authorization']}`);
    if (exchange.target === '/forward') return acceptPortForward(exchange, systemClock, forward);
    if (exchange.target === '/gone') return exchange.reply(404, {}, Buffer.from('no such session'));
    const session = await acceptRemoteCommand(exchange, all, systemClock);
    if (exchange.target === '/fail') return session?.finish(internalErrorStatus('no such command'));
    session!.stdout!.write(await new Promise<Buffer>(resolve => session!.stdin!.once('data', resolve)));
    return session!.finish(exitStatus(9, 'error executing command [x], exit code 9'));
  });
  const client = await serve(exchange =>
    exchange.target === '/forward'
      ? proxyPortForward(exchange, behind, { target: exchange.target, clock: systemClock })
      : proxyRemoteCommand(exchange, behind, { target: exchange.target, streams: all, clock: systemClock }),
  );
  const headers = { authorization: 'Bearer secret' };
  const run = async (how: typeof openCommandOverSpdy, target: string, protocol: string) => {
    const command = running(await how(client, { target, headers }, all, [protocol]));
    command.stdin!.write('hello');
    const [stdout, status] = await Promise.all([text(command.stdout), command.status]);
    command.close();
    return [stdout, status.message];
  };
  const translated = 'command terminated with non-zero exit code: command terminated with exit code 9';
  const untouched = 'command terminated with non-zero exit code: error executing command [x], exit code 9';
  assert.deepEqual(await run(openCommandOverWebSocket, '/', 'v5.channel.k8s.io'), ['hello', translated]);
  assert.deepEqual(await run(openCommandOverWebSocket, '/', 'v4.channel.k8s.io'), ['hello', untouched]);
  assert.deepEqual(await run(openCommandOverSpdy, '/', 'v4.channel.k8s.io'), ['hello', untouched]);
  assert.deepEqual(await run(openCommandOverWebSocket, '/fail', 'v5.channel.k8s.io'), [
    '',
    'Internal error occurred: Internal error occurred: no such command',
  ]);
  for (const how of [openCommandOverSpdy, openCommandOverWebSocket]) {
    const gone = (await how(client, { target: '/gone' }, all)) as Refusal;
    assert.deepEqual([gone.status, Buffer.from(gone.body).toString()], [404, 'no such session']);
  }
  const { connection } = await tunnelled(client, '/forward');
  const [data] = await exchangeThrough(connection, port, '1', Buffer.alloc(300_000, 'x'));
  assert.equal(data.length, 300_000);
  connection.close();
  assert.deepEqual([...new Set(seen)].sort(), ['GET websocket undefined', 'POST SPDY/3.1 undefined']);
});
