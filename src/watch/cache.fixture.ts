/** A cache over a store in memory, with objects that are a line of text: `<label>:<data>`. */

import { MemoryStore } from '#store/memory/memory-store.ts';
import type { Revision, WriteResult } from '#store/store.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { ByteBudget } from '#watch/byte-budget.ts';
import type { ResourceCache } from '#watch/cache.ts';
import type { CachedResource, Entry } from '#watch/entry.ts';
import { Feed } from '#watch/feed.ts';
import type { Form, WatchForm } from '#watch/form.ts';
import type { ListOptions, Page, Selector } from '#watch/read.ts';
import type { CacheWatchOptions, Watcher, WatchSink } from '#watch/watch.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const bytes = (text: string) => encoder.encode(text);
export const text = (value: Uint8Array) => decoder.decode(value);

export function resourceOf(name: string, namespaced = true): CachedResource {
  return {
    name,
    prefix: `/registry/${name}/`,
    namespaced,
    open: (_key, stored) => {
      const [label = '', data] = text(stored).split(':');
      if (data === undefined) throw new Error('damaged');
      return { value: stored, index: { labels: { app: label }, fields: {}, uid: '' } };
    },
    decode: entry => ({ key: entry.key, revision: entry.revision, value: text(entry.value) }),
  };
}

export const line = (entry: Entry) => `${entry.key}=${text(entry.value)}@${entry.revision}`;

/** Counts how often it encodes: nothing is to be encoded twice. */
export function countingForm(): Form & { count: number } {
  const form = {
    name: 'line',
    count: 0,
    separator: bytes(','),
    encode: (entry: Entry) => {
      form.count++;
      return { bytes: bytes(line(entry)) };
    },
  };
  return form;
}

export function countingWatchForm(): WatchForm & { count: number } {
  const form = {
    name: 'line',
    count: 0,
    frame: ({ type, entry }: { type: string; entry: Entry }) => {
      form.count++;
      return { bytes: bytes(`${type} ${line(entry)}\n`) };
    },
    bookmark: ({ revision, initialEventsEnd }: { revision: Revision; initialEventsEnd: boolean }) =>
      bytes(`BOOKMARK ${revision}${initialEventsEnd ? ' end' : ''}\n`),
  };
  return form;
}

export const labelled = (label: string): Selector => ({
  text: `app=${label}`,
  matches: entry => entry.index.labels['app'] === label,
});

/** Takes everything, until it is told to be full after so many chunks. */
export class TestSink implements WatchSink {
  received = '';
  ended: string | undefined;
  chunksCount = 0;
  /** Accepts this many more chunks. */
  room = Number.POSITIVE_INFINITY;
  #onDrain = () => {};

  write(chunk: Uint8Array): boolean {
    this.received += text(chunk);
    this.chunksCount++;
    return --this.room > 0;
  }

  onDrain(callback: () => void): void {
    this.#onDrain = callback;
  }

  end(end: { reason: string }): void {
    const { reason, ...rest } = end;
    this.ended = [reason, ...Object.values(rest).map(String)].join(' ');
  }

  drain(room = Number.POSITIVE_INFINITY): void {
    this.room = room;
    this.#onDrain();
  }

  lines(): string[] {
    return this.received.split('\n').filter(Boolean);
  }

  /** Waits until so many lines have come, or the end; not for ever, because everything here happens within a few turns. */
  async until(linesCount: number): Promise<string[]> {
    await turns(() => this.lines().length >= linesCount || this.ended !== undefined);
    return this.lines();
  }

  async untilEnd(): Promise<string | undefined> {
    await turns(() => this.ended !== undefined);
    return this.ended;
  }
}

async function turns(done: () => boolean): Promise<void> {
  for (let n = 0; n < 100 && !done(); n++) await new Promise(setImmediate);
}

export async function openCache(options: { windowBytesMax?: number; budgetBytes?: number; namespaced?: boolean } = {}) {
  const clock = new FakeClock();
  const store = new MemoryStore(clock);
  const budget = new ByteBudget(options.budgetBytes ?? 1 << 20);
  const feed = new Feed({ store, clock, budget, windowBytesMax: options.windowBytesMax });
  await feed.start();
  const cache = feed.cache(resourceOf('things', options.namespaced));
  return { clock, store, budget, feed, cache, ...verbs(store, cache) };
}

function verbs(store: MemoryStore, cache: ResourceCache) {
  const revisionOf = (result: WriteResult) => (result.ok ? result.revision : 0);
  return {
    put: async (key: string, value: string) => revisionOf(await store.put(cache.resource.prefix + key, bytes(value))),
    remove: async (key: string) => revisionOf(await store.delete(cache.resource.prefix + key)),
    list: (more: Partial<ListOptions> = {}): Promise<Page> => cache.list({ scope: {}, at: 'latest', ...more }),
    watch: (more: Partial<CacheWatchOptions> = {}): { sink: TestSink; watcher: Watcher; form: WatchForm } => {
      const sink = new TestSink();
      const form = more.form ?? countingWatchForm();
      const watcher = cache.watch({ scope: {}, start: { initial: 'latest' }, sink, ...more, form });
      return { sink, watcher, form };
    },
  };
}

export const keysOf = (page: Page) => [...page.entries()].map(entry => entry.key);
