/** A GET for probes and hooks, over a connection that is made for it and closed after it. */

import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { errorText } from '#kubelet/error-text.ts';
import type { ProbeTargets } from '#kubelet/probes/reach.ts';
import { dialError } from '#kubelet/probes/reach.ts';
import type { HttpTarget } from '#kubelet/probes/target.ts';

const bodyBytesMax = 10 * 1024;
const redirectsMax = 10;
/** Go's words for a server that answers a TLS handshake with plain text. */
export const plainReply = 'http: server gave HTTP response to HTTPS client';
/** OpenSSL tells it by what it takes for a record, whichever side of Node it comes up on. */
const isPlainReply = (error: unknown) => /wrong version number|packet length too long/.test(errorText(error));
/** Sent by default; the way to have them left out is to give them no value. */
const defaultHeaders = ['accept', 'user-agent'];

export interface HttpCall extends HttpTarget {
  userAgent: string;
  timeoutMs: number;
}

export interface HttpReply {
  status: number;
  body: string;
}

/** Follows redirects that stay on the host; answers one that leaves it as it is. Rejects when no reply comes in time. */
export async function httpGet(targets: ProbeTargets, call: HttpCall): Promise<HttpReply> {
  const deadline = new AbortController();
  const late = new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
  const timer = call.timeoutMs > 0 ? targets.clock.after(call.timeoutMs, () => deadline.abort(late)) : undefined;
  try {
    let here = call;
    for (let redirects = 0; redirects <= redirectsMax; redirects++) {
      const reply = await once(targets, here, deadline.signal);
      const next = reply.location === undefined ? undefined : sameHost(here, reply.location);
      if (next === undefined) return reply;
      here = { ...here, ...next };
    }
    throw new Error(`stopped after ${redirectsMax} redirects`);
  } catch (error) {
    throw deadline.signal.aborted ? late : error;
  } finally {
    timer?.cancel();
  }
}

/** Where to go on, on whatever port; undefined when the redirect leads to another host. */
function sameHost({ scheme, host, port, path }: HttpCall, location: string) {
  const base = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const target = URL.parse(location, `${base}${path}`);
  if (target === null || target.hostname !== new URL(base).hostname) return undefined;
  const isHttps = target.protocol === 'https:';
  const usual = isHttps ? 443 : 80;
  return {
    scheme: isHttps ? ('https' as const) : ('http' as const),
    port: target.port === '' ? usual : Number(target.port),
    path: `${target.pathname}${target.search}`,
  };
}

async function once(
  targets: ProbeTargets,
  call: HttpCall,
  signal: AbortSignal,
): Promise<HttpReply & { location?: string | undefined }> {
  const { host, port, scheme } = call;
  let socket: Duplex;
  try {
    socket = await targets.connect(host, port, { signal });
  } catch (error) {
    throw new Error(dialError(error, host, port), { cause: error });
  }
  try {
    const message = await exchange(
      scheme === 'https' ? tlsConnect({ socket, rejectUnauthorized: false }) : socket,
      call,
      signal,
    );
    const status = message.statusCode ?? 0;
    const isRedirect = status >= 300 && status < 400 && message.headers.location !== undefined;
    return { status, body: await readBody(message), location: isRedirect ? message.headers.location : undefined };
  } catch (error) {
    throw isPlainReply(error) ? new Error(plainReply, { cause: error }) : error;
  } finally {
    socket.destroy();
  }
}

function exchange(connection: Duplex, call: HttpCall, signal: AbortSignal): Promise<IncomingMessage> {
  const { host, port, path, scheme } = call;
  const named = new Set(call.headers.map(({ name }) => name.toLowerCase()));
  // In the order in which Go's client writes them.
  const headers: [string, string][] = [];
  if (!named.has('host')) headers.push(['Host', `${host.includes(':') ? `[${host}]` : host}:${port}`]);
  else for (const { name, value } of call.headers) if (name.toLowerCase() === 'host') headers.push(['Host', value]);
  if (!named.has('user-agent')) headers.push(['User-Agent', call.userAgent]);
  for (const { name, value } of call.headers) {
    const isLeftOut = value === '' && defaultHeaders.includes(name.toLowerCase());
    if (name.toLowerCase() !== 'host' && !isLeftOut) headers.push([name, value]);
  }
  if (!named.has('accept')) headers.push(['Accept', '*/*']);
  headers.push(['Connection', 'close']);
  return new Promise((resolve, reject) => {
    const send = scheme === 'https' ? httpsRequest : httpRequest;
    const request = send({
      createConnection: () => connection as never,
      method: 'GET',
      path,
      headers: headers.flat() as never,
      setHost: false,
      signal,
    });
    request.on('response', resolve).on('error', reject).end();
  });
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= bodyBytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, bodyBytesMax).toString();
}
