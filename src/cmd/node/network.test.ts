import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cniConfig, hostEgressRules } from './network.ts';
import {
  clusterNamePattern,
  clusterNetns,
  egressAddresses,
  egressPort,
  egressSlotOf,
  egressSlots,
  egressTable,
  nodeAddress,
  nodeNetns,
  nodePort,
} from './network-names.ts';

test('names of interfaces fit the kernel and are those of one cluster and node only', () => {
  const clusters = ['a', 'a-b', 'my-rather-long-cluster-name-30'];
  const nodes = ['b', 'node-1', 'worker.with-a-very-long-name.example.internal'];
  const pairs = clusters.flatMap(cluster => nodes.map(node => [cluster, node] as const));
  const ports = [...pairs.map(([cluster, node]) => nodePort(cluster, node)), ...clusters.map(egressPort)];
  assert.ok(
    ports.every(port => port.length < 16),
    ports.join(' '),
  );
  assert.equal(new Set(ports).size, ports.length);
  const namespaces = [...pairs.map(([cluster, node]) => nodeNetns(cluster, node)), ...clusters.map(clusterNetns)];
  assert.equal(new Set(namespaces).size, namespaces.length);
  assert.ok(clusters.map(egressTable).every(table => /^proa_[a-z0-9_]+$/.test(table)));
});

test('a name of a cluster has no dot, which sets the node apart from it', () => {
  const names = ['dev', 'a-b', 'x'.repeat(30), 'x'.repeat(31), 'a.b', '-a', 'a-', 'A', ''];
  assert.deepEqual(
    names.filter(name => clusterNamePattern.test(name)),
    ['dev', 'a-b', 'x'.repeat(30)],
  );
});

test('addresses of nodes and of the way out', () => {
  assert.deepEqual([0, 1, 245, 246, 1_000].map(nodeAddress), [
    '10.250.0.10',
    '10.250.0.11',
    '10.250.0.255',
    '10.250.1.0',
    '10.250.3.242',
  ]);
  assert.throws(() => nodeAddress(65_000), RangeError);
  assert.deepEqual(egressAddresses(0), { host: '169.254.128.1', cluster: '169.254.128.2' });
  assert.deepEqual(egressAddresses(egressSlots - 1), { host: '169.254.168.253', cluster: '169.254.168.254' });
  assert.ok(egressSlotOf('dev') < egressSlots);
});

test('what the host is told', () => {
  const rules = hostEgressRules({
    table: 'proa_dev',
    port: 'px0',
    clusterAddress: '169.254.128.2',
    ranges: ['10.244.0.0/16', '10.96.0.0/16'],
  });
  assert.match(rules, /iifname "px0" ip daddr \{ 10.244.0.0\/16, 10.96.0.0\/16 \} drop/);
  assert.match(rules, /ip saddr 169.254.128.2 oifname != "px0" masquerade/);
});

test('what the CNI plugins are told', () => {
  const config = JSON.parse(cniConfig({ networkName: 'proa-dev.n', podCidr: '10.244.3.0/24', dataDir: '/d' }));
  assert.equal(config.name, 'proa-dev.n');
  assert.deepEqual(config.plugins[0].ipam.ranges, [[{ subnet: '10.244.3.0/24' }]]);
  assert.deepEqual(config.plugins[1], { type: 'portmap', capabilities: { portMappings: true } });
});
