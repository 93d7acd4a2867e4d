/**
 * Calls a handler of the same process: the same Exchange as over the network, but no socket, no encoding and nothing that
 * waits for the event loop. Every step is a microtask, so a seeded simulation replays exactly.
 */

import { Readable } from 'node:stream';
import { joinChunks, readWhole } from './body.ts';
import {
  type BodyMeter,
  BodyTooLarge,
  type Exchange,
  type Handler,
  type HeaderValues,
  type Peer,
  type ReplyStream,
} from './exchange.ts';
import type { ReplyBody, Transport, TransportRequest, TransportResponse } from './transport.ts';

/** A reply that goes on is told to stop when its reader lags by this much. */
export const memoryBufferBytesMax = 256 << 10;

const nobody: Peer = { address: '' };

/** A transport to a handler. `peer` is who the caller is, as far as the handler can know. */
export function memoryTransport(handler: Handler, peer: Peer = nobody): Transport {
  return request => call(handler, request, peer);
}

export function call(handler: Handler, request: TransportRequest, peer: Peer = nobody): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    const signal = request.signal;
    if (signal?.aborted) return reject(signal.reason);
    const exchange = new MemoryExchange(request, peer, resolve, reject);
    if (signal !== undefined) {
      const onAbort = () => exchange.abort(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      exchange.onClose(() => signal.removeEventListener('abort', onAbort));
    }
    // Not at once: the caller goes on first, as it would with a network between.
    Promise.resolve(exchange)
      .then(handler)
      .then(
        () => {},
        error => exchange.fail(error),
      );
  });
}

class MemoryExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderValues;
  readonly protocol = 'memory';
  readonly peer: Peer;
  readonly #requestBody: Uint8Array | Readable | undefined;
  readonly #resolve: (response: TransportResponse) => void;
  readonly #reject: (reason: unknown) => void;
  #body: MemoryBody | undefined;
  #onClose: (() => void)[] = [];
  #closed = false;

  constructor(
    request: TransportRequest,
    peer: Peer,
    resolve: (response: TransportResponse) => void,
    reject: (reason: unknown) => void,
  ) {
    this.method = request.method;
    this.target = request.target;
    this.headers = request.headers ?? {};
    this.peer = peer;
    this.#requestBody = request.body;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  async body(limitBytes: number, meter?: BodyMeter): Promise<Uint8Array> {
    const body = this.#requestBody;
    if (body instanceof Readable) return readWhole(body, limitBytes, { meter });
    if (body !== undefined && body.length > limitBytes) throw new BodyTooLarge(limitBytes);
    return body ?? new Uint8Array(0);
  }

  bodyStream(): Readable {
    const body = this.#requestBody;
    return body instanceof Readable ? body : Readable.from(body === undefined ? [] : [body]);
  }

  reply(status: number, headers: HeaderValues, body?: Uint8Array | readonly Uint8Array[]): void {
    const stream = this.stream(status, headers);
    if (this.method !== 'HEAD') {
      for (const chunk of body instanceof Uint8Array ? [body] : (body ?? [])) stream.write(chunk);
    }
    stream.end();
  }

  stream(status: number, headers: HeaderValues): ReplyStream {
    if (this.#body !== undefined) throw new Error('The exchange has its reply already');
    const body = new MemoryBody(() => this.#finish());
    this.#body = body;
    if (this.#closed) body.cancel();
    else this.#resolve({ status, headers: lowerCaseNames(headers), body });
    return body;
  }

  onClose(callback: () => void): void {
    if (this.#closed) callback();
    else this.#onClose.push(callback);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The client is gone. */
  abort(reason: unknown): void {
    this.#reject(reason);
    this.#body?.fail(reason);
    this.#finish();
  }

  /** The handler threw. */
  fail(error: unknown): void {
    if (this.#closed) return;
    if (this.#body === undefined) this.reply(500, { 'content-type': 'text/plain' }, Buffer.from('internal error\n'));
    else this.#body.fail(error);
    this.#finish();
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    const callbacks = this.#onClose;
    this.#onClose = [];
    for (const callback of callbacks) callback();
  }
}

function lowerCaseNames(headers: HeaderValues): HeaderValues {
  const lower: HeaderValues = {};
  for (const name in headers) lower[name.toLowerCase()] = headers[name];
  return lower;
}

type Read = { resolve: (result: IteratorResult<Uint8Array>) => void; reject: (reason: unknown) => void };

/** The pipe between a handler, which writes, and its caller, who reads. */
class MemoryBody implements ReplyBody, ReplyStream {
  readonly #onFinish: () => void;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #reads: Read[] = [];
  #state: 'open' | 'ended' | 'failed' = 'open';
  #failure: unknown;
  #drains: (() => void)[] = [];
  #drainWanted = false;

  constructor(onFinish: () => void) {
    this.#onFinish = onFinish;
  }

  get bufferedBytes(): number {
    return this.#bytes;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#state !== 'open') return false;
    const read = this.#reads.shift();
    if (read !== undefined) {
      read.resolve({ done: false, value: chunk });
      return true;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < memoryBufferBytesMax) return true;
    this.#drainWanted = true;
    return false;
  }

  onDrain(callback: () => void): void {
    this.#drains.push(callback);
  }

  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    for (const read of this.#reads.splice(0)) read.resolve({ done: true, value: undefined });
    this.#onFinish();
  }

  destroy(): void {
    this.fail(new Error('the server ended the reply before it was complete'));
    this.#onFinish();
  }

  fail(reason: unknown): void {
    if (this.#state === 'failed') return;
    if (this.#state === 'ended' && this.#chunks.length === 0) return;
    this.#state = 'failed';
    this.#failure = reason;
    this.#chunks = [];
    this.#bytes = 0;
    for (const read of this.#reads.splice(0)) read.reject(reason);
  }

  cancel(): void {
    this.fail(new Error('the reply was cancelled by its reader'));
    this.#onFinish();
  }

  async whole(limitBytes: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let totalBytes = 0;
    for await (const chunk of this) {
      totalBytes += chunk.length;
      if (totalBytes > limitBytes) throw new BodyTooLarge(limitBytes);
      chunks.push(chunk);
    }
    return joinChunks(chunks, totalBytes);
  }

  readable(): Readable {
    return Readable.from(this, { objectMode: false });
  }

  #next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#bytes -= chunk.length;
      if (this.#bytes === 0 && this.#drainWanted) {
        this.#drainWanted = false;
        for (const drain of this.#drains) drain();
      }
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#state === 'ended') return Promise.resolve({ done: true, value: undefined });
    if (this.#state === 'failed') return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#reads.push({ resolve, reject }));
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.cancel();
        return { done: true, value: undefined };
      },
    };
  }
}
