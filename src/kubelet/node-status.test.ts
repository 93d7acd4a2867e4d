import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thisMachine } from '#kubelet/machine.ts';
import { allocatableOf, nodeStatus } from '#kubelet/node-status.ts';

test('a node offers its memory and disk but for what is kept back', () => {
  const machine = {
    ...thisMachine(import.meta.dirname),
    cpus: 4,
    memoryBytes: 8 * 2 ** 30,
    ephemeralStorageBytes: 269_490_393_088,
  };
  const facts = { name: 'n', machine, ips: [], port: 10_250, labels: {}, taints: [] };
  const state = { version: undefined, runtime: undefined, images: [], pressures: new Set<string>() };
  const { capacity, allocatable } = nodeStatus(facts, state, undefined, 0);
  assert.deepEqual(allocatable, allocatableOf(machine));
  const shown = (amounts: typeof capacity) => [amounts?.['memory'], amounts?.['ephemeral-storage']];
  assert.deepEqual(shown(capacity), ['8388608Ki', '263174212Ki']);
  assert.deepEqual(shown(allocatable), ['8286208Ki', '242541353378']);
});
