/**
 * The store in memory, for tests and simulation: every version of every key since the last compaction.
 *
 * Writes of one turn of the event loop form a group, as the commits of one fsync do elsewhere: watchers are told and
 * promises resolve in one microtask after it, so a run on a fake clock replays exactly.
 */

import { must } from '#lib/assert.ts';
import { BTree } from '#lib/btree.ts';
import type { Clock } from '#lib/clock.ts';
import { Expiry } from '#store/expiry.ts';
import type {
  KeyValue,
  PutOptions,
  RangeOptions,
  RangeResult,
  Revision,
  Store,
  StoreEvent,
  StoreWatch,
  WatchOptions,
  WriteOptions,
  WriteResult,
} from '#store/store.ts';
import { CompactedError, FutureRevisionError } from '#store/store.ts';
import { StoreWatchers } from '#store/watchers.ts';

/** One write of a key; `value` undefined: its deletion. */
interface Version {
  readonly revision: Revision;
  readonly createRevision: Revision;
  readonly value: Uint8Array | undefined;
}

/** The versions of a key since the last compaction, oldest first; never empty. */
interface History {
  readonly key: string;
  readonly versions: Version[];
}

export class MemoryStore implements Store {
  readonly #clock: Clock;
  readonly #expiry: Expiry;
  readonly #watchers: StoreWatchers;
  #histories = BTree.empty<History>();
  /** Every event after the compact revision. */
  #events: StoreEvent[] = [];
  #revision: Revision = 0;
  #compactRevision: Revision = 0;
  /** Resolves when the writes of this turn have been told to the watchers. */
  #group: Promise<void> | undefined;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#expiry = new Expiry(clock, due => {
      for (const { key, revision } of due) void this.delete(key, { expected: revision });
    });
    this.#watchers = new StoreWatchers(async options => this.#eventsBetween(options), 0);
  }

  async revision(): Promise<Revision> {
    return this.#revision;
  }

  async get(key: string): Promise<KeyValue | undefined> {
    return this.#standing(key);
  }

  async range(options: RangeOptions): Promise<RangeResult> {
    const at = options.revision ?? this.#revision;
    if (at > this.#revision) throw new FutureRevisionError(at, this.#revision);
    if (at < this.#compactRevision) throw new CompactedError(at, this.#compactRevision);
    const items: KeyValue[] = [];
    let remaining = 0;
    const start = this.#histories.rank(options.after === undefined ? options.prefix : `${options.after}\0`);
    for (const history of this.#histories.values(start)) {
      if (!history.key.startsWith(options.prefix)) break;
      const item = keyValueAt(history, at);
      if (item === undefined) continue;
      if (items.length < (options.limit ?? Number.POSITIVE_INFINITY)) items.push(item);
      else if (++remaining === 1 && !options.count) break;
    }
    const counted = options.count ? { remaining } : {};
    return { revision: this.#revision, items, more: remaining > 0, ...counted };
  }

  async put(key: string, value: Uint8Array, options: PutOptions = {}): Promise<WriteResult> {
    const result = this.#write(key, value, options.expected);
    if (result.ok) {
      const { ttlSeconds } = options;
      if (ttlSeconds === undefined) this.#expiry.clear(key);
      else this.#expiry.set({ key, revision: result.revision, atMs: this.#clock.nowMs() + ttlSeconds * 1000 });
    }
    await this.#group;
    return result;
  }

  async delete(key: string, options: WriteOptions = {}): Promise<WriteResult> {
    const result = this.#write(key, undefined, options.expected);
    if (result.ok) this.#expiry.clear(key);
    await this.#group;
    return result;
  }

  watch(options: WatchOptions): StoreWatch {
    return this.#watchers.add(options);
  }

  async compact(revision: Revision): Promise<void> {
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
    if (revision <= this.#compactRevision) return;
    this.#compactRevision = revision;
    const changed = new Set(this.#events.filter(event => event.revision <= revision).map(event => event.key));
    this.#events = this.#events.filter(event => event.revision > revision);
    for (const key of changed) this.#forget(key, revision);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#expiry.close();
    this.#watchers.end();
  }

  #standing(key: string): KeyValue | undefined {
    const history = this.#histories.get(key);
    return history && keyValueAt(history, this.#revision);
  }

  /** Compares and appends at once; the group tells the watchers later. */
  #write(key: string, value: Uint8Array | undefined, expected: Revision | undefined): WriteResult {
    if (this.#closed) throw new Error('the store is closed');
    const standing = this.#standing(key);
    const standsAt = standing?.modRevision ?? 0;
    if (expected !== undefined && expected !== standsAt) return { ok: false, current: standing };
    if (value === undefined && standing === undefined) return { ok: false, current: undefined };
    const revision = ++this.#revision;
    const createRevision = standing?.createRevision ?? revision;
    const versions = this.#histories.get(key)?.versions ?? [];
    versions.push({ revision, createRevision, value });
    if (versions.length === 1) this.#histories = this.#histories.set({ key, versions });
    const event = { key, revision, createRevision, previousRevision: standsAt };
    this.#events.push(
      value === undefined
        ? { ...event, type: 'delete', value: must(standing, 'only what stands is deleted').value }
        : { ...event, type: 'put', value },
    );
    this.#group ??= Promise.resolve().then(() => this.#publish(revision));
    return { ok: true, revision };
  }

  #publish(from: Revision): void {
    this.#group = undefined;
    this.#watchers.publish(this.#events.slice(lowerBound(this.#events, from)), this.#revision);
  }

  #eventsBetween({ prefix, from, to }: { prefix: string; from: Revision; to: Revision }) {
    if (from <= this.#compactRevision) throw new CompactedError(from, this.#compactRevision);
    const events = this.#events.slice(lowerBound(this.#events, from), lowerBound(this.#events, to + 1));
    return { events: events.filter(event => event.key.startsWith(prefix)), through: to };
  }

  /** Keeps the newest version at or before the revision, unless it is a deletion, and all after it. */
  #forget(key: string, revision: Revision): void {
    const versions = must(this.#histories.get(key), 'a key with events has a history').versions;
    const newer = versions.findIndex(version => version.revision > revision);
    const count = newer < 0 ? versions.length : newer;
    if (count === 0) return;
    versions.splice(0, versions[count - 1]!.value === undefined ? count : count - 1);
    if (versions.length === 0) this.#histories = this.#histories.delete(key);
  }
}

function keyValueAt({ key, versions }: History, revision: Revision): KeyValue | undefined {
  const version = versions.findLast(each => each.revision <= revision);
  if (version?.value === undefined) return undefined;
  return { key, value: version.value, createRevision: version.createRevision, modRevision: version.revision };
}

/** The index of the first event at or after a revision. */
function lowerBound(events: readonly StoreEvent[], revision: Revision): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (events[middle]!.revision < revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
