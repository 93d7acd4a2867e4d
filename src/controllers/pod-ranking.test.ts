import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#api/core/pod.ts';
import type { Stored } from '#client/object.ts';
import { podsToDelete } from '#controllers/pod-ranking.ts';

interface Given {
  node?: string;
  phase?: string;
  ready?: boolean;
  cost?: string;
  restarts?: number;
  ageSeconds?: number;
}

const nowMs = Date.parse('2026-01-02T00:00:00Z');

function pod(name: string, given: Given = {}): Stored<Pod> {
  const { node = 'n', phase = 'Running', ready = true, cost, restarts = 0, ageSeconds = 3600 } = given;
  const time = new Date(nowMs - ageSeconds * 1000).toISOString();
  const annotations = cost === undefined ? undefined : { 'controller.kubernetes.io/pod-deletion-cost': cost };
  return {
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: time, annotations },
    spec: { containers: [], nodeName: node },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: time }],
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready, restartCount: restarts }],
    },
  };
}

test('the Pods that cost least go first', () => {
  const pods = [
    pod('dear', { cost: '10' }),
    pod('plain'),
    pod('restarted', { restarts: 3 }),
    pod('cheap', { cost: '-10' }),
    pod('unready', { ready: false }),
    pod('pending', { phase: 'Pending', ready: false }),
    pod('unassigned', { node: '', phase: 'Pending', ready: false }),
  ];
  const order = podsToDelete(pods, pods, 6, nowMs).map(each => each.metadata.name);
  assert.deepEqual(order, ['unassigned', 'pending', 'unready', 'cheap', 'restarted', 'plain']);
});

test('a fuller node loses one before an emptier, and much younger goes before older', () => {
  const spread = [pod('lone', { node: 'a' }), pod('one', { node: 'b' }), pod('two', { node: 'b' })];
  assert.notEqual(podsToDelete(spread, spread, 1, nowMs)[0]?.metadata.name, 'lone');
  const ages = [pod('old', { ageSeconds: 86_000 }), pod('young', { ageSeconds: 60 })];
  assert.equal(podsToDelete(ages, ages, 1, nowMs)[0]?.metadata.name, 'young');
});
