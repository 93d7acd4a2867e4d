/** Proxy and DNS of a node together, from Services written to a real API server to the packets of a Pod. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { services } from '#api/core/service.ts';
import { endpointSlices } from '#api/discovery/endpoint-slice.ts';
import { clusterRoles } from '#api/rbac/cluster-role.ts';
import { clusterRoleBindings } from '#api/rbac/cluster-role-binding.ts';
import { Informers } from '#client/informer.ts';
import { dnsEndpoints, dnsRole, dnsRoleBinding, dnsService } from '#dns/cluster-objects.ts';
import { startDns } from '#dns/server.ts';
import { systemClock } from '#lib/clock.ts';
import { silentLog } from '#lib/log.ts';
import { run } from '#lib/process.ts';
import { systemRandom } from '#lib/random.ts';
import { startProxy } from '#proxy/proxy.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';
import { networkPod } from '#testing/network-pod.ts';
import { inOwnNetwork, loopbackUp, runInOwnNetwork } from '#testing/own-network.ts';
import { service, slice } from '#testing/service-objects.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root, for network namespaces';
const clusterDns = '10.96.0.10';
const proxyUser = 'system:kube-proxy';
const node = { name: 'node-1', address: '10.250.0.10' };

function inside(): void {
  test('a Pod finds a Service by name and reaches its endpoint, and a new one milliseconds later', async () => {
    await loopbackUp();
    await run(['tee', '/proc/sys/net/ipv4/ip_forward'], { input: '1' });
    const server = await inMemoryServer(systemClock);
    const admin = server.client();
    await admin.create(clusterRoles, dnsRole());
    await admin.create(clusterRoleBindings, dnsRoleBinding(proxyUser));
    await admin.create(services, dnsService(clusterDns));
    await admin.create(endpointSlices, dnsEndpoints([node]));
    await admin.create(services, service('default/web', { ports: [{ port: 80 }] }));
    await admin.create(endpointSlices, slice('default/web', ['10.244.1.2']));

    const errors: unknown[] = [];
    const client = server.client(proxyUser, []);
    const onError = (_: unknown, error: unknown) => errors.push(error);
    const informers = new Informers({ client, clock: systemClock, random: systemRandom, onError, freeze: true });
    const common = { informers, clock: systemClock, random: systemRandom, log: silentLog, run };
    const ranges = { clusterCidrs: ['10.244.0.0/16'], podCidrs: ['10.244.0.0/24'], serviceCidrs: ['10.96.0.0/16'] };
    const localIps = [clusterDns];
    const proxy = startProxy({ ...common, ...ranges, nodeName: node.name, nodeIps: [node.address], localIps });
    const dns = await startDns({ ...common, serviceIps: localIps, addresses: [], clusterDomain: 'cluster.local' });
    const pods = [
      await networkPod({ name: 'web-0', address: '10.244.1.2', gateway: '10.244.1.1', port: 8080 }),
      await networkPod({ name: 'client', address: '10.244.1.3', gateway: '10.244.1.1' }),
    ];
    try {
      await Promise.all([proxy.synced, dns.synced]);
      const ask = (name: string) =>
        pods[1]!.ask({ protocol: 'tcp', host: `${name}.default.svc.cluster.local`, port: 80, resolver: clusterDns });
      assert.equal(await ask('web'), 'web-0 10.244.1.3');
      assert.equal(await ask('late'), 'ENOTFOUND');
      await admin.create(services, service('default/late', { ports: [{ port: 80 }] }));
      await admin.create(endpointSlices, slice('default/late', ['10.244.1.2']));
      const beganMs = performance.now();
      let answer = await ask('late');
      while (answer !== 'web-0 10.244.1.3' && performance.now() - beganMs < 5000) answer = await ask('late');
      assert.equal(answer, 'web-0 10.244.1.3');
      assert.deepEqual(errors, []);
      console.log(`a new Service answered after ${(performance.now() - beganMs).toFixed(0)} ms`);
    } finally {
      for (const pod of pods) await pod.close();
      await dns.stop();
      await proxy.remove();
      informers.stop();
      await server.close();
    }
  });
}

if (inOwnNetwork()) describe('Services of a node', inside);
else test('Services of a node, in a network of its own', { skip }, () => runInOwnNetwork(import.meta.filename));
