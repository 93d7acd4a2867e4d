/** Passing a request on to another server and its reply back, both as they come. */

import type { Exchange, HeaderValues } from './exchange.ts';
import { endToEndHeaders, headerValue, headerValues, withoutCredentials } from './headers.ts';
import type { Transport } from './transport.ts';

/**
 * The headers of a request as they are passed on: without those of the connection and without the client's credentials;
 * who is behind learns the client's address. What proves who *we* vouch for is for the caller to add.
 */
export function proxiedHeaders(exchange: Exchange): HeaderValues {
  const headers: HeaderValues = { ...endToEndHeaders(withoutCredentials(exchange.headers)) };
  delete headers['host'];
  delete headers['expect'];
  const address = exchange.peer.address;
  if (address !== '') {
    headers['x-forwarded-for'] = [...headerValues(exchange.headers, 'x-forwarded-for'), address].join(', ');
  }
  return headers;
}

/**
 * Sends the exchange's request on and answers with whatever comes, redirects too: they are the client's to follow. Rejects,
 * with the client still unanswered, when no reply came. A reply that breaks off breaks off for the client as well. Upgrades
 * go through `tunnel`.
 */
export async function proxy(
  exchange: Exchange,
  transport: Transport,
  request: { target: string; headers: HeaderValues },
): Promise<void> {
  const abort = new AbortController();
  exchange.onClose(() => abort.abort(new Error('the client is gone')));
  const { method } = exchange;
  const body = hasBody(exchange) ? exchange.bodyStream() : undefined;
  const reply = await transport({ method, ...request, body, signal: abort.signal });
  if (exchange.closed) return;
  const stream = exchange.stream(reply.status, endToEndHeaders(reply.headers));
  let drained = Promise.withResolvers<void>();
  stream.onDrain(() => drained.resolve());
  exchange.onClose(() => drained.resolve());
  try {
    for await (const chunk of reply.body) {
      if (stream.write(chunk)) continue;
      if (exchange.closed) return;
      await drained.promise;
      drained = Promise.withResolvers<void>();
    }
    stream.end();
  } catch {
    stream.destroy();
  }
}

function hasBody(exchange: Exchange): boolean {
  const { headers, method, protocol } = exchange;
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headerValue(headers, 'content-length');
  if (length !== undefined) return Number(length) > 0;
  // Only HTTP/1.1 says beforehand that there is a body without saying its length.
  return protocol !== 'http/1.1' && method !== 'GET' && method !== 'HEAD';
}
