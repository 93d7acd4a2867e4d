import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '#api/core/service.ts';
import type { IPAddress } from '#api/networking/ip-address.ts';
import type { ObjectWriter, StatusWriter } from '#apiserver/authz/bootstrap/reconcile.ts';
import { startKubernetesService } from '#apiserver/loops/kubernetes-service.ts';
import type { Clock } from '#lib/clock.ts';
import { ApiError } from '#machinery/api-error.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { memoryObjects } from '#testing/objects.ts';

const parentRef = { resource: 'services', namespace: 'default', name: 'kubernetes' };
const taken: IPAddress = { metadata: { name: '10.96.0.1' }, spec: { parentRef } };

function world() {
  const objects = new Map<string, AnyJson>();
  const writes: string[] = [];
  const services = memoryObjects<Service>();
  const addresses = memoryObjects<IPAddress>();
  const write = (verb: string) => async (resource: Resource, object: AnyJson) => {
    if (resource.plural === 'services' && addresses.get('', '10.96.0.1') !== undefined) {
      throw new ApiError('Invalid', 'the address is taken');
    }
    writes.push(`${verb} ${resource.plural}`);
    objects.set(resource.plural, object);
    if (resource.plural === 'services') services.put(object);
  };
  const writer: ObjectWriter & StatusWriter = {
    get: async resource => objects.get(resource.plural),
    create: write('create'),
    update: write('update'),
    updateStatus: write('status'),
    async delete(resource) {
      writes.push(`delete ${resource.plural}`);
      addresses.remove('', '10.96.0.1');
    },
  };
  const start = (host: string | undefined) =>
    startKubernetesService({
      writer,
      services,
      addresses,
      clock: { nowMs: () => 0 } as Clock,
      serviceRange: '10.96.0.0/16',
      serviceIp: '10.96.0.1',
      port: 6443,
      endpoint: host === undefined ? undefined : { host, port: 6443 },
      onError: error => assert.fail(String(error)),
    });
  return { objects, writes, services, addresses, start };
}

test('the Service, its endpoints and the range are made once', async () => {
  const { objects, writes, start } = world();
  await start('10.10.0.1');
  assert.deepEqual(writes.splice(0).sort(), [
    'create endpoints',
    'create endpointslices',
    'create servicecidrs',
    'create services',
    'status servicecidrs',
  ]);
  assert.deepEqual(objects.get('services').metadata.labels, { component: 'apiserver', provider: 'kubernetes' });
  assert.deepEqual(objects.get('endpointslices').endpoints, [
    { addresses: ['10.10.0.1'], conditions: { ready: true } },
  ]);
  await start('10.10.0.1');
  assert.deepEqual(writes, []);
});

test('a server that moved is found at its new place, and what others wrote stays', async () => {
  const { objects, writes, start } = world();
  await start('10.10.0.1');
  objects.get('endpoints').metadata.labels.theirs = 'yes';
  writes.length = 0;
  await start('10.10.0.2');
  assert.deepEqual(writes.sort(), ['update endpoints', 'update endpointslices']);
  assert.deepEqual(objects.get('endpoints').subsets[0].addresses, [{ ip: '10.10.0.2' }]);
  assert.equal(objects.get('endpoints').metadata.labels.theirs, 'yes');
});

test('it comes back when somebody deletes it, and has no endpoints where there is no way to the server', async () => {
  const { objects, writes, services, addresses, start } = world();
  await start(undefined);
  addresses.put(taken);
  assert.equal(objects.has('endpoints'), false);
  writes.length = 0;
  objects.delete('services');
  services.remove('default', 'kubernetes');
  await new Promise(setImmediate);
  assert.deepEqual(writes, [], 'its address is still taken');
  addresses.remove('', '10.96.0.1');
  await new Promise(setImmediate);
  assert.deepEqual(writes, ['create services']);
});

test('an address that a dead server left taken is given back; one that somebody else took is not', async () => {
  const { writes, addresses, start } = world();
  addresses.put(taken);
  await start(undefined);
  await new Promise(setImmediate);
  assert.deepEqual(
    writes.filter(each => !each.includes('cidr')),
    ['delete ipaddresses', 'create services'],
  );
  const other = world();
  other.addresses.put({ ...taken, spec: { parentRef: { ...parentRef, name: 'other' } } });
  await assert.rejects(other.start(undefined), { message: 'the address is taken' });
});
