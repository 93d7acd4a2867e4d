/**
 * A request and its reply as a client sees them, whatever carries them: the network (client.ts) or a call into a handler of
 * the same process (memory.ts). Who is given a Transport cannot tell which.
 */

import type { Readable } from 'node:stream';
import { readWhole } from './body.ts';
import type { HeaderValues } from './exchange.ts';

export interface TransportRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers?: HeaderValues | undefined;
  readonly body?: Uint8Array | Readable | undefined;
  /** Abandons the request, and what still comes of the reply. */
  readonly signal?: AbortSignal | undefined;
}

/** The body of a reply. Read it in one of the three ways, once, or cancel it. Reading slowly slows the sender. */
export interface ReplyBody extends AsyncIterable<Uint8Array> {
  /** Everything. Rejects with BodyTooLarge as soon as more than `limitBytes` have come. */
  whole(limitBytes: number): Promise<Uint8Array>;
  readable(): Readable;
  /** Wants no more of it. */
  cancel(): void;
}

export interface TransportResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: HeaderValues;
  readonly body: ReplyBody;
}

/** Rejects when no reply came: no connection, it broke, or the signal was aborted. Any status is a reply; redirects are not followed. */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

/** The body that a stream of Node carries. */
export class StreamBody implements ReplyBody {
  readonly #stream: Readable;
  readonly #cancel: () => void;

  constructor(stream: Readable, cancel: () => void = () => stream.destroy()) {
    this.#stream = stream;
    this.#cancel = cancel;
    // Whoever reads sees the error as well; one that comes when nobody reads has nobody to tell.
    stream.on('error', () => {});
  }

  async whole(limitBytes: number): Promise<Uint8Array> {
    try {
      return await readWhole(this.#stream, limitBytes);
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  readable(): Readable {
    return this.#stream;
  }

  cancel(): void {
    this.#cancel();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#stream[Symbol.asyncIterator]();
  }
}
