/** An exchange that remembers with which status it was answered, and compresses long answers for who takes them so. */

import type { Readable } from 'node:stream';
import { gzipBytesMin, gzipped, takesGzip } from '#apiserver/encode/gzip.ts';
import { byteCount } from '#lib/http/body.ts';
import type { BodyMeter, Exchange, HeaderValues, Peer, ReplyStream } from '#lib/http/exchange.ts';

export class ObservedExchange implements Exchange {
  readonly #inner: Exchange;
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderValues;
  readonly protocol: Exchange['protocol'];
  readonly peer: Peer;
  /** Zero before there is an answer. */
  status = 0;

  constructor(inner: Exchange) {
    this.#inner = inner;
    this.method = inner.method;
    this.target = inner.target;
    this.headers = inner.headers;
    this.protocol = inner.protocol;
    this.peer = inner.peer;
  }

  get upgrade(): Exchange['upgrade'] {
    return this.#inner.upgrade;
  }

  get closed(): boolean {
    return this.#inner.closed;
  }

  body(limitBytes: number, meter?: BodyMeter): Promise<Uint8Array> {
    return this.#inner.body(limitBytes, meter);
  }

  bodyStream(): Readable {
    return this.#inner.bodyStream();
  }

  reply(status: number, headers: HeaderValues, body?: Uint8Array | readonly Uint8Array[]): void {
    this.status = status;
    const chunks = body === undefined ? [] : body instanceof Uint8Array ? [body] : body;
    if (byteCount(chunks) < gzipBytesMin || !takesGzip(this.headers)) return this.#inner.reply(status, headers, body);
    const compressed = { vary: 'Accept-Encoding', ...headers, 'content-encoding': 'gzip' };
    gzipped(chunks)
      .then(
        bytes => this.#inner.reply(status, compressed, bytes),
        () => this.#inner.reply(status, headers, body),
      )
      // What cannot be sent any more has nobody to be told to.
      .catch(() => {});
  }

  stream(status: number, headers: HeaderValues): ReplyStream {
    this.status = status;
    return this.#inner.stream(status, headers);
  }

  onClose(callback: () => void): void {
    this.#inner.onClose(callback);
  }
}
