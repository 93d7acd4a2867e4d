import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitRange } from '#api/core/limit-range.ts';
import type { Namespace } from '#api/core/namespace.ts';
import type { ServiceAccount } from '#api/core/service-account.ts';
import type { RuntimeClass } from '#api/node/runtime-class.ts';
import type { PriorityClass } from '#api/scheduling/priority-class.ts';
import type { StorageClass } from '#api/storage/storage-class.ts';
import type { Admission } from '#apiserver/admission/admission.ts';
import { admissionChain } from '#apiserver/admission/admission.ts';
import { limitRanger } from '#apiserver/admission/limits.ts';
import { namespaceLifecycle } from '#apiserver/admission/namespace-lifecycle.ts';
import { priorityAdmission } from '#apiserver/admission/priority.ts';
import { runtimeClassAdmission } from '#apiserver/admission/runtime-class.ts';
import { serviceAccountAdmission } from '#apiserver/admission/service-account.ts';
import { defaultStorageClass, storageObjectInUseProtection } from '#apiserver/admission/storage.ts';
import { defaultTolerationSeconds, mergeTolerations } from '#apiserver/admission/tolerations.ts';
import type { Clock } from '#lib/clock.ts';
import { systemRandom } from '#lib/random.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { admissionRequest } from '#testing/admission.ts';
import { memoryObjects } from '#testing/objects.ts';

function pod(spec: AnyJson = {}, metadata: AnyJson = {}): AnyJson {
  return {
    metadata: { namespace: 'a', name: 'p', ...metadata },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  };
}

/** The object after the plugin has completed and checked it. */
async function admit(plugin: Admission, object: AnyJson, parts: AnyJson = {}): Promise<AnyJson> {
  const request = admissionRequest({ object, ...parts });
  await plugin.mutate?.(request);
  await plugin.validate?.(request);
  return object;
}

async function refused(
  plugin: Admission,
  object: AnyJson,
  message: string | RegExp,
  parts: AnyJson = {},
): Promise<void> {
  await assert.rejects(admit(plugin, object, parts), { message });
}

test('the chain runs in order and stays synchronous while nobody waits', () => {
  const seen: string[] = [];
  const plugin = (name: string, wait: boolean): Admission => ({
    name,
    handles: ({ resource }) => resource === 'pods',
    mutate() {
      seen.push(name);
      return wait ? Promise.resolve() : undefined;
    },
  });
  const chain = (wait: boolean) => admissionChain([plugin('a', false), plugin('b', wait), plugin('c', false)]);
  assert.equal(chain(false).mutate(admissionRequest({ object: pod() })), undefined);
  assert.deepEqual(seen.splice(0), ['a', 'b', 'c']);
  const waiting = chain(true).mutate(admissionRequest({ object: pod() }));
  assert.deepEqual(seen, ['a', 'b']);
  assert.equal(chain(true).mutate(admissionRequest({ resource: 'secrets' })), undefined);
  return Promise.resolve(waiting).then(() => assert.deepEqual(seen, ['a', 'b', 'c']));
});

test('namespaces: unknown, terminating, protected', async () => {
  const namespaces = memoryObjects<Namespace>(
    { metadata: { name: 'a' } },
    { metadata: { name: 'b', deletionTimestamp: '2026-11-21T00:00:00Z' }, status: { phase: 'Terminating' } },
  );
  const plugin = namespaceLifecycle(namespaces);
  await admit(plugin, pod());
  await refused(plugin, pod({}, { namespace: 'none' }), 'namespaces "none" not found');
  const terminating = 'unable to create new content in namespace b because it is being terminated';
  await assert.rejects(admit(plugin, pod({}, { namespace: 'b' })), {
    message: `pods "p" is forbidden: ${terminating}`,
    details: {
      name: 'p',
      kind: 'pods',
      causes: [
        { reason: 'NamespaceTerminating', message: 'namespace b is being terminated', field: 'metadata.namespace' },
      ],
    },
  });
  await admit(plugin, pod({}, { namespace: 'b' }), { operation: 'UPDATE' });
  const remove = (name: string) => ({ operation: 'DELETE', resource: 'namespaces', namespace: name, name });
  await refused(
    plugin,
    undefined,
    'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    remove('kube-system'),
  );
  await admit(plugin, undefined, remove('a'));
});

function accounts(...list: ServiceAccount[]) {
  const serviceAccounts = memoryObjects<ServiceAccount>(...list);
  const timers: (() => void)[] = [];
  const clock = {
    after(_: number, callback: () => void) {
      timers.push(callback);
      return { cancel() {} };
    },
  } as unknown as Clock;
  return { serviceAccounts, timers, plugin: serviceAccountAdmission({ serviceAccounts, clock, random: systemRandom }) };
}

test('a Pod gets its account and the projected token in every container that has none', async () => {
  const { plugin } = accounts({ metadata: { namespace: 'a', name: 'default' }, imagePullSecrets: [{ name: 'pull' }] });
  const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
  const own = { name: 'own', mountPath };
  const { spec } = await admit(plugin, pod({ initContainers: [{ name: 'i', volumeMounts: [own] }] }));
  assert.equal(spec.serviceAccountName, 'default');
  assert.equal(spec.serviceAccount, 'default');
  assert.deepEqual(spec.imagePullSecrets, [{ name: 'pull' }]);
  const [volume] = spec.volumes;
  assert.match(volume.name, /^kube-api-access-[a-z0-9]{5}$/);
  assert.equal(volume.projected.sources[0].serviceAccountToken.expirationSeconds, 3607);
  assert.deepEqual(spec.containers[0].volumeMounts, [{ name: volume.name, readOnly: true, mountPath }]);
  assert.deepEqual(spec.initContainers[0].volumeMounts, [own]);
});

test('no token where the Pod, or else its account, wants none', async () => {
  const { plugin } = accounts({ metadata: { namespace: 'a', name: 'default' }, automountServiceAccountToken: false });
  assert.equal((await admit(plugin, pod())).spec.volumes, undefined);
  assert.equal((await admit(plugin, pod({ automountServiceAccountToken: true }))).spec.volumes.length, 1);
});

test('an account that is missing refuses; the default one is waited for', async () => {
  const { plugin, serviceAccounts, timers } = accounts();
  const missing = 'pods "p" is forbidden: error looking up service account a/none: serviceaccount "none" not found';
  await refused(plugin, pod({ serviceAccountName: 'none' }), missing);
  const waiting = admit(plugin, pod());
  await new Promise(setImmediate);
  serviceAccounts.put({ metadata: { namespace: 'a', name: 'default' } });
  assert.equal((await waiting).spec.serviceAccountName, 'default');
  serviceAccounts.remove('a', 'default');
  const late = refused(plugin, pod(), /serviceaccount "default" not found/);
  await new Promise(setImmediate);
  timers.at(-1)!();
  await late;
});

test('an account may list the secrets that its Pods may use, by whatever way', async () => {
  const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
  const strict = { metadata: { namespace: 'a', name: 'strict', annotations }, secrets: [{ name: 'one' }] };
  const { plugin } = accounts(strict);
  const ends = 'is not allowed because service account strict does not reference that';
  const secretKeyRef = { name: 'two', key: 'k' };
  const cases: [AnyJson, string][] = [
    [{ volumes: [{ name: 'v', secret: { secretName: 'two' } }] }, `volume with secret.secretName="two" ${ends} secret`],
    [{ imagePullSecrets: [{ name: 'p' }] }, `imagePullSecrets[0].name="p" ${ends} imagePullSecret`],
    [
      { containers: [{ name: 'c', env: [{ name: 'E', valueFrom: { secretKeyRef } }] }] },
      `container c with envVar E referencing secret.secretName="two" ${ends} secret`,
    ],
    [
      { initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 'two' } }] }] },
      `init container i with envFrom referencing secret.secretName="two" ${ends} secret`,
    ],
    [
      { ephemeralContainers: [{ name: 'e', envFrom: [{ secretRef: { name: 'two' } }] }] },
      `ephemeral container e with envFrom referencing secret.secretName="two" ${ends} secret`,
    ],
  ];
  for (const [spec, why] of cases) {
    await refused(plugin, pod({ serviceAccountName: 'strict', ...spec }), `pods "p" is forbidden: ${why}`);
  }
  await admit(plugin, pod({ serviceAccountName: 'strict', volumes: [{ name: 'v', secret: { secretName: 'one' } }] }));
});

test('tolerations: the two defaults, unless they are tolerated already', async () => {
  const keys = async (tolerations: AnyJson[]) =>
    (await admit(defaultTolerationSeconds, pod({ tolerations }))).spec.tolerations.map((each: AnyJson) => [
      each.key,
      each.tolerationSeconds,
    ]);
  const [notReady, unreachable] = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
  assert.deepEqual(await keys([]), [
    [notReady, 300],
    [unreachable, 300],
  ]);
  assert.deepEqual(await keys([{ operator: 'Exists' }]), [[undefined, undefined]]);
  assert.deepEqual(await keys([{ key: unreachable, operator: 'Exists' }]), [
    [unreachable, undefined],
    [notReady, 300],
  ]);
  const narrow = { key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' };
  assert.deepEqual(mergeTolerations([narrow], [{ key: 'k', operator: 'Exists' }]), [{ key: 'k', operator: 'Exists' }]);
  assert.deepEqual(mergeTolerations([narrow], [{ ...narrow }]), [narrow]);
});

test('priority comes from the class alone', async () => {
  const high = { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'Never' };
  const classes = memoryObjects<PriorityClass>(high);
  const plugin = priorityAdmission(classes);
  const of = async (spec: AnyJson) => {
    const admitted = (await admit(plugin, pod(spec))).spec;
    return [admitted.priorityClassName, admitted.priority, admitted.preemptionPolicy];
  };
  assert.deepEqual(await of({}), [undefined, 0, 'PreemptLowerPriority']);
  assert.deepEqual(await of({ priorityClassName: 'high' }), ['high', 1000, 'Never']);
  await refused(
    plugin,
    pod({ priorityClassName: 'none' }),
    'pods "p" is forbidden: no PriorityClass with name none was found',
  );
  await refused(
    plugin,
    pod({ priority: 5 }),
    'pods "p" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
  );
  classes.put({ metadata: { name: 'usual' }, value: 10, globalDefault: true });
  assert.deepEqual(await of({}), ['usual', 10, undefined]);
  const second = { metadata: { name: 'second' }, value: 1, globalDefault: true };
  const parts = { group: 'scheduling.k8s.io', resource: 'priorityclasses' };
  await refused(plugin, second, /PriorityClass usual is already marked as default. Only one default can exist/, parts);
});

test('runtime classes bring their overhead, selector and tolerations', async () => {
  const kata: RuntimeClass = {
    metadata: { name: 'kata' },
    handler: 'kata',
    overhead: { podFixed: { cpu: '100m' } },
    scheduling: { nodeSelector: { kata: 'yes' }, tolerations: [{ key: 'kata', operator: 'Exists' }] },
  };
  const plugin = runtimeClassAdmission(memoryObjects<RuntimeClass>(kata));
  const { spec } = await admit(plugin, pod({ runtimeClassName: 'kata', nodeSelector: { other: 'x' } }));
  assert.deepEqual([spec.overhead, spec.nodeSelector], [{ cpu: '100m' }, { other: 'x', kata: 'yes' }]);
  const cases: [AnyJson, string][] = [
    [{ runtimeClassName: 'none' }, 'pod rejected: RuntimeClass "none" not found'],
    [
      { runtimeClassName: 'kata', nodeSelector: { kata: 'no' } },
      'conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no',
    ],
    [
      { runtimeClassName: 'kata', overhead: { cpu: '200m' } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
    [{ overhead: { cpu: '1' } }, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
  ];
  for (const [spec, why] of cases) await refused(plugin, pod(spec), `pods "p" is forbidden: ${why}`);
});

test('limit ranges fill in and hold to bounds', async () => {
  const range = (limits: AnyJson): LimitRange => ({ metadata: { namespace: 'a', name: 'l' }, spec: { limits } });
  const defaults = range([
    { type: 'Container', default: { cpu: '500m', memory: '64Mi' }, defaultRequest: { cpu: '100m' } },
  ]);
  const completed = await admit(limitRanger(memoryObjects(defaults)), pod({ initContainers: [{ name: 'i' }] }));
  assert.deepEqual(completed.spec.containers[0].resources, {
    requests: { cpu: '100m' },
    limits: { cpu: '500m', memory: '64Mi' },
  });
  assert.equal(
    completed.metadata.annotations['kubernetes.io/limit-ranger'],
    'LimitRanger plugin set: cpu request for container c; cpu, memory limit for container c; cpu request for init container i; cpu, memory limit for init container i',
  );
  const bounds = {
    type: 'Pod',
    min: { cpu: '200m' },
    max: { cpu: '1', memory: '1Gi' },
    maxLimitRequestRatio: { memory: '2' },
  };
  const plugin = limitRanger(memoryObjects(range([bounds])));
  await refused(
    plugin,
    pod(),
    'pods "p" is forbidden: [minimum cpu usage per Pod is 200m.  No request is specified, maximum cpu usage per Pod is 1.  No limit is specified, maximum memory usage per Pod is 1Gi.  No limit is specified, memory max limit to request ratio per Pod is 2, but no request is specified or request is 0]',
  );
  const with_ = (cpu: string, request: string, limit: string) => ({
    resources: { requests: { cpu, memory: request }, limits: { cpu, memory: limit } },
  });
  const two = [
    { name: 'a', ...with_('800m', '1Gi', '1Gi') },
    { name: 'b', ...with_('800m', '1Gi', '3Gi') },
  ];
  await refused(
    plugin,
    pod({ containers: two }),
    'pods "p" is forbidden: [maximum cpu usage per Pod is 1, but limit is 1600m, maximum memory usage per Pod is 1Gi, but limit is 4Gi]',
  );
  await refused(
    plugin,
    pod({ containers: [{ name: 'a', ...with_('300m', '100Mi', '300Mi') }] }),
    'pods "p" is forbidden: memory max limit to request ratio per Pod is 2, but provided ratio is 3.000000',
  );
  await admit(plugin, pod({ containers: [{ name: 'a', ...with_('300m', '100Mi', '200Mi') }] }));
});

test('claims get the newest default class and their protection', async () => {
  const storageClass = (name: string, creationTimestamp: string): StorageClass => ({
    metadata: { name, creationTimestamp, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'x',
  });
  const classes = memoryObjects(
    storageClass('old', '2026-01-01T00:00:00Z'),
    storageClass('b', '2026-02-01T00:00:00Z'),
    storageClass('a', '2026-02-01T00:00:00Z'),
  );
  const claim = (spec: AnyJson) => ({ metadata: { namespace: 'a', name: 'c' }, spec });
  const parts = { resource: 'persistentvolumeclaims' };
  const classOf = async (spec: AnyJson) =>
    (await admit(defaultStorageClass(classes), claim(spec), parts)).spec.storageClassName;
  assert.deepEqual([await classOf({}), await classOf({ storageClassName: '' })], ['a', '']);
  const kept = await admit(storageObjectInUseProtection, claim({}), parts);
  assert.deepEqual((await admit(storageObjectInUseProtection, kept, parts)).metadata.finalizers, [
    'kubernetes.io/pvc-protection',
  ]);
});
