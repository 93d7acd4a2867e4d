/** The API as JSON over any transport of HTTP requests. */

import type { ApiRequest } from '#client/request.ts';
import type { ApiReply, ApiTransport, WatchEvent, WatchReply } from '#client/transport.ts';
import type { HeaderValues } from '#lib/http/exchange.ts';
import { headerValue, headerValues } from '#lib/http/headers.ts';
import type { Transport, TransportRequest, TransportResponse } from '#lib/http/transport.ts';
import type { AnyJson } from '#machinery/schema.ts';

/** A list of everything in a large cluster fits; beyond it something is wrong with the server. */
export const replyBytesMax = 1 << 30;
/** One event of a watch: an object of the largest size the store takes (1.5 MB), and as much again for its encoding. */
export const watchEventBytesMax = 16 << 20;

export interface JsonTransportOptions {
  readonly transport: Transport;
  readonly userAgent: string;
  /** Headers of every request: `authorization` as a rule. Asked each time, because tokens are renewed. */
  readonly headers?: (() => HeaderValues) | undefined;
}

export function jsonTransport(options: JsonTransportOptions): ApiTransport {
  const start = (request: ApiRequest, signal: AbortSignal | undefined) =>
    options.transport(httpRequest(request, options, signal));
  return {
    async send(request, signal) {
      return wholeReply(await start(request, signal));
    },
    async watch(request, signal): Promise<WatchReply> {
      const response = await start(request, signal);
      if (response.status !== 200) return { refused: await wholeReply(response) };
      return { events: watchEvents(response.body) };
    },
  };
}

function httpRequest(
  request: ApiRequest,
  options: JsonTransportOptions,
  signal: AbortSignal | undefined,
): TransportRequest {
  const headers: HeaderValues = {
    accept: request.accept ?? 'application/json',
    'user-agent': options.userAgent,
    ...options.headers?.(),
  };
  if (request.body === undefined) return { method: request.method, target: request.target, headers, signal };
  headers['content-type'] = request.contentType;
  const body = Buffer.from(JSON.stringify(request.body), 'utf8');
  return { method: request.method, target: request.target, headers, body, signal };
}

async function wholeReply(response: TransportResponse): Promise<ApiReply> {
  const bytes = await response.body.whole(replyBytesMax);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const isJson = headerValue(response.headers, 'content-type')?.startsWith('application/json') ?? false;
  const retryAfter = headerValue(response.headers, 'retry-after');
  return {
    code: response.status,
    body: isJson && text !== '' ? JSON.parse(text) : text,
    retryAfterSeconds: retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined,
    warnings: headerValues(response.headers, 'warning'),
  };
}

const newline = 0x0a;

/** One JSON document a line. A chunk may hold many of them, or a piece of one. */
async function* watchEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent<AnyJson>, void> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      const line = chunk.subarray(from, end);
      from = end + 1;
      const whole = pendingBytes === 0 ? line : Buffer.concat([...pending, line], pendingBytes + line.length);
      pending = [];
      pendingBytes = 0;
      if (whole.length > 0) yield parseEvent(whole);
    }
    if (from === chunk.length) continue;
    pending.push(from === 0 ? chunk : chunk.subarray(from));
    pendingBytes += chunk.length - from;
    if (pendingBytes > watchEventBytesMax) throw new Error(`a watch event is larger than ${watchEventBytesMax} bytes`);
  }
  if (pendingBytes > 0) throw new Error('the watch ended in the middle of an event');
}

function parseEvent(bytes: Uint8Array): WatchEvent<AnyJson> {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
}
