/**
 * Events a second from the store in memory through the cache to 1,000 watchers that take everything: one audience, then one
 * audience for each watcher (a kubelet's selector). Then a list of 1,000 objects of 4 KB, of which one changes each time.
 *
 *   node bench/watch-fan-out.ts
 */

import { systemClock } from '#lib/clock.ts';
import { MemoryStore } from '#store/memory/memory-store.ts';
import { ByteBudget } from '#watch/byte-budget.ts';
import type { CachedResource, Entry } from '#watch/entry.ts';
import { Feed } from '#watch/feed.ts';
import type { Form, WatchForm } from '#watch/form.ts';

const resource: CachedResource = {
  name: 'pods',
  prefix: '/registry/pods/',
  namespaced: true,
  open: (key, value) => ({
    value,
    index: { labels: {}, fields: { 'spec.nodeName': `n${Number(key.slice(-3)) % 1000}` }, uid: '' },
  }),
  decode: entry => entry.value,
};

const comma = Buffer.from(',');
const form: Form = { name: 'json', separator: comma, encode: ({ value }) => ({ bytes: Buffer.concat([value]) }) };
const watchForm: WatchForm = {
  name: 'json',
  frame: ({ entry }) => ({ bytes: Buffer.concat([entry.value]) }),
  bookmark: () => new Uint8Array(),
};

const keyOf = (n: number) => `/registry/pods/default/pod-${String(n % 1000).padStart(4, '0')}`;

async function open() {
  const store = new MemoryStore(systemClock);
  const feed = new Feed({ store, clock: systemClock, budget: new ByteBudget(256 << 20) });
  await feed.start();
  const cache = feed.cache(resource);
  await cache.ready();
  const value = Buffer.alloc(4_000, 97);
  const write = (from: number, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => store.put(keyOf(from + i), value)));
  return { cache, write };
}

async function fanOut(name: string, selectorOf: (n: number) => ((entry: Entry) => boolean) | undefined): Promise<void> {
  const { cache, write } = await open();
  let received = 0;
  for (let n = 0; n < 1_000; n++) {
    const matches = selectorOf(n);
    const sink = { write: () => ++received > 0, onDrain() {}, end() {} };
    const selector = matches && { text: String(n), matches };
    cache.watch({ scope: {}, start: { initial: 'any' }, selector, form: watchForm, sink });
  }
  const writesCount = 2_000;
  const startMs = systemClock.monotonicMs();
  for (let n = 0; n < writesCount; n++) await write(n, 1);
  const seconds = (systemClock.monotonicMs() - startMs) / 1000;
  const perWriteUs = ((seconds / writesCount) * 1e6).toFixed(0);
  console.log(`${name}  ${Math.round(received / seconds)} deliveries/s  ${perWriteUs} us/write`);
}

async function list(): Promise<void> {
  const { cache, write } = await open();
  await write(0, 1_000);
  const roundsCount = 500;
  const startMs = systemClock.monotonicMs();
  for (let n = 0; n < roundsCount; n++) {
    await write(n, 1);
    const page = await cache.list({ scope: {}, at: 'latest' });
    await page.bytes(form);
  }
  const perListUs = ((systemClock.monotonicMs() - startMs) / roundsCount) * 1000;
  console.log(`list/1000-of-4KB/one-changed  ${Math.round(1e6 / perListUs)} lists/s  ${perListUs.toFixed(0)} us/list`);
}

await fanOut('fan-out/1000-watchers/one-audience', () => undefined);
await fanOut('fan-out/1000-watchers/own-selectors', n => entry => entry.index.fields['spec.nodeName'] === `n${n}`);
await list();
