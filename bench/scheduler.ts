/**
 * How many Pods a second get their node: decisions alone, and with everything (an API server in memory in the same
 * process, bindings, Events). `node bench/scheduler.ts [nodes] [pods]`
 */

import { setImmediate } from 'node:timers/promises';
import { namespaces } from '#api/core/namespace.ts';
import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import type { Client } from '#client/client.ts';
import { Informers } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';
import { systemClock } from '#lib/clock.ts';
import { silentLog } from '#lib/log.ts';
import { systemRandom } from '#lib/random.ts';
import { Cycle } from '#scheduler/cycle.ts';
import { NodeTable } from '#scheduler/node-table.ts';
import { Nominations } from '#scheduler/nominations.ts';
import { allPlugins } from '#scheduler/plugins/all.ts';
import { podInfoOf } from '#scheduler/pod-info.ts';
import { startScheduler } from '#scheduler/scheduler.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

const namespace = 'bench';
const zoneCount = 10;
const creatorCount = 16;
const app = { matchLabels: { app: 'web' } };
const zone = 'topology.kubernetes.io/zone';
const hostname = 'kubernetes.io/hostname';

/** What the Pods ask of their node besides room. */
const shapes: Record<string, object> = {
  basic: {},
  'zone spread': {
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector: app },
    ],
  },
  'required affinity': {
    affinity: {
      podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: app, topologyKey: zone }] },
    },
  },
  'required anti-affinity': {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: app, topologyKey: hostname }],
      },
    },
  },
};

const nodeCounts = process.argv[2] === undefined ? [1000, 5000] : [Number(process.argv[2])];
const podCount = Number(process.argv[3] ?? 1000);
for (const nodeCount of nodeCounts) {
  for (const shape of Object.keys(shapes)) report(nodeCount, shape, 'decide', decisionsPerSecond(nodeCount, shape));
}
for (const nodeCount of nodeCounts) report(nodeCount, 'basic', 'bind', await bindingsPerSecond(nodeCount));

function report(nodeCount: number, shape: string, what: string, rate: number): void {
  console.log(`scheduler/${nodeCount} nodes/${shape}/${what}: ${Math.round(rate)} Pods/s`);
}

function nodeOf(at: number): Node {
  const name = `node-${at}`;
  const capacity = { cpu: '32', memory: '64Gi', pods: '110' };
  const labels = { [hostname]: name, [zone]: `zone-${at % zoneCount}` };
  return { metadata: { name, labels }, spec: {}, status: { capacity, allocatable: capacity } } as unknown as Node;
}

function podOf(at: number, shape: string): Pod {
  const resources = { requests: { cpu: '100m', memory: '128Mi' } };
  const spec = { containers: [{ name: 'c', image: 'pause', resources }], ...shapes[shape] };
  return { metadata: { name: `pod-${at}`, namespace, labels: { app: 'web' } }, spec } as unknown as Pod;
}

function decisionsPerSecond(nodeCount: number, shape: string): number {
  const table = new NodeTable();
  for (let at = 0; at < nodeCount; at++) table.putNode(nodeOf(at) as Stored<Node>);
  const nominations = new Nominations(table);
  const cycle = new Cycle({ table, plugins: allPlugins, nominations, random: systemRandom });
  const startMs = systemClock.monotonicMs();
  let placed = 0;
  for (let at = 0; at < podCount; at++) {
    const pod = podOf(at, shape);
    const info = podInfoOf({ ...pod, metadata: { ...pod.metadata, uid: `uid-${at}` } } as Stored<Pod>);
    const decision = cycle.decide(info);
    if (decision.at !== 'node') continue;
    table.put(info, table.names[decision.row]!, { assumed: true });
    placed++;
  }
  return (placed * 1000) / (systemClock.monotonicMs() - startMs);
}

async function bindingsPerSecond(nodeCount: number): Promise<number> {
  const server = await inMemoryServer(systemClock);
  const client = server.client();
  const informers = new Informers({ client, clock: systemClock, random: systemRandom });
  const stopped = new AbortController();
  try {
    await client.create(namespaces, { metadata: { name: namespace } });
    await client.create(serviceAccounts, { metadata: { name: 'default', namespace } });
    await inParallel(nodeCount, at => addNode(client, nodeOf(at)));
    await inParallel(podCount, at => client.create(pods, podOf(at, 'basic')));
    const options = { client, informers, clock: systemClock, random: systemRandom, log: silentLog };
    const informer = informers.of<Pod>(pods);
    await informers.synced();
    const scheduler = startScheduler({ ...options, signal: stopped.signal });
    await scheduler.ready;
    const startMs = systemClock.monotonicMs();
    const isBound = () => [...informer.values()].every(pod => pod.spec.nodeName);
    while (!scheduler.idle || !isBound()) await setImmediate();
    return (podCount * 1000) / (systemClock.monotonicMs() - startMs);
  } finally {
    stopped.abort();
    informers.stop();
    await server.close();
  }
}

async function addNode(client: Client, node: Node): Promise<void> {
  const { name = '' } = node.metadata ?? {};
  await client.create(nodes, node);
  // Admission taints a new node until it is ready.
  await client.patchMerge(nodes, { name }, { spec: { taints: null } });
}

async function inParallel(count: number, work: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: creatorCount }, worker));
}
