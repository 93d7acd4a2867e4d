import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Namespace, namespaces } from '#api/core/namespace.ts';
import { type Service, services } from '#api/core/service.ts';
import type { EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import { clusterData } from '#dns/cluster-data.ts';
import { type DnsRecord, typeOf } from '#dns/message.ts';
import { answer } from '#dns/zone.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { MemoryInformer } from '#testing/memory-informer.ts';
import { service, slice } from '#testing/service-objects.ts';

const http = [{ name: 'http', port: 80, protocol: 'TCP' }];

function cluster() {
  const ofServices = new MemoryInformer<Service>();
  const ofSlices = new MemoryInformer<EndpointSlice>();
  const ofNamespaces = new MemoryInformer<Namespace>();
  const of = (resource: unknown) =>
    resource === services ? ofServices : resource === namespaces ? ofNamespaces : ofSlices;
  for (const name of ['default', 'empty']) ofNamespaces.put({ metadata: { name } });
  ofServices.put(service('default/web', { clusterIP: '10.96.0.7', ports: http }));
  ofSlices.put(slice('default/web', ['10.244.1.9'], [{ name: 'http', port: 8080, protocol: 'TCP' }]));
  ofServices.put(service('default/dual', { clusterIP: '10.96.0.8', clusterIPs: ['10.96.0.8', 'fd00::8'] }));
  ofServices.put(service('default/db', { clusterIP: 'None', ports: http }));
  const ready = { ready: true, serving: true };
  ofSlices.put(
    slice(
      'default/db',
      [
        { addresses: ['10.244.1.2'], hostname: 'db-0', conditions: ready },
        { addresses: ['10.244.2.3'], conditions: ready },
        { addresses: ['10.244.2.4'], hostname: 'db-2', conditions: { ready: false } },
      ],
      [{ name: 'http', port: 8080, protocol: 'TCP' }],
    ),
  );
  ofServices.put(service('default/none', { clusterIP: 'None' }));
  ofServices.put(service('default/portless', { clusterIP: 'None', ports: [] }));
  ofSlices.put(slice('default/portless', ['10.244.3.3'], []));
  const alias = (externalName: string) => ({ type: 'ExternalName', externalName, ports: [] });
  ofServices.put(service('default/out', alias('Example.com.')));
  ofServices.put(service('default/inner', alias('web.default.svc.cluster.local')));
  ofServices.put(service('default/loop', alias('loop.default.svc.cluster.local')));
  const data = clusterData({
    informers: { of } as never,
    clock: new FakeClock(1_000_000),
    clusterDomain: ['cluster', 'local'],
    serverAddresses: ['10.96.0.10'],
  });
  return { data, ofServices, ofSlices };
}

function shown(record: DnsRecord): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return `${record.type} ${record.address}`;
    case 'SRV':
      return `SRV ${record.weight} ${record.port} ${record.target.join('.')}`;
    case 'TXT':
      return `TXT ${record.text}`;
    case 'SOA':
      return `SOA ${record.serial}`;
    default:
      return `${record.type} ${record.target.join('.')}`;
  }
}

/** `NXDOMAIN`, `nothing`, `not ours`, or the records. */
function asker(data: ReturnType<typeof cluster>['data']) {
  return (type: keyof typeof typeOf, name: string): string => {
    const found = answer({ name: name.split('.'), type: typeOf[type], class: 1 }, data);
    if (found === undefined) return 'not ours';
    if (found.rcode === 3) return 'NXDOMAIN';
    const records = [...found.answers, ...found.additional].map(shown).join(', ');
    if (records === '') assert.equal(found.authority[0]?.type, 'SOA');
    return records || 'nothing';
  };
}

test('names and what they mean', () => {
  const ask = asker(cluster().data);
  const svc = 'svc.cluster.local';
  const cases: [keyof typeof typeOf, string, string][] = [
    ['A', `web.default.${svc}`, 'A 10.96.0.7'],
    ['A', `WEB.Default.${svc}`, 'A 10.96.0.7'],
    ['AAAA', `web.default.${svc}`, 'nothing'],
    ['TXT', `web.default.${svc}`, 'nothing'],
    ['AAAA', `dual.default.${svc}`, 'AAAA fd00::8'],
    ['A', `nobody.default.${svc}`, 'NXDOMAIN'],
    ['A', `web.nowhere.${svc}`, 'NXDOMAIN'],
    ['A', `empty.${svc}`, 'nothing'],
    ['A', `nowhere.${svc}`, 'NXDOMAIN'],
    ['A', svc, 'nothing'],
    ['A', 'nonsense.cluster.local', 'NXDOMAIN'],
    ['SRV', `_http._tcp.web.default.${svc}`, `SRV 100 80 web.default.${svc}, A 10.96.0.7`],
    ['SRV', `web.default.${svc}`, `SRV 100 80 web.default.${svc}, A 10.96.0.7`],
    ['SRV', `_http._udp.web.default.${svc}`, 'NXDOMAIN'],
    ['SRV', `_https._tcp.web.default.${svc}`, 'NXDOMAIN'],
    ['A', `db.default.${svc}`, 'A 10.244.1.2, A 10.244.2.3'],
    ['A', `db-0.db.default.${svc}`, 'A 10.244.1.2'],
    ['A', `10-244-2-3.db.default.${svc}`, 'A 10.244.2.3'],
    ['A', `db-2.db.default.${svc}`, 'NXDOMAIN'],
    ['A', `10-244-1-9.web.default.${svc}`, 'A 10.244.1.9'],
    [
      'SRV',
      `_http._tcp.db.default.${svc}`,
      `SRV 50 8080 db-0.db.default.${svc}, SRV 50 8080 10-244-2-3.db.default.${svc}, A 10.244.1.2, A 10.244.2.3`,
    ],
    ['A', `none.default.${svc}`, 'NXDOMAIN'],
    ['A', `portless.default.${svc}`, 'A 10.244.3.3'],
    ['A', `out.default.${svc}`, 'CNAME Example.com'],
    ['TXT', `out.default.${svc}`, 'CNAME Example.com'],
    ['A', `inner.default.${svc}`, `CNAME web.default.${svc}, A 10.96.0.7`],
    ['AAAA', `inner.default.${svc}`, `CNAME web.default.${svc}`],
    ['A', `a.b.c.web.default.${svc}`, 'NXDOMAIN'],
    ['A', '10-244-1-2.default.pod.cluster.local', 'A 10.244.1.2'],
    ['AAAA', 'fd00--2.default.pod.cluster.local', 'AAAA fd00::2'],
    ['A', '10-244-1-2.nowhere.pod.cluster.local', 'NXDOMAIN'],
    ['A', 'web.default.pod.cluster.local', 'NXDOMAIN'],
    ['PTR', '7.0.96.10.in-addr.arpa', `PTR web.default.${svc}`],
    ['PTR', `8.${'0.'.repeat(27)}0.0.d.f.ip6.arpa`, `PTR dual.default.${svc}`],
    ['PTR', '2.1.244.10.in-addr.arpa', `PTR db-0.db.default.${svc}`],
    ['PTR', '9.9.9.9.in-addr.arpa', 'NXDOMAIN'],
    ['SOA', 'cluster.local', 'SOA 1000'],
    ['NS', 'cluster.local', 'NS ns.dns.cluster.local, A 10.96.0.10'],
    ['A', 'ns.dns.cluster.local', 'A 10.96.0.10'],
    ['TXT', 'dns-version.cluster.local', 'TXT 1.1.0'],
    ['A', 'example.com', 'not ours'],
    ['A', 'local', 'not ours'],
  ];
  for (const [type, name, expected] of cases) assert.equal(ask(type, name), expected, `${type} ${name}`);
  assert.match(ask('A', `loop.default.${svc}`), /^(CNAME loop\.default\.svc\.cluster\.local(, )?)+$/);
});

test('answers follow the objects', () => {
  const { data, ofServices, ofSlices } = cluster();
  const ask = asker(data);
  ofSlices.put(slice('default/none', ['10.244.5.5']));
  assert.equal(ask('A', 'none.default.svc.cluster.local'), 'A 10.244.5.5');
  ofServices.remove('default/web');
  assert.equal(ask('A', 'web.default.svc.cluster.local'), 'NXDOMAIN');
});
