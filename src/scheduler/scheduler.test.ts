/** The scheduler against a whole API server in memory. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Event } from '#api/core/event.ts';
import { events } from '#api/core/event.ts';
import { namespaces } from '#api/core/namespace.ts';
import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import type { Client } from '#client/client.ts';
import { Informers } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';
import { silentLog } from '#lib/log.ts';
import { systemRandom } from '#lib/random.ts';
import { startScheduler } from '#scheduler/scheduler.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

const namespace = 'default';
/** Turns of the event loop after which everything in memory has come to rest. */
const settleTurns = 40;

interface World {
  readonly client: Client;
  readonly clock: FakeClock;
  addNode(name: string, changes?: Partial<Node>): Promise<void>;
  /** One container that asks for so much. */
  addPod(name: string, requests?: Record<string, string>, spec?: Record<string, unknown>): Promise<void>;
  pod(name: string): Promise<Stored<Pod>>;
  said(name: string): Promise<string[]>;
  settle(): Promise<void>;
}

async function withScheduler(
  body: (world: World) => Promise<void>,
  through = (client: Client) => client,
): Promise<void> {
  const clock = new FakeClock();
  const random = systemRandom;
  const api = await inMemoryServer(clock);
  const client = api.client();
  const own = api.client('system:kube-scheduler', []);
  const informers = new Informers({ client: own, clock, random, freeze: true });
  const stopped = new AbortController();
  const scheduler = startScheduler({
    client: through(client),
    informers,
    clock,
    random,
    log: silentLog,
    signal: stopped.signal,
  });
  const world: World = {
    client,
    clock,
    async addNode(name, changes = {}) {
      const metadata = { name, labels: { 'kubernetes.io/hostname': name, ...changes.metadata?.labels } };
      await client.create(nodes, { metadata, spec: changes.spec ?? {} } as Node);
      // Admission taints a new node until it is ready.
      await client.patchMerge(nodes, { name }, { spec: { taints: changes.spec?.taints ?? null } });
      const capacity = changes.status?.capacity ?? { cpu: '4', memory: '8Gi', pods: '20' };
      await client.patchMerge(
        nodes,
        { name },
        { status: { capacity, allocatable: capacity } },
        { subresource: 'status' },
      );
      await this.settle();
    },
    async addPod(name, requests = {}, spec = {}) {
      const containers = [{ name: 'c', image: 'pause', resources: { requests } }];
      await client.create(pods, {
        metadata: { name, namespace, labels: { app: name } },
        spec: { containers, ...spec },
      } as never);
      await this.settle();
    },
    pod: name => client.get<Pod>(pods, { namespace, name }),
    async said(name) {
      const { items } = await client.list<Event>(events, { namespace });
      const ofPod = items.filter(event => event.involvedObject.name === name);
      return ofPod.map(({ reason, message }) => `${reason}: ${message}`);
    },
    async settle() {
      for (let turn = 0; turn < settleTurns || !scheduler.idle; turn++) await setImmediate();
    },
  };
  try {
    await client.create(namespaces, { metadata: { name: namespace } }).catch(() => undefined);
    await client.create(serviceAccounts, { metadata: { name: 'default', namespace } }).catch(() => undefined);
    await scheduler.ready;
    await body(world);
  } finally {
    stopped.abort();
    informers.stop();
    await api.close();
  }
}

const unplaced = ({ status }: Stored<Pod>) => status.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
test('Pods get their nodes, and the condition and the Event say so', () =>
  withScheduler(async world => {
    await world.addNode('n1');
    await world.addPod('p');
    const pod = await world.pod('p');
    assert.equal(pod.spec.nodeName, 'n1');
    const [condition] = pod.status.conditions ?? [];
    assert.deepEqual(
      [condition?.type, condition?.status, condition?.observedGeneration],
      ['PodScheduled', 'True', undefined],
    );
    const { items } = await world.client.list<Event>(events, { namespace });
    const [event] = items;
    assert.equal(event?.message, 'Successfully assigned default/p to n1');
    assert.deepEqual([event?.action, event?.reportingComponent], ['Binding', 'default-scheduler']);
  }));

test('a Pod that waits is bound when a node comes, and one of another scheduler is left alone', () =>
  withScheduler(async world => {
    await world.addPod('p');
    await world.addPod('other', {}, { schedulerName: 'mine' });
    assert.equal(unplaced(await world.pod('p')), 'no nodes available to schedule pods');
    await world.addNode('n1');
    assert.equal((await world.pod('p')).spec.nodeName, 'n1');
    assert.equal((await world.pod('other')).spec.nodeName, undefined);
    const said = await world.said('p');
    assert.equal(said[0], 'FailedScheduling: no nodes available to schedule pods');
    assert.equal(said.at(-1), 'Scheduled: Successfully assigned default/p to n1');
  }));

test('each node says why not, and the room that a deleted Pod leaves is taken', () =>
  withScheduler(async world => {
    await world.addNode('full');
    await world.addPod('first', { cpu: '3' });
    await world.addNode('tainted', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } } as Node);
    await world.addNode('small', { status: { capacity: { cpu: '1', memory: '1Mi', pods: '9' } } } as never);
    await world.addPod('second', { cpu: '2', memory: '1Gi' });
    const message = unplaced(await world.pod('second')) ?? '';
    const reasons = '1 Insufficient memory, 1 node(s) had untolerated taint(s), 2 Insufficient cpu.';
    assert.ok(message.startsWith(`0/3 nodes are available: ${reasons}`), message);
    await world.client.delete(pods, { namespace, name: 'first' }, { gracePeriodSeconds: 0 });
    await world.settle();
    assert.equal((await world.pod('second')).spec.nodeName, 'full');
  }));

test('a binding that is refused gives the room back, and the Pod is tried again later', () => {
  let refusals = 0;
  const refuseFirst = (client: Client) =>
    new Proxy(client, {
      get(target, name) {
        if (name === 'createSubresource' && refusals++ === 0) return () => Promise.reject(new Error('no'));
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return withScheduler(async world => {
    await world.addNode('n1');
    await world.addPod('p', { cpu: '3' });
    assert.equal(unplaced(await world.pod('p')), 'binding rejected: running Bind plugin "DefaultBinder": no');
    await world.addPod('other', { cpu: '3' });
    assert.equal((await world.pod('other')).spec.nodeName, 'n1');
    await world.client.delete(pods, { namespace, name: 'other' }, { gracePeriodSeconds: 0 });
    await world.settle();
    assert.equal((await world.pod('p')).spec.nodeName, undefined);
    world.clock.advance(1000);
    await world.settle();
    assert.equal((await world.pod('p')).spec.nodeName, 'n1');
  }, refuseFirst);
});

test('what is said again about the same Pod becomes a series', () =>
  withScheduler(async world => {
    await world.addPod('p');
    for (let minutes = 0; minutes < 10; minutes += 5) {
      world.clock.advance(5 * 60_000);
      await world.settle();
    }
    const { items } = await world.client.list<Event>(events, { namespace });
    assert.deepEqual(
      items.map(({ series }) => series?.count),
      [undefined, 2],
    );
  }));
