import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '#api/core/node.ts';
import { CidrPool } from '#controllers/nodeipam/ranges.ts';
import { changedTaints, noScheduleChange, silentConditions } from '#controllers/nodelifecycle/health.ts';
import { evictionRate, ZoneQueue, zoneState } from '#controllers/nodelifecycle/zones.ts';
import { msTolerated } from '#controllers/tainteviction/toleration.ts';

const condition = (type: string, status: string) => ({ type, status });

test('a silent Node has its conditions unknown: those it had, and those it never had', () => {
  const node: Node = { metadata: { creationTimestamp: 'then' }, status: { conditions: [condition('Ready', 'True')] } };
  const silent = silentConditions(node, 0);
  assert.deepEqual(
    silent.map(each => [each.type, each.status, each.reason]),
    [
      ['Ready', 'Unknown', 'NodeStatusUnknown'],
      ['MemoryPressure', 'Unknown', 'NodeStatusNeverUpdated'],
      ['DiskPressure', 'Unknown', 'NodeStatusNeverUpdated'],
      ['PIDPressure', 'Unknown', 'NodeStatusNeverUpdated'],
    ],
  );
  assert.deepEqual(silentConditions({ ...node, status: { conditions: silent } }, 9), silent);
});

test('taints follow conditions and leave those of others alone', () => {
  const taints = [
    { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
    { key: 'mine', effect: 'NoSchedule' },
  ];
  const node: Node = {
    spec: { taints, unschedulable: true },
    status: { conditions: [condition('Ready', 'Unknown'), condition('DiskPressure', 'True')] },
  };
  const changed = changedTaints(taints, noScheduleChange(node), 0);
  assert.deepEqual(
    changed?.map(each => each.key),
    ['mine', 'node.kubernetes.io/unreachable', 'node.kubernetes.io/disk-pressure', 'node.kubernetes.io/unschedulable'],
  );
  assert.equal(changedTaints(taints, { add: [], remove: [] }, 0), undefined);
});

test('evictions slow down with the trouble of the zone and stop when everything is down', () => {
  const nodes = (ready: number, notReady: number) => [
    ...Array.from({ length: ready }, () => ({ ready: true })),
    ...Array.from({ length: notReady }, () => ({ ready: false })),
  ];
  assert.deepEqual(
    [zoneState(nodes(5, 2)), zoneState(nodes(4, 6)), zoneState(nodes(0, 1))],
    ['normal', 'partial', 'full'],
  );
  assert.deepEqual([evictionRate('normal', 9, false), evictionRate('partial', 9, false)], [0.1, 0]);
  assert.deepEqual([evictionRate('partial', 51, false), evictionRate('full', 9, true)], [0.01, 0]);
  const queue = new ZoneQueue();
  for (const name of ['a', 'b']) queue.add(name);
  assert.deepEqual([queue.take(0.1, 0), queue.take(0.1, 9_999), queue.waitMs(0.1, 9_999)], ['a', undefined, 1]);
  assert.equal(queue.take(0.1, 10_000), 'b');
});

test('the shortest toleration counts, and an untolerated taint at once', () => {
  const taint = (key: string) => ({ key, effect: 'NoExecute' });
  const tolerations = [
    { key: 'k', operator: 'Exists', tolerationSeconds: 60 },
    { key: 'l', operator: 'Exists', tolerationSeconds: 1 },
    { key: 'm', operator: 'Exists' },
  ];
  assert.equal(msTolerated(tolerations, [taint('k'), taint('l')]), 1000);
  assert.equal(msTolerated(tolerations, [taint('k'), taint('x')]), 'never');
  assert.equal(msTolerated(tolerations, [taint('m')]), undefined);
});

test('a range is shared out piece by piece, and a freed piece waits its turn', () => {
  const pool = new CidrPool('10.244.0.0/22', 24);
  pool.occupy('10.244.1.0/24', 'there');
  assert.deepEqual([pool.allocate('a'), pool.allocate('b')], ['10.244.0.0/24', '10.244.2.0/24']);
  pool.release('10.244.0.0/24', 'a');
  pool.release('10.244.1.0/24', 'a');
  assert.deepEqual(
    [pool.allocate('c'), pool.allocate('d'), pool.allocate('e')],
    ['10.244.3.0/24', '10.244.0.0/24', undefined],
  );
});
