import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompactedError } from '#store/store.ts';
import { openCache } from '#watch/cache.fixture.ts';
import { compactionMs, startCompactor } from '#watch/compactor.ts';

test('what is older than two intervals is gone, what is younger than one is not', async () => {
  const { clock, store, feed, put, list } = await openCache();
  const compactor = startCompactor({ feed, clock, onError: error => assert.fail(error) });
  const readable = async (revision: number) => {
    await new Promise(setImmediate);
    return list({ at: { exact: revision } }).then(
      () => true,
      error => {
        assert.ok(error instanceof CompactedError);
        return false;
      },
    );
  };
  const first = await put('a/x', 'x:1');
  clock.advance(compactionMs - 1);
  const second = await put('a/x', 'x:2');
  clock.advance(1);
  assert.equal(await readable(first), true);
  clock.advance(compactionMs);
  assert.deepEqual([await readable(first), await readable(second)], [false, true]);
  await assert.rejects(store.range({ prefix: '/', revision: first }), CompactedError);
  compactor.close();
  assert.equal(clock.nextMs(), undefined);
});
