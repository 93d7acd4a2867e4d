/** The proxy with a kernel, namespaces and packets: each Pod is a process in a network namespace of its own. */

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Service } from '#api/core/service.ts';
import { services } from '#api/core/service.ts';
import type { EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import { systemClock } from '#lib/clock.ts';
import { silentLog } from '#lib/log.ts';
import { run } from '#lib/process.ts';
import { type ProxyOptions, type ServiceProxy, startProxy } from '#proxy/proxy.ts';
import { askHost } from '#testing/ask-host.ts';
import { MemoryInformer } from '#testing/memory-informer.ts';
import { type NetworkPod, networkPod } from '#testing/network-pod.ts';
import { inOwnNetwork, loopbackUp, runInOwnNetwork } from '#testing/own-network.ts';
import { service, slice } from '#testing/service-objects.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root, for network namespaces';
const nodeIp = '10.250.0.10';
const here = 'node-1';

function proxyOver(overrides: Partial<ProxyOptions> = {}) {
  const ofServices = new MemoryInformer<Service>();
  const ofSlices = new MemoryInformer<EndpointSlice>();
  const informers = { of: (resource: unknown) => (resource === services ? ofServices : ofSlices) };
  const start = () =>
    startProxy({
      informers: informers as never,
      clock: systemClock,
      log: silentLog,
      run,
      nodeName: here,
      nodeIps: [nodeIp],
      clusterCidrs: ['10.244.0.0/16'],
      podCidrs: ['10.244.1.0/24'],
      serviceCidrs: ['10.96.0.0/16'],
      ...overrides,
    });
  return { services: ofServices, slices: ofSlices, start };
}

const onNode = (address: string, nodeName = here, conditions = {}) => ({
  addresses: [address],
  nodeName,
  conditions: { ready: true, serving: true, terminating: false, ...conditions },
});

const tcp = (host: string, port: number) => ({ protocol: 'tcp' as const, host, port });
const udp = (host: string, port: number, localPort?: number) => ({ protocol: 'udp' as const, host, port, localPort });

async function repeat(times: number, ask: () => Promise<string>): Promise<Set<string>> {
  const answers = new Set<string>();
  for (let i = 0; i < times; i++) answers.add(await ask());
  return answers;
}

function inside(): void {
  let web0: NetworkPod;
  let web1: NetworkPod;
  let client: NetworkPod;
  let outside: NetworkPod;
  let far: NetworkPod;
  const pods = () => [web0, web1, client, outside, far];

  before(async () => {
    await loopbackUp();
    await run(['tee', '/proc/sys/net/ipv4/ip_forward'], { input: '1' });
    const pod = (name: string, address: string, port?: number) =>
      networkPod({ name, address, gateway: '10.244.1.1', port });
    web0 = await pod('web-0', '10.244.1.2', 8080);
    web1 = await pod('web-1', '10.244.1.3', 8080);
    client = await pod('client', '10.244.1.4');
    outside = await networkPod({ name: 'outside', address: '192.0.2.2', gateway: nodeIp });
    far = await networkPod({ name: 'far', address: '10.244.2.2', gateway: nodeIp });
    await run(['ip', 'route', 'add', 'default', 'via', '192.0.2.2']);
  });
  after(async () => {
    for (const pod of pods()) await pod?.close();
  });

  async function withProxy(
    body: (parts: ReturnType<typeof proxyOver> & { proxy: ServiceProxy }) => Promise<void>,
    overrides?: Partial<ProxyOptions>,
  ) {
    const parts = proxyOver(overrides);
    const proxy = parts.start();
    await proxy.synced;
    try {
      await body({ ...parts, proxy });
    } finally {
      await proxy.remove();
    }
  }

  test('a cluster address: every endpoint answers, Pods are seen as they are, and a Pod reaches itself', () =>
    withProxy(async ({ services, slices, proxy }) => {
      services.put(service('default/web', { clusterIP: '10.96.0.20' }));
      slices.put(slice('default/web', [onNode('10.244.1.2'), onNode('10.244.1.3')]));
      await proxy.settled();
      const question = tcp('10.96.0.20', 80);
      const both = await repeat(30, () => client.ask(question));
      assert.deepEqual(both, new Set(['web-0 10.244.1.4', 'web-1 10.244.1.4']));
      // Itself it sees as its gateway, which is what hairpin traffic has to look like.
      const own = await repeat(30, () => web0.ask(question));
      assert.deepEqual(own, new Set(['web-0 10.244.1.1', 'web-1 10.244.1.2']));
      assert.match(await askHost(question), /^web-[01] 10\.244\.1\.1$/);
      assert.equal(await client.ask(tcp('10.96.0.20', 81)), 'ECONNREFUSED');
      assert.equal(await client.ask(tcp('10.96.0.99', 80)), 'silence');
      assert.equal(await askHost(tcp('10.96.0.20', 81)), 'ECONNREFUSED');

      slices.put(slice('default/web', [onNode('10.244.1.2', here, { ready: false }), onNode('10.244.1.3')]));
      await proxy.settled();
      assert.deepEqual(await repeat(10, () => client.ask(question)), new Set(['web-1 10.244.1.4']));
      const leaving = { ready: false, terminating: true };
      slices.put(slice('default/web', [onNode('10.244.1.3', here, leaving)]));
      await proxy.settled();
      assert.equal(await client.ask(question), 'web-1 10.244.1.4');
      slices.put(slice('default/web', []));
      await proxy.settled();
      assert.equal(await client.ask(question), 'ECONNREFUSED');
      assert.equal(await askHost(question), 'ECONNREFUSED');
    }));

  test('UDP: a flow moves on when its endpoint is gone, and finds one that came late', () =>
    withProxy(async ({ services, slices, proxy }) => {
      const ports = [{ name: 'u', port: 8080, protocol: 'UDP' }];
      services.put(
        service('default/u', { clusterIP: '10.96.0.21', ports: [{ name: 'u', port: 53, protocol: 'UDP' }] }),
      );
      await proxy.settled();
      const question = udp('10.96.0.21', 53, 5555);
      assert.equal(await client.ask(question), 'ECONNREFUSED');
      slices.put(slice('default/u', [onNode('10.244.1.2')], ports));
      await proxy.settled();
      assert.equal(await client.ask(question), 'web-0 10.244.1.4');
      slices.put(slice('default/u', [onNode('10.244.1.3')], ports));
      await proxy.settled();
      assert.equal(await client.ask(question), 'web-1 10.244.1.4');
    }));

  test('UDP: many Services that lose endpoints cost one look at the flows, and a program for each kind there is', async () => {
    const programs: string[] = [];
    const counted: typeof run = (argv, options) => {
      programs.push(argv[0] ?? '');
      return run(argv, options);
    };
    await withProxy(
      async ({ services, slices, proxy }) => {
        const ports = [{ name: 'u', port: 8080, protocol: 'UDP' }];
        const names = Array.from({ length: 50 }, (_, index) => `many/u${index}`);
        for (const [index, name] of names.entries()) {
          const spec = { clusterIP: `10.96.2.${index}`, ports: [{ name: 'u', port: 53, protocol: 'UDP' }] };
          services.put(service(name, spec));
          slices.put(slice(name, [onNode('10.244.1.2')], ports));
        }
        await proxy.settled();
        const question = udp('10.96.2.7', 53, 5557);
        assert.equal(await client.ask(question), 'web-0 10.244.1.4');
        programs.length = 0;
        for (const name of names) slices.put(slice(name, [onNode('10.244.1.3')], ports));
        await proxy.settled();
        assert.deepEqual(programs, ['nft', 'conntrack', 'conntrack']);
        assert.equal(await client.ask(question), 'web-1 10.244.1.4');
      },
      { run: counted },
    );
  });

  test('nodePorts, balancers and external addresses', () =>
    withProxy(async ({ services, slices, proxy }) => {
      const spec = {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.22',
        ports: [{ port: 80, nodePort: 30080 }],
        externalIPs: ['203.0.113.7'],
        status: { loadBalancer: { ingress: [{ ip: '203.0.113.8' }] } },
      };
      services.put(service('default/web', spec));
      slices.put(slice('default/web', [onNode('10.244.1.2'), onNode('10.244.1.3', 'node-2')]));
      await proxy.settled();
      const asked = (host: string, port: number) => repeat(20, () => outside.ask(tcp(host, port)));
      const masked = new Set(['web-0 10.244.1.1', 'web-1 10.244.1.1']);
      assert.deepEqual(await asked(nodeIp, 30080), masked);
      assert.deepEqual(await asked('203.0.113.7', 80), masked);
      assert.deepEqual(await asked('203.0.113.8', 80), masked);
      assert.equal(await askHost(tcp('127.0.0.1', 30080)), 'ECONNREFUSED');

      services.put(service('default/web', { ...spec, externalTrafficPolicy: 'Local' }));
      await proxy.settled();
      const local = await repeat(8, () => outside.ask(tcp(nodeIp, 30080)));
      assert.deepEqual(
        local,
        new Set(['web-0 192.0.2.2']),
        'the address of who asks is kept, and only Pods here answer',
      );
      const ofFar = await repeat(8, () => far.ask(tcp(nodeIp, 30080)));
      assert.deepEqual(ofFar, new Set(['web-0 10.244.2.2']), 'a Pod of another node comes from outside');
      const ofClient = await repeat(20, () => client.ask(tcp(nodeIp, 30080)));
      assert.deepEqual(ofClient, new Set(['web-0 10.244.1.4', 'web-1 10.244.1.4']), 'a Pod of this node does not');

      services.put(service('default/web', { ...spec, loadBalancerSourceRanges: ['198.51.100.0/24'] }));
      await proxy.settled();
      assert.equal(await outside.ask(tcp('203.0.113.8', 80)), 'silence');
      assert.deepEqual(await asked('203.0.113.7', 80), masked);

      services.put(service('default/web', { ...spec, externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' }));
      slices.put(slice('default/web', [onNode('10.244.1.2', 'node-2')]));
      await proxy.settled();
      assert.equal(await outside.ask(tcp(nodeIp, 30080)), 'silence', 'nobody here');
      assert.equal(await client.ask(tcp('10.96.0.22', 80)), 'silence', 'nobody here');
      assert.equal(
        await client.ask(tcp('203.0.113.8', 80)),
        'web-0 10.244.1.4',
        'inside the cluster there is no outside',
      );
    }));

  test('a balancer can ask whether the node has endpoints', () =>
    withProxy(async ({ services, slices, proxy }) => {
      const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32_000 };
      services.put(service('default/web', { ...spec, clusterIP: '10.96.0.26' }));
      const ask = async (...endpoints: Parameters<typeof slice>[1]) => {
        slices.put(slice('default/web', endpoints));
        await proxy.settled();
        const response = await fetch(`http://${nodeIp}:32000/healthz`);
        return [response.status, await response.json()];
      };
      const web = { namespace: 'default', name: 'web' };
      assert.deepEqual(await ask(onNode('10.244.1.2'), onNode('10.244.9.2', 'node-2')), [
        200,
        { service: web, localEndpoints: 1, serviceProxyHealthy: true },
      ]);
      assert.deepEqual(await ask(onNode('10.244.9.2', 'node-2')), [
        503,
        { service: web, localEndpoints: 0, serviceProxyHealthy: true },
      ]);
      services.remove('default/web');
      await proxy.settled();
      await assert.rejects(fetch(`http://${nodeIp}:32000/healthz`));
    }));

  test('both families, and addresses in odd forms', () =>
    withProxy(
      async ({ services, slices, proxy }) => {
        await run(['ip', 'address', 'replace', 'fd00:250::10/128', 'dev', 'lo']);
        await run(['ip', '-6', 'route', 'replace', 'fd00:96::/112', 'dev', 'lo']);
        const clusterIPs = ['10.96.0.27', 'fd00:96::27'];
        const spec = { type: 'NodePort', clusterIP: '10.96.0.27', clusterIPs, sessionAffinity: 'ClientIP' };
        services.put(service('default/web', { ...spec, ports: [{ port: 80, nodePort: 30_090 }] }));
        slices.put(slice('default/web', [onNode('::ffff:10.244.1.2')]));
        const six = slice('default/web', [onNode('fd00:250:0::10')], undefined, 'six');
        slices.put({ ...six, addressType: 'IPv6' });
        const server = createServer(socket => socket.end('six')).listen(8080, 'fd00:250::10');
        try {
          await proxy.settled();
          assert.equal(await client.ask(tcp('10.96.0.27', 80)), 'web-0 10.244.1.4');
          assert.equal(await askHost(tcp('fd00:96::27', 80)), 'six');
          assert.equal(await askHost(tcp('fd00:250::10', 30_090)), 'six');
        } finally {
          server.close();
        }
      },
      {
        nodeIps: [nodeIp, 'fd00:250::10'],
        clusterCidrs: ['10.244.0.0/16', 'fd00:244::/64'],
        podCidrs: ['10.244.1.0/24', 'fd00:244::/68'],
        serviceCidrs: ['10.96.0.0/16', 'fd00:96::/112'],
      },
    ));

  test('a client that is remembered stays with its endpoint, even when the proxy starts again', () =>
    withProxy(async ({ services, slices, proxy, start }) => {
      services.put(service('default/web', { clusterIP: '10.96.0.23', sessionAffinity: 'ClientIP' }));
      slices.put(slice('default/web', [onNode('10.244.1.2'), onNode('10.244.1.3')]));
      await proxy.settled();
      const question = tcp('10.96.0.23', 80);
      const first = await client.ask(question);
      assert.match(first, /^web-[01] 10\.244\.1\.4$/);
      assert.deepEqual(await repeat(10, () => client.ask(question)), new Set([first]));
      await proxy.stop();
      assert.equal(await client.ask(question), first, 'the rules stay when the proxy stops');
      const again = start();
      await again.synced;
      assert.deepEqual(await repeat(10, () => client.ask(question)), new Set([first]));
      const other = first.startsWith('web-0') ? '10.244.1.3' : '10.244.1.2';
      slices.put(slice('default/web', [onNode(other)]));
      await again.settled();
      assert.notEqual(await client.ask(question), first);
      await again.stop();
    }));

  test('what stood in the table before is corrected, and what others did to it later too', () =>
    withProxy(async ({ services, slices, proxy, start }) => {
      await proxy.stop();
      await run(['nft', 'add chain ip services stranger; add rule ip services prerouting drop']);
      services.put(service('default/web', { clusterIP: '10.96.0.24' }));
      slices.put(slice('default/web', [onNode('10.244.1.2')]));
      const again = start();
      await again.synced;
      const question = tcp('10.96.0.24', 80);
      assert.equal(await client.ask(question), 'web-0 10.244.1.4');
      assert.doesNotMatch(await run(['nft', 'list', 'table', 'ip', 'services']), /stranger/);
      await run(['nft', 'flush', 'ruleset']);
      slices.put(slice('default/web', [onNode('10.244.1.3')]));
      await again.settled();
      assert.equal(await client.ask(question), 'web-1 10.244.1.4');
      await run([
        'nft',
        `delete table ip services; add table ip services;
        add chain ip services prerouting { type filter hook prerouting priority 0; }`,
      ]);
      slices.put(slice('default/web', [onNode('10.244.1.2')]));
      await again.settled();
      assert.equal(await client.ask(question), 'web-0 10.244.1.4');
      await again.stop();
    }));

  test('endpoints come and go without one failed connection', () =>
    withProxy(async ({ services, slices, proxy }) => {
      services.put(service('default/web', { clusterIP: '10.96.0.25' }));
      slices.put(slice('default/web', [onNode('10.244.1.2')]));
      await proxy.settled();
      const states = [
        [onNode('10.244.1.2'), onNode('10.244.1.3')],
        [onNode('10.244.1.2', here, { ready: false, terminating: true }), onNode('10.244.1.3')],
        [onNode('10.244.1.3')],
        [onNode('10.244.1.3'), onNode('10.244.1.2')],
        [onNode('10.244.1.2')],
      ];
      let stopped = false;
      const asking = (async () => {
        const answers: string[] = [];
        while (!stopped) answers.push(await client.ask(tcp('10.96.0.25', 80)));
        return answers;
      })();
      for (let round = 0; round < 4; round++) {
        for (const state of states) {
          slices.put(slice('default/web', state));
          await proxy.settled();
        }
      }
      stopped = true;
      const answers = await asking;
      assert.ok(answers.length > 10);
      assert.deepEqual(
        answers.filter(answer => !answer.startsWith('web-')),
        [],
      );
    }));

  test('an address that the node answers itself is left alone', () =>
    withProxy(
      async ({ services, slices, proxy }) => {
        services.put(service('kube-system/kube-dns', { clusterIP: '10.96.0.10', ports: [{ port: 8080 }] }));
        slices.put(slice('kube-system/kube-dns', [onNode('10.244.1.3')]));
        await proxy.settled();
        await run(['ip', 'address', 'replace', '10.96.0.10/32', 'dev', 'lo']);
        assert.equal(await client.ask(tcp('10.96.0.10', 8080)), 'ECONNREFUSED', 'by the node, where nobody listens');
      },
      { localIps: ['10.96.0.10'] },
    ));

  test('thousands of Services: a change costs its own Service', () =>
    withProxy(async ({ services, slices, proxy }) => {
      const serviceCount = 3000;
      for (let i = 0; i < serviceCount; i++) {
        services.put(service(`many/s${i}`, { clusterIP: `10.96.${100 + (i >> 8)}.${i & 255}` }));
        slices.put(slice(`many/s${i}`, [onNode('10.244.1.2'), onNode('10.244.9.9', 'node-2')]));
      }
      await proxy.settled();
      const beganMs = performance.now();
      slices.put(slice('many/s77', [onNode('10.244.1.3')]));
      await proxy.settled();
      const tookMs = performance.now() - beganMs;
      assert.equal(await client.ask(tcp('10.96.100.77', 80)), 'web-1 10.244.1.4');
      assert.ok(tookMs < 2000, `one change took ${tookMs} ms`);
      console.log(`one change among ${serviceCount} Services: ${tookMs.toFixed(0)} ms`);
    }));
}

if (inOwnNetwork()) describe('the proxy', inside);
else test('the proxy, in a network of its own', { skip }, () => runInOwnNetwork(import.meta.filename));
