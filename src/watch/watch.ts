/** What can be asked of a watch. */

import type { Revision } from '#store/store.ts';
import type { WatchForm } from '#watch/form.ts';
import type { Scope, Selector } from '#watch/read.ts';

/** Where the events of a watch go. `ReplyStream` of the exchange fits with an `end` around it. */
export interface WatchSink {
  /** Takes the chunk in any case. False: full; but for what is left of one batch nothing comes before `onDrain` calls. */
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
