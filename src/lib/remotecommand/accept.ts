/** The serving end of exec and attach: a session out of an upgrade, whichever protocol the client speaks. */

import type { Clock } from '#lib/clock.ts';
import type { Exchange } from '#lib/http/exchange.ts';
import type { SpdyStream } from '#lib/spdy/stream.ts';
import { acceptWebSocket, isWebSocketUpgrade } from '#lib/websocket/handshake.ts';
import { Channels, channelForms } from './channels.ts';
import { type CommandSession, type CommandStreams, channelOf, ended, readSizes } from './command.ts';
import { acceptSpdy, isSpdyUpgrade, negotiate } from './spdy-upgrade.ts';
import { type CommandStatus, encodeStatus } from './status.ts';

/** Over SPDY; upstream's names, best first. */
export const commandProtocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
] as const;
/** How long a client may take to open its streams. */
export const streamsMsMax = 30_000;

/**
 * Answers the upgrade. Undefined when that was a refusal, or the client did not open its streams; it has its answer then.
 */
export async function acceptRemoteCommand(
  exchange: Exchange,
  streams: CommandStreams,
  clock: Clock,
): Promise<CommandSession | undefined> {
  if (!streams.stdin && !streams.stdout && !streams.stderr) {
    refuse(exchange, 'you must specify at least 1 of stdin, stdout, stderr');
    return undefined;
  }
  const wanted = { ...streams, stderr: streams.stderr && !streams.tty };
  if (isWebSocketUpgrade(exchange)) return acceptChannels(exchange, wanted, clock);
  if (isSpdyUpgrade(exchange)) return acceptStreams(exchange, wanted, clock);
  refuse(exchange, 'Upgrade request required');
  return undefined;
}

function refuse(exchange: Exchange, message: string): void {
  exchange.reply(400, { 'content-type': 'text/plain; charset=utf-8' }, Buffer.from(message));
}

function acceptChannels(exchange: Exchange, wanted: CommandStreams, clock: Clock): CommandSession | undefined {
  const socket = acceptWebSocket(exchange, Object.keys(channelForms), clock);
  if (socket === undefined) return undefined;
  const form = channelForms[socket.protocol]!;
  const isJson = /^v[45]\./.test(socket.protocol);
  const channels = new Channels(socket, form);
  const sizes = readSizes(channels.readable(channelOf.resize));
  const stdin = wanted.stdin ? channels.readable(channelOf.stdin) : undefined;
  const stdout = wanted.stdout ? channels.writable(channelOf.stdout) : undefined;
  const stderr = wanted.stderr ? channels.writable(channelOf.stderr) : undefined;
  // An empty message on the first channel the client reads tells it that the session stands.
  const first = wanted.stdout ? channelOf.stdout : wanted.stderr ? channelOf.stderr : channelOf.error;
  channels.send(first, new Uint8Array(0));
  channels.start();
  return {
    stdin,
    stdout,
    stderr,
    onResize: sizes,
    closed: channels.closed,
    async finish(status: CommandStatus): Promise<void> {
      await Promise.all([ended(stdout), ended(stderr)]);
      const bytes = encodeStatus(status, isJson);
      if (bytes.length > 0) channels.send(channelOf.error, bytes);
      stdin?.destroy();
      await channels.close();
    },
  };
}

async function acceptStreams(
  exchange: Exchange,
  wanted: CommandStreams,
  clock: Clock,
): Promise<CommandSession | undefined> {
  const protocol = negotiate(exchange, commandProtocols);
  if (protocol === undefined) return undefined;
  const isJson = /^v[45]\./.test(protocol);
  const missing = new Set(expectedStreams(wanted, protocol));
  const opened = new Map<string, SpdyStream>();
  const complete = Promise.withResolvers<boolean>();
  const connection = acceptSpdy(exchange, protocol, stream => {
    const type = stream.headers['streamtype'] ?? '';
    if (!missing.delete(type)) throw new Error(`a stream of type ${type} that is not awaited`);
    opened.set(type, stream);
    if (missing.size === 0) complete.resolve(true);
  });
  connection.closed.then(() => complete.resolve(false));
  const timer = clock.after(streamsMsMax, () => complete.resolve(false));
  const isComplete = await complete.promise;
  timer.cancel();
  if (!isComplete) {
    connection.close();
    return undefined;
  }
  const [stdin, stdout, stderr, error] = ['stdin', 'stdout', 'stderr', 'error'].map(type => opened.get(type));
  for (const stream of [stdout, stderr, error]) stream?.resume();
  const resize = opened.get('resize');
  return {
    stdin,
    stdout,
    stderr,
    onResize: resize === undefined ? () => {} : readSizes(resize),
    closed: connection.closed,
    async finish(status: CommandStatus): Promise<void> {
      await Promise.all([ended(stdout), ended(stderr)]);
      const bytes = encodeStatus(status, isJson);
      if (bytes.length > 0) error?.write(bytes);
      await ended(error);
      connection.close();
    },
  };
}

function expectedStreams(wanted: CommandStreams, protocol: string): string[] {
  const expected = ['error'];
  if (wanted.stdin) expected.push('stdin');
  if (wanted.stdout) expected.push('stdout');
  if (wanted.stderr) expected.push('stderr');
  if (wanted.tty && /^v[345]\./.test(protocol)) expected.push('resize');
  return expected;
}
