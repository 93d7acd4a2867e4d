import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Service, services } from '#api/core/service.ts';
import { ipAddresses } from '#api/networking/ip-address.ts';
import { planRepair } from '#apiserver/allocation/repair.ts';
import { keepAllocated } from '#apiserver/allocation/service-fields.ts';
import type { Client } from '#client/client.ts';
import { systemClock } from '#lib/clock.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

const namespace = 'default';
const service = (name: string, spec: Service['spec']): Service => ({ metadata: { name, namespace }, spec });
const port = { port: 80 };

async function withClient(run: (client: Client) => Promise<void>): Promise<void> {
  const server = await inMemoryServer(systemClock);
  try {
    await run(server.client());
  } finally {
    await server.close();
  }
}

test('an address is held by one Service, and free again when it is gone', () =>
  withClient(async client => {
    const clusterIP = '10.96.0.77';
    await client.create(services, service('a', { ports: [port], clusterIP }));
    const claim = await client.get(ipAddresses, { name: clusterIP });
    assert.deepEqual(claim.spec?.parentRef, { resource: 'services', namespace, name: 'a' });
    await assert.rejects(client.create(services, service('b', { ports: [port], clusterIP })), /already allocated/);
    await client.delete(services, { name: 'a', namespace });
    const b = await client.create(services, service('b', { ports: [port], clusterIP }));
    assert.equal(b.spec?.clusterIP, clusterIP);
  }));

test('what is claimed for a Service that is refused is given back', () =>
  withClient(async client => {
    const clusterIP = '10.96.0.78';
    const spec = { type: 'NodePort', clusterIP, ports: [{ ...port, nodePort: 30_078 }] };
    await assert.rejects(client.create(services, service('Bad_Name', spec)), /metadata\.name/);
    const made = await client.create(services, service('good', spec));
    assert.equal(made.spec?.ports?.[0]?.nodePort, 30_078);
  }));

test('a port goes with the type that had it', () =>
  withClient(async client => {
    const ports = [{ ...port, nodePort: 30_079 }];
    const made = await client.create(services, service('a', { type: 'NodePort', ports }));
    await client.update(services, { ...made, spec: { ...made.spec, type: 'ClusterIP', externalTrafficPolicy: '' } });
    const other = await client.create(services, service('b', { type: 'NodePort', ports }));
    assert.equal(other.spec?.ports?.[0]?.nodePort, 30_079);
    await assert.rejects(
      client.create(services, service('c', { type: 'NodePort', ports })),
      /provided port is already/,
    );
  }));

test('node ports stay with the name of a port, and are never given twice', () => {
  const old = {
    type: 'NodePort',
    ports: [
      { name: 'a', port: 1, nodePort: 30_001 },
      { name: 'b', port: 2, nodePort: 30_002 },
    ],
  };
  const spec: NonNullable<Service['spec']> = {
    type: 'NodePort',
    ports: [
      { name: 'b', port: 2 },
      { name: 'a', port: 1, nodePort: 30_002 },
    ],
  };
  keepAllocated(spec, old);
  assert.deepEqual(
    spec.ports?.map(({ nodePort }) => nodePort),
    [undefined, 30_002],
  );
});

test('repair claims what Services hold and frees what nobody holds, but nothing young', () => {
  const nowMs = 1_000_000;
  const plan = planRepair({
    services: [
      service('a', {
        type: 'NodePort',
        clusterIP: '10.96.0.5',
        clusterIPs: ['10.96.0.5'],
        ports: [{ port: 1, nodePort: 30_001 }],
      }),
    ],
    addresses: [],
    ports: new Map([
      [30_002, { service: 'x/gone', claimedAtMs: 0 }],
      [30_003, { service: 'x/young', claimedAtMs: nowMs }],
    ]),
    nowMs,
  });
  assert.deepEqual([...plan.portsToClaim], [[30_001, 'default/a']]);
  assert.deepEqual(plan.portsToFree, [30_002]);
  assert.deepEqual([...plan.addressesToClaim.keys()], ['10.96.0.5']);
});
