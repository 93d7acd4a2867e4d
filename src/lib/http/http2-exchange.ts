/** An Exchange over one HTTP/2 stream. Core streams only: Node's compatibility classes cost half the throughput. */

import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
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
import { writeReply } from './reply-writer.ts';

const nothing = new Uint8Array(0);

export class Http2Exchange implements Exchange {
  readonly protocol = 'http/2';
  readonly method: string;
  readonly target: string;
  readonly peer: Peer;
  readonly #stream: ServerHttp2Stream;
  readonly #rawHeaders: readonly string[];
  readonly #clock: Clock;
  #headers: HeaderValues | undefined;
  #replied = false;
  #closed = false;
  #onClose: (() => void)[] | undefined;

  constructor(
    stream: ServerHttp2Stream,
    head: { method: string; target: string; raw: readonly string[] },
    peer: Peer,
    clock: Clock,
  ) {
    this.#clock = clock;
    this.#stream = stream;
    this.method = head.method;
    this.target = head.target;
    this.#rawHeaders = head.raw;
    this.peer = peer;
    stream.on('close', () => this.#finish());
    // A reset by the client; 'close' follows and says all there is to say.
    stream.on('error', ignore);
  }

  get headers(): HeaderValues {
    this.#headers ??= headersFromRaw(this.#rawHeaders);
    return this.#headers;
  }

  async body(limitBytes: number, meter?: BodyMeter): Promise<Uint8Array> {
    if (this.#stream.endAfterHeaders) return nothing;
    if (Number(this.headers['content-length'] ?? 0) > limitBytes) throw new BodyTooLarge(limitBytes);
    return readWhole(this.bodyStream(), limitBytes, { clock: this.#clock, meter });
  }

  bodyStream(): Readable {
    if (this.headers['expect'] !== undefined && !this.#replied && !this.#stream.closed) {
      this.#stream.additionalHeaders({ ':status': 100 });
    }
    return this.#stream;
  }

  reply(status: number, headers: HeaderValues, body?: Uint8Array | readonly Uint8Array[]): void {
    const stream = this.#begin();
    if (stream === undefined) return;
    const chunks = body === undefined ? [] : body instanceof Uint8Array ? [body] : body;
    const isBodiless = this.method === 'HEAD' || hasNoBody(status);
    stream.respond(responseHeaders(status, headers, hasNoBody(status) ? undefined : chunks), {
      endStream: isBodiless || chunks.length === 0,
    });
    if (isBodiless || chunks.length === 0) return this.#dropRestOfRequest();
    writeReply(stream, chunks, {
      clock: this.#clock,
      giveUp: () => stream.close(constants.NGHTTP2_CANCEL),
      onEnd: () => this.#dropRestOfRequest(),
    });
  }

  stream(status: number, headers: HeaderValues): ReplyStream {
    const stream = this.#begin();
    if (stream !== undefined) {
      const isBodiless = this.method === 'HEAD' || hasNoBody(status);
      stream.respond(responseHeaders(status, headers, undefined), { endStream: isBodiless });
      if (!isBodiless) return new Http2ReplyStream(stream, () => this.#dropRestOfRequest());
    }
    return new Http2ReplyStream(undefined, ignore);
  }

  onClose(callback: () => void): void {
    if (this.#closed) callback();
    else if (this.#onClose === undefined) this.#onClose = [callback];
    else this.#onClose.push(callback);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Ends without a reply, or in the middle of one. */
  abort(): void {
    if (!this.#stream.closed) this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  get replied(): boolean {
    return this.#replied;
  }

  #begin(): ServerHttp2Stream | undefined {
    if (this.#replied) throw new Error('The exchange has its reply already');
    this.#replied = true;
    return this.#stream.closed || this.#stream.destroyed ? undefined : this.#stream;
  }

  /** A body nobody reads would hold the stream open: RFC 9113 (8.1) has the server reset it, without an error, after its reply. */
  #dropRestOfRequest(): void {
    const stream = this.#stream;
    if (!stream.endAfterHeaders && !stream.readableEnded && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #finish(): void {
    this.#closed = true;
    const callbacks = this.#onClose;
    if (callbacks === undefined) return;
    this.#onClose = undefined;
    for (const callback of callbacks) callback();
  }
}

class Http2ReplyStream implements ReplyStream {
  readonly #stream: ServerHttp2Stream | undefined;
  readonly #afterEnd: () => void;

  constructor(stream: ServerHttp2Stream | undefined, afterEnd: () => void) {
    this.#stream = stream;
    this.#afterEnd = afterEnd;
  }

  write(chunk: Uint8Array): boolean {
    const stream = this.#stream;
    return stream !== undefined && !stream.writableEnded && !stream.destroyed && stream.write(chunk);
  }

  onDrain(callback: () => void): void {
    this.#stream?.on('drain', callback);
  }

  get bufferedBytes(): number {
    return this.#stream?.bufferSize ?? 0;
  }

  end(): void {
    if (this.#stream === undefined || this.#stream.writableEnded) return;
    this.#stream.end();
    this.#afterEnd();
  }

  destroy(): void {
    if (this.#stream !== undefined && !this.#stream.closed) this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}

function ignore(): void {}

/** Statuses that never carry a body (RFC 9110, 6.4.1). */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

/** The flat list that Node takes with one copy less than an object. `chunks` is the whole body, when it is known. */
function responseHeaders(
  status: number,
  headers: HeaderValues,
  chunks: readonly Uint8Array[] | undefined,
): readonly string[] {
  // Node takes a number for the status and passes arrays on, other than its types say.
  const list: unknown[] = [':status', status];
  let lengthKnown = chunks === undefined;
  const wire = wireHeaders(headers);
  for (const name in wire) {
    if (name === 'connection') continue;
    if (name === 'content-length') lengthKnown = true;
    list.push(name, wire[name]);
  }
  if (!lengthKnown) list.push('content-length', byteCount(chunks!));
  return list as string[];
}
