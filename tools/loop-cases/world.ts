/**
 * A cluster in memory on a clock of its own: server, every controller, scheduler and kubelets that only pretend. Time moves
 * only when nothing is left to do, so hours pass in a moment and the order of things is the same each time.
 */

import { setImmediate } from 'node:timers/promises';
import { allResources } from '#api/all.ts';
import { namespaces } from '#api/core/namespace.ts';
import { nodes } from '#api/core/node.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import { Client } from '#client/client.ts';
import { Informers } from '#client/informer.ts';
import { jsonTransport } from '#client/json-transport.ts';
import { startControllers } from '#controllers/start.ts';
import { sleep } from '#lib/clock.ts';
import type { Transport } from '#lib/http/transport.ts';
import { silentLog } from '#lib/log.ts';
import { newAuthority } from '#lib/pki.ts';
import { systemRandom as random } from '#lib/random.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { startScheduler } from '#scheduler/scheduler.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';
import { FakeKubelet } from './fake-kubelet.ts';

export const homeNames = ['node-1', 'node-2', 'node-3'];
const writeMs = 2;
const readMs = 1;
const restTurns = 15;

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: AnyJson;
}

export interface World {
  readonly client: Client;
  readonly clock: FakeClock;
  /** `pods default/web`: all that happened to it, in order. */
  readonly changes: ReadonlyMap<string, readonly Change[]>;
  /** Every state of every Event. */
  readonly events: readonly AnyJson[];
  /** Lets everything that was begun come to rest; time stands still. */
  settle(): Promise<void>;
  /** Moves on to the next timer, at most this far. */
  step(msMax: number): Promise<void>;
  stop(): Promise<void>;
}

export const resourceOf = (plural: string): Resource => allResources.findLast(each => each.plural === plural)!;

export async function startWorld(namespace: string, plurals: readonly string[], hasHomes: boolean): Promise<World> {
  const clock = new FakeClock(Date.UTC(2026, 0, 1, 0, 0, 57));
  const server = await inMemoryServer(clock);
  const stopped = new AbortController();
  const shared = { clock, random, log: silentLog };
  const clientOf = (name: string, userAgent: string, groups: readonly string[]) =>
    new Client({
      transport: jsonTransport({ transport: slow(server.transport(name, groups), clock), userAgent }),
      clock,
    });
  const controllers = startControllers({
    ...shared,
    client: clientOf('kube-controller-manager', 'kube-controller-manager/v1', ['system:masters']),
    controllers: ['*', 'token-cleaner-controller', 'bootstrap-signer-controller'],
    rootCaPem: 'CA',
    signLegacyToken: () => 'token',
    clusterCidr: '10.244.0.0/16',
    signingAuthority: newAuthority(
      {
        subject: { commonName: 'kubernetes-ca', organizations: [] },
        notBeforeMs: clock.nowMs() - 3_600_000,
        notAfterMs: clock.nowMs() + 1e12,
      },
      random,
    ),
    freeze: true,
  });
  const schedulerClient = clientOf('system:kube-scheduler', 'kube-scheduler/v1', []);
  const scheduler = startScheduler({
    ...shared,
    client: schedulerClient,
    informers: new Informers({ client: schedulerClient, clock, random, freeze: true }),
    signal: stopped.signal,
  });
  const client = new Client({
    transport: jsonTransport({ transport: server.transport(), userAgent: 'recorder/1' }),
    clock,
  });
  const informers = new Informers({ client, clock, random });
  const { changes, events } = follow(informers, plurals);
  new FakeKubelet(clientOf('admin', 'recorder/1', ['system:masters']), clock, informers, stopped.signal);
  const world: World = {
    client,
    clock,
    changes,
    events,
    async settle() {
      for (let turn = 0; turn < restTurns; turn++) {
        await setImmediate();
      }
    },
    async step(msMax) {
      await world.settle();
      const nextMs = clock.nextMs() ?? Number.POSITIVE_INFINITY;
      clock.advance(Math.min(Math.max(nextMs - clock.nowMs(), 0), msMax));
      await world.settle();
    },
    async stop() {
      stopped.abort(new Error('the case is over'));
      controllers.stop();
      informers.stop();
      await server.close();
    },
  };
  await scheduler.ready;
  const homes = hasHomes ? homeNames : [];
  for (const name of homes) {
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
    await client.create(nodes, { metadata: { name, labels, annotations: { 'fake/kubelet': 'on' } } });
  }
  await client.create(namespaces, { metadata: { name: namespace } });
  const isReady = async () => {
    const list = await client.list(nodes);
    if (list.items.some(each => (each.spec.taints ?? []).length > 0)) return false;
    return (await client.list(serviceAccounts, { namespace })).items.length > 0;
  };
  while (!(await isReady())) await world.step(100);
  return world;
}

function follow(informers: Informers, plurals: readonly string[]) {
  const changes = new Map<string, Change[]>();
  const note = (plural: string, type: Change['type'], object: AnyJson) => {
    const { namespace = '', name } = object.metadata;
    const key = `${plural} ${namespace}/${name}`;
    if (!changes.has(key)) changes.set(key, []);
    changes.get(key)?.push({ type, object });
  };
  for (const plural of plurals) {
    informers.of<AnyJson>(resourceOf(plural)).on({
      add: object => note(plural, 'ADDED', object),
      update: (_, object) => note(plural, 'MODIFIED', object),
      delete: object => note(plural, 'DELETED', object),
    });
  }
  const events: AnyJson[] = [];
  informers.of<AnyJson>(allResources.find(each => each.plural === 'events' && each.group === '')!).on({
    add: event => events.push(event),
    update: (_, event) => events.push(event),
  });
  return { changes, events };
}

/** Every request takes a moment, as it does over a network: what falls into it is seen together. */
function slow(transport: Transport, clock: FakeClock): Transport {
  return async request => {
    if (request.method !== 'GET') await sleep(clock, writeMs);
    else if (!request.target.includes('watch=')) await sleep(clock, readMs);
    return transport(request);
  };
}
