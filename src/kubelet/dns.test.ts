import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#api/core/pod.ts';
import { hostsFile, parseResolvConf, podDns, podNames } from '#kubelet/dns.ts';

const settings = {
  clusterDns: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  node: parseResolvConf('search .\nnameserver 127.0.0.1\n'),
};
const podOf = (spec: object, name = 'p'): Pod =>
  ({ metadata: { name, namespace: 'ns' }, spec: { containers: [], ...spec } }) as Pod;

test('resolv.conf by policy and configuration', () => {
  const cluster = ['ns.svc.cluster.local', 'svc.cluster.local', 'cluster.local'];
  const of = (spec: object) => podDns(podOf(spec), settings).dns;
  assert.deepEqual(of({}), { servers: ['10.96.0.10'], searches: cluster, options: ['ndots:5'] });
  assert.deepEqual(of({ hostNetwork: true }), { servers: ['127.0.0.1'], searches: ['.'], options: [] });
  assert.deepEqual(of({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }).servers, ['10.96.0.10']);
  const dnsConfig = {
    nameservers: ['9.9.9.9', '10.96.0.10'],
    searches: ['a.example', 'svc.cluster.local'],
    options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
  };
  assert.deepEqual(of({ dnsConfig }), {
    servers: ['10.96.0.10', '9.9.9.9'],
    searches: [...cluster, 'a.example'],
    options: ['ndots:2', 'edns0'],
  });
  const many = podDns(podOf({ dnsConfig: { nameservers: ['9.9.9.9', '9.9.9.10', '9.9.9.11'] } }), settings);
  assert.deepEqual(many.warnings, [
    'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.96.0.10 9.9.9.9 9.9.9.10',
  ]);
});

test('hostnames and /etc/hosts', () => {
  const long = `${'a'.repeat(60)}.b-ccccccc`;
  assert.equal(podNames(podOf({}, long), 'cluster.local').hostname, `${'a'.repeat(60)}.b`);
  const pod = podOf({
    hostname: 'one',
    subdomain: 'sub',
    setHostnameAsFQDN: true,
    hostAliases: [{ ip: '1.2.3.4', hostnames: ['x', 'y'] }],
  });
  const names = podNames(pod, 'cluster.local');
  assert.equal(names.hostname, 'one.sub.ns.svc.cluster.local');
  const lines = hostsFile(pod, ['10.244.0.7'], names, '').split('\n');
  assert.deepEqual(lines.slice(-5), [
    '10.244.0.7\tone.sub.ns.svc.cluster.local\tone',
    '',
    '# Entries added by HostAliases.',
    '1.2.3.4\tx\ty',
    '',
  ]);
  const tooLong = podOf({ hostname: 'h'.repeat(60), subdomain: 's'.repeat(60), setHostnameAsFQDN: true });
  assert.throws(
    () => podNames(tooLong, 'cluster.local'),
    /is too long \(64 characters is the max, 142 characters requested\)/,
  );
});
