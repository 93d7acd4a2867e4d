/**
 * Several streams over one WebSocket: each message belongs to the channel that its first byte names (`channel.k8s.io` and
 * its versions; the `base64` ones say it with a digit and go as text).
 */

import { Readable, Writable } from 'node:stream';
import type { WebSocketConnection } from '#lib/websocket/connection.ts';

/** Bytes of one channel that may wait for their reader; beyond them the whole socket waits. */
export const channelBufferBytesMax = 256 << 10;
/** In place of a channel's number: the channel in the next byte has ended (v5 only). */
const closeChannel = 255;
/** Where the channels of text messages begin: the character `0`. */
const digit0 = 48;

export interface ChannelForm {
  /** Messages are text: a digit, then base64. */
  readonly isText: boolean;
  /** One end can end a channel without ending them all. */
  readonly canEndChannel: boolean;
}

export const channelForms: Readonly<Record<string, ChannelForm>> = {
  '': { isText: false, canEndChannel: false },
  'channel.k8s.io': { isText: false, canEndChannel: false },
  'base64.channel.k8s.io': { isText: true, canEndChannel: false },
  'v4.channel.k8s.io': { isText: false, canEndChannel: false },
  'v4.base64.channel.k8s.io': { isText: true, canEndChannel: false },
  'v5.channel.k8s.io': { isText: false, canEndChannel: true },
};

export class Channels {
  readonly #socket: WebSocketConnection;
  readonly #form: ChannelForm;
  readonly #readables = new Map<number, Readable>();
  readonly #full = new Set<Readable>();

  constructor(socket: WebSocketConnection, form: ChannelForm) {
    this.#socket = socket;
    this.#form = form;
    socket.onMessage(data => this.#receive(data));
    socket.closed.then(() => {
      for (const readable of this.#readables.values()) readable.push(null);
      this.#readables.clear();
    });
  }

  /** Resolves when the socket is closed, by whichever end. */
  get closed(): Promise<void> {
    return this.#socket.closed;
  }

  /** Reads that are not asked for are dropped: only channels with a reader are kept. */
  start(): void {
    this.#socket.resume();
  }

  readable(channel: number): Readable {
    const readable = new Readable({
      highWaterMark: 64 << 10,
      read: () => this.#notFull(readable),
      destroy: (error, done) => {
        this.#readables.delete(channel);
        this.#notFull(readable);
        done(error);
      },
    });
    readable.on('error', () => {});
    this.#readables.set(channel, readable);
    return readable;
  }

  /** With `tellsEnd`, ending it tells the other end, where the form can: stdin ends so, while output ends with the session. */
  writable(channel: number, tellsEnd = false): Writable {
    const writable = new Writable({
      highWaterMark: 64 << 10,
      write: (chunk, _encoding, done) => this.send(channel, chunk, done),
      final: done => {
        if (tellsEnd && this.#form.canEndChannel && this.#socket.isOpen) {
          this.#socket.send(Buffer.from([closeChannel, channel]), done);
        } else done();
      },
    });
    writable.on('error', () => {});
    return writable;
  }

  send(channel: number, bytes: Uint8Array, done: (error?: Error | null) => void = () => {}): void {
    if (this.#form.isText) {
      this.#socket.send(String.fromCharCode(digit0 + channel) + Buffer.from(bytes).toString('base64'), done);
    } else {
      const message = Buffer.allocUnsafe(1 + bytes.length);
      message[0] = channel;
      message.set(bytes, 1);
      this.#socket.send(message, done);
    }
  }

  /** Ends properly: what was sent arrives, then the close frame. */
  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }

  #receive(message: Buffer): void {
    if (message.length === 0) return;
    const first = message[0]!;
    if (this.#form.canEndChannel && first === closeChannel) {
      if (message.length === 2) this.#readables.get(message[1]!)?.push(null);
      this.#readables.delete(message[1]!);
      return;
    }
    const readable = this.#readables.get(this.#form.isText ? first - digit0 : first);
    if (readable === undefined || readable.destroyed) return;
    const rest = message.subarray(1);
    const bytes = this.#form.isText ? Buffer.from(rest.toString('latin1'), 'base64') : rest;
    if (bytes.length === 0) return;
    readable.push(bytes);
    if (readable.readableLength < channelBufferBytesMax) return;
    this.#full.add(readable);
    this.#socket.pause();
  }

  #notFull(readable: Readable): void {
    if (this.#full.delete(readable) && this.#full.size === 0) this.#socket.resume();
  }
}
