/** The asking end of exec and attach, over a WebSocket or SPDY. */

import type { Readable } from 'node:stream';
import { joinChunks } from '#lib/http/body.ts';
import type { HttpClient } from '#lib/http/client.ts';
import type { HeaderValues } from '#lib/http/exchange.ts';
import type { TransportRequest } from '#lib/http/transport.ts';
import { SpdyConnection } from '#lib/spdy/connection.ts';
import { connectWebSocket } from '#lib/websocket/handshake.ts';
import { commandProtocols } from './accept.ts';
import { Channels, channelForms } from './channels.ts';
import { type CommandStreams, channelOf, encodeSize, type RunningCommand, statusBytesMax } from './command.ts';
import { spdyUpgradeHeaders, streamProtocols } from './spdy-upgrade.ts';
import { decodeStatus } from './status.ts';

/** A server that would not: its reply, whatever it was. */
export interface Refusal {
  readonly refused: true;
  readonly status: number;
  readonly headers: HeaderValues;
  readonly body: Uint8Array;
}

type Target = Pick<TransportRequest, 'target' | 'headers'>;

/** Asks over a WebSocket, as kubectl does since 1.31. `protocols` are tried by the server in this order. */
export async function openCommandOverWebSocket(
  client: HttpClient,
  request: Target,
  streams: CommandStreams,
  protocols: readonly string[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
): Promise<RunningCommand | Refusal> {
  const reply = await connectWebSocket(client, request, protocols);
  if (!reply.switched) return { refused: true, status: reply.status, headers: reply.headers, body: reply.body };
  const { socket } = reply;
  const channels = new Channels(socket, channelForms[socket.protocol]!);
  const status = wholeStatus(channels.readable(channelOf.error), /^v[45]\./.test(socket.protocol));
  const command: RunningCommand = {
    stdin: streams.stdin ? channels.writable(channelOf.stdin, true) : undefined,
    stdout: streams.stdout ? channels.readable(channelOf.stdout) : undefined,
    stderr: streams.stderr && !streams.tty ? channels.readable(channelOf.stderr) : undefined,
    resize: size => channels.send(channelOf.resize, encodeSize(size)),
    status,
    close: () => void channels.close(),
  };
  channels.start();
  return command;
}

/** Asks over SPDY, which every server of the last ten years speaks: containerd's streaming server is reached so. */
export async function openCommandOverSpdy(
  client: HttpClient,
  request: Target,
  streams: CommandStreams,
  protocols: readonly string[] = commandProtocols,
): Promise<RunningCommand | Refusal> {
  const headers = { ...request.headers, ...spdyUpgradeHeaders(protocols) };
  const reply = await client.upgrade({ method: 'POST', target: request.target, headers });
  if (!reply.switched) return { refused: true, status: reply.status, headers: reply.headers, body: reply.body };
  // A server that names none speaks the first version.
  const protocol = streamProtocols(reply.headers)[0] ?? 'channel.k8s.io';
  const connection = new SpdyConnection(reply.socket, { side: 'client', head: reply.head });
  const open = (type: string) => connection.open({ streamtype: type });
  const error = open('error');
  const stdin = streams.stdin ? open('stdin') : undefined;
  const stdout = streams.stdout ? open('stdout') : undefined;
  const stderr = streams.stderr && !streams.tty ? open('stderr') : undefined;
  const resize = streams.tty && /^v[345]\./.test(protocol) ? open('resize') : undefined;
  // Nothing goes the other way on these, and whoever waits for their end shall not wait.
  for (const stream of [error, stdout, stderr]) stream?.end();
  stdin?.resume();
  resize?.resume();
  return {
    stdin,
    stdout,
    stderr,
    resize: size => void resize?.write(encodeSize(size)),
    status: wholeStatus(error, /^v[45]\./.test(protocol)),
    close: () => connection.close(),
  };
}

function wholeStatus(source: Readable, isJson: boolean) {
  return new Promise<ReturnType<typeof decodeStatus>>(resolve => {
    const chunks: Uint8Array[] = [];
    let totalBytes = 0;
    const finish = () => resolve(decodeStatus(joinChunks(chunks, totalBytes), isJson));
    source.on('data', chunk => {
      totalBytes += chunk.length;
      if (totalBytes <= statusBytesMax) chunks.push(chunk);
      else source.destroy();
    });
    source.on('end', finish).on('close', finish);
  });
}
