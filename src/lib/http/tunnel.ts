/** Passing an upgrade through, byte by byte, to a server behind: the API server to the kubelet, the kubelet to containerd. */

import type { Duplex } from 'node:stream';
import type { HttpClient } from './client.ts';
import type { Exchange, HeaderValues } from './exchange.ts';
import { endToEndHeaders, headerValues, withoutCredentials } from './headers.ts';
import { responseHead } from './http1-exchange.ts';

/** What an upgrade is about, and nothing by which the client proved who it is. */
export function upgradeHeaders(headers: HeaderValues): HeaderValues {
  const passed = endToEndHeaders(withoutCredentials(headers));
  delete passed['host'];
  delete passed['content-length'];
  return { ...passed, connection: 'Upgrade', upgrade: headerValues(headers, 'upgrade') };
}

/**
 * Sends the client's upgrade on to `target` and, if that is answered with 101, joins the two connections until both are
 * over. Any other answer goes back to the client as an ordinary reply, and both connections end (CVE-2018-1002105). Rejects,
 * with the client still unanswered, when the server cannot be reached.
 */
export async function tunnel(
  exchange: Exchange,
  client: HttpClient,
  request: { target: string; headers?: HeaderValues },
): Promise<void> {
  const { upgrade } = exchange;
  if (upgrade === undefined) {
    exchange.reply(400, { 'content-type': 'text/plain; charset=utf-8' }, Buffer.from('Upgrade request required'));
    return;
  }
  const headers = request.headers ?? upgradeHeaders(exchange.headers);
  const gone = new AbortController();
  exchange.onClose(() => gone.abort(new Error('the client is gone')));
  const reply = await client.upgrade({
    method: exchange.method,
    target: request.target,
    headers,
    signal: gone.signal,
  });
  if (!reply.switched) {
    exchange.reply(reply.status, endToEndHeaders(reply.headers), reply.body);
    return;
  }
  upgrade.socket.write(responseHead(101, reply.headers));
  if (upgrade.head.length > 0) upgrade.socket.unshift(Buffer.from(upgrade.head));
  if (reply.head.length > 0) reply.socket.unshift(Buffer.from(reply.head));
  await join(upgrade.socket, reply.socket);
}

/** Copies both ways. Each way ends on its own; an error of one end ends both. Resolves when both are closed. */
export function join(one: Duplex, other: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (one.destroyed || other.destroyed) {
    one.destroy();
    other.destroy();
    return Promise.resolve();
  }
  let open = 2;
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => {
      // Closed without an end, the other end would never know.
      if (!from.readableEnded) to.destroy();
      if (--open === 0) resolve();
    });
    from.pipe(to);
  }
  return promise;
}
