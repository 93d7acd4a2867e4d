import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompactedError } from '#store/store.ts';
import { bytes, countingForm, keysOf, labelled, line, openCache, resourceOf, text } from '#watch/cache.fixture.ts';
import { TooLargeRevisionError } from '#watch/read.ts';

const joined = async (chunks: readonly Uint8Array[] | Promise<readonly Uint8Array[]>) =>
  (await chunks).map(text).join('');

test('what was in the store before and what is written while it loads are there', async () => {
  const { store, put, remove, list, cache } = await openCache();
  for (let i = 0; i < 1200; i++) await store.put(`/registry/things/a/${String(i).padStart(4, '0')}`, bytes('x:0'));
  const loading = list();
  await Promise.all([put('a/0001', 'x:1'), put('b/new', 'x:1'), remove('a/0002'), loading]);
  const page = await list();
  assert.equal(page.size, 1200);
  assert.equal(page.revision, await store.revision());
  assert.equal(line(cache.get('a/0001')!), 'a/0001=x:1@1201');
  assert.equal(cache.get('a/0002'), undefined);
});

test('a write that was acknowledged is in the cache, and nothing waits on a timer', async () => {
  const { clock, put, cache } = await openCache();
  await cache.ready();
  const revision = await put('a/x', 'x:1');
  await cache.waitFor(revision);
  assert.equal(line(cache.get('a/x')!), `a/x=x:1@${revision}`);
  assert.equal(clock.nextMs(), undefined);
});

test('a latest read knows of writes to other resources, a revision that does not come is too large', async () => {
  const { clock, store, list, cache } = await openCache();
  await store.put('/elsewhere', bytes('1'));
  assert.equal((await list()).revision, 1);
  const tooLarge = assert.rejects(list({ at: { notOlderThan: 7 } }), (error: TooLargeRevisionError) => {
    assert.ok(error instanceof TooLargeRevisionError);
    assert.deepEqual([error.asked, error.current], [7, 1]);
    return true;
  });
  await cache.ready();
  await Promise.resolve();
  clock.advance(3_000);
  await tooLarge;
});

test('lists by namespace, key and selector', async () => {
  const { put, list } = await openCache();
  for (const key of ['a/x', 'a/y', 'a-b/x', 'b/x', 'ab/z']) await put(key, key.endsWith('x') ? 'x:1' : 'y:1');
  assert.deepEqual(keysOf(await list()), ['a-b/x', 'a/x', 'a/y', 'ab/z', 'b/x']);
  assert.deepEqual(keysOf(await list({ scope: { namespace: 'a' } })), ['a/x', 'a/y']);
  assert.deepEqual(keysOf(await list({ scope: { namespace: 'c' } })), []);
  assert.deepEqual(keysOf(await list({ scope: { key: 'a/y' } })), ['a/y']);
  assert.deepEqual(keysOf(await list({ scope: { key: 'a/' } })), []);
  assert.deepEqual(keysOf(await list({ selector: labelled('x') })), ['a-b/x', 'a/x', 'b/x']);
  const first = await list({ selector: labelled('x'), limit: 2 });
  assert.deepEqual([keysOf(first), first.next, first.remaining], [['a-b/x', 'a/x'], 'a/x', undefined]);
  const last = await list({ selector: labelled('x'), limit: 2, after: first.next });
  assert.deepEqual([keysOf(last), last.next], [['b/x'], undefined]);
});

for (const windowBytesMax of [1 << 20, 0]) {
  test(`pages show one revision while writes go on, from ${windowBytesMax ? 'the window' : "the store's history"}`, async () => {
    const { store, put, remove, list } = await openCache({ windowBytesMax });
    const names = Array.from({ length: 200 }, (_, i) => `a/${String(i).padStart(3, '0')}`);
    for (const name of names) await put(name, 'x:0');
    await put('b/other', 'x:0');
    const first = await list({ scope: { namespace: 'a' }, limit: 30 });
    assert.equal(first.remaining, 170);
    const { revision } = first;
    const seen = [...first.entries()].map(line);
    for (let next = first.next, n = 0; next !== undefined; n++) {
      await put(`a/${String(n).padStart(3, '0')}x`, 'x:new');
      await remove(names[199 - n]!);
      await put(names[100 + n]!, 'x:changed');
      const page = await list({ scope: { namespace: 'a' }, at: { exact: revision }, after: next, limit: 30 });
      assert.equal(page.revision, revision);
      seen.push(...[...page.entries()].map(line));
      assert.equal(page.remaining, 200 - seen.length);
      next = page.next;
    }
    assert.deepEqual(
      seen,
      names.map((name, i) => `${name}=x:0@${i + 1}`),
    );
    for (const at of [1, 57, 200, revision, await store.revision()]) {
      const exact = await list({ at: { exact: at }, selector: labelled('x') });
      const { items } = await store.range({ prefix: '/registry/things/', revision: at });
      assert.deepEqual(
        keysOf(exact).map(key => `/registry/things/${key}`),
        items.map(item => item.key),
      );
    }
  });
}

test('an exact read of what was compacted is refused, even where the window still has it', async () => {
  const { feed, put, list } = await openCache();
  for (let i = 0; i < 5; i++) await put('a/x', `x:${i}`);
  assert.equal([...(await list({ at: { exact: 2 } })).entries()].map(line)[0], 'a/x=x:1@2');
  await feed.compact(4);
  await assert.rejects(list({ at: { exact: 3 } }), CompactedError);
  assert.equal((await list({ at: { exact: 4 } })).size, 1);
});

test('nothing is encoded twice, and a long list is a few chunks', async () => {
  const { put, list } = await openCache();
  const names = Array.from({ length: 1000 }, (_, i) => `a/${String(i).padStart(4, '0')}`);
  await Promise.all(names.map(name => put(name, 'x:0')));
  const form = countingForm();
  const page = await list();
  const chunks = await page.bytes(form);
  assert.ok(chunks.length <= 40, `${chunks.length} chunks`);
  const whole = await joined(chunks);
  assert.equal(whole, names.map((name, i) => `${name}=x:0@${i + 1}`).join(','));
  assert.equal(form.count, 1000);
  await put('a/0500', 'x:1');
  assert.equal(await joined((await list()).bytes(form)), whole.replace('a/0500=x:0@501', 'a/0500=x:1@1001'));
  assert.equal(form.count, 1001);
  const stretch = await list({ after: 'a/0099', limit: 333 });
  assert.equal(await joined(stretch.bytes(form)), whole.split(',').slice(100, 433).join(','));
  assert.equal(
    await joined((await list({ selector: labelled('x') })).bytes(form)),
    await joined((await list()).bytes(form)),
  );
  assert.equal(await joined((await list({ scope: { namespace: 'none' } })).bytes(form)), '');
  assert.equal(form.count, 1001);
});

test('the byte budget bounds what is kept, and what was dropped is made again', async () => {
  const { budget, put, list, cache } = await openCache({ budgetBytes: 20_000 });
  const names = Array.from({ length: 1000 }, (_, i) => `a/${String(i).padStart(4, '0')}`);
  await Promise.all(names.map(name => put(name, 'x:0')));
  const form = countingForm();
  for (let round = 0; round < 3; round++) {
    const whole = await joined((await list()).bytes(form));
    assert.equal(whole.split(',').length, 1000);
    for (const name of names) assert.deepEqual((cache.get(name)!.object() as { key: string }).key, name);
    assert.ok(budget.bytes <= 30_000, `${budget.bytes} bytes are kept`);
  }
  assert.ok(form.count > 1000);
});

test('holes are filled when the list is written', async () => {
  const { clock, put, list } = await openCache();
  for (let i = 0; i < 100; i++) await put(`a/${String(i).padStart(2, '0')}`, 'x:0');
  const startMs = clock.nowMs();
  const form = {
    ...countingForm(),
    encode: (entry: { name: string }) => ({
      bytes: bytes(`<${entry.name} old>`),
      holes: [{ at: 1 + entry.name.length + 1, from: startMs }],
    }),
    fill: (hole: { from: unknown }, nowMs: number) => bytes(`${(nowMs - Number(hole.from)) / 1000}s `),
  };
  const expected = (seconds: number, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `<${String(from + i).padStart(2, '0')} ${seconds}s old>`).join(',');
  assert.equal(await joined((await list()).bytes(form)), expected(0, 0, 100));
  clock.advance(61_000);
  assert.equal(await joined((await list()).bytes(form)), expected(61, 0, 100));
  assert.equal(await joined((await list({ after: 'a/04', limit: 52 })).bytes(form)), expected(61, 5, 57));
});

test('a form that encodes later is asked once for each entry', async () => {
  const { put, list } = await openCache();
  for (let i = 0; i < 150; i++) await put(`a/${i}`, 'x:0');
  const asked: number[] = [];
  const form = {
    ...countingForm(),
    encodeMany: async (entries: readonly { name: string }[]) => {
      asked.push(entries.length);
      return entries.map(entry => ({ bytes: bytes(entry.name) }));
    },
  };
  const whole = await joined((await list()).bytes(form));
  assert.equal(
    whole,
    keysOf(await list())
      .map(key => key.slice(2))
      .join(','),
  );
  assert.equal(await joined((await list({ selector: labelled('x') })).bytes(form)), whole);
  assert.equal(
    asked.reduce((sum, count) => sum + count),
    150,
  );
});

test('a damaged object has an entry that says so, and the others are not touched', async () => {
  const { put, list, cache } = await openCache({ namespaced: false });
  await put('good', 'x:1');
  await put('bad', 'nonsense');
  assert.deepEqual(keysOf(await list()), ['bad', 'good']);
  assert.equal(cache.get('bad')?.problem?.message, 'damaged');
  assert.throws(() => cache.get('bad')?.object(), /damaged/);
});

test('prefixes below one another are kept apart', async () => {
  const { store, feed } = await openCache();
  const endpoints = feed.cache({ ...resourceOf('endpoints'), prefix: '/registry/services/endpoints/' });
  const services = feed.cache({ ...resourceOf('services'), prefix: '/registry/services/specs/' });
  await Promise.all([endpoints.ready(), services.ready()]);
  await store.put('/registry/services/specs/a/x', bytes('x:1'));
  await store.put('/registry/services/endpoints/a/y', bytes('x:1'));
  assert.deepEqual(keysOf(await services.list({ scope: {}, at: 'latest' })), ['a/x']);
  assert.deepEqual(keysOf(await endpoints.list({ scope: {}, at: 'latest' })), ['a/y']);
});

test('what opening has parsed is kept for the first decoding only, and no entry holds a pool', async () => {
  const { store, feed } = await openCache();
  const decoded: unknown[] = [];
  const cache = feed.cache({
    ...resourceOf('parsed'),
    open: (_key, stored) => ({ value: stored, index: { labels: {}, fields: {}, uid: '' }, parsed: text(stored) }),
    decode: (_entry, parsed) => decoded.push(parsed),
  });
  await cache.ready();
  const pool = bytes(`${'.'.repeat(1000)}small`);
  await store.put('/registry/parsed/a/x', pool.subarray(1000));
  const entry = cache.get('a/x')!;
  assert.equal(entry.value.buffer.byteLength, 5);
  entry.object();
  entry.object();
  entry.at(9).object();
  assert.deepEqual(decoded, ['small', undefined]);
});
