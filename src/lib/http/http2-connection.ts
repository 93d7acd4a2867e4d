/** One HTTP/2 connection of a client: many requests at once, and a watch on whether the other end still lives. */

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import type { Clock, Timer } from '#lib/clock.ts';
import { connectMsMax } from './connect.ts';
import { headersFromRaw, wireHeaders } from './headers.ts';
import { StreamBody, type TransportRequest, type TransportResponse } from './transport.ts';

/** A connection with requests under way that has been silent for this long is asked for a sign of life. As client-go does. */
export const silenceMsMax = 30_000;
/** How long the sign of life may take. */
export const pingMsMax = 15_000;
/** Received bytes that may wait for their reader, of one reply and of all: lists are large. */
const streamWindowBytes = 4 << 20;
const connectionWindowBytes = 64 << 20;

/** The server did not begin to act on the request: it may be sent again, whatever its method. */
export class RequestRefused extends Error {
  override name = 'RequestRefused';
}

export class Http2Connection {
  readonly #session: ClientHttp2Session;
  readonly #socket: Duplex;
  readonly #clock: Clock;
  readonly #onClose: (connection: Http2Connection) => void;
  #openCount = 0;
  #silenceTimer: Timer | undefined;
  #bytesSeen = 0;
  #draining = false;

  private constructor(
    session: ClientHttp2Session,
    socket: Duplex,
    clock: Clock,
    onClose: (connection: Http2Connection) => void,
  ) {
    this.#session = session;
    this.#socket = socket;
    this.#clock = clock;
    this.#onClose = onClose;
    session.setLocalWindowSize(connectionWindowBytes);
    const drain = () => this.#drain();
    session.on('goaway', drain).on('close', drain);
    session.on('error', drain);
  }

  /** Takes a secured socket; ready when the server has said how many requests it takes. */
  static async open(
    socket: Duplex,
    authority: string,
    clock: Clock,
    onClose: (connection: Http2Connection) => void,
  ): Promise<Http2Connection> {
    const session = connect(`https://${authority}`, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: streamWindowBytes },
      maxSessionMemory: 256,
    });
    const timer = clock.after(connectMsMax, () => session.destroy(new Error(`${authority} sent no settings`)));
    await new Promise<void>((resolve, reject) => {
      session.once('remoteSettings', () => resolve());
      session.once('error', reject);
      session.once('close', () => reject(new Error(`${authority} closed the connection`)));
    }).finally(() => timer.cancel());
    return new Http2Connection(session, socket, clock, onClose);
  }

  get openCount(): number {
    return this.#openCount;
  }

  get hasRoom(): boolean {
    return !this.#draining && this.#openCount < (this.#session.remoteSettings.maxConcurrentStreams ?? 100);
  }

  /** Requests under way go on; there will be no others. */
  close(): void {
    this.#drain();
    if (!this.#session.closed) this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  request(request: TransportRequest, target: string): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      const signal = request.signal;
      if (signal?.aborted) return reject(signal.reason);
      const stream = this.#open(request, target);
      if (stream === undefined) return reject(new RequestRefused('the connection is closing'));
      const onAbort = () => {
        reject(signal?.reason);
        stream.destroy(abortError(signal?.reason));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      stream.once('close', () => {
        signal?.removeEventListener('abort', onAbort);
        this.#ended();
        reject(
          stream.rstCode === constants.NGHTTP2_REFUSED_STREAM
            ? new RequestRefused('the server refused the request')
            : new Error('the connection closed before the reply'),
        );
      });
      stream.on('error', error => {
        if (stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM) reject(error);
      });
      stream.once('response', (headers: IncomingHttpHeaders, _flags: number, raw: readonly string[]) => {
        const body = new StreamBody(stream, () => stream.close(constants.NGHTTP2_CANCEL));
        resolve({ status: Number(headers[':status']), headers: headersFromRaw(raw), body });
      });
      send(stream, request.body);
    });
  }

  #open(request: TransportRequest, target: string): ClientHttp2Stream | undefined {
    if (this.#draining || this.#session.closed || this.#session.destroyed) return undefined;
    const headers: OutgoingHttpHeaders = { ':method': request.method, ':path': target };
    const wire = wireHeaders(request.headers ?? {});
    for (const name in wire) {
      if (name === 'host') headers[':authority'] = wire[name] as string;
      else if (name !== 'connection') headers[name] = wire[name] as string | string[] | undefined;
    }
    if (request.body instanceof Uint8Array) headers['content-length'] = request.body.length;
    const stream = this.#session.request(headers, { endStream: request.body === undefined });
    if (++this.#openCount === 1) this.#watchSilence();
    return stream;
  }

  #ended(): void {
    if (--this.#openCount > 0) return;
    this.#silenceTimer?.cancel();
    this.#silenceTimer = undefined;
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#onClose(this);
  }

  /** Only while something is awaited: an idle connection costs nothing. */
  #watchSilence(): void {
    const received = this.#bytesReceived();
    this.#bytesSeen = received;
    const onSilence = () => {
      if (this.#session.destroyed) return;
      if (this.#bytesReceived() === this.#bytesSeen) this.#ping();
      this.#watchSilence();
    };
    this.#silenceTimer = this.#clock.after(silenceMsMax, onSilence, { idle: true });
  }

  #ping(): void {
    const timer = this.#clock.after(pingMsMax, () => this.#session.destroy(new Error('the server does not answer')), {
      idle: true,
    });
    const sent = this.#session.ping(error => {
      timer.cancel();
      if (error !== null && !this.#session.destroyed) this.#session.destroy(error);
    });
    if (!sent) timer.cancel();
  }

  #bytesReceived(): number {
    return 'bytesRead' in this.#socket ? Number(this.#socket.bytesRead) : 0;
  }
}

function send(stream: ClientHttp2Stream, body: Uint8Array | Readable | undefined): void {
  if (body instanceof Readable) {
    body.once('error', error => stream.destroy(error));
    stream.once('close', () => body.destroy());
    body.pipe(stream);
  } else if (body !== undefined) {
    stream.end(body);
  }
}

/** What a stream is destroyed with must be an error; and one whose name is AbortError is reset as cancelled. */
function abortError(reason: unknown): Error {
  return reason instanceof Error ? reason : new DOMException(String(reason), 'AbortError');
}
