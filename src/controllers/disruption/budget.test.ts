import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#api/core/pod.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from '#api/policy/pod-disruption-budget.ts';
import type { Stored } from '#client/object.ts';
import { budgetStatus, countHealthy, disruptedOf, expectedOf } from '#controllers/disruption/budget.ts';

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '', generation: 1 });

function budget(spec: PodDisruptionBudgetSpec, disruptedPods?: Record<string, string>): Stored<PodDisruptionBudget> {
  const status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, disruptedPods };
  return { metadata: meta('b'), spec, status };
}

function pods(count: number): Stored<Pod>[] {
  return Array.from({ length: count }, (_, i) => ({
    metadata: meta(`p${i}`),
    spec: { containers: [] },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }));
}

function allowed(spec: PodDisruptionBudgetSpec, count: number, scale: number): (number | undefined)[] {
  const of = budget(spec);
  const disrupted = disruptedOf(of, pods(count), 0);
  const status = budgetStatus(of, expectedOf(of, count, scale), countHealthy(pods(count), disrupted), disrupted, 0);
  return [status.disruptionsAllowed, status.desiredHealthy, status.expectedPods];
}

test('how many may go, as a number and as a share of what is wanted', () => {
  assert.deepEqual(allowed({ minAvailable: 2 }, 3, 0), [1, 2, 3]);
  assert.deepEqual(allowed({ minAvailable: '50%' }, 3, 3), [1, 2, 3]);
  assert.deepEqual(allowed({ maxUnavailable: 1 }, 3, 3), [1, 2, 3]);
  assert.deepEqual(allowed({ maxUnavailable: 0 }, 3, 3), [0, 3, 3]);
  assert.deepEqual(allowed({ maxUnavailable: 1 }, 1, 0), [0, 0, 0]);
});

test('a Pod whose eviction was allowed does not count until it goes or two minutes have passed', () => {
  const evicted = budget({ minAvailable: 1 }, { p0: '1970-01-01T00:00:00Z' });
  const early = disruptedOf(evicted, pods(2), 60_000);
  assert.deepEqual([countHealthy(pods(2), early), early.recheckMs], [1, 60_000]);
  const late = disruptedOf(evicted, pods(2), 120_000);
  assert.deepEqual([countHealthy(pods(2), late), late.overdue.length], [2, 1]);
});
