import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Namespace } from '#api/core/namespace.ts';
import type { Pod } from '#api/core/pod.ts';
import { violationsOf } from '#apiserver/admission/pod-security/checks.ts';
import { podSecurity } from '#apiserver/admission/pod-security/pod-security.ts';
import { policyOf } from '#apiserver/admission/pod-security/policy.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { admissionRequest } from '#testing/admission.ts';
import { memoryObjects } from '#testing/objects.ts';

const prefix = 'pod-security.kubernetes.io';

function level(name: string, version = 'latest') {
  return policyOf({ [`${prefix}/enforce`]: name, [`${prefix}/enforce-version`]: version }).enforce;
}

function violations(spec: AnyJson, name = 'baseline', version?: string, metadata: AnyJson = {}): string[] {
  const whole = { containers: [{ name: 'c' }], ...spec };
  return violationsOf({ metadata, spec: whole }, level(name, version)).map(
    ({ reason, detail }) => `${reason} (${detail})`,
  );
}

const container = (securityContext: AnyJson, more: AnyJson = {}) => ({
  containers: [{ name: 'c', securityContext, ...more }],
});

test('baseline, as recorded', () => {
  const cases: [AnyJson, string][] = [
    [container({ privileged: true }), 'privileged (container "c" must not set securityContext.privileged=true)'],
    [
      { hostNetwork: true, hostPID: true, hostIPC: true },
      'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
    ],
    [{ volumes: [{ name: 'v', hostPath: { path: '/x' } }] }, 'hostPath volumes (volume "v")'],
    [container({}, { ports: [{ hostPort: 80 }] }), 'hostPort (container "c" uses hostPort 80)'],
    [
      container({ capabilities: { add: ['NET_ADMIN', 'CHOWN'] } }),
      'non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      container({ procMount: 'Unmasked' }),
      'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      container({ seccompProfile: { type: 'Unconfined' } }),
      'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      { securityContext: { seLinuxOptions: { type: 'custom_t', user: 'u', role: 'r' } } },
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "custom_t"; user may not be set; role may not be set)',
    ],
    [{ securityContext: { sysctls: [{ name: 'kernel.msgmax' }] } }, 'forbidden sysctls (kernel.msgmax)'],
    [
      container({ appArmorProfile: { type: 'Unconfined' } }),
      'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
    ],
    [
      { securityContext: { windowsOptions: { hostProcess: true } } },
      'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    ],
    [
      container({}, { livenessProbe: { httpGet: { host: '1.2.3.4' } } }),
      'probe or lifecycle host (container "c" uses probe or lifecycle host "1.2.3.4")',
    ],
  ];
  for (const [spec, want] of cases) assert.deepEqual(violations(spec), [want]);
});

test('every kind of container counts', () => {
  const privileged = { privileged: true };
  const spec = {
    initContainers: [{ name: 'i', securityContext: privileged }],
    containers: [{ name: 'a' }, { name: 'b', securityContext: privileged }],
    ephemeralContainers: [{ name: 'e', securityContext: privileged }],
  };
  assert.deepEqual(violations(spec), [
    'privileged (containers "i", "b", "e" must not set securityContext.privileged=true)',
  ]);
});

test('restricted asks for more, and its checks take the place of weaker ones', () => {
  assert.deepEqual(violations({}, 'restricted'), [
    'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)',
    'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"])',
    'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
    'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  ]);
  const good = {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  assert.deepEqual(violations(container(good), 'restricted'), []);
  assert.deepEqual(
    violations({ ...container(good), volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'restricted'),
    ['restricted volume types (volume "v" uses restricted volume type "hostPath")'],
  );
  assert.deepEqual(violations(container({ ...good, runAsUser: 0 }), 'restricted'), [
    'runAsUser=0 (container "c" must not set runAsUser=0)',
  ]);
  assert.deepEqual(violations(container({ ...good, runAsNonRoot: false }), 'restricted'), [
    'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
  ]);
});

test('older versions ask what they asked then', () => {
  const reasons = (version: string) => violations({}, 'restricted', version).map(each => each.split(' (')[0]);
  assert.deepEqual(reasons('v1.20'), ['allowPrivilegeEscalation != false', 'runAsNonRoot != true', 'seccompProfile']);
  assert.deepEqual(
    violations({ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }] } }, 'baseline', 'v1.31').length,
    1,
  );
  assert.deepEqual(
    violations({ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }] } }, 'baseline', 'v1.32'),
    [],
  );
  const annotations = { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' };
  assert.deepEqual(violations({}, 'baseline', 'v1.18', { annotations }), [
    'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
  ]);
});

test('labels that cannot be read enforce the strictest and warn of nothing', () => {
  const policy = policyOf({
    [`${prefix}/enforce`]: 'frob',
    [`${prefix}/warn`]: 'nope',
    [`${prefix}/audit-version`]: 'v2',
  });
  assert.deepEqual([policy.enforce.level, policy.warn.level, policy.errors.length], ['restricted', 'privileged', 3]);
  assert.equal(policyOf({ [`${prefix}/enforce-version`]: 'v1.99' }).errors.length, 0);
});

function world(labels: Record<string, string>, ...pods: Pod[]) {
  const namespaces = memoryObjects<Namespace>({ metadata: { name: 'a', labels } });
  return podSecurity({ namespaces, pods: memoryObjects<Pod>(...pods) });
}

function bad(name: string, image = 'i'): AnyJson {
  return { metadata: { namespace: 'a', name }, spec: { hostPID: true, containers: [{ name: 'c', image }] } };
}

test('Pods are refused, what makes Pods is warned about', async () => {
  const plugin = world({ [`${prefix}/enforce`]: 'baseline', [`${prefix}/warn`]: 'baseline' });
  const message = 'pods "x" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)';
  assert.throws(() => plugin.validate?.(admissionRequest({ object: bad('x') })), { message });
  const old = bad('x');
  const update = (object: AnyJson) => plugin.validate?.(admissionRequest({ operation: 'UPDATE', object, old }));
  update({ ...bad('x'), metadata: { namespace: 'a', name: 'x', labels: { a: 'b' } } });
  assert.throws(() => update(bad('x', 'another')), { message });
  const deployment = { metadata: { namespace: 'a', name: 'd' }, spec: { template: bad('') } };
  const request = admissionRequest({ group: 'apps', resource: 'deployments', object: deployment });
  plugin.validate?.(request);
  assert.deepEqual(request.warnings, ['would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)']);
});

test('the ways around it: ephemeral containers and resizes are looked at, status is not', () => {
  const plugin = world({ [`${prefix}/enforce`]: 'baseline' });
  const handles = (subresource: string) =>
    plugin.handles({ operation: 'UPDATE', group: '', resource: 'pods', subresource });
  assert.ok(handles('ephemeralcontainers') && handles('resize') && handles('anything-new'));
  assert.ok(!handles('status') && !handles('binding'));
  const old: AnyJson = { metadata: { namespace: 'a', name: 'x' }, spec: { containers: [{ name: 'c' }] } };
  const debug = { name: 'e', securityContext: { privileged: true } };
  const object = { ...old, spec: { ...old.spec, ephemeralContainers: [debug] } };
  const request = admissionRequest({ operation: 'UPDATE', subresource: 'ephemeralcontainers', object, old });
  assert.throws(() => plugin.validate?.(request), /container "e" must not set securityContext.privileged=true/);
});

test('a namespace whose labels are not known yet is asked for, not let through', async () => {
  const plugin = podSecurity({
    namespaces: {
      ...memoryObjects<Namespace>(),
      latest: async () => ({ metadata: { name: 'a', labels: { [`${prefix}/enforce`]: 'baseline' } } }),
    },
    pods: memoryObjects<Pod>(),
  });
  await assert.rejects(async () => plugin.validate?.(admissionRequest({ object: bad('x') })), /violates PodSecurity/);
});

test('raising the level of a namespace tells of the Pods that are there', () => {
  const plugin = world({}, bad('y'), bad('x'));
  const object = { metadata: { name: 'a', labels: { [`${prefix}/enforce`]: 'baseline' } } };
  const request = admissionRequest({
    operation: 'UPDATE',
    resource: 'namespaces',
    kind: 'Namespace',
    object,
    old: { metadata: { name: 'a' } },
  });
  plugin.validate?.(request);
  assert.deepEqual(request.warnings, [
    'existing pods in namespace "a" violate the new PodSecurity enforce level "baseline:latest"',
    'x (and 1 other pod): host namespaces',
  ]);
  const wrong = { metadata: { name: 'a', labels: { [`${prefix}/enforce`]: 'frob' } } };
  assert.throws(() => plugin.validate?.(admissionRequest({ resource: 'namespaces', object: wrong })), {
    message: `Namespace "a" is invalid: metadata.labels[${prefix}/enforce]: Invalid value: "frob": must be one of privileged, baseline, restricted`,
  });
});
