/**
 * One request and its reply, whatever carried it: HTTP/2 (core streams), HTTP/1.1, or memory. Handlers see only this.
 */

import type { Duplex, Readable } from 'node:stream';

export type HeaderValues = Record<string, string | readonly string[] | undefined>;

/** Who is at the other end, as far as the transport knows. */
export interface Peer {
  /** The address of the client, `127.0.0.1`; empty in memory. */
  readonly address: string;
  /** The client's certificate in DER, when TLS verified it against the client CA. The same buffer for all requests of a connection. */
  readonly certificate?: Uint8Array | undefined;
  /** The CA certificate in DER at which that chain ended: tells a client CA from a front-proxy CA. */
  readonly certificateRoot?: Uint8Array | undefined;
}

export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
  readonly limitBytes: number;
  constructor(limitBytes: number) {
    super(`the body is larger than ${limitBytes} bytes`);
    this.limitBytes = limitBytes;
  }
}

/** The client did not send its whole body in time. */
export class BodyTooSlow extends Error {
  override name = 'BodyTooSlow';
}

/** There is no room for the body now. */
export class BodyRefused extends Error {
  override name = 'BodyRefused';
}

/** Told of the bytes of a body as they come. False: there is no room for them. */
export type BodyMeter = (bytes: number) => boolean;

/** A reply that goes on: a watch, a followed log. */
export interface ReplyStream {
  /** False when the transport's buffer is full: stop until `onDrain` calls. */
  write(chunk: Uint8Array): boolean;
  /** Called each time the buffer has emptied again. */
  onDrain(callback: () => void): void;
  /** Bytes accepted but not yet handed to the kernel. */
  readonly bufferedBytes: number;
  end(): void;
  /** Ends at once, without a proper close. */
  destroy(): void;
}

export interface Exchange {
  readonly method: string;
  /** Path and query as sent, `/api/v1/pods?limit=5`. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: HeaderValues;
  readonly protocol: 'http/1.1' | 'http/2' | 'memory';
  readonly peer: Peer;

  /**
   * The whole body. Rejects with BodyTooLarge as soon as more than `limitBytes` have come, with BodyRefused when the meter
   * refuses, with BodyTooSlow after a minute.
   */
  body(limitBytes: number, meter?: BodyMeter): Promise<Uint8Array>;
  /** The body as it comes, for proxying. */
  bodyStream(): Readable;

  /** The whole reply. Several chunks are written without being joined. Exactly one of reply, stream and upgrade is called, once. */
  reply(status: number, headers: HeaderValues, body?: Uint8Array | readonly Uint8Array[]): void;
  /** Starts a reply that goes on. */
  stream(status: number, headers: HeaderValues): ReplyStream;
  /** The raw connection of an HTTP/1.1 upgrade, with the bytes that came after its head; undefined when none was asked for. */
  readonly upgrade?: { readonly socket: Duplex; readonly head: Uint8Array } | undefined;

  /** Calls back once when the client is gone or the reply is finished; at once if that has happened already. */
  onClose(callback: () => void): void;
  /** True once the client is gone or the reply is finished. */
  readonly closed: boolean;
}

export type Handler = (exchange: Exchange) => void | Promise<void>;
