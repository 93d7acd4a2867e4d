/** Leaving HTTP for SPDY/3.1: the headers both ends send. */

import type { Exchange, HeaderValues } from '#lib/http/exchange.ts';
import { headerTokens, headerValues } from '#lib/http/headers.ts';
import { responseHead } from '#lib/http/http1-exchange.ts';
import { SpdyConnection } from '#lib/spdy/connection.ts';
import type { SpdyStream } from '#lib/spdy/stream.ts';

export const protocolHeader = 'x-stream-protocol-version';

export function isSpdyUpgrade(exchange: Exchange): boolean {
  return exchange.upgrade !== undefined && headerTokens(exchange.headers, 'upgrade').includes('spdy/3.1');
}

/** The stream protocols a client or server names, in order. */
export function streamProtocols(headers: HeaderValues): string[] {
  return headerValues(headers, protocolHeader)
    .flatMap(value => value.split(','))
    .map(part => part.trim())
    .filter(part => part !== '');
}

/** What the client wants and the server can, or undefined when the client has been refused. */
export function negotiate(exchange: Exchange, known: readonly string[]): string | undefined {
  const asked = streamProtocols(exchange.headers);
  const chosen = asked.find(protocol => known.includes(protocol));
  if (chosen !== undefined) return chosen;
  const type = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  if (asked.length === 0) {
    exchange.reply(400, type, Buffer.from('unable to upgrade: X-Stream-Protocol-Version is required\n'));
  } else {
    const why = `client supports [${asked.join(' ')}], server accepts [${known.join(' ')}]`;
    const headers = { ...type, 'x-accepted-stream-protocol-versions': known };
    exchange.reply(403, headers, Buffer.from(`unable to upgrade: unable to negotiate protocol: ${why}\n`));
  }
  return undefined;
}

export function acceptSpdy(
  exchange: Exchange,
  protocol: string,
  onStream: (stream: SpdyStream) => void,
): SpdyConnection {
  const { socket, head } = exchange.upgrade!;
  socket.write(
    responseHead(101, { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol }),
  );
  return new SpdyConnection(socket, { side: 'server', head, onStream });
}

export function spdyUpgradeHeaders(protocols: readonly string[]): HeaderValues {
  return { connection: 'Upgrade', upgrade: 'SPDY/3.1', [protocolHeader]: protocols };
}
