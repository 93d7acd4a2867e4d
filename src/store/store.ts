/**
 * What the API server needs of a store: etcd's contract, cut to what Kubernetes uses. Keys and bytes; no JSON here.
 *
 * One revision orders every write of the whole store: it starts at 1 in an empty store and each successful write
 * (put or delete) takes the next one. A write is acknowledged only when it is durable. Compare, revision and append
 * are serial: of two writes that expect the same revision of a key one wins and the other is told what stands there.
 */

/** Below 2^53, so a plain number holds it. */
export type Revision = number;

export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  /** The revision of the put that made the key (after its last deletion). */
  readonly createRevision: Revision;
  /** The revision of the last put. */
  readonly modRevision: Revision;
}

export interface WriteOptions {
  /** The write happens only if the key stands at this revision; 0: only if the key does not exist; undefined: in any case. */
  readonly expected?: Revision | undefined;
}

export interface PutOptions extends WriteOptions {
  /** The key is deleted by the store this long after the put (Events live an hour). A later put replaces the term. */
  readonly ttlSeconds?: number | undefined;
}

/** `ok` false: nothing was written, and `current` is what stands there instead (undefined: nothing does). */
export type WriteResult =
  | { readonly ok: true; readonly revision: Revision }
  | { readonly ok: false; readonly current: KeyValue | undefined };

export interface RangeOptions {
  /** All keys that start so. Ends with `/` except for a single key. */
  readonly prefix: string;
  /** Only keys after this one. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  /** Read as it was at this revision. Throws CompactedError when that is gone, FutureRevisionError when it is not there yet. */
  readonly revision?: Revision | undefined;
  /** Count what the limit cut off (remainingItemCount). */
  readonly count?: boolean | undefined;
}

export interface RangeResult {
  /** The store's revision at the time of the read. */
  readonly revision: Revision;
  /** In the order of the keys' bytes. */
  readonly items: readonly KeyValue[];
  /** Whether `limit` cut it. */
  readonly more: boolean;
  /** How many keys follow the last item, when `count` was asked for. */
  readonly remaining?: number | undefined;
}

export interface StoreEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  readonly revision: Revision;
  /** The value put; for a delete the last value before it. */
  readonly value: Uint8Array;
  /** The revision of the put that made the key. */
  readonly createRevision: Revision;
  /** The revision before this event; 0 when the key was made by it. */
  readonly previousRevision: Revision;
}

export interface StoreWatch {
  close(): void;
}

export interface WatchOptions {
  readonly prefix: string;
  /** The first revision wanted. 0: from now on. */
  readonly from: Revision;
  /**
   * All events of the prefix, in order, one call for each group of commits; `revision` is the store's revision up to which
   * nothing is missing. Without events when only other keys were written, and once at the start when there is nothing to
   * catch up with: whoever waits for a revision learns that it has come. Called before the promises of the group's writes
   * resolve, wherever store and writer are one process. It must not throw.
   */
  readonly onEvents: (events: readonly StoreEvent[], revision: Revision) => void;
  /** The watch is over: CompactedError when `from` is gone, or why the store failed. */
  readonly onError: (error: Error) => void;
}

export interface Store {
  /** The revision of the last durable write. */
  revision(): Promise<Revision>;
  get(key: string): Promise<KeyValue | undefined>;
  range(options: RangeOptions): Promise<RangeResult>;
  /** The bytes are the store's from now on: nobody may change them. */
  put(key: string, value: Uint8Array, options?: PutOptions): Promise<WriteResult>;
  delete(key: string, options?: WriteOptions): Promise<WriteResult>;
  watch(options: WatchOptions): StoreWatch;
  /** Forgets what no read at or after `revision` needs. */
  compact(revision: Revision): Promise<void>;
  close(): Promise<void>;
}

/** The revision asked for has been compacted away. */
export class CompactedError extends Error {
  override name = 'CompactedError';
  readonly asked: Revision;
  readonly compactRevision: Revision;
  constructor(asked: Revision, compactRevision: Revision) {
    super(`revision ${asked} was compacted: the oldest that can be read is ${compactRevision}`);
    this.asked = asked;
    this.compactRevision = compactRevision;
  }
}

/** The revision asked for has not been written yet. */
export class FutureRevisionError extends Error {
  override name = 'FutureRevisionError';
  readonly asked: Revision;
  readonly revision: Revision;
  constructor(asked: Revision, revision: Revision) {
    super(`revision ${asked} is not there yet: the store is at ${revision}`);
    this.asked = asked;
    this.revision = revision;
  }
}
