/** The serving end of port forwarding: each connection of the client is a stream here, and has another one for its error. */

import { Duplex } from 'node:stream';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Exchange } from '#lib/http/exchange.ts';
import { SpdyConnection } from '#lib/spdy/connection.ts';
import type { SpdyStream } from '#lib/spdy/stream.ts';
import { webSocketDuplex } from '#lib/websocket/duplex.ts';
import { acceptWebSocket, isWebSocketUpgrade, offeredProtocols } from '#lib/websocket/handshake.ts';
import { streamsMsMax } from './accept.ts';
import { Channels, channelForms } from './channels.ts';
import { ended } from './command.ts';
import { acceptSpdy, isSpdyUpgrade, negotiate } from './spdy-upgrade.ts';

export const forwardProtocol = 'portforward.k8s.io';
/** SPDY inside a WebSocket: each binary message is a piece of the SPDY connection's bytes. */
export const tunnelledForwardProtocol = 'SPDY/3.1+portforward.k8s.io';
const channelProtocols = ['', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];
/** Ports of one WebSocket, each of which takes two channels; the digit of a text channel ends at 9. */
const channelPortsMax = 100;

/**
 * Connects a stream to a port of the Pod, and resolves when both are done with each other. What it rejects with is told to
 * the client: `error forwarding port 81 to pod …`.
 */
export type Forward = (port: number, stream: Duplex) => Promise<void>;

/** Answers the upgrade, or refuses it. Resolves when the client is gone. */
export async function acceptPortForward(exchange: Exchange, clock: Clock, forward: Forward): Promise<void> {
  if (isWebSocketUpgrade(exchange)) {
    if (offeredProtocols(exchange.headers).includes(tunnelledForwardProtocol)) {
      const socket = acceptWebSocket(exchange, [tunnelledForwardProtocol], clock);
      if (socket === undefined) return;
      const pairs = new Pairs(clock, forward);
      const transport = webSocketDuplex(socket);
      await new SpdyConnection(transport, { side: 'server', onStream: stream => pairs.add(stream) }).closed;
      return pairs.drop();
    }
    return acceptForwardChannels(exchange, clock, forward);
  }
  if (!isSpdyUpgrade(exchange)) return refuse(exchange, 'Upgrade request required');
  const protocol = negotiate(exchange, [forwardProtocol]);
  if (protocol === undefined) return;
  const pairs = new Pairs(clock, forward);
  await acceptSpdy(exchange, protocol, stream => pairs.add(stream)).closed;
  pairs.drop();
}

function refuse(exchange: Exchange, message: string): void {
  exchange.reply(400, { 'content-type': 'text/plain; charset=utf-8' }, Buffer.from(message));
}

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  readonly timer: Timer;
}

/** Data and error streams find each other by the client's request ID. */
class Pairs {
  readonly #clock: Clock;
  readonly #forward: Forward;
  /** Those of which one half is still to come. */
  readonly #halves = new Map<string, Pair>();

  constructor(clock: Clock, forward: Forward) {
    this.#clock = clock;
    this.#forward = forward;
  }

  /** Throws to refuse the stream. */
  add(stream: SpdyStream): void {
    const type = stream.headers['streamtype'];
    const port = portOf(stream.headers['port'] ?? '');
    if (port === undefined || (type !== 'data' && type !== 'error')) throw new Error('a stream for no port or no use');
    // Clients of long ago name no request: they open the error stream first, and the data stream right after it.
    const id = stream.headers['requestid'] ?? String(type === 'error' ? stream.id : stream.id - 2);
    const pair = this.#halves.get(id) ?? {
      timer: this.#clock.after(streamsMsMax, () => this.#giveUp(id), { idle: true }),
    };
    if (pair[type] !== undefined) throw new Error(`a second ${type} stream of one request`);
    pair[type] = stream;
    this.#halves.set(id, pair);
    if (pair.data === undefined || pair.error === undefined) return;
    pair.timer.cancel();
    this.#halves.delete(id);
    void serve(port, pair.data, pair.error, this.#forward);
  }

  /** The connection is over. */
  drop(): void {
    for (const pair of this.#halves.values()) pair.timer.cancel();
    this.#halves.clear();
  }

  #giveUp(id: string): void {
    const pair = this.#halves.get(id);
    this.#halves.delete(id);
    pair?.error?.end('timed out waiting for streams');
    pair?.data?.reset();
  }
}

async function serve(port: number, data: Duplex, error: SpdyStream, forward: Forward): Promise<void> {
  error.resume();
  try {
    await forward(port, data);
  } catch (failure) {
    error.write(failure instanceof Error ? failure.message : String(failure));
  }
  data.resume();
  data.end();
  error.end();
}

function portOf(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 0xffff ? port : undefined;
}

/** The ports are in the query; port i has the channels 2i for data and 2i + 1 for its error, which begin with its number. */
async function acceptForwardChannels(exchange: Exchange, clock: Clock, forward: Forward): Promise<void> {
  const { searchParams } = new URL(exchange.target, 'http://localhost');
  // `ports` to the API server, `port` to the kubelet.
  const ports = parsePorts([...searchParams.getAll('ports'), ...searchParams.getAll('port')]);
  if (typeof ports === 'string') return refuse(exchange, ports);
  const socket = acceptWebSocket(exchange, channelProtocols, clock);
  if (socket === undefined) return;
  const channels = new Channels(socket, channelForms[socket.protocol]!);
  const forwards = ports.map(async (port, i) => {
    const number = Buffer.from([port & 0xff, port >> 8]);
    const data = Duplex.from({ readable: channels.readable(2 * i), writable: channels.writable(2 * i) } as never);
    data.on('error', () => {});
    const error = channels.writable(2 * i + 1);
    channels.send(2 * i, number);
    channels.send(2 * i + 1, number);
    try {
      await forward(port, data);
    } catch (failure) {
      error.write(failure instanceof Error ? failure.message : String(failure));
    }
    data.resume();
    await Promise.all([ended(data), ended(error)]);
  });
  channels.start();
  await Promise.race([Promise.all(forwards), channels.closed]);
  await channels.close();
}

/** The ports, or what is wrong with them in upstream's words. */
function parsePorts(values: readonly string[]): number[] | string {
  const ports: number[] = [];
  for (const value of values) {
    if (value === '') return 'query parameter "port" cannot be empty';
    for (const text of value.split(',')) {
      const isNumber = /^\d+$/.test(text);
      if (!isNumber || Number(text) > 0xffff) {
        const why = `strconv.ParseUint: parsing "${text}": ${isNumber ? 'value out of range' : 'invalid syntax'}`;
        return `unable to parse "${value}" as a port: ${why}`;
      }
      if (Number(text) === 0) return `port "${value}" must be > 0`;
      ports.push(Number(text));
    }
  }
  if (ports.length === 0) return 'query parameter "port" is required';
  return ports.length > channelPortsMax ? `more than ${channelPortsMax} ports` : ports;
}
