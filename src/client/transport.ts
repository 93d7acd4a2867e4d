/**
 * What a client needs of whatever carries its requests. The transport decides the encoding: JSON over HTTP
 * (json-transport.ts), or objects handed over inside one process.
 */

import type { ApiRequest } from '#client/request.ts';
import type { Status } from '#machinery/meta.ts';
import type { AnyJson } from '#machinery/schema.ts';

export interface ApiReply {
  readonly code: number;
  /** The decoded body: an object, a list, a Status; text where the server sent no JSON. */
  readonly body: AnyJson;
  readonly retryAfterSeconds: number | undefined;
  readonly warnings: readonly string[];
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: T }
  | { readonly type: 'ERROR'; readonly object: Status };

/** A watch that began, or the reply that refused it. */
export type WatchReply =
  | { readonly events: AsyncIterable<WatchEvent<AnyJson>>; readonly refused?: undefined }
  | { readonly events?: undefined; readonly refused: ApiReply };

export interface ApiTransport {
  /** Rejects only when no reply came. */
  send(request: ApiRequest, signal?: AbortSignal): Promise<ApiReply>;
  /** Ends with the stream, rejects when it breaks. Leaving the loop over the events cancels it. */
  watch(request: ApiRequest, signal?: AbortSignal): Promise<WatchReply>;
}
