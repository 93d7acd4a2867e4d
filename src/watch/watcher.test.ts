import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, countingWatchForm, labelled, line, openCache } from '#watch/cache.fixture.ts';
import type { ObjectEvent } from '#watch/form.ts';

const settle = async () => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

test('a watch from a revision tells what followed, then what follows', async () => {
  const { put, remove, watch, cache } = await openCache();
  const first = await put('a/first', 'x:1');
  await cache.ready();
  const { sink: early } = watch({ start: { after: first } });
  await put('a/x', 'x:1');
  await put('a/x', 'x:2');
  await remove('a/x');
  const { sink, watcher } = watch({ start: { after: first } });
  await put('a/x', 'x:3');
  const lines = ['ADDED a/x=x:1@2', 'MODIFIED a/x=x:2@3', 'DELETED a/x=x:2@4', 'ADDED a/x=x:3@5'];
  assert.deepEqual(await sink.until(4), lines);
  assert.deepEqual(await early.until(4), lines);
  assert.equal(watcher.state, 'live');
  watcher.close();
  await put('a/x', 'x:4');
  assert.equal(sink.lines().length, 4);
  assert.equal(sink.ended, undefined);
});

test('an object that begins or ceases to match is added or deleted, as it was before', async () => {
  const { put, remove, watch, cache } = await openCache();
  await cache.ready();
  const { sink } = watch({ start: { initial: 'any' }, selector: labelled('x') });
  const { sink: whole } = watch({ start: { initial: 'any' } });
  await put('a/1', 'y:1');
  await put('a/1', 'x:2');
  await put('a/1', 'x:3');
  await put('a/1', 'y:4');
  await put('a/1', 'y:5');
  await remove('a/1');
  await put('a/2', 'x:1');
  await remove('a/2');
  assert.deepEqual(await whole.until(8), [
    'ADDED a/1=y:1@1',
    'MODIFIED a/1=x:2@2',
    'MODIFIED a/1=x:3@3',
    'MODIFIED a/1=y:4@4',
    'MODIFIED a/1=y:5@5',
    'DELETED a/1=y:5@6',
    'ADDED a/2=x:1@7',
    'DELETED a/2=x:1@8',
  ]);
  assert.deepEqual(sink.lines(), [
    'ADDED a/1=x:2@2',
    'MODIFIED a/1=x:3@3',
    'DELETED a/1=x:3@4',
    'ADDED a/2=x:1@7',
    'DELETED a/2=x:1@8',
  ]);
});

test('scopes: all, a namespace, one key', async () => {
  const { put, watch, cache } = await openCache();
  await cache.ready();
  const scopes = [{}, { namespace: 'a' }, { key: 'a/x' }];
  const sinks = scopes.flatMap(scope =>
    [{ after: 0 }, { initial: 'any' as const }].map(start => watch({ scope, start }).sink),
  );
  for (const key of ['a/x', 'a/xy', 'a-b/x', 'ab/x', 'b/x']) await put(key, 'x:1');
  const added = ['a/x=x:1@1', 'a/xy=x:1@2', 'a-b/x=x:1@3', 'ab/x=x:1@4', 'b/x=x:1@5'].map(each => `ADDED ${each}`);
  assert.deepEqual(
    sinks.map(sink => sink.lines()),
    [added, added, added.slice(0, 2), added.slice(0, 2), added.slice(0, 1), added.slice(0, 1)],
  );
  const again = scopes.map(scope => watch({ scope, start: { initial: 'any' } }).sink);
  assert.deepEqual(
    again.map(sink => sink.lines().length),
    [5, 2, 1],
  );
});

test('initial events: the state in order, a bookmark that ends it, then what follows', async () => {
  const { put, remove, watch } = await openCache();
  for (const key of ['b/1', 'a/2', 'a/1', 'a/3']) await put(key, key === 'a/2' ? 'y:1' : 'x:1');
  await remove('a/3');
  const { sink } = watch({ start: { initial: 'latest', markEnd: true }, selector: labelled('x') });
  await sink.until(3);
  await put('c/1', 'x:1');
  assert.deepEqual(await sink.until(4), ['ADDED a/1=x:1@3', 'ADDED b/1=x:1@1', 'BOOKMARK 5 end', 'ADDED c/1=x:1@6']);
  const { sink: now } = watch({ start: { now: true } });
  await settle();
  await put('c/2', 'x:1');
  assert.deepEqual(await now.until(1), ['ADDED c/2=x:1@7']);
});

test('a watch from the future waits; initial events not older than the future end as too large', async () => {
  const { clock, put, watch, cache } = await openCache();
  await cache.ready();
  const { sink, watcher } = watch({ start: { after: 2 } });
  const { sink: gone, watcher: closed } = watch({ start: { after: 2 } });
  const { sink: tooLarge } = watch({ start: { initial: { notOlderThan: 50 } } });
  assert.equal(watcher.state, 'waiting');
  closed.close();
  await Promise.all([put('a/1', 'x:1'), put('a/2', 'x:1'), put('a/3', 'x:1')]);
  await put('a/4', 'x:1');
  assert.deepEqual(await sink.until(2), ['ADDED a/3=x:1@3', 'ADDED a/4=x:1@4']);
  assert.equal(gone.received, '');
  clock.advance(3_000);
  assert.equal(await tooLarge.untilEnd(), 'tooLarge 50 4');
});

test('what is older than the window is expired', async () => {
  const { feed, put, watch, cache } = await openCache({ windowBytesMax: 2_000 });
  await cache.ready();
  for (let i = 0; i < 20; i++) await put('a/x', `x:${i}`);
  const oldest = cache.window.startRevision;
  assert.ok(oldest > 10 && oldest < 20 && cache.window.bytes <= 2_000);
  assert.equal(watch({ start: { after: oldest - 1 } }).sink.ended, `expired ${oldest - 1} ${oldest}`);
  assert.equal(watch({ start: { after: oldest } }).sink.lines().length, 20 - oldest);
  feed.beginHistory();
  assert.equal(watch({ start: { after: 19 } }).sink.ended, 'expired 19 20');
  assert.equal(watch({ start: { after: 20 } }).sink.ended, undefined);
});

test('watchers with the same interest share one encoding and one buffer', async () => {
  const { put, watch, cache } = await openCache();
  await cache.ready();
  const form = countingWatchForm();
  const watched = Array.from({ length: 100 }, () => watch({ form, start: { after: 0 } }));
  for (let i = 0; i < 10; i++) await put('a/x', `x:${i}`);
  for (const { sink } of watched) assert.equal(sink.lines().length, 10);
  assert.equal(form.count, 10);
  await Promise.all(Array.from({ length: 50 }, (_, i) => put('a/x', `x:${i}`)));
  assert.equal(form.count, 60);
  for (const { sink } of watched) assert.deepEqual([sink.lines().length, sink.chunksCount], [60, 11]);
});

test('a full sink gets nothing until it drains, then everything it missed, in order', async () => {
  const { put, remove, watch, cache } = await openCache();
  await cache.ready();
  for (let i = 0; i < 300; i++) await put(`a/${String(i).padStart(3, '0')}`, 'x:0');
  const { sink: free } = watch({ start: { initial: 'any', markEnd: true } });
  const { sink, watcher } = watch({ start: { initial: 'any', markEnd: true } });
  sink.room = 0;
  const { sink: small, watcher: smallWatcher } = watch({ start: { after: 300 } });
  small.room = 1;
  for (let i = 0; i < 200; i++) await put(`b/${i}`, `x:${i}`);
  assert.equal(watcher.state, 'blocked');
  assert.equal(smallWatcher.state, 'blocked');
  assert.equal(small.lines().length, 1);
  for (let n = 0; smallWatcher.state === 'blocked'; n++) {
    if (n < 3) await remove(`b/${n}`);
    small.drain(1);
  }
  sink.drain();
  await put('c/last', 'x:1');
  assert.deepEqual(sink.lines(), free.lines());
  assert.deepEqual(small.lines(), free.lines().slice(301));
  assert.equal(watcher.state, 'live');
});

test('a sink that stays full is ended when the window has moved on, and others are not disturbed', async () => {
  const { put, watch, cache } = await openCache({ windowBytesMax: 20_000 });
  await cache.ready();
  const { sink, watcher } = watch({ start: { after: 0 } });
  const { sink: free } = watch({ start: { after: 0 } });
  sink.room = 1;
  for (let i = 0; i < 10; i++) await put('a/x', `x:${i}`);
  assert.equal(watcher.state, 'blocked');
  for (let i = 10; i < 100; i++) await put('a/x', `x:${i}`);
  assert.equal(sink.ended, 'slow');
  assert.equal(sink.lines().length, 1);
  assert.equal(free.lines().length, 100);
  assert.equal(cache.watchersCount, 1);
});

test('a bookmark a minute when the revision moved on, one before the timeout, and then the end', async () => {
  const { clock, store, put, watch, cache } = await openCache();
  await put('a/x', 'x:1');
  await cache.ready();
  const { sink } = watch({ start: { after: 1 }, bookmarks: true, timeoutMs: 300_000 });
  const { sink: without } = watch({ start: { after: 1 }, timeoutMs: 300_000 });
  clock.advance(59_999);
  assert.deepEqual(sink.lines(), []);
  clock.advance(1);
  clock.advance(60_000);
  assert.deepEqual(sink.lines(), ['BOOKMARK 1'], 'nothing was written since');
  await store.put('/registry/other/x', bytes('1'));
  clock.advance(60_000);
  assert.deepEqual(sink.lines(), ['BOOKMARK 1', 'BOOKMARK 2']);
  await put('a/x', 'x:2');
  clock.advance(60_000);
  await store.put('/registry/other/x', bytes('2'));
  clock.advance(58_000);
  assert.deepEqual(sink.lines().slice(2), ['MODIFIED a/x=x:2@3', 'BOOKMARK 3', 'BOOKMARK 4']);
  assert.equal(sink.ended, undefined);
  clock.advance(2_000);
  assert.equal(sink.ended, 'timeout');
  assert.equal(without.ended, 'timeout');
  assert.deepEqual(without.lines(), ['MODIFIED a/x=x:2@3']);
  assert.equal(clock.nextMs(), undefined, 'no timer is left');
});

test('the first frame of a watcher is its own; the others are shared', async () => {
  const { put, watch, cache } = await openCache();
  await cache.ready();
  const form = {
    ...countingWatchForm(),
    firstFrame: ({ entry }: ObjectEvent) => ({ bytes: bytes(`FIRST ${line(entry)}\n`) }),
  };
  const { sink: early } = watch({ form, start: { after: 0 } });
  await Promise.all([put('a/1', 'x:1'), put('a/2', 'x:1')]);
  const { sink: late } = watch({ form, start: { initial: 'any' } });
  await put('a/3', 'x:1');
  const lines = ['FIRST a/1=x:1@1', 'ADDED a/2=x:1@2', 'ADDED a/3=x:1@3'];
  assert.deepEqual(early.lines(), lines);
  assert.deepEqual(late.lines(), lines);
});

test('a form that encodes later keeps the order, and its failure ends the watch', async () => {
  const { put, watch, cache } = await openCache();
  await put('a/0', 'x:1');
  await cache.ready();
  const answers: ((failed?: Error) => void)[] = [];
  const form = {
    ...countingWatchForm(),
    frameMany: (events: readonly ObjectEvent[]) =>
      new Promise<{ bytes: Uint8Array }[]>((resolve, reject) =>
        answers.push(failed =>
          failed
            ? reject(failed)
            : resolve(events.map(({ type, entry }) => ({ bytes: bytes(`${type} ${line(entry)}\n`) }))),
        ),
      ),
  };
  const { sink, watcher } = watch({ form, start: { initial: 'any', markEnd: true } });
  await Promise.all([put('a/1', 'x:1'), put('a/2', 'x:1')]);
  await put('a/3', 'x:1');
  assert.deepEqual(sink.lines(), []);
  answers.shift()!();
  await settle();
  assert.deepEqual(sink.lines(), ['ADDED a/0=x:1@1', 'BOOKMARK 1 end']);
  answers.shift()!();
  await sink.until(5);
  assert.deepEqual(sink.lines().slice(2), ['ADDED a/1=x:1@2', 'ADDED a/2=x:1@3', 'ADDED a/3=x:1@4']);
  await settle();
  assert.equal(watcher.state, 'live');
  await put('a/4', 'x:1');
  answers.shift()!(new Error('the webhook is gone'));
  assert.equal(await sink.untilEnd(), 'failed Error: the webhook is gone');
});

test('a watch that begins while a group is told gets it once', async () => {
  const { put, watch, cache } = await openCache();
  await cache.ready();
  let inner: ReturnType<typeof watch> | undefined;
  const outer = watch({ start: { after: 0 } });
  const write = outer.sink.write.bind(outer.sink);
  outer.sink.write = chunk => {
    inner ??= watch({ start: { after: 0 } });
    return write(chunk);
  };
  await Promise.all([put('a/1', 'x:1'), put('a/2', 'x:1')]);
  await put('a/3', 'x:1');
  assert.deepEqual(inner?.sink.lines(), outer.sink.lines());
  assert.equal(outer.sink.lines().length, 3);
});
