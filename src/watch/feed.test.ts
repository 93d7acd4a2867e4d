import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '#store/memory/memory-store.ts';
import type { WatchOptions } from '#store/store.ts';
import { CompactedError } from '#store/store.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { ByteBudget } from '#watch/byte-budget.ts';
import { bytes, countingWatchForm, keysOf, resourceOf, TestSink } from '#watch/cache.fixture.ts';
import { Feed } from '#watch/feed.ts';

/** A feed whose watch of the store can be broken. */
async function openFeed() {
  const clock = new FakeClock();
  const store = new MemoryStore(clock);
  const watches: { readonly options: WatchOptions; close(): void }[] = [];
  const watch = store.watch.bind(store);
  store.watch = options => {
    const opened = { options, close: watch(options).close };
    watches.push(opened);
    return opened;
  };
  const feed = new Feed({ store, clock, budget: new ByteBudget(1 << 20) });
  await feed.start();
  const cache = feed.cache(resourceOf('things'));
  await cache.ready();
  const sink = new TestSink();
  cache.watch({ scope: {}, start: { initial: 'any' }, form: countingWatchForm(), sink });
  const breakWith = async (error: Error) => {
    watches.at(-1)!.close();
    watches.at(-1)!.options.onError(error);
    await store.put('/registry/things/a/meanwhile', bytes('x:1'));
    clock.advance(1_000);
  };
  return { clock, store, feed, cache, sink, breakWith };
}

test('after a failure the feed goes on where it was, and no watcher notices', async () => {
  const { store, sink, breakWith } = await openFeed();
  await store.put('/registry/things/a/1', bytes('x:1'));
  await breakWith(new Error('the connection broke'));
  await store.put('/registry/things/a/2', bytes('x:1'));
  const lines = ['ADDED a/1=x:1@1', 'ADDED a/meanwhile=x:1@2', 'ADDED a/2=x:1@3'];
  assert.deepEqual(await sink.until(3), lines);
  assert.equal(sink.ended, undefined);
});

test('when the history is gone every watch ends, and the caches are loaded anew', async () => {
  const { store, cache, sink, breakWith } = await openFeed();
  await store.put('/registry/things/a/1', bytes('x:1'));
  await breakWith(new CompactedError(2, 5));
  assert.equal(await sink.untilEnd(), 'closed');
  const page = await cache.list({ scope: {}, at: 'latest' });
  assert.deepEqual(keysOf(page), ['a/1', 'a/meanwhile']);
  const again = new TestSink();
  cache.watch({ scope: {}, start: { after: 1 }, form: countingWatchForm(), sink: again });
  assert.equal(await again.untilEnd(), 'expired 1 2');
});

test('whoever follows a cache may look around in it whatever happens: when it begins anew, and when it ends', async () => {
  const { store, feed, cache, sink, breakWith } = await openFeed();
  const told: string[] = [];
  cache.onChange((before, after) => told.push(`${(before ?? after)!.key} ${cache.get('a/1') !== undefined}`));
  await store.put('/registry/things/a/1', bytes('x:1'));
  await breakWith(new CompactedError(2, 5));
  await sink.untilEnd();
  await cache.ready();
  assert.deepEqual(told, ['a/1 true', 'a/1 false', 'a/1 true', 'a/meanwhile true']);
  feed.close();
  assert.equal(told.length, 4);
});

test('a resource that is no longer served ends its watches and can be served again', async () => {
  const { store, feed, cache, sink } = await openFeed();
  await store.put('/registry/things/a/1', bytes('x:1'));
  feed.remove(cache);
  assert.equal(sink.ended, 'closed');
  await assert.rejects(cache.list({ scope: {}, at: 'latest' }), /closed/);
  const again = feed.cache(resourceOf('things'));
  assert.deepEqual(keysOf(await again.list({ scope: {}, at: 'latest' })), ['a/1']);
});
