/** The DNS as resolvers meet it: over sockets of the loopback. */

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { decode, encode, type Packet } from 'dns-packet';
import { type Namespace, namespaces } from '#api/core/namespace.ts';
import { type Service, services } from '#api/core/service.ts';
import type { EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import { readQuery } from '#dns/message.ts';
import { type Dns, type DnsOptions, startDns } from '#dns/server.ts';
import { systemClock } from '#lib/clock.ts';
import { silentLog } from '#lib/log.ts';
import { run } from '#lib/process.ts';
import { systemRandom } from '#lib/random.ts';
import { MemoryInformer } from '#testing/memory-informer.ts';
import { inOwnNetwork, loopbackUp, runInOwnNetwork } from '#testing/own-network.ts';
import { service, slice } from '#testing/service-objects.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root, for a network namespace';
const bigCount = 200;

function informers() {
  const ofServices = new MemoryInformer<Service>();
  const ofSlices = new MemoryInformer<EndpointSlice>();
  const ofNamespaces = new MemoryInformer<Namespace>();
  ofNamespaces.put({ metadata: { name: 'default' } });
  ofServices.put(service('default/web', { clusterIP: '10.96.0.7', ports: [{ name: 'http', port: 80 }] }));
  ofServices.put(service('default/out', { type: 'ExternalName', externalName: 'www.outside.test', ports: [] }));
  ofServices.put(service('default/big', { clusterIP: 'None' }));
  ofSlices.put(
    slice(
      'default/big',
      Array.from({ length: bigCount }, (_, index) => `10.244.7.${index + 1}`),
    ),
  );
  const of = (resource: unknown) =>
    resource === services ? ofServices : resource === namespaces ? ofNamespaces : ofSlices;
  return { of } as unknown as DnsOptions['informers'];
}

function startForTest(parts: Partial<DnsOptions>): Promise<Dns> {
  return startDns({
    informers: informers(),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    run,
    serviceIps: ['10.96.0.10'],
    addresses: [],
    clusterDomain: 'cluster.local',
    ...parts,
  });
}

function resolverAt(address: string): Resolver {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([address]);
  return resolver;
}

async function askUdp(packet: Packet | Buffer, address = '10.96.0.10'): Promise<Buffer> {
  const socket = createSocket('udp4');
  try {
    socket.send(Buffer.isBuffer(packet) ? packet : encode(packet), 53, address);
    const [reply] = await once(socket, 'message');
    return reply;
  } finally {
    socket.close();
  }
}

const query = (name: string, additionals: Packet['additionals'] = []): Packet => ({
  type: 'query',
  id: 77,
  flags: 0x100,
  questions: [{ type: 'A', name }],
  additionals,
});

const rcodeOf = (reply: Buffer) => reply[3]! & 0xf;
const opt = { type: 'OPT', name: '.', udpPayloadSize: 4096, extendedRcode: 0, ednsVersion: 0, flags: 0, options: [] };

/** An upstream that knows one name. */
async function upstreamAt(address: string): Promise<() => void> {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const { id, questions = [] } = decode(message);
    const answers = [{ type: 'A' as const, name: questions[0]!.name, ttl: 9, data: '192.0.2.9' }];
    socket.send(encode({ type: 'response', id, flags: 0x180, questions, answers }), from.port, from.address);
  });
  socket.bind(53, address);
  await once(socket, 'listening');
  return () => socket.close();
}

function inside(): void {
  test('resolvers find names by UDP and TCP, at the cluster address and at the node', async () => {
    await loopbackUp();
    const dns = await startForTest({ addresses: ['127.0.0.1'] });
    await dns.synced;
    try {
      for (const address of ['10.96.0.10', '127.0.0.1']) {
        const resolver = resolverAt(address);
        assert.deepEqual(await resolver.resolve4('web.default.svc.cluster.local'), ['10.96.0.7']);
        const [srv] = await resolver.resolveSrv('_http._tcp.web.default.svc.cluster.local');
        assert.deepEqual([srv?.name, srv?.port], ['web.default.svc.cluster.local', 80]);
        assert.deepEqual(await resolver.reverse('10.96.0.7'), ['web.default.svc.cluster.local']);
        await assert.rejects(resolver.resolve4('no.default.svc.cluster.local'), { code: 'ENOTFOUND' });
        await assert.rejects(resolver.resolve6('web.default.svc.cluster.local'), { code: 'ENODATA' });
        await assert.rejects(resolver.resolve4('outside.test'), { code: 'EREFUSED' });
        // More than a datagram holds: the resolver comes again by TCP.
        assert.equal((await resolver.resolve4('big.default.svc.cluster.local')).length, bigCount);
      }
    } finally {
      await dns.stop();
    }
    await assert.rejects(startForTest({ addresses: ['192.0.2.77'] }), { code: 'EADDRNOTAVAIL' });
    assert.doesNotMatch(await run(['ip', 'address', 'show', 'dev', 'lo']), /10\.96\.0\.10/, 'nothing is left behind');
  });

  test('replies say what they should', async () => {
    const dns = await startForTest({});
    try {
      await dns.synced;
      const reply = await askUdp(query('WeB.default.svc.CLUSTER.local'));
      assert.match(reply.toString('latin1'), /WeB.*CLUSTER/s, 'the case of the letters is kept');
      const { flag_aa: authoritative, flag_tc: truncated, answers = [] } = decode(reply);
      assert.deepEqual([authoritative, truncated, answers.length], [true, false, 1]);
      const short = await askUdp(query('big.default.svc.cluster.local'));
      assert.ok(short.length <= 512 && (decode(short).answers?.length ?? 0) > 20 && decode(short).flag_tc);
      const long = await askUdp(query('big.default.svc.cluster.local', [opt]));
      assert.ok(long.length > 512 && long.length <= 1232);
      const first = new Set<unknown>();
      for (let i = 0; i < 10; i++) {
        first.add(decode(await askUdp(query('big.default.svc.cluster.local'))).answers?.[0]?.data);
      }
      assert.ok(first.size > 1, 'not always the same first');
      assert.equal(rcodeOf(await askUdp(encode({ ...query('a.test'), questions: [] }))), 1);
      assert.equal(rcodeOf(await askUdp(encode({ ...query('a.test'), flags: 0x2800 }))), 4);
    } finally {
      await dns.stop();
    }
  });

  test('a connection may ask several things, in pieces', async () => {
    const dns = await startForTest({});
    const socket = connect(53, '10.96.0.10');
    try {
      await dns.synced;
      const message = encode(query('web.default.svc.cluster.local'));
      const framed = Buffer.concat([Buffer.from([0, message.length]), message]);
      socket.write(Buffer.concat([framed, framed.subarray(0, 20)]));
      await once(socket, 'data');
      socket.write(framed.subarray(20));
      const [reply] = await once(socket, 'data');
      assert.equal(decode(reply.subarray(2)).answers?.length, 1);
    } finally {
      socket.destroy();
      await dns.stop();
    }
  });

  test('what the cluster does not know goes to the upstream, and aliases that lead out are followed', async () => {
    const stopUpstream = await upstreamAt('127.0.0.53');
    const dns = await startForTest({ upstreams: ['127.0.0.53'] });
    try {
      await dns.synced;
      const resolver = resolverAt('10.96.0.10');
      assert.deepEqual(await resolver.resolve4('www.outside.test'), ['192.0.2.9']);
      assert.deepEqual(await resolver.resolve4('out.default.svc.cluster.local'), ['192.0.2.9']);
      stopUpstream();
      await assert.rejects(resolver.resolve4('www.outside.test'), { code: 'ESERVFAIL' });
    } finally {
      await dns.stop();
    }
  });
}

test('what cannot be read is refused or passed over, and never read without end', () => {
  const good = encode(query('web.default.svc.cluster.local'));
  for (let length = 0; length < good.length; length++) {
    const read = readQuery(good.subarray(0, length));
    assert.ok(read === undefined || 'rcode' in read);
  }
  const loop = Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1]);
  assert.deepEqual(readQuery(loop), { id: 1, rcode: 1 });
  const response = Buffer.from(good);
  response[2]! |= 0x80;
  assert.equal(readQuery(response), undefined, 'replies get no reply');
});

if (inOwnNetwork()) describe('the DNS', inside);
else test('the DNS, in a network of its own', { skip }, () => runInOwnNetwork(import.meta.filename));
