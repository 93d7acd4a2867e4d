import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '#api/discovery/endpoint-slice.ts';
import { targetsOf } from '#proxy/endpoints.ts';
import { slice } from '#testing/service-objects.ts';

const port = { name: '', protocol: 'TCP', port: 80, targetPort: 8080 };
const place = { nodeName: 'a', zone: 'z1' };

function endpoint(last: number, parts: Partial<Endpoint>): Endpoint {
  return { addresses: [`10.244.0.${last}`], conditions: { ready: true, serving: true }, nodeName: 'b', ...parts };
}

function chosen(...endpoints: Endpoint[]): { cluster: string[]; local: string[] } {
  const { cluster, local } = targetsOf(port, [slice('d/s', endpoints)], place, 'ip');
  return { cluster: cluster.map(({ address }) => address), local: local.map(({ address }) => address) };
}

const leaving = { ready: false, serving: true, terminating: true };

test('those that are ready; else those that leave but still serve; never those that do neither', () => {
  const ready = endpoint(1, {});
  const going = endpoint(2, { conditions: leaving, nodeName: 'a' });
  const gone = endpoint(3, { conditions: { ready: false, serving: false, terminating: true } });
  const starting = endpoint(4, { conditions: { ready: false, serving: false, terminating: false } });
  assert.deepEqual(chosen(ready, going, gone, starting), { cluster: ['10.244.0.1'], local: ['10.244.0.2'] });
  assert.deepEqual(chosen(going, gone, starting), { cluster: ['10.244.0.2'], local: ['10.244.0.2'] });
  assert.deepEqual(chosen(gone, starting), { cluster: [], local: [] });
  assert.deepEqual(chosen(endpoint(1, { conditions: {} })).cluster, ['10.244.0.1'], 'not said means ready');
});

test('hints count while all have one and one is for us; nodes go before zones', () => {
  const zone1 = endpoint(1, { hints: { forZones: [{ name: 'z1' }] } });
  const zone2 = endpoint(2, { hints: { forZones: [{ name: 'z2' }] } });
  assert.deepEqual(chosen(zone1, zone2).cluster, ['10.244.0.1']);
  assert.deepEqual(chosen(zone2, endpoint(3, { hints: { forZones: [{ name: 'z3' }] } })).cluster.length, 2);
  assert.deepEqual(chosen(zone1, endpoint(3, {})).cluster.length, 2);
  const nodeA = endpoint(4, { hints: { forZones: [{ name: 'z2' }], forNodes: [{ name: 'a' }] } });
  const nodeB = endpoint(5, { hints: { forZones: [{ name: 'z1' }], forNodes: [{ name: 'b' }] } });
  assert.deepEqual(chosen(nodeA, nodeB).cluster, ['10.244.0.4']);
});

test('an endpoint in two slices counts once, a slice without the port or of the other family not at all', () => {
  const one = slice('d/s', [endpoint(1, { conditions: leaving })]);
  const two = slice('d/s', [endpoint(1, {})], undefined, 'b');
  const other = slice('d/s', [endpoint(2, {})], [{ name: 'metrics', port: 9090, protocol: 'TCP' }]);
  const six = { ...slice('d/s', [endpoint(3, { addresses: ['fd00::3'] })]), addressType: 'IPv6' };
  const found = targetsOf(port, [one, two, other, six], place, 'ip').cluster;
  assert.deepEqual(
    found.map(({ address, port }) => `${address}:${port}`),
    ['10.244.0.1:8080'],
  );
  assert.deepEqual(
    targetsOf(port, [one, two, six], place, 'ip6').cluster.map(({ address }) => address),
    ['fd00::3'],
  );
});
