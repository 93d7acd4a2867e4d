/** One stream of a SPDY connection: bytes both ways, each ended on its own. */

import { Duplex } from 'node:stream';
import { dataBytesMax, resetStatus } from './frames.ts';
import type { SpdyHeaders } from './headers.ts';

/** Bytes of one stream that may wait for their reader. Beyond them the whole connection waits: SPDY as spoken here has no windows. */
export const streamBufferBytesMax = 256 << 10;

/** What a stream needs of its connection. */
export interface StreamCarrier {
  /** Calls back once the connection takes more. */
  sendData(stream: number, bytes: Uint8Array, isLast: boolean, done: (error?: Error | null) => void): void;
  sendReset(stream: number, status: number): void;
  /** The stream reads again, or never will. */
  notFull(stream: SpdyStream): void;
  forget(stream: SpdyStream): void;
}

export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  /** Resolves when the other end has accepted a stream that we opened. */
  readonly accepted: Promise<void>;
  readonly #carrier: StreamCarrier;
  readonly #acceptance = Promise.withResolvers<void>();
  #sentLast = false;
  #receivedLast = false;
  /** Reset by either end, or the connection is gone: nothing is sent any more. */
  #isDead = false;

  constructor(id: number, headers: SpdyHeaders, carrier: StreamCarrier) {
    super({ allowHalfOpen: true, highWaterMark: 64 << 10 });
    this.id = id;
    this.headers = headers;
    this.#carrier = carrier;
    this.accepted = this.#acceptance.promise;
    this.accepted.catch(() => {});
    this.on('error', () => {});
  }

  /** Ends both directions at once. */
  reset(status: number = resetStatus.cancel): void {
    if (!this.#isDead && !(this.#sentLast && this.#receivedLast)) this.#carrier.sendReset(this.id, status);
    this.#isDead = true;
    this.destroy();
  }

  onAccepted(): void {
    this.#acceptance.resolve();
  }

  /** False when the reader lags too far behind. */
  onData(bytes: Buffer, isLast: boolean): boolean {
    if (this.#receivedLast || this.destroyed) return true;
    if (bytes.length > 0) this.push(bytes);
    if (isLast) this.onLast();
    return this.destroyed || this.readableLength < streamBufferBytesMax;
  }

  onLast(): void {
    if (this.#receivedLast) return;
    this.#receivedLast = true;
    this.push(null);
  }

  /** The other end wants no more, or is gone: what came can still be read. */
  onGone(error?: Error): void {
    this.#isDead = true;
    this.#acceptance.reject(error ?? new Error('the stream was reset before it was accepted'));
    if (error !== undefined) this.destroy(error);
    if (this.destroyed) return;
    this.onLast();
    this.end();
  }

  override _read(): void {
    this.#carrier.notFull(this);
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    const next = (at: number) => {
      const piece = chunk.subarray(at, at + dataBytesMax);
      const isDone = at + dataBytesMax >= chunk.length;
      this.#carrier.sendData(this.id, piece, false, error => {
        if (error || isDone || this.#isDead) done(error);
        else next(at + dataBytesMax);
      });
    };
    // Nobody takes it; whoever writes learns it from the end of the stream.
    if (this.#isDead) done();
    else next(0);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#sentLast = true;
    if (this.#isDead) done();
    else this.#carrier.sendData(this.id, new Uint8Array(0), true, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isDead && !(this.#sentLast && this.#receivedLast)) {
      this.#carrier.sendReset(this.id, error === null ? resetStatus.cancel : resetStatus.internalError);
    }
    this.#isDead = true;
    this.#acceptance.reject(error ?? new Error('the stream was closed before it was accepted'));
    this.#carrier.forget(this);
    done(error);
  }
}
