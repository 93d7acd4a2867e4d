import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '#api/core/event.ts';
import { EventCorrelator } from '#loop/event-correlator.ts';

function said(message: string, name = 'web'): Event {
  return {
    metadata: { name: `${name}.${message}`, namespace: 'default' },
    involvedObject: { kind: 'Pod', name },
    source: { component: 'kubelet' },
    reason: 'Failed',
    message,
    type: 'Warning',
    count: 1,
  };
}

test('the same again raises the count of the first', () => {
  const correlator = new EventCorrelator();
  assert.equal(correlator.correlate(said('a'), 0)?.action, 'create');
  assert.equal(correlator.correlate(said('b'), 0)?.action, 'create');
  const again = correlator.correlate(said('a'), 1000);
  assert.ok(again?.action === 'patch');
  assert.deepEqual([again.patch.count, again.event.metadata.name], [2, 'web.a']);
});

test('the tenth message of a kind, and those after it, are one combined Event', () => {
  const correlator = new EventCorrelator();
  for (let i = 1; i < 10; i++) assert.equal(correlator.correlate(said(`m${i}`), 0)?.event.message, `m${i}`);
  const tenth = correlator.correlate(said('m10'), 0);
  assert.deepEqual([tenth?.action, tenth?.event.message], ['create', '(combined from similar events): m10']);
  const eleventh = correlator.correlate(said('m11'), 0);
  assert.ok(eleventh?.action === 'patch');
  assert.deepEqual(eleventh.patch.message, '(combined from similar events): m11');
  assert.equal(correlator.correlate(said('m1', 'other'), 0)?.event.message, 'm1');
});

test('an object is cut off after 25, and heard again five minutes later', () => {
  const correlator = new EventCorrelator();
  let heard = 0;
  for (let i = 0; i < 40; i++) if (correlator.correlate(said('a'), 0) !== undefined) heard++;
  assert.equal(heard, 25);
  assert.equal(correlator.correlate(said('a'), 299_000), undefined);
  assert.notEqual(correlator.correlate(said('a'), 300_000), undefined);
});
