/** A node for tests: a real kubelet over the simulated runtime and an API server in memory, on a clock that stands still. */

import { setImmediate } from 'node:timers/promises';
import type { Event } from '#api/core/event.ts';
import { events } from '#api/core/event.ts';
import { namespaces } from '#api/core/namespace.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import type { Client } from '#client/client.ts';
import { Informer } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';
import { SimulatedRuntime } from '#kubelet/cri/simulated.ts';
import type { Kubelet, KubeletOptions } from '#kubelet/kubelet.ts';
import { startKubelet } from '#kubelet/kubelet.ts';
import type { PodSource } from '#kubelet/pod-source.ts';
import { podSourceOfNode } from '#kubelet/pod-source.ts';
import { systemRandom } from '#lib/random.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

export interface SimulatedNode {
  clock: FakeClock;
  client: Client;
  runtime: SimulatedRuntime;
  kubelet: Kubelet;
  /** Every version of the Pod that a watch has shown, oldest first. */
  history(name: string): Stored<Pod>[];
  /** Time passes, in steps, and all that comes of it is done. */
  pass(ms: number): Promise<void>;
  /** All that is to be done at once is done. */
  settle(): Promise<void>;
  events(name: string): Promise<Stored<Event>[]>;
  create(pod: Pod): Promise<Stored<Pod>>;
  get(name: string): Promise<Stored<Pod>>;
  /** A kubelet process that ends, and a new one over what still runs. */
  restartKubelet(): Promise<void>;
  close(): Promise<void>;
}

const stepMs = 250;
/** Turns of the event loop after which everything in memory has come to rest. */
const settleTurns = 30;

export async function startSimulatedNode(options: Partial<KubeletOptions> = {}): Promise<SimulatedNode> {
  const clock = new FakeClock();
  const random = systemRandom;
  const api = await inMemoryServer(clock, random);
  const client = api.client();
  const nodeName = options.nodeName ?? 'node-a';
  const runtime = new SimulatedRuntime({ clock, random, podCidr: '10.244.0.0/24' });
  let source: PodSource & { stop(): void };
  const start = () => {
    source = podSourceOfNode(nodeName, { client, clock, random });
    return startKubelet({
      nodeName,
      client,
      runtime,
      clock,
      random,
      machine: testMachine,
      nodeIps: ['10.250.0.2'],
      pods: source,
      services: async () => [],
      clusterDns: ['10.96.0.10'],
      clusterDomain: 'cluster.local',
      nodeDns: {},
      connect: (host, port) => runtime.connect(host, port),
      ...options,
    });
  };
  const settle = async () => {
    for (let turn = 0; turn < settleTurns; turn++) await setImmediate();
  };
  await client.create(namespaces, { metadata: { name: 'default' } }).catch(() => undefined);
  await client.create(namespaces, { metadata: { name: 'kube-node-lease' } }).catch(() => undefined);
  await client.create(serviceAccounts, { metadata: { namespace: 'default', name: 'default' } }).catch(() => undefined);
  const seen = new Map<string, Stored<Pod>[]>();
  const note = (pod: Stored<Pod>) => seen.set(pod.metadata.name, [...(seen.get(pod.metadata.name) ?? []), pod]);
  const watch = new Informer(pods, {}, { client, clock, random });
  watch.on({ add: note, update: (_, pod) => note(pod) });
  watch.start();
  const node: SimulatedNode = {
    clock,
    client,
    runtime,
    kubelet: start(),
    history: name => seen.get(name) ?? [],
    settle,
    async pass(ms) {
      for (let left = ms; left > 0; left -= stepMs) {
        clock.advance(Math.min(left, stepMs));
        await settle();
      }
    },
    async events(name) {
      const { items } = await client.list(events);
      return items.filter(({ involvedObject }) => involvedObject.name === name);
    },
    async create(pod) {
      const created = await client.create(pods, pod, { namespace: 'default' });
      await settle();
      return created;
    },
    get: name => client.get(pods, { namespace: 'default', name }),
    async restartKubelet() {
      node.kubelet.stop();
      source.stop();
      node.kubelet = start();
      await settle();
    },
    async close() {
      node.kubelet.stop();
      source.stop();
      watch.stop();
      runtime.close();
      await api.close();
    },
  };
  await settle();
  return node;
}

export const testMachine = {
  cpus: 4,
  memoryBytes: 8 * 2 ** 30,
  podsMax: 110,
  system: {
    machineID: 'm',
    systemUUID: 'u',
    bootID: 'b',
    kernelVersion: '6.1',
    osImage: 'Test',
    operatingSystem: 'linux',
    architecture: 'amd64',
  },
};
