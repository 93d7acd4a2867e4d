import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '#api/core/service.ts';
import type { EnvironmentSource } from '#kubelet/env.ts';
import { ConfigError, expand, makeEnvironment, parseEnvFile } from '#kubelet/env.ts';

const kubernetes: Service = {
  metadata: { name: 'kubernetes', namespace: 'default' },
  spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443 }] },
} as Service;
const webOne: Service = {
  metadata: { name: 'web-one', namespace: 'ns' },
  spec: {
    clusterIP: '10.96.7.7',
    ports: [
      { name: 'http', port: 80 },
      { name: 'dns-u', port: 53, protocol: 'UDP' },
    ],
  },
} as Service;
const source: EnvironmentSource = {
  configMap: async (_, name) => (name === 'cm' ? { metadata: {}, data: { k: 'value $(XA)' } } : undefined),
  secret: async () => undefined,
  services: async () => [webOne, kubernetes],
};
const downward = { podIps: ['10.244.0.9'], hostIps: ['10.250.0.2'], allocatable: { memory: '1Gi' } };

function make(env: object[], spec: object = {}) {
  const container = { name: 'c', env };
  const pod = { metadata: { name: 'p', namespace: 'ns' }, spec: { containers: [container], ...spec } };
  return makeEnvironment({ pod: pod as never, container: container as never, source, downward });
}

test('references are expanded as upstream expands them', async () => {
  const env = [
    { name: 'XA', value: 'a' },
    { name: 'XB', value: '$(XA)-b' },
    { name: 'XC', value: '$$(XA)' },
    { name: 'XD', value: '$(NOPE)' },
    { name: 'XF', value: '$(XA' },
    { name: 'XG', value: '$XA $ $$ $$$(XA)' },
    { name: 'XH', value: '$(KUBERNETES_SERVICE_HOST)' },
    { name: 'XM', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } },
    { name: 'XN', value: '$(XM)' },
    { name: 'XA', value: 'again' },
  ];
  const made = await make(env);
  const own = [...made].filter(([name]) => name.startsWith('X')).map(([name, value]) => `${name}=${value}`);
  assert.deepEqual(own, [
    'XA=again',
    'XB=a-b',
    'XC=$(XA)',
    'XD=$(NOPE)',
    'XF=$(XA',
    'XG=$XA $ $ $a',
    'XH=10.96.0.1',
    'XM=value $(XA)',
    'XN=value $(XA)',
  ]);
  assert.equal(
    expand('$(A)$(B)', name => ({ A: '1' })[name]),
    '1$(B)',
  );
});

test('Services of the namespace and the API server are told of, unless links are off', async () => {
  const all = await make([]);
  assert.deepEqual([...all.keys()].filter(name => name.startsWith('WEB')).sort(), [
    'WEB_ONE_PORT',
    'WEB_ONE_PORT_53_UDP',
    'WEB_ONE_PORT_53_UDP_ADDR',
    'WEB_ONE_PORT_53_UDP_PORT',
    'WEB_ONE_PORT_53_UDP_PROTO',
    'WEB_ONE_PORT_80_TCP',
    'WEB_ONE_PORT_80_TCP_ADDR',
    'WEB_ONE_PORT_80_TCP_PORT',
    'WEB_ONE_PORT_80_TCP_PROTO',
    'WEB_ONE_SERVICE_HOST',
    'WEB_ONE_SERVICE_PORT',
    'WEB_ONE_SERVICE_PORT_DNS_U',
    'WEB_ONE_SERVICE_PORT_HTTP',
  ]);
  assert.equal(all.get('KUBERNETES_PORT'), 'tcp://10.96.0.1:443');
  const without = await make([], { enableServiceLinks: false });
  assert.ok([...without.keys()].every(name => name.startsWith('KUBERNETES_')));
});

test('what is missing is said, or passed over when it is optional', async () => {
  const of = (ref: object) => make([{ name: 'A', valueFrom: ref }]);
  const fails = (ref: object, message: string) => assert.rejects(of(ref), new ConfigError(message));
  await fails({ configMapKeyRef: { name: 'nope', key: 'k' } }, 'configmap "nope" not found');
  await fails({ configMapKeyRef: { name: 'cm', key: 'x' } }, "couldn't find key x in ConfigMap ns/cm");
  await fails({ secretKeyRef: { name: 'nope', key: 'k' } }, 'secret "nope" not found');
  assert.equal((await of({ secretKeyRef: { name: 'nope', key: 'k', optional: true } })).has('A'), false);
  assert.equal((await of({ resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } })).get('A'), '1024');
});

test('files of variables', () => {
  assert.deepEqual(
    [...parseEnvFile('A=\'from file\'\n# no\nB="x y"\n\nC = z \n')],
    [
      ['A', 'from file'],
      ['B', 'x y'],
      ['C', 'z'],
    ],
  );
});
