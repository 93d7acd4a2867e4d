/**
 * A SPDY/3.1 connection as `kubectl`, the kubelet and containerd speak it (all through one library, moby/spdystream): streams
 * are opened by the client, accepted by the server, and end each way on their own. That library keeps no flow-control
 * windows, so the transport's backpressure is the only one, and one stream that is not read holds up the others.
 */

import type { Duplex } from 'node:stream';
import { SpdyError } from './error.ts';
import {
  dataFrame,
  type Frame,
  FrameReader,
  goawayFrame,
  openFrame,
  pingFrame,
  replyFrame,
  resetFrame,
  resetStatus,
} from './frames.ts';
import { HeaderEncoder, type SpdyHeaders } from './headers.ts';
import { SpdyStream, type StreamCarrier } from './stream.ts';

/** Open at once. Each forwarded connection takes two. */
export const streamsMax = 1000;
/** Answers to pings that the other end has not read. */
const pingsPendingMax = 1000;

export interface SpdyOptions {
  readonly side: 'server' | 'client';
  /** Bytes of the connection that were read already. */
  readonly head?: Uint8Array | undefined;
  /** A stream the other end opened. What it throws resets the stream. */
  readonly onStream?: ((stream: SpdyStream) => void) | undefined;
}

export class SpdyConnection {
  readonly #transport: Duplex;
  readonly #isServer: boolean;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #reader = new FrameReader();
  readonly #encoder = new HeaderEncoder();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #full = new Set<SpdyStream>();
  readonly #carrier: StreamCarrier;
  readonly #closing = Promise.withResolvers<void>();
  /** Who waits for the transport to take more. */
  #waiting: ((error?: Error) => void)[] = [];
  #lastOwn: number;
  #lastOther = 0;
  #pingsPending = 0;
  #isClosed = false;
  /** Takes no new streams: goodbye was said by one of the ends. */
  #isGoing = false;

  constructor(transport: Duplex, options: SpdyOptions) {
    this.#transport = transport;
    this.#isServer = options.side === 'server';
    this.#lastOwn = this.#isServer ? 0 : -1;
    this.#onStream =
      options.onStream ??
      (() => {
        throw new SpdyError('no streams are taken');
      });
    this.#carrier = {
      sendData: (stream, bytes, isLast, done) => this.#send(dataFrame(stream, bytes, isLast), done),
      sendReset: (stream, status) => this.#send(resetFrame(stream, status)),
      notFull: stream => this.#notFull(stream),
      forget: stream => this.#forget(stream),
    };
    if (options.head !== undefined && options.head.length > 0) transport.unshift(Buffer.from(options.head));
    transport.on('data', chunk => this.#receive(chunk));
    transport.on('drain', () => this.#drained());
    transport.on('end', () => this.#end());
    transport.on('error', error => this.#end(error));
    transport.on('close', () => this.#end());
    if (transport.destroyed) this.#end();
  }

  /** Resolves when the connection is over, for whatever reason. */
  get closed(): Promise<void> {
    return this.#closing.promise;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  /** A new stream; data may be written to it at once. */
  open(headers: SpdyHeaders): SpdyStream {
    if (this.#isGoing || this.#isClosed) throw new SpdyError('the connection is closing');
    if (this.#streams.size >= streamsMax) throw new SpdyError('too many streams');
    this.#lastOwn += 2;
    const stream = new SpdyStream(this.#lastOwn, headers, this.#carrier);
    this.#streams.set(stream.id, stream);
    this.#send(openFrame(stream.id, this.#encoder.encode(headers), false));
    return stream;
  }

  /** Says goodbye and ends the transport once everything written is sent. Streams that are still open end here. */
  close(): void {
    if (this.#isClosed) return;
    if (!this.#transport.writableEnded) this.#transport.end(goawayFrame(this.#lastOther));
    this.#end();
    // What the other end still sends is dropped; ending on unread bytes would cost it what it has not read of ours.
    this.#transport.resume();
  }

  destroy(): void {
    this.#end();
    this.#transport.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosed) return;
    try {
      for (const frame of this.#reader.read(chunk)) {
        this.#handle(frame);
        if (this.#isClosed) return;
      }
    } catch (error) {
      if (!(error instanceof SpdyError)) throw error;
      this.#end(error);
      this.#transport.destroy();
    }
  }

  #handle(frame: Frame): void {
    const stream = 'stream' in frame ? this.#streams.get(frame.stream) : undefined;
    switch (frame.type) {
      case 'open':
        this.#opened(frame.stream, frame.headers, frame.isLast);
        break;
      case 'reply':
        stream?.onAccepted();
        if (frame.isLast) stream?.onLast();
        break;
      case 'headers':
        if (frame.isLast) stream?.onLast();
        break;
      case 'data':
        // Without a stream: it was on its way when we reset it.
        if (stream?.onData(frame.bytes, frame.isLast) === false) this.#pauseFor(stream);
        break;
      case 'reset':
        stream?.onGone();
        break;
      case 'ping':
        this.#pinged(frame.id);
        break;
      case 'goaway':
        this.#isGoing = true;
    }
  }

  #opened(id: number, headers: SpdyHeaders, isLast: boolean): void {
    const isTheirs = id % 2 === (this.#isServer ? 1 : 0);
    if (!isTheirs || id <= this.#lastOther) throw new SpdyError(`a stream opened as number ${id}`);
    this.#lastOther = id;
    if (this.#isGoing || this.#streams.size >= streamsMax) {
      this.#send(resetFrame(id, resetStatus.refusedStream));
      return;
    }
    const stream = new SpdyStream(id, headers, this.#carrier);
    this.#streams.set(id, stream);
    try {
      this.#onStream(stream);
    } catch {
      stream.reset(resetStatus.refusedStream);
      return;
    }
    this.#send(replyFrame(id, this.#encoder.encode({})));
    if (isLast) stream.onLast();
  }

  #pauseFor(stream: SpdyStream): void {
    this.#full.add(stream);
    this.#transport.pause();
  }

  #notFull(stream: SpdyStream): void {
    if (this.#full.delete(stream) && this.#full.size === 0) this.#transport.resume();
  }

  #forget(stream: SpdyStream): void {
    this.#streams.delete(stream.id);
    this.#notFull(stream);
  }

  #pinged(id: number): void {
    const isTheirs = id % 2 === (this.#isServer ? 1 : 0);
    if (!isTheirs) return;
    if (++this.#pingsPending > pingsPendingMax) throw new SpdyError('pings whose answers are not read');
    if (this.#transport.writableEnded || this.#transport.destroyed) return;
    this.#transport.write(pingFrame(id), () => {
      this.#pingsPending--;
    });
  }

  #send(frame: Buffer, done?: (error?: Error | null) => void): void {
    if (this.#isClosed || this.#transport.writableEnded || this.#transport.destroyed) {
      done?.(new SpdyError('the connection is closed'));
    } else if (this.#transport.write(frame) || done === undefined) {
      done?.();
    } else {
      this.#waiting.push(done);
    }
  }

  #drained(): void {
    for (const done of this.#waiting.splice(0)) done();
  }

  #end(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of [...this.#streams.values()]) stream.onGone(error);
    for (const done of this.#waiting.splice(0)) done(error ?? new SpdyError('the connection is closed'));
    this.#streams.clear();
    this.#full.clear();
    if (!this.#transport.writableEnded) this.#transport.end();
    this.#closing.resolve();
  }
}
