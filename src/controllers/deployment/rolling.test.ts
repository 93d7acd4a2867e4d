import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '#api/apps/deployment.ts';
import type { ReplicaSet } from '#api/apps/replica-set.ts';
import type { Stored } from '#client/object.ts';
import { buildReplicaSet, newReplicaSetAnnotations } from '#controllers/deployment/revision.ts';
import { maxSurge, maxUnavailable, newReplicas, planNew, planOld } from '#controllers/deployment/rolling.ts';
import { planScale } from '#controllers/deployment/scale.ts';

function deployment(replicas: number, surge: number | string, unavailable: number | string): Stored<Deployment> {
  const rollingUpdate = { maxSurge: surge, maxUnavailable: unavailable };
  return {
    metadata: { name: 'd', namespace: 'n', uid: 'd', resourceVersion: '1', creationTimestamp: '' },
    spec: { replicas, selector: {}, template: {}, strategy: { type: 'RollingUpdate', rollingUpdate } },
    status: {},
  };
}

function set(name: string, replicas: number, available: number, annotations = {}): Stored<ReplicaSet> {
  const creationTimestamp = `2026-01-01T00:00:0${name.length}Z`;
  return {
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp, annotations },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available },
  };
}

/** Rolls until nothing changes, every Pod becoming available at once; gives old and new sizes after each step. */
function roll(replicas: number, surge: number | string, unavailable: number | string): string[] {
  const whole = deployment(replicas, surge, unavailable);
  let [old, fresh] = [replicas, newReplicas(whole, 0, [set('old', replicas, replicas)])];
  const steps = [`${old}+${fresh}`];
  for (let i = 0; i < 50; i++) {
    const [o, n] = [set('old', old, old), set('newer', fresh, fresh)];
    const grown = planNew(whole, n, [o]);
    const change = grown.length > 0 ? grown : planOld(whole, n, [o]);
    if (change.length === 0) return steps;
    for (const { replicaSet, replicas: size } of change) {
      if (replicaSet === o) old = size;
      else fresh = size;
    }
    assert.ok(old + fresh <= replicas + maxSurge(whole), 'never above the surge');
    assert.ok(old + fresh >= replicas - maxUnavailable(whole), 'never below the minimum');
    steps.push(`${old}+${fresh}`);
  }
  return assert.fail('it does not end');
}

test('a rollout keeps between its minimum and its maximum and ends with the new one alone', () => {
  assert.deepEqual(roll(4, 1, 0), ['4+1', '3+1', '3+2', '2+2', '2+3', '1+3', '1+4', '0+4']);
  assert.deepEqual(roll(4, 0, 1), ['4+0', '3+0', '3+1', '2+1', '2+2', '1+2', '1+3', '0+3', '0+4']);
  assert.deepEqual(roll(1, 0, '30%'), ['1+0', '0+0', '0+1']);
  for (const [surge, unavailable] of [
    ['25%', '25%'],
    ['100%', 0],
    [0, '100%'],
    [3, 2],
  ] as const) {
    for (const size of [1, 2, 7, 10]) assert.equal(roll(size, surge, unavailable).at(-1), `0+${size}`);
  }
});

test('old Pods that are not available go first, and new ones that are not hold the rest back', () => {
  const whole = deployment(10, 0, 3);
  const broken = planOld(whole, set('newer', 0, 0), [set('old', 10, 6)]);
  assert.deepEqual(
    broken.map(each => each.replicas),
    [7],
  );
  assert.deepEqual(planOld(whole, set('newer', 3, 0), [set('old', 7, 7)]), []);
});

test('a change of size in mid-roll is shared out in proportion: 8 and 5 become 11 and 7', () => {
  const sized = { 'deployment.kubernetes.io/desired-replicas': '10', 'deployment.kubernetes.io/max-replicas': '13' };
  const plan = planScale(deployment(15, 3, 2), set('newer', 5, 0, sized), [set('old', 8, 8, sized)]);
  const sizes = Object.fromEntries(plan.map(each => [each.replicaSet.metadata.name, each.replicas]));
  assert.deepEqual(sizes, { old: 11, newer: 7 });
});

test('a ReplicaSet that becomes the new one again takes the next revision and remembers its last', () => {
  const whole = deployment(1, 1, 0);
  const first = buildReplicaSet(whole, 1);
  assert.match(first.metadata?.name ?? '', /^d-[bcdfghjklmnpqrstvwxz2456789]+$/);
  assert.equal(first.metadata?.name, buildReplicaSet(whole, 1).metadata?.name);
  const again = newReplicaSetAnnotations(whole, first, 3);
  assert.equal(again['deployment.kubernetes.io/revision'], '3');
  assert.equal(again['deployment.kubernetes.io/revision-history'], '1');
});
