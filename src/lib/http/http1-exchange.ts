/** An Exchange over one request of an HTTP/1.1 connection, and one over an upgrade request. */

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { Clock } from '#lib/clock.ts';
import { byteCount, readWhole } from './body.ts';
import {
  type BodyMeter,
  BodyTooLarge,
  type Exchange,
  type HeaderValues,
  type Peer,
  type ReplyStream,
} from './exchange.ts';
import { headersFromRaw, wireHeaders } from './headers.ts';
import { hasNoBody } from './http2-exchange.ts';
import { writeReply } from './reply-writer.ts';

/** How long a client may go on sending a body after its reply. */
export const drainMsMax = 5000;

export class Http1Exchange implements Exchange {
  readonly protocol = 'http/1.1';
  readonly method: string;
  readonly target: string;
  readonly peer: Peer;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #isLast: () => boolean;
  readonly #clock: Clock;
  #headers: HeaderValues | undefined;
  #continueWanted: boolean;
  #replied = false;
  #closed = false;
  #onClose: (() => void)[] = [];

  /** `isLast` says whether the connection is to close after this exchange. */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    options: { peer: Peer; continueWanted: boolean; isLast: () => boolean; clock: Clock },
  ) {
    this.method = request.method!;
    this.target = originForm(request.url!);
    this.peer = options.peer;
    this.#request = request;
    this.#response = response;
    this.#continueWanted = options.continueWanted;
    this.#isLast = options.isLast;
    this.#clock = options.clock;
    response.on('close', () => this.#finish());
    response.on('error', ignore);
    request.on('error', ignore);
  }

  get headers(): HeaderValues {
    this.#headers ??= headersFromRaw(this.#request.rawHeaders);
    return this.#headers;
  }

  async body(limitBytes: number, meter?: BodyMeter): Promise<Uint8Array> {
    if (Number(this.headers['content-length'] ?? 0) > limitBytes) throw new BodyTooLarge(limitBytes);
    return readWhole(this.bodyStream(), limitBytes, { clock: this.#clock, meter });
  }

  bodyStream(): Readable {
    if (this.#continueWanted && !this.#replied) {
      this.#continueWanted = false;
      this.#response.writeContinue();
    }
    return this.#request;
  }

  reply(status: number, headers: HeaderValues, body?: Uint8Array | readonly Uint8Array[]): void {
    const chunks = body === undefined ? [] : body instanceof Uint8Array ? [body] : body;
    const response = this.#begin(status, headers, hasNoBody(status) ? undefined : chunks);
    if (this.method === 'HEAD' || hasNoBody(status) || chunks.length === 0) {
      response.end();
      return;
    }
    writeReply(response, chunks, { clock: this.#clock, giveUp: () => response.destroy() });
  }

  stream(status: number, headers: HeaderValues): ReplyStream {
    const response = this.#begin(status, headers, undefined);
    response.flushHeaders();
    return new Http1ReplyStream(response);
  }

  onClose(callback: () => void): void {
    if (this.#closed) callback();
    else this.#onClose.push(callback);
  }

  get closed(): boolean {
    return this.#closed;
  }

  abort(): void {
    this.#response.destroy();
  }

  get replied(): boolean {
    return this.#replied;
  }

  /** Writes the head. `chunks` is the whole body, when it is known. */
  #begin(status: number, headers: HeaderValues, chunks: readonly Uint8Array[] | undefined): ServerResponse {
    if (this.#replied) throw new Error('The exchange has its reply already');
    this.#replied = true;
    const response = this.#response;
    const head = outgoing(headers);
    if (chunks !== undefined && head['content-length'] === undefined) head['content-length'] = byteCount(chunks);
    if (this.#isLast()) head['connection'] = 'close';
    response.writeHead(status, head);
    if (!this.#request.complete) response.once('finish', () => this.#drainRequest());
    return response;
  }

  /** What is left of a body nobody wanted is read and dropped: closing on unread bytes would take the reply with them. */
  #drainRequest(): void {
    const request = this.#request;
    if (request.complete) return;
    const timer = this.#clock.after(drainMsMax, () => request.socket.destroy(), { idle: true });
    request.once('close', () => timer.cancel());
    request.resume();
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    const callbacks = this.#onClose;
    this.#onClose = [];
    for (const callback of callbacks) callback();
  }
}

class Http1ReplyStream implements ReplyStream {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  write(chunk: Uint8Array): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed && this.#response.write(chunk);
  }

  onDrain(callback: () => void): void {
    this.#response.on('drain', callback);
  }

  get bufferedBytes(): number {
    return this.#response.writableLength;
  }

  end(): void {
    if (!this.#response.writableEnded) this.#response.end();
  }

  destroy(): void {
    this.#response.destroy();
  }
}

/** The request asked to leave HTTP. Whoever answers with `101` writes it to the socket; any other reply ends the connection. */
export class UpgradeExchange implements Exchange {
  readonly protocol = 'http/1.1';
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderValues;
  readonly peer: Peer;
  readonly upgrade: { readonly socket: Duplex; readonly head: Uint8Array };
  readonly #bytesBefore: number;
  readonly #clock: Clock;
  #replied = false;

  constructor(request: IncomingMessage, socket: Duplex, head: Uint8Array, parts: { peer: Peer; clock: Clock }) {
    const { peer, clock } = parts;
    this.#clock = clock;
    this.method = request.method!;
    this.target = originForm(request.url!);
    this.headers = headersFromRaw(request.rawHeaders);
    this.peer = peer;
    this.upgrade = { socket, head };
    this.#bytesBefore = bytesWritten(socket);
    socket.on('error', ignore);
  }

  async body(): Promise<Uint8Array> {
    return new Uint8Array(0);
  }

  bodyStream(): Readable {
    throw new Error('The body of an upgrade request is not read');
  }

  reply(status: number, headers: HeaderValues, body?: Uint8Array | readonly Uint8Array[]): void {
    if (this.#replied) throw new Error('The exchange has its reply already');
    this.#replied = true;
    const chunks = body === undefined ? [] : body instanceof Uint8Array ? [body] : body;
    const { socket } = this.upgrade;
    socket.write(
      responseHead(status, { ...headers, 'content-length': String(byteCount(chunks)), connection: 'close' }),
    );
    for (const chunk of chunks) socket.write(chunk);
    socket.end();
    // The client's side is read to its end: closing on unread bytes would reset the connection, and the reply with it.
    socket.resume();
    const timer = this.#clock.after(drainMsMax, () => socket.destroy(), { idle: true });
    socket.once('close', () => timer.cancel());
  }

  stream(status: number, headers: HeaderValues): ReplyStream {
    if (this.#replied) throw new Error('The exchange has its reply already');
    this.#replied = true;
    const { socket } = this.upgrade;
    socket.write(responseHead(status, { ...headers, connection: 'close' }));
    socket.resume();
    return {
      write: chunk => !socket.destroyed && !socket.writableEnded && socket.write(chunk),
      onDrain: callback => void socket.on('drain', callback),
      get bufferedBytes() {
        return socket.writableLength;
      },
      end: () => void socket.end(),
      destroy: () => void socket.destroy(),
    };
  }

  onClose(callback: () => void): void {
    if (this.closed) callback();
    else this.upgrade.socket.once('close', callback);
  }

  get closed(): boolean {
    return this.upgrade.socket.destroyed;
  }

  abort(): void {
    this.upgrade.socket.destroy();
  }

  /** True as well once anything was written to the socket by whoever took it. */
  get replied(): boolean {
    return this.#replied || bytesWritten(this.upgrade.socket) !== this.#bytesBefore;
  }
}

function bytesWritten(socket: Duplex): number {
  return 'bytesWritten' in socket ? Number(socket.bytesWritten) : 0;
}

function ignore(): void {}

/** The status line and headers as bytes, up to and with the empty line. */
export function responseHead(status: number, headers: HeaderValues): Buffer {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
  const wire = wireHeaders(headers);
  for (const name in wire) {
    const value = wire[name];
    if (value === undefined) continue;
    for (const one of typeof value === 'string' ? [value] : value) head += `${name}: ${one}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, 'latin1');
}

/** `http://host/path` as proxies are asked becomes `/path`. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const afterScheme = /^https?:\/\/[^/?]*/i.exec(target);
  if (afterScheme === null) return target;
  const rest = target.slice(afterScheme[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function outgoing(headers: HeaderValues): Record<string, string | number | string[]> {
  const out: Record<string, string | number | string[]> = {};
  const wire = wireHeaders(headers);
  for (const name in wire) {
    const value = wire[name];
    if (value !== undefined) out[name] = typeof value === 'string' ? value : [...value];
  }
  return out;
}
