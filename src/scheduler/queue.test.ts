import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Stored } from '#client/object.ts';
import { allPlugins } from '#scheduler/plugins/all.ts';
import { podInfoOf } from '#scheduler/pod-info.ts';
import { SchedulingQueue } from '#scheduler/queue.ts';
import { FakeClock } from '#testing/fake-clock.ts';

function infoOf(name: string, spec: object = {}) {
  const metadata = { name, namespace: 'default', uid: name };
  return podInfoOf({ metadata, spec: { containers: [], ...spec } } as unknown as Stored<Pod>);
}

function queueOf(...names: string[]) {
  const clock = new FakeClock();
  const queue = new SchedulingQueue({ clock, plugins: allPlugins, onReady: () => undefined });
  for (const name of names) queue.add(infoOf(name));
  const take = () => {
    const queued = queue.take();
    assert.ok(queued !== undefined, 'there is a Pod to try');
    return queued;
  };
  return { clock, queue, take, next: () => queue.take()?.info.uid };
}

const roomyNode = (taints: object[] = []) =>
  ({ metadata: { name: 'n' }, spec: { taints }, status: { allocatable: { pods: '9' } } }) as unknown as Stored<Node>;

test('the most important first, then the one that waits longer', () => {
  const { clock, queue, next } = queueOf('a');
  clock.advance(1);
  queue.add(infoOf('b'));
  queue.add(infoOf('high', { priority: 5 }));
  assert.deepEqual([next(), next(), next(), next()], ['high', 'a', 'b', undefined]);
});

test('only an event that may help brings a Pod back', () => {
  const { queue, take, next } = queueOf('a');
  queue.returnUnschedulable(take(), new Set(['TaintToleration']));
  const taint = { key: 'k', effect: 'NoSchedule' };
  queue.wake({ type: 'podGone', info: infoOf('other') });
  queue.wake({ type: 'node', old: undefined, node: roomyNode([taint]) });
  assert.equal(next(), undefined);
  queue.wake({ type: 'node', old: roomyNode([taint]), node: roomyNode() });
  assert.equal(next(), 'a');
});

test('a Pod that failed lately lets active ones pass, and is tried when there are none', () => {
  const { clock, queue, take, next } = queueOf('failed');
  queue.returnUnschedulable(take(), new Set(['NodeResourcesFit']));
  queue.wake({ type: 'podGone', info: infoOf('other') });
  clock.advance(10);
  queue.add(infoOf('fresh'));
  assert.deepEqual([next(), next()], ['fresh', 'failed']);
});

test('after an error a Pod is left alone, longer each time, for ten seconds at most', () => {
  const { clock, queue, take, next } = queueOf('a');
  for (const pauseMs of [1000, 2000, 4000, 8000, 10_000, 10_000]) {
    queue.returnFailed(take());
    clock.advance(pauseMs - 1);
    assert.equal(next(), undefined);
    clock.advance(1);
  }
  assert.equal(next(), 'a');
});

test('nobody waits for an event longer than five minutes, and nothing runs for nobody', () => {
  const { clock, queue, take, next } = queueOf('a');
  assert.equal(clock.nextMs(), undefined);
  queue.returnUnschedulable(take(), new Set(['NodeAffinity']));
  clock.advance(5 * 60_000 - 1);
  assert.equal(next(), undefined);
  clock.advance(1);
  assert.equal(next(), 'a');
  assert.equal(clock.nextMs(), undefined);
});

test('a gated Pod is not tried before its last gate is gone', () => {
  const { queue, next } = queueOf();
  queue.add(infoOf('a', { schedulingGates: [{ name: 'x' }] }));
  queue.wake({ type: 'node', old: undefined, node: roomyNode() });
  assert.equal(next(), undefined);
  queue.update(infoOf('a'));
  assert.equal(next(), 'a');
});

test('a Pod that is removed while it is tried does not come back', () => {
  const { clock, queue, take, next } = queueOf('a');
  const taken = take();
  queue.remove('a');
  queue.returnFailed(taken);
  clock.advance(60_000);
  assert.deepEqual([next(), queue.size], [undefined, 0]);
});
