/**
 * The watch cache of one resource: everything that GET, LIST and WATCH are answered from.
 *
 * It holds all entries in a copy-on-write B-tree, so that a page is consistent at its revision however many writes go on
 * meanwhile, and one ordered log of events in a byte-bounded window. It learns only what is durable, in revision order, from
 * the feed (feed.ts), and it knows nothing of kinds: entries are keys, bytes and an index; a form is a name with functions.
 *
 * @example The write path of the API server
 * const written = await store.put(prefix + key, bytes, { expected: entry.revision });
 * if (written.ok) {
 *   await cache.waitFor(written.revision); // Almost always there already: no timer, one microtask.
 *   reply(cache.get(key));
 * }
 */

import type { Revision } from '#store/store.ts';
import type { Entry } from '#watch/entry.ts';
import type { Form, WatchForm } from '#watch/form.ts';

/**
 * How fresh a read must be. `any`: what is there (resourceVersion=0). `latest`: linearizable (resourceVersion unset): the
 * store is asked for its revision and the cache waits until it has it. `notOlderThan`: at least that. `exact`: as it was
 * then.
 */
export type ReadAt = 'any' | 'latest' | { readonly notOlderThan: Revision } | { readonly exact: Revision };

/** Which part of the resource: all of it (`{}`), a namespace, or one key (`<namespace>/<name>` or `<name>`). */
export type Scope =
  | { readonly namespace?: undefined; readonly key?: undefined }
  | { readonly namespace: string; readonly key?: undefined }
  | { readonly key: string; readonly namespace?: undefined };

/** A compiled label and field selector. */
export interface Selector {
  /** The same text for the same selector: watchers with equal scope, text and form share the work of each event. */
  readonly text: string;
  readonly matches: (entry: Entry) => boolean;
}

export interface ListOptions {
  readonly scope: Scope;
  readonly at: ReadAt;
  /** Only keys after this one: the key in a continue token. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  readonly selector?: Selector | undefined;
  /** How long `latest` and `notOlderThan` wait for the cache before TooLargeRevisionError (upstream: 3 s, the default). */
  readonly waitMsMax?: number | undefined;
}

/** A consistent part of the resource. It costs nothing to hold: entries and leaves are shared with the cache. */
export interface Page {
  /** The revision that the page shows: the list's resourceVersion. The same on all pages of an exact read. */
  readonly revision: Revision;
  /** How many entries the page has. */
  readonly size: number;
  /** In the order of keys. */
  entries(): Iterable<Entry>;
  /** How many follow it; undefined with a selector, where nobody counted. */
  readonly remaining: number | undefined;
  /** The last key of the page when more keys follow: the next page is `{ at: { exact: revision }, after: next }`. */
  readonly next: string | undefined;
  /**
   * The items in a form, with separators between: a few large chunks, shared with the cache, never to be modified. A promise
   * only when the form encodes later (`encodeMany`).
   */
  bytes(form: Form): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
}

/** Where the events of a watch go. `ReplyStream` of the exchange fits with an `end` around it. */
export interface WatchSink {
  /** Takes the chunk in any case. False: full, nothing more will be written before `onDrain` calls. */
  write(chunk: Uint8Array): boolean;
  /** Called each time the sink has emptied again. Registered once. */
  onDrain(callback: () => void): void;
  /** The watch is over, and the last call. Not called after `Watcher.close()`. May be called before `watch` returns. */
  end(end: WatchEnd): void;
}

/**
 * Why a watch ended.
 * `timeout`: its time is up. `expired`: the start is older than the window, which begins after `oldest`: an ERROR event
 * "too old resource version: <asked> (<oldest>)", 410. `tooLarge`: initial events not older than a revision that did not come
 * in time: an ERROR event, 504. `slow`: it did not read and the window has moved on past it: just closed, the client comes
 * again. `closed`: the resource is gone (a CRD was deleted), the server stops or the cache had to begin anew.
 * `failed`: a conversion failed.
 */
export type WatchEnd =
  | { readonly reason: 'timeout' }
  | { readonly reason: 'expired'; readonly asked: Revision; readonly oldest: Revision }
  | { readonly reason: 'tooLarge'; readonly asked: Revision; readonly current: Revision }
  | { readonly reason: 'slow' }
  | { readonly reason: 'closed' }
  | { readonly reason: 'failed'; readonly error: Error };

/**
 * Where a watch begins.
 * `after`: events after this revision (resourceVersion=N), waiting if it has not come yet.
 * `initial`: the state as ADDED events in the order of keys, then what follows (resourceVersion unset: `latest`; 0: `any`;
 * sendInitialEvents: `latest`, `any` or `notOlderThan`). `markEnd`: then a bookmark that says so (sendInitialEvents with
 * allowWatchBookmarks).
 * `now`: nothing of the past (sendInitialEvents=false without a version or with 0).
 */
export type WatchStart =
  | { readonly after: Revision }
  | { readonly initial: 'any' | 'latest' | { readonly notOlderThan: Revision }; readonly markEnd?: boolean | undefined }
  | { readonly now: true };

export interface CacheWatchOptions {
  readonly scope: Scope;
  readonly start: WatchStart;
  readonly selector?: Selector | undefined;
  readonly form: WatchForm;
  /** allowWatchBookmarks: one a minute when the revision has moved on, and one shortly before the timeout. */
  readonly bookmarks?: boolean | undefined;
  /** The watch ends by itself after this long. */
  readonly timeoutMs?: number | undefined;
  readonly waitMsMax?: number | undefined;
  readonly sink: WatchSink;
}

export interface Watcher {
  /** The client is gone. */
  close(): void;
  /** For metrics and `proa why`. */
  readonly state: 'waiting' | 'behind' | 'live' | 'blocked' | 'ended';
}

export interface ResourceCache {
  /** Loads the resource from the store at first use; `list`, `read`, `watch` and `waitFor` do it by themselves. */
  ready(): Promise<void>;
  /** All writes of the store up to this one are in the cache. */
  readonly revision: Revision;
  /** How many entries there are. */
  readonly size: number;
  /** What is there now; after `ready()` only. */
  get(key: string): Entry | undefined;
  /** One entry as fresh as asked for (not `exact`). */
  read(key: string, at: 'any' | 'latest' | { readonly notOlderThan: Revision }): Promise<Entry | undefined>;
  /**
   * Throws CompactedError (410; for a continue token, list again after the same key at `latest` to make the new token) and
   * TooLargeRevisionError (504).
   */
  list(options: ListOptions): Promise<Page>;
  watch(options: CacheWatchOptions): Watcher;
  /** Resolves when everything up to this revision is in the cache; rejects with TooLargeRevisionError after `waitMsMax`. */
  waitFor(revision: Revision, waitMsMax?: number): Promise<void>;
}

/** "Timeout: Too large resource version: <asked>, current: <current>", 504. */
export class TooLargeRevisionError extends Error {
  override name = 'TooLargeRevisionError';
  readonly asked: Revision;
  readonly current: Revision;
  constructor(asked: Revision, current: Revision) {
    super(`Too large resource version: ${asked}, current: ${current}`);
    this.asked = asked;
    this.current = current;
  }
}
