/** WebSockets (RFC 6455) on an Exchange, and to a server. Messages are never compressed: little is gained, and bombs are. */

import { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { readWhole } from '#lib/http/body.ts';
import type { HttpClient } from '#lib/http/client.ts';
import type { Exchange, HeaderValues } from '#lib/http/exchange.ts';
import { headersFromRaw, headerTokens, headerValue, headerValues } from '#lib/http/headers.ts';
import type { TransportRequest } from '#lib/http/transport.ts';

/** A larger message ends the connection. kubectl sends 32 KB at most, the SPDY tunnel up to a frame. */
export const messageBytesMax = 8 << 20;
/** Bytes waiting to be sent at which a sender should pause. */
export const sendBufferBytesMax = 256 << 10;
const refusalBytesMax = 64 << 10;

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: messageBytesMax,
});

export function isWebSocketUpgrade(exchange: Exchange): boolean {
  return exchange.upgrade !== undefined && headerTokens(exchange.headers, 'upgrade').includes('websocket');
}

/** The sub-protocols a client offers, in its order of preference. */
export function offeredProtocols(headers: HeaderValues): string[] {
  return headerValues(headers, 'sec-websocket-protocol')
    .flatMap(value => value.split(','))
    .map(part => part.trim())
    .filter(part => part !== '');
}

/**
 * Answers the upgrade. The first of the client's sub-protocols that is in `protocols` is chosen; a client that offers none
 * is taken when `protocols` has the empty one. Otherwise the client has its answer, 403 without a body as from Go's server,
 * and the result is undefined. The socket is paused: resume it once its listeners are there.
 */
export function acceptWebSocket(exchange: Exchange, protocols: readonly string[]): WebSocket | undefined {
  const { upgrade, headers } = exchange;
  const offered = offeredProtocols(headers);
  const chosen = offered.length === 0 ? '' : offered.find(protocol => protocols.includes(protocol));
  if (upgrade === undefined || chosen === undefined || (chosen === '' && !protocols.includes(''))) {
    exchange.reply(403, {});
    return undefined;
  }
  const key = headerValue(headers, 'sec-websocket-key') ?? '';
  const version = headerValue(headers, 'sec-websocket-version');
  if (exchange.method !== 'GET' || !/^[+/0-9A-Za-z]{22}==$/.test(key) || version !== '13') {
    exchange.reply(400, { 'sec-websocket-version': '13' });
    return undefined;
  }
  const handshake = {
    method: 'GET',
    headers: {
      upgrade: 'websocket',
      'sec-websocket-key': key,
      'sec-websocket-version': version,
      'sec-websocket-protocol': chosen === '' ? undefined : chosen,
    },
  };
  let accepted: WebSocket | undefined;
  // The library reads nothing of a request but its method and headers, and calls back before it returns.
  server.handleUpgrade(handshake as never, upgrade.socket, Buffer.from(upgrade.head), socket => {
    accepted = socket;
  });
  accepted?.on('error', () => {});
  accepted?.pause();
  return accepted;
}

/** What came of asking for a WebSocket, which is paused too. */
export type WebSocketReply =
  | { readonly switched: true; readonly socket: WebSocket }
  | { readonly switched: false; readonly status: number; readonly headers: HeaderValues; readonly body: Uint8Array };

export async function connectWebSocket(
  client: HttpClient,
  request: Pick<TransportRequest, 'target' | 'headers'>,
  protocols: readonly string[],
): Promise<WebSocketReply> {
  const { headers } = await client.authorize({ method: 'GET', ...request });
  const connection = await client.open();
  const url = `ws://${client.authority}${client.prefix}${request.target}`;
  const socket = new WebSocket(url, [...protocols], {
    createConnection: () => connection as never,
    headers: headers as Record<string, string>,
    followRedirects: false,
    perMessageDeflate: false,
    maxPayload: messageBytesMax,
  });
  return new Promise((resolve, reject) => {
    socket.on('error', error => {
      connection.destroy();
      reject(error);
    });
    socket.once('open', () => {
      socket.pause();
      resolve({ switched: true, socket });
    });
    socket.once('unexpected-response', (_request, reply) => {
      readWhole(reply, refusalBytesMax)
        .catch(() => new Uint8Array(0))
        .then(body => {
          connection.destroy();
          resolve({ switched: false, status: reply.statusCode!, headers: headersFromRaw(reply.rawHeaders), body });
        });
    });
  });
}

/** A WebSocket that carries a stream of bytes, each binary message a piece of it. */
export function webSocketDuplex(socket: WebSocket): Duplex {
  let ended = false;
  const duplex = new Duplex({
    read: () => socket.resume(),
    write: (chunk, _encoding, done) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(chunk, { binary: true }, done);
      else done(new Error('the WebSocket is closed'));
    },
    final: done => {
      socket.close(1000);
      done();
    },
    destroy: (error, done) => {
      // Properly where it is still possible: a peer takes a missing close frame for an error.
      if (error === null || error === undefined) socket.close(1000);
      else socket.terminate();
      done(error);
    },
  });
  const end = () => {
    if (ended) return;
    ended = true;
    duplex.push(null);
  };
  socket.on('message', (data, isBinary) => {
    if (!isBinary) return duplex.destroy(new Error('a text message among bytes'));
    if (!duplex.push(data)) socket.pause();
    return undefined;
  });
  socket.on('close', () => {
    end();
    duplex.end();
  });
  socket.on('error', error => duplex.destroy(error));
  duplex.on('error', () => {});
  return duplex;
}
