/**
 * One watch of the whole store feeds all caches: a group of commits is handed out by prefix, then shown to the watchers, then
 * told to whoever waits for its revision. So all caches are always at the same revision, the feed's.
 */

import { assert } from '#lib/assert.ts';
import type { Clock } from '#lib/clock.ts';
import { Heap } from '#lib/heap.ts';
import type { Revision, Store, StoreEvent, StoreWatch } from '#store/store.ts';
import { CompactedError } from '#store/store.ts';
import type { ByteBudget } from '#watch/byte-budget.ts';
import { ResourceCache } from '#watch/cache.ts';
import type { CachedResource } from '#watch/entry.ts';
import { TooLargeRevisionError } from '#watch/read.ts';

export interface FeedOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly budget: ByteBudget;
  /** Above all resources' prefixes. */
  readonly prefix?: string | undefined;
  /** The window of past events, for each resource. */
  readonly windowBytesMax?: number | undefined;
}

export const windowBytesMaxDefault = 16 << 20;
/** How long a read waits for its revision before "Too large resource version" (upstream: 3 s). */
export const waitMsMaxDefault = 3_000;
/** The pause before the store is watched again after it failed. */
const retryMs = 1_000;

interface Waiter {
  readonly revision: Revision;
  /** Undefined: it gave up. */
  wake: (() => void) | undefined;
}

const there = Promise.resolve();

export class Feed {
  readonly store: Store;
  readonly clock: Clock;
  readonly budget: ByteBudget;
  readonly windowBytesMax: number;
  readonly #prefix: string;
  readonly #caches = new Map<string, ResourceCache>();
  readonly #waiters = new Heap<Waiter>((a, b) => a.revision < b.revision);
  #revision: Revision = 0;
  #compactRevision: Revision = 0;
  #watch: StoreWatch | undefined;
  #state: 'new' | 'running' | 'closed' = 'new';

  constructor(options: FeedOptions) {
    this.store = options.store;
    this.clock = options.clock;
    this.budget = options.budget;
    this.windowBytesMax = options.windowBytesMax ?? windowBytesMaxDefault;
    this.#prefix = options.prefix ?? '/registry/';
  }

  /** All writes up to this revision are in the caches. */
  get revision(): Revision {
    return this.#revision;
  }

  /** Exact reads before it are refused even where the cache could answer: a continue token grows old everywhere alike. */
  get compactRevision(): Revision {
    return this.#compactRevision;
  }

  get caches(): Iterable<ResourceCache> {
    return this.#caches.values();
  }

  /** Resolves when the watch of the store runs and its revision is known. */
  async start(): Promise<void> {
    assert(this.#state === 'new', 'a feed starts once');
    this.#state = 'running';
    this.#revision = await this.store.revision();
    this.#open(this.#revision + 1);
  }

  /** The cache of a resource; loaded from the store at first use. */
  cache(resource: CachedResource): ResourceCache {
    assert(resource.prefix.startsWith(this.#prefix), () => `${resource.prefix} is not under ${this.#prefix}`);
    assert(!this.#caches.has(resource.prefix), () => `there is a cache for ${resource.prefix} already`);
    const cache = new ResourceCache(resource, this);
    this.#caches.set(resource.prefix, cache);
    return cache;
  }

  /** The resource is no longer served: its watches end. */
  remove(cache: ResourceCache): void {
    if (this.#caches.get(cache.resource.prefix) !== cache) return;
    this.#caches.delete(cache.resource.prefix);
    cache.close();
  }

  /** Loads every resource: one that is loaded at its first use can be watched only from then on. */
  async ready(): Promise<void> {
    await Promise.all([...this.#caches.values()].map(cache => cache.ready()));
  }

  /** Calls back once everything up to the revision is in the caches: at once if it is there, else after the watchers were told. */
  whenAt(revision: Revision, wake: () => void): { cancel(): void } {
    if (revision <= this.#revision) {
      wake();
      return { cancel() {} };
    }
    const waiter: Waiter = { revision, wake };
    this.#waiters.push(waiter);
    return {
      cancel() {
        waiter.wake = undefined;
      },
    };
  }

  /** Resolves when everything up to the revision is in the caches; rejects with TooLargeRevisionError when it does not come. */
  waitFor(revision: Revision, waitMsMax = waitMsMaxDefault): Promise<void> {
    if (revision <= this.#revision) return there;
    return new Promise((resolve, reject) => {
      const timer = this.clock.after(waitMsMax, () => {
        wait.cancel();
        reject(new TooLargeRevisionError(revision, this.#revision));
      });
      const wait = this.whenAt(revision, () => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Waits until the caches have all that was written before the call: a linearizable read may follow. */
  async latest(waitMsMax?: number): Promise<void> {
    await this.waitFor(await this.store.revision(), waitMsMax);
  }

  /**
   * Forgets all events so far: watches can begin at this revision or later. For the end of the bootstrap: upstream's caches
   * begin at the revision of their first list, so nobody can watch from before the server was ready.
   */
  beginHistory(): void {
    for (const cache of this.#caches.values()) cache.forgetEvents();
  }

  /** Compacts the store, and refuses exact reads of what is gone. */
  async compact(revision: Revision): Promise<void> {
    await this.store.compact(revision);
    this.#compactRevision = Math.max(this.#compactRevision, revision);
  }

  /** Reads and writes under way are still finished. */
  endWatches(): void {
    for (const cache of this.#caches.values()) cache.endWatches();
  }

  close(): void {
    this.#state = 'closed';
    this.#watch?.close();
    for (const cache of this.#caches.values()) cache.close();
    this.#caches.clear();
  }

  #open(from: Revision): void {
    this.#watch = this.store.watch({
      prefix: this.#prefix,
      from,
      onEvents: (events, revision) => this.#take(events, revision),
      onError: error => this.#failed(error),
    });
  }

  #take(events: readonly StoreEvent[], revision: Revision): void {
    assert(revision >= this.#revision, () => `the store went back from ${this.#revision} to ${revision}`);
    const touched = new Map<ResourceCache, number>();
    for (const event of events) {
      const cache = this.#cacheOf(event.key);
      if (cache === undefined) continue;
      if (!touched.has(cache)) touched.set(cache, cache.logEnd);
      cache.apply(event);
    }
    this.#revision = revision;
    for (const [cache, from] of touched) cache.publish(from);
    this.#wake();
  }

  #wake(): void {
    for (let next = this.#waiters.peek(); next !== undefined; next = this.#waiters.peek()) {
      if (next.wake !== undefined && next.revision > this.#revision) return;
      this.#waiters.pop();
      next.wake?.();
    }
  }

  /** Keys of built-in kinds have the prefix in their second part, most others in the second and third. */
  #cacheOf(key: string): ResourceCache | undefined {
    let end = this.#prefix.length;
    while ((end = key.indexOf('/', end) + 1) > 0) {
      const cache = this.#caches.get(key.slice(0, end));
      if (cache !== undefined) return cache;
    }
    return undefined;
  }

  /** History that is gone means that events may be missing: every cache begins anew. Anything else may pass. */
  #failed(error: Error): void {
    if (this.#state === 'closed') return;
    this.#watch = undefined;
    this.clock.after(
      retryMs,
      () => {
        if (error instanceof CompactedError) void this.#restart();
        else if (this.#state === 'running') this.#open(this.#revision + 1);
      },
      { idle: true },
    );
  }

  async #restart(): Promise<void> {
    try {
      const revision = await this.store.revision();
      if (this.#state !== 'running') return;
      this.#revision = revision;
      for (const cache of this.#caches.values()) cache.reset();
      this.#open(revision + 1);
      this.#wake();
    } catch (error) {
      this.#failed(error instanceof CompactedError ? error : new CompactedError(this.#revision, this.#revision));
    }
  }
}
