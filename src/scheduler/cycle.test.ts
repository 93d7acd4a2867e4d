/** Decisions over a table, without an API server. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Stored } from '#client/object.ts';
import { systemRandom } from '#lib/random.ts';
import { Cycle, feasibleCountWanted } from '#scheduler/cycle.ts';
import { explain, explainIn } from '#scheduler/explain.ts';
import { NodeTable } from '#scheduler/node-table.ts';
import { Nominations } from '#scheduler/nominations.ts';
import { allPlugins } from '#scheduler/plugins/all.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import { podInfoOf } from '#scheduler/pod-info.ts';
import { podRequestsOf } from '#scheduler/pod-requests.ts';

function nodeOf(name: string, changes: { labels?: object; capacity?: object; spec?: object } = {}): Stored<Node> {
  const capacity = { cpu: '4', memory: '8Gi', pods: '10', ...changes.capacity };
  const metadata = { name, labels: { 'kubernetes.io/hostname': name, ...changes.labels } };
  return { metadata, spec: changes.spec ?? {}, status: { capacity, allocatable: capacity } } as unknown as Stored<Node>;
}

function podOf(name: string, requests: object = {}, changes: { labels?: object; spec?: object } = {}): Stored<Pod> {
  const metadata = { name, namespace: 'default', uid: name, labels: changes.labels ?? {} };
  const spec = { containers: [{ name: 'c', image: 'x', resources: { requests } }], ...changes.spec };
  return { metadata, spec, status: {} } as unknown as Stored<Pod>;
}

function clusterOf(...nodes: Stored<Node>[]) {
  const table = new NodeTable();
  for (const node of nodes) table.putNode(node);
  const nominations = new Nominations(table);
  const cycle = new Cycle({ table, plugins: allPlugins, nominations, random: systemRandom });
  const nodeFor = (info: PodInfo) => {
    const decision = cycle.decide(info);
    return decision.at === 'node' ? table.names[decision.row] : undefined;
  };
  return { table, nominations, nodeFor };
}

test('fewer nodes are compared the more there are, but never too few', () => {
  const wanted = [99, 100, 500, 1000, 5000, 20_000].map(feasibleCountWanted);
  assert.deepEqual(wanted, [99, 100, 230, 420, 500, 1000]);
});

test('init containers count by their peak, sidecars beside what follows them, and the overhead on top', () => {
  const cpu = (milli: number, restartPolicy?: string) => ({
    name: `c${milli}`,
    restartPolicy,
    resources: { requests: { cpu: `${milli}m` } },
  });
  const of = (spec: object) => podRequestsOf({ spec } as unknown as Pod).amounts.get('cpu');
  const containers = [cpu(500), cpu(250)];
  assert.equal(of({ containers, initContainers: [cpu(2000)] }), 2000);
  assert.equal(of({ containers, initContainers: [cpu(300, 'Always'), cpu(600)] }), 1050);
  assert.equal(of({ containers, initContainers: [cpu(600), cpu(300, 'Always')] }), 1050);
  assert.equal(of({ containers, initContainers: [cpu(300, 'Always'), cpu(900)] }), 1200);
  assert.equal(of({ containers, overhead: { cpu: '100m' } }), 850);
  assert.equal(of({ containers, resources: { requests: { cpu: '3' } }, overhead: { cpu: '100m' } }), 3100);
});

test('a Pod that a node was cleared for comes before others that are no more important', () => {
  const { nominations, nodeFor } = clusterOf(nodeOf('n1'));
  const important = podInfoOf(podOf('important', { cpu: '3' }, { spec: { priority: 10 } }));
  nominations.set(important, 'n1');
  assert.equal(nodeFor(podInfoOf(podOf('late', { cpu: '2' }))), undefined);
  assert.equal(nodeFor(podInfoOf(podOf('tiny', { cpu: '1' }))), 'n1');
  assert.equal(nodeFor(podInfoOf(podOf('boss', { cpu: '2' }, { spec: { priority: 11 } }))), 'n1');
  assert.equal(nodeFor(important), 'n1');
});

test('a resource that a node offers only later counts what runs there already', () => {
  const { table, nodeFor } = clusterOf(nodeOf('n1'));
  table.put(podInfoOf(podOf('first', { 'example.com/gpu': '1' })), 'n1', { assumed: false });
  const second = podInfoOf(podOf('second', { 'example.com/gpu': '1' }));
  assert.equal(nodeFor(second), undefined);
  table.putNode(nodeOf('n1', { capacity: { 'example.com/gpu': '1' } }));
  assert.equal(nodeFor(second), undefined);
  table.remove('first');
  assert.equal(nodeFor(second), 'n1');
});

test('a node that goes and comes again still has the Pods that run on it', () => {
  const { table, nodeFor } = clusterOf(nodeOf('n1'));
  table.put(podInfoOf(podOf('first', { cpu: '3' })), 'n1', { assumed: false });
  table.removeNode('n1');
  assert.equal(table.order.length, 0);
  table.putNode(nodeOf('n1'));
  assert.equal(nodeFor(podInfoOf(podOf('second', { cpu: '2' }))), undefined);
  assert.equal(nodeFor(podInfoOf(podOf('third', { cpu: '1' }))), 'n1');
});

test('sums over Pods that are kept up by change are those of a fresh count', () => {
  const zone = 'topology.kubernetes.io/zone';
  const labelSelector = { matchLabels: { app: 'a' } };
  const spread = { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector };
  const apart = {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector }],
  };
  const shape = {
    labels: { app: 'a' },
    spec: { topologySpreadConstraints: [spread], affinity: { podAntiAffinity: apart } },
  };
  const nodes = Array.from({ length: 9 }, (_, at) => nodeOf(`n${at}`, { labels: { [zone]: `z${at % 3}` } }));
  const { table, nodeFor } = clusterOf(...nodes);
  const running = new Map<string, Stored<Pod>>();
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let at = 0; at < 200; at++) {
    const pod = podOf(`p${at}`, {}, shape);
    const refused = explainIn(table, pod).nodes.map(({ node, refusals }) => [node, refusals]);
    assert.deepEqual(
      refused,
      explain(pod, nodes, running.values()).nodes.map(({ node, refusals }) => [node, refusals]),
    );
    const name = nodeFor(podInfoOf(pod));
    if (name !== undefined) {
      running.set(pod.metadata.uid, { ...pod, spec: { ...pod.spec, nodeName: name } });
      table.put(podInfoOf(pod), name, { assumed: true });
    }
    const [victim] = [...running.keys()].slice(random(running.size));
    if (victim !== undefined && (name === undefined || random(3) === 0)) {
      running.delete(victim);
      table.remove(victim);
    }
  }
});

test('an explanation names every plugin that is against a node, and what the others are worth', () => {
  const nodes = [
    nodeOf('fits'),
    nodeOf('small', { capacity: { cpu: '1' }, spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }),
  ];
  const { nodes: explained } = explain(podOf('p', { cpu: '2' }), nodes, []);
  const [fits, small] = explained;
  assert.deepEqual(
    small?.refusals.map(({ plugin, resolvable }) => [plugin, resolvable]),
    [
      ['TaintToleration', false],
      ['NodeResourcesFit', false],
    ],
  );
  assert.deepEqual([fits?.refusals.length, small?.scores.length], [0, 0]);
  assert.equal(fits?.scores.find(({ plugin }) => plugin === 'NodeResourcesFit')?.score, 73);
});
