import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Expiry, type Term } from '#store/expiry.ts';
import { FakeClock } from '#testing/fake-clock.ts';

test('a term that is renewed without end is one term, and ends once, at its last time', () => {
  const clock = new FakeClock();
  const ended: Term[] = [];
  const expiry = new Expiry(clock, due => ended.push(...due));
  const startMs = clock.nowMs();
  expiry.set({ key: 'once', revision: 1, atMs: startMs + 500 });
  for (let i = 0; i < 5000; i++) expiry.set({ key: 'renewed', revision: 2 + i, atMs: startMs + 1000 + i });
  assert.ok(expiry.heldCount <= 1100);
  clock.advance(999);
  assert.deepEqual(
    ended.map(({ key }) => key),
    ['once'],
  );
  clock.advance(5000);
  assert.deepEqual(ended.at(-1), { key: 'renewed', revision: 5001, atMs: startMs + 5999 });
  assert.equal(ended.length, 2);
  assert.equal(expiry.heldCount, 0);
  expiry.close();
});
