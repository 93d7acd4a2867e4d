/** The opening handshake of a WebSocket: on an Exchange, and to a server. */

import { createHash } from 'node:crypto';
import type { Clock } from '#lib/clock.ts';
import type { HttpClient, UpgradeReply } from '#lib/http/client.ts';
import type { Exchange, HeaderValues } from '#lib/http/exchange.ts';
import { headerTokens, headerValue, headerValues } from '#lib/http/headers.ts';
import { responseHead } from '#lib/http/http1-exchange.ts';
import type { TransportRequest } from '#lib/http/transport.ts';
import { systemRandom } from '#lib/random.ts';
import { WebSocketConnection } from './connection.ts';

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
 * and the result is undefined.
 */
export function acceptWebSocket(
  exchange: Exchange,
  protocols: readonly string[],
  clock: Clock,
): WebSocketConnection | undefined {
  const { upgrade, headers } = exchange;
  const offered = offeredProtocols(headers);
  const protocol = (offered.length === 0 ? [''] : offered).find(one => protocols.includes(one));
  if (upgrade === undefined || protocol === undefined) {
    exchange.reply(403, {});
    return undefined;
  }
  const key = headerValue(headers, 'sec-websocket-key') ?? '';
  const isWellFormed = exchange.method === 'GET' && /^[+/0-9A-Za-z]{22}==$/.test(key);
  if (!isWellFormed || headerValue(headers, 'sec-websocket-version') !== '13') {
    exchange.reply(400, { 'sec-websocket-version': '13' });
    return undefined;
  }
  const reply: HeaderValues = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-accept': acceptanceOf(key),
    'sec-websocket-protocol': protocol === '' ? undefined : protocol,
  };
  upgrade.socket.write(responseHead(101, reply));
  return new WebSocketConnection(upgrade.socket, { side: 'server', protocol, head: upgrade.head, clock });
}

/** What came of asking for a WebSocket. */
export type WebSocketReply =
  | { readonly switched: true; readonly socket: WebSocketConnection }
  | Extract<UpgradeReply, { switched: false }>;

export async function connectWebSocket(
  client: HttpClient,
  request: Pick<TransportRequest, 'target' | 'headers'>,
  protocols: readonly string[],
): Promise<WebSocketReply> {
  const key = Buffer.from(systemRandom.bytes(16)).toString('base64');
  const headers: HeaderValues = {
    ...request.headers,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': key,
    'sec-websocket-protocol': protocols.length === 0 ? undefined : protocols.join(', '),
  };
  const reply = await client.upgrade({ method: 'GET', target: request.target, headers });
  if (!reply.switched) return reply;
  const protocol = headerValue(reply.headers, 'sec-websocket-protocol') ?? '';
  const isRight = headerValue(reply.headers, 'sec-websocket-accept') === acceptanceOf(key);
  if (!isRight || (protocol !== '' && !protocols.includes(protocol))) {
    reply.socket.destroy();
    throw new Error('The server answered the WebSocket handshake wrongly');
  }
  const { socket, head } = reply;
  return {
    switched: true,
    socket: new WebSocketConnection(socket, { side: 'client', protocol, head, clock: client.clock }),
  };
}

/** RFC 6455, 4.2.2: shows that the server read this very request as a WebSocket's. */
function acceptanceOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
