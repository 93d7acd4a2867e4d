/**
 * One WebSocket (RFC 6455) after its handshake, either side of it. Frames are read and written by `ws`; its own socket class
 * is not used because it refuses the sub-protocol `SPDY/3.1+portforward.k8s.io`, which is no token, and has a clock of its
 * own. Messages are never compressed: little is gained, and bombs are.
 */

import type { Duplex, Writable } from 'node:stream';
import * as ws from 'ws';
import type { Clock, Timer } from '#lib/clock.ts';

/** A larger message ends the connection. kubectl sends 32 KB at most. */
export const messageBytesMax = 8 << 20;
/** How long the other end may take to answer our goodbye. */
export const closeMsMax = 10_000;
/** Answers to pings that the other end has not read. */
const pongsPendingMax = 100;

/** What `ws` exports besides its socket, and its types leave out. */
interface WsParts {
  readonly Receiver: new (options: { isServer: boolean; maxPayload: number }) => Writable;
  readonly Sender: new (socket: Duplex) => Sender;
}
interface Sender {
  send(data: Uint8Array | string, options: object, done: (error?: Error | null) => void): void;
  pong(data: Uint8Array, mask: boolean, done: () => void): void;
  close(code: number | undefined, data: string, mask: boolean, done: () => void): void;
}
const { Receiver, Sender } = ws as unknown as WsParts;

export interface WebSocketOptions {
  readonly side: 'server' | 'client';
  readonly protocol: string;
  /** Bytes of the connection that were read already. */
  readonly head: Uint8Array;
  readonly clock: Clock;
}

/** Begins paused: resume it once it is known what to do with messages. */
export class WebSocketConnection {
  readonly protocol: string;
  readonly #transport: Duplex;
  readonly #receiver: Writable;
  readonly #sender: Sender;
  readonly #isClient: boolean;
  readonly #clock: Clock;
  readonly #closing = Promise.withResolvers<void>();
  #onMessage: (data: Buffer, isBinary: boolean) => void = () => {};
  #isPaused = true;
  #saidGoodbye = false;
  #heardGoodbye = false;
  #pongsPending = 0;
  #closeTimer: Timer | undefined;

  constructor(transport: Duplex, options: WebSocketOptions) {
    this.protocol = options.protocol;
    this.#transport = transport;
    this.#isClient = options.side === 'client';
    this.#clock = options.clock;
    this.#sender = new Sender(transport);
    this.#receiver = new Receiver({ isServer: !this.#isClient, maxPayload: messageBytesMax });
    this.#listenToReceiver();
    if (options.head.length > 0) transport.unshift(Buffer.from(options.head));
    transport.on('data', chunk => {
      if (!this.#heardGoodbye && !this.#receiver.write(chunk)) transport.pause();
    });
    transport.on('end', () => transport.end());
    transport.on('error', () => transport.destroy());
    transport.on('close', () => this.#gone());
    transport.pause();
    if (transport.destroyed) this.#gone();
  }

  /** Resolves when the connection is over, for whatever reason. */
  get closed(): Promise<void> {
    return this.#closing.promise;
  }

  /** False once either end has said goodbye. */
  get isOpen(): boolean {
    return !this.#saidGoodbye && !this.#transport.destroyed;
  }

  /** Bytes that wait to be sent. */
  get bufferedBytes(): number {
    return this.#transport.writableLength;
  }

  onMessage(callback: (data: Buffer, isBinary: boolean) => void): void {
    this.#onMessage = callback;
  }

  /** A string goes as a text message. Calls back when the kernel has it. */
  send(data: Uint8Array | string, done: (error?: Error | null) => void = () => {}): void {
    const options = { binary: typeof data !== 'string', compress: false, fin: true, mask: this.#isClient };
    if (this.isOpen) this.#sender.send(data, options, done);
    else done(new Error('the WebSocket is closed'));
  }

  /** What has arrived already may still be told. */
  pause(): void {
    this.#isPaused = true;
    this.#transport.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#receiver.writableNeedDrain) this.#transport.resume();
  }

  /** Says goodbye after everything sent before, and waits a while for the other end to answer. */
  close(code = 1000): void {
    this.#goodbye(code);
    this.resume();
  }

  terminate(): void {
    this.#transport.destroy();
  }

  #listenToReceiver(): void {
    const receiver = this.#receiver;
    receiver.on('message', (data: Buffer, isBinary: boolean) => {
      if (!this.#heardGoodbye) this.#onMessage(data, isBinary);
    });
    receiver.on('ping', (data: Buffer) => this.#pong(data));
    receiver.on('conclude', (code: number) => {
      // 1005: it gave no reason, so neither do we.
      this.#over(code === 1005 ? undefined : code);
    });
    receiver.on('drain', () => {
      if (!this.#isPaused) this.#transport.resume();
    });
    receiver.on('error', () => {
      const protocolError = 1002;
      this.#over(protocolError);
    });
  }

  #gone(): void {
    this.#saidGoodbye = true;
    this.#closeTimer?.cancel();
    this.#receiver.end();
    this.#closing.resolve();
  }

  /** The other end has nothing more to say that we would hear: what still comes is dropped until it closes. */
  #over(code: number | undefined): void {
    this.#heardGoodbye = true;
    this.#goodbye(code);
    this.#transport.end();
    this.#transport.resume();
  }

  #goodbye(code: number | undefined): void {
    if (!this.isOpen) return;
    this.#saidGoodbye = true;
    this.#sender.close(code, '', this.#isClient, () => {});
    this.#closeTimer = this.#clock.after(closeMsMax, () => this.#transport.destroy(), { idle: true });
  }

  #pong(data: Buffer): void {
    if (!this.isOpen) return;
    if (++this.#pongsPending > pongsPendingMax) {
      this.terminate();
      return;
    }
    this.#sender.pong(data, this.#isClient, () => {
      this.#pongsPending--;
    });
  }
}
