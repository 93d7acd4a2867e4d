import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkQueue } from '#loop/queue.ts';
import { drain } from '#loop/runner.ts';
import { FakeClock } from '#testing/fake-clock.ts';

function takeAll(queue: WorkQueue): string[] {
  const taken: string[] = [];
  for (let key = queue.take(); key !== undefined; key = queue.take()) taken.push(key);
  return taken;
}

test('a key is in once, and comes again when it changed while it was worked on', () => {
  const queue = new WorkQueue(new FakeClock());
  for (const key of ['a', 'b', 'a']) queue.add(key);
  assert.deepEqual(takeAll(queue), ['a', 'b']);
  queue.add('a');
  assert.deepEqual(takeAll(queue), []);
  queue.done('b');
  queue.done('a');
  assert.deepEqual(takeAll(queue), ['a']);
});

test('of several times to wake, the earliest counts', () => {
  const clock = new FakeClock();
  const queue = new WorkQueue(clock);
  queue.addAfter('a', 100);
  queue.addAfter('a', 50);
  queue.addAfter('a', 70);
  queue.addAfter('b', 60);
  clock.advance(49);
  assert.deepEqual(takeAll(queue), []);
  clock.advance(51);
  assert.deepEqual(takeAll(queue), ['a', 'b']);
  assert.equal(clock.nextMs(), undefined);
});

test('failures wait 5, 10, 20 ms, and success starts anew', async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue(clock);
  const startMs = clock.nowMs();
  const triedAtMs: number[] = [];
  drain(queue, {
    workers: 1,
    reconcile: async () => {
      triedAtMs.push(clock.nowMs() - startMs);
      if (triedAtMs.length < 4 || triedAtMs.length === 5) throw new Error('not yet');
      return {};
    },
    onError: () => {},
  });
  queue.add('a');
  for (let i = 0; i < 40; i++) {
    for (let j = 0; j < 5; j++) await Promise.resolve();
    clock.advance(1);
  }
  queue.add('a');
  for (let i = 0; i < 10; i++) {
    for (let j = 0; j < 5; j++) await Promise.resolve();
    clock.advance(1);
  }
  assert.deepEqual(triedAtMs, [0, 5, 15, 35, 40, 45]);
});
