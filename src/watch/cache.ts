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

import { assert } from '#lib/assert.ts';
import { BTree } from '#lib/btree.ts';
import type { Clock } from '#lib/clock.ts';
import type { KeyValue, Revision, Store, StoreEvent } from '#store/store.ts';
import { CompactedError } from '#store/store.ts';
import type { ByteBudget } from '#watch/byte-budget.ts';
import { type CachedResource, Entry } from '#watch/entry.ts';
import { EventLog, LogEvent } from '#watch/event-log.ts';
import { FanOut } from '#watch/fan-out.ts';
import { historyPage } from '#watch/history.ts';
import { cutPage, stretch } from '#watch/page.ts';
import type { ListOptions, Page, ReadAt } from '#watch/read.ts';
import { TooLargeRevisionError } from '#watch/read.ts';
import type { CacheWatchOptions, Watcher } from '#watch/watch.ts';
import type { CacheWatcher } from '#watch/watcher.ts';

/** What a cache needs of the feed. */
export interface CacheHome {
  readonly store: Store;
  readonly clock: Clock;
  readonly budget: ByteBudget;
  readonly windowBytesMax: number;
  readonly revision: Revision;
  readonly compactRevision: Revision;
  whenAt(revision: Revision, wake: () => void): { cancel(): void };
  waitFor(revision: Revision, waitMsMax?: number): Promise<void>;
  latest(waitMsMax?: number): Promise<void>;
}

/** How many keys are read from the store at a time. */
const loadKeysMax = 500;
/** Trees of the past that are kept for the next pages of lists under way; beyond it they are made again. */
const pinnedTreesMax = 16;

type State =
  | { readonly at: 'cold' }
  | { readonly at: 'loading'; readonly held: StoreEvent[]; readonly done: Promise<void> }
  | { readonly at: 'ready' }
  | { readonly at: 'closed' };

/** Told of each change in the order of revisions, at once; indexes of the server itself are kept so. */
export type ChangeListener = (before: Entry | undefined, after: Entry | undefined) => void;

export class ResourceCache {
  readonly resource: CachedResource;
  readonly #listeners: ChangeListener[] = [];
  readonly #home: CacheHome;
  readonly #log: EventLog;
  readonly #fanOut: FanOut;
  #tree = BTree.empty<Entry>();
  #state: State = { at: 'cold' };
  /** Trees as they were at a place of the log, the last used at the end. */
  readonly #pinned = new Map<number, BTree<Entry>>();

  constructor(resource: CachedResource, home: CacheHome) {
    this.resource = resource;
    this.#home = home;
    this.#log = new EventLog(0, home.windowBytesMax);
    this.#fanOut = new FanOut({
      clock: home.clock,
      budget: home.budget,
      log: this.#log,
      namespaced: resource.namespaced,
      revision: () => home.revision,
    });
  }

  /** Loads the resource from the store at first use; `list`, `read`, `watch` and `waitFor` do it by themselves. */
  async ready(): Promise<void> {
    while (this.#state.at !== 'ready') {
      if (this.#state.at === 'closed') throw new Error(`Read ${this.resource.name}: the cache is closed`);
      if (this.#state.at === 'cold') this.#startLoading();
      else await this.#state.done;
    }
  }

  get isReady(): boolean {
    return this.#state.at === 'ready';
  }

  /** All writes of the store up to this one are in the cache. */
  get revision(): Revision {
    return this.#home.revision;
  }

  /** How many entries there are. */
  get size(): number {
    return this.#tree.size;
  }

  get watchersCount(): number {
    return this.#fanOut.watchersCount;
  }

  /** The window of events: what it weighs and after which revision a watch may begin. */
  get window(): { readonly bytes: number; readonly startRevision: Revision } {
    return this.#log;
  }

  /** What is there now; after `ready()` only. */
  get(key: string): Entry | undefined {
    assert(this.#state.at === 'ready', () => `${this.resource.name} read before it was loaded`);
    return this.#tree.get(key);
  }

  /** One entry as fresh as asked for (not `exact`). */
  async read(key: string, at: 'any' | 'latest' | { readonly notOlderThan: Revision }): Promise<Entry | undefined> {
    await this.#fresh(at);
    return this.#tree.get(key);
  }

  /**
   * Throws CompactedError (410; for a continue token, list again after the same key at `latest` to make the new token) and
   * TooLargeRevisionError (504).
   */
  async list(options: ListOptions): Promise<Page> {
    const limit = options.limit || undefined;
    await this.#fresh(options.at, options.waitMsMax);
    if (typeof options.at === 'object' && 'exact' in options.at) {
      return this.#listExact({ ...options, limit }, options.at.exact);
    }
    const page = cutPage(this.#tree, this.#home.revision, { ...options, limit }, this.#home);
    if (page.next !== undefined) this.#pin(this.#log.end, this.#tree);
    return page;
  }

  watch(options: CacheWatchOptions): Watcher {
    const watcher = this.#fanOut.add(options);
    if (this.#state.at === 'ready') this.#begin(watcher);
    else this.#whenDone(watcher, this.ready(), () => this.#begin(watcher));
    return watcher;
  }

  /** Resolves when everything up to this revision is in the cache; rejects with TooLargeRevisionError after `waitMsMax`. */
  waitFor(revision: Revision, waitMsMax?: number): Promise<void> {
    if (this.#state.at === 'ready') return this.#home.waitFor(revision, waitMsMax);
    return this.ready().then(() => this.#home.waitFor(revision, waitMsMax));
  }

  /** For the feed: a place in the log to publish from. */
  get logEnd(): number {
    return this.#log.end;
  }

  /** For the feed: a write of one of the resource's keys, in order. */
  apply(event: StoreEvent): void {
    if (this.#state.at === 'loading') this.#state.held.push(event);
    if (this.#state.at !== 'ready') return;
    const key = event.key.slice(this.resource.prefix.length);
    const before = this.#tree.get(key);
    if (event.type === 'put') {
      const { value, createRevision, revision } = event;
      const after = this.#entry({ key: event.key, value, createRevision, modRevision: revision });
      this.#tree = this.#tree.set(after);
      this.#log.push(new LogEvent(revision, before, after));
      this.#tell(before, after);
    } else if (before !== undefined) {
      this.#tree = this.#tree.delete(key);
      this.#log.push(new LogEvent(event.revision, before, undefined));
      this.#tell(before, undefined);
    }
  }

  /** Calls for everything that is there, as new, and then for each change. For as long as the cache lives. */
  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
    for (const entry of this.entries()) listener(undefined, entry);
  }

  /** Everything there is now, or in a namespace, in the order of keys. */
  *entries(namespace?: string): Iterable<Entry> {
    const { start, end } = stretch(this.#tree, namespace === undefined ? {} : { namespace });
    yield* this.#tree.values(start, end);
  }

  #tell(before: Entry | undefined, after: Entry | undefined): void {
    for (const listener of this.#listeners) listener(before, after);
  }

  /** For the feed: the log has grown from this place on and all caches are at the feed's revision. */
  publish(from: number): void {
    this.#fanOut.publish(from);
  }

  /** Watches can no longer begin in the past. */
  forgetEvents(): void {
    this.#log.forget(this.#home.revision);
    this.#pinned.clear();
  }

  /** Events may have been missed: all watches end, and what there is will be loaded again. */
  reset(): void {
    if (this.#state.at === 'closed') return;
    const gone = this.#tree;
    this.#forgetAll();
    // Listeners may look around: they find a cache with nothing in it, until it is cold.
    for (const entry of gone.values(0, gone.size)) this.#tell(entry, undefined);
    this.#state = { at: 'cold' };
  }

  /** The server is about to close: its watchers go and look for another. */
  endWatches(): void {
    this.#fanOut.endAll({ reason: 'closed' });
  }

  /** Nobody is told: it is this cache that ends, not what it holds. */
  close(): void {
    this.#state = { at: 'closed' };
    this.#forgetAll();
  }

  #forgetAll(): void {
    this.#tree = BTree.empty();
    this.forgetEvents();
    this.endWatches();
  }

  #startLoading(): void {
    const held: StoreEvent[] = [];
    // The promise is not started before the state holds it: events may come at any time from now on.
    const state: State = { at: 'loading', held, done: Promise.resolve().then(() => this.#load(state, held)) };
    this.#state = state;
  }

  async #load(state: State, held: readonly StoreEvent[]): Promise<void> {
    try {
      const { items, revision } = await this.#readAll();
      await new Promise<void>(resolve => this.#home.whenAt(revision, resolve));
      if (this.#state !== state) return; // Reset or closed meanwhile.
      const entries = items.map(item => this.#entry(item)).sort((a, b) => (a.key < b.key ? -1 : 1));
      this.#tree = BTree.fromSorted(entries);
      this.#log.forget(revision);
      this.#state = { at: 'ready' };
      for (const entry of entries) this.#tell(undefined, entry);
      for (const event of held) if (event.revision > revision) this.apply(event);
    } catch (error) {
      if (this.#state === state) this.#state = { at: 'cold' };
      throw error;
    }
  }

  /** Everything as of one revision, which compaction may take away under a slow reader: then from the beginning again. */
  async #readAll(): Promise<{ items: KeyValue[]; revision: Revision }> {
    const { store } = this.#home;
    const { prefix } = this.resource;
    const first = await store.range({ prefix, limit: loadKeysMax });
    const { revision } = first;
    const items = [...first.items];
    try {
      for (let more = first.more; more; ) {
        const page = await store.range({ prefix, limit: loadKeysMax, after: items.at(-1)!.key, revision });
        for (const item of page.items) items.push(item);
        more = page.more;
      }
    } catch (error) {
      if (error instanceof CompactedError) return this.#readAll();
      throw error;
    }
    return { items, revision };
  }

  #entry(item: KeyValue): Entry {
    const { resource } = this;
    const key = item.key.slice(resource.prefix.length);
    const { createRevision, modRevision: revision } = item;
    return Entry.open({ resource, key, stored: item.value, revision, createRevision }, this.#home.budget);
  }

  /** Resolves when what is in the cache is as fresh as that. */
  async #fresh(at: ReadAt, waitMsMax?: number): Promise<void> {
    if (this.#state.at !== 'ready') await this.ready();
    if (at === 'any') return;
    if (at === 'latest') return this.#home.latest(waitMsMax);
    return this.#home.waitFor('exact' in at ? at.exact : at.notOlderThan, waitMsMax);
  }

  async #listExact(options: ListOptions, revision: Revision): Promise<Page> {
    const { compactRevision } = this.#home;
    if (revision < compactRevision) throw new CompactedError(revision, compactRevision);
    const place = this.#log.after(revision);
    if (place !== undefined) return cutPage(this.#treeAt(place), revision, options, this.#home);
    return historyPage(options, revision, this.resource, item => this.#entry(item), this.#home);
  }

  /** The tree as it was before the event at a place: the nearest later one that is at hand, and the events undone from there. */
  #treeAt(place: number): BTree<Entry> {
    let from = this.#log.end;
    let tree = this.#tree;
    for (const [pinnedPlace, pinned] of this.#pinned) {
      if (pinnedPlace < place || pinnedPlace >= from) continue;
      from = pinnedPlace;
      tree = pinned;
    }
    while (from > place) {
      const event = this.#log.at(--from);
      tree = event.before === undefined ? tree.delete(event.key) : tree.set(event.before);
    }
    this.#pin(place, tree);
    return tree;
  }

  #pin(place: number, tree: BTree<Entry>): void {
    this.#pinned.delete(place);
    this.#pinned.set(place, tree);
    for (const oldest of this.#pinned.keys()) {
      if (this.#pinned.size <= pinnedTreesMax && oldest >= this.#log.start) return;
      this.#pinned.delete(oldest);
    }
  }

  #begin(watcher: CacheWatcher): void {
    const { start, waitMsMax } = watcher.options;
    if ('after' in start) {
      watcher.wait(this.#home.whenAt(start.after, () => this.#beginAfter(watcher, start.after)).cancel);
    } else if ('now' in start) {
      this.#whenDone(watcher, this.#fresh('latest', waitMsMax), () => watcher.begin(this.#log.end));
    } else if (start.initial === 'any') {
      this.#beginInitial(watcher, start.markEnd);
    } else {
      this.#whenDone(watcher, this.#fresh(start.initial, waitMsMax), () => this.#beginInitial(watcher, start.markEnd));
    }
  }

  #beginAfter(watcher: CacheWatcher, asked: Revision): void {
    const place = this.#log.after(asked);
    if (place === undefined) watcher.end({ reason: 'expired', asked, oldest: this.#log.startRevision });
    else watcher.begin(place);
  }

  #beginInitial(watcher: CacheWatcher, markEnd = false): void {
    const { start, end } = stretch(this.#tree, watcher.options.scope);
    watcher.begin(this.#log.end, { tree: this.#tree, next: start, end, revision: this.#home.revision, markEnd });
  }

  #whenDone(watcher: CacheWatcher, promise: Promise<void>, next: () => void): void {
    promise.then(next).catch((error: Error) => {
      if (error instanceof TooLargeRevisionError) {
        watcher.end({ reason: 'tooLarge', asked: error.asked, current: error.current });
      } else watcher.end({ reason: 'failed', error });
    });
  }
}
