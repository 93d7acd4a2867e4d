/**
 * The forms that bytes take on their way out. The API server makes one for each version and media type of a resource; to
 * the cache they are opaque names with functions.
 */

import type { Revision } from '#store/store.ts';
import type { Encoded, Entry, Hole } from '#watch/entry.ts';

/** Fills a hole when the bytes are written; needed only where `encode` leaves holes. */
type Fill = (hole: Hole, nowMs: number) => Uint8Array;

/**
 * Items of a list (or a single object): `v1/json`, `v1/protobuf`, `v1/table`, `v1/metadata`.
 *
 * A form either encodes at once (`encode`) or, where a conversion webhook stands between, many at a time and later
 * (`encodeMany`, in the order given). Either way it is asked once for each entry, as long as the budget keeps the answer.
 */
export interface Form {
  /** Tells the forms of a resource apart. */
  readonly name: string;
  /** Between two items: `,` for JSON, nothing for protobuf (whose items carry tag and length). */
  readonly separator: Uint8Array;
  readonly encode: (entry: Entry) => Encoded;
  readonly encodeMany?: ((entries: readonly Entry[]) => Promise<readonly Encoded[]>) | undefined;
  readonly fill?: Fill | undefined;
}

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface ObjectEvent {
  readonly type: EventType;
  readonly entry: Entry;
}

/** Frames of a watch, complete with what ends or precedes them on the stream (a newline, a length). */
export interface WatchForm {
  /** Tells the forms of a resource apart; may equal the name of a `Form`. */
  readonly name: string;
  readonly frame: (event: ObjectEvent) => Encoded;
  readonly frameMany?: ((events: readonly ObjectEvent[]) => Promise<readonly Encoded[]>) | undefined;
  /** The first frame of a watcher where it is another one (a Table names its columns once). Not kept. */
  readonly firstFrame?: ((event: ObjectEvent) => Encoded) | undefined;
  /** `initialEventsEnd`: with the annotation `k8s.io/initial-events-end`. `first`: nothing was sent to this watcher before. */
  readonly bookmark: (bookmark: { revision: Revision; initialEventsEnd: boolean; first: boolean }) => Uint8Array;
  readonly fill?: Fill | undefined;
}
