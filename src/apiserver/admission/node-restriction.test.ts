import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '#api/core/node.ts';
import type { PersistentVolume } from '#api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import type { Pod } from '#api/core/pod.ts';
import type { CSIDriver } from '#api/storage/csi-driver.ts';
import type { AdmissionRequest } from '#apiserver/admission/admission.ts';
import { nodeRestriction } from '#apiserver/admission/node-restriction.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { admissionRequest, nodeUser } from '#testing/admission.ts';
import { memoryObjects } from '#testing/objects.ts';

const projected = { name: 't', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } };
const ownPod = {
  metadata: { namespace: 'a', name: 'p', uid: 'pod-1' },
  spec: { nodeName: 'n', containers: [], volumes: [projected] },
} as unknown as Pod;
const otherPod = { metadata: { namespace: 'a', name: 'elsewhere', uid: 'pod-2' }, spec: { nodeName: 'other' } } as Pod;

const plugin = nodeRestriction({
  pods: memoryObjects<Pod>(ownPod, otherPod),
  nodes: memoryObjects<Node>({ metadata: { name: 'n', uid: 'node-1' } }),
  claims: memoryObjects<PersistentVolumeClaim>(),
  volumes: memoryObjects<PersistentVolume>(),
  csiDrivers: memoryObjects<CSIDriver>(),
  authorizer: {
    authorize: (_, { verb, resource }) => ({
      decision: verb === 'request-serviceaccounts-token-audience' && resource === 'granted' ? 'allow' : 'no-opinion',
      reason: '',
    }),
  },
});

function ask(parts: Partial<AdmissionRequest>): string {
  try {
    plugin.validate?.(admissionRequest({ user: nodeUser('n'), ...parts }));
    return 'allowed';
  } catch (error) {
    return (error as Error).message;
  }
}

const owner = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'node-1', controller: true };

function mirror(change: (pod: AnyJson) => void = () => {}): AnyJson {
  const pod = {
    metadata: {
      namespace: 'a',
      name: 'm',
      annotations: { 'kubernetes.io/config.mirror': 'x' } as Record<string, string>,
      ownerReferences: [owner],
    },
    spec: { nodeName: 'n', containers: [{ name: 'c' }] },
  };
  change(pod);
  return pod;
}

test('a node makes mirror Pods of its own that refer to nothing', () => {
  assert.equal(ask({ object: mirror() }), 'allowed');
  const cases: [string, (pod: AnyJson) => void][] = [
    [
      'pod does not have "kubernetes.io/config.mirror" annotation, node "n" can only create mirror pods',
      pod => (pod.metadata.annotations = {}),
    ],
    ['node "n" can only create pods with spec.nodeName set to itself', pod => (pod.spec.nodeName = 'other')],
    ['node "n" can only create pods with an owner reference set to itself', pod => (pod.metadata.ownerReferences = [])],
    [
      'node "n" can only create pods with an owner reference set to itself',
      pod => (pod.metadata.ownerReferences = [{ ...owner, name: 'x' }]),
    ],
    [
      'node "n" can only create pods with a single owner reference set to itself',
      pod => (pod.metadata.ownerReferences = [owner, owner]),
    ],
    [
      'node "n" can only create pods with a controller owner reference set to itself',
      pod => (pod.metadata.ownerReferences = [{ ...owner, controller: false }]),
    ],
    [
      'node "n" must not set blockOwnerDeletion on an owner reference',
      pod => (pod.metadata.ownerReferences = [{ ...owner, blockOwnerDeletion: true }]),
    ],
    ['node n UID mismatch: expected x got node-1', pod => (pod.metadata.ownerReferences = [{ ...owner, uid: 'x' }])],
    ['node "n" can not create pods that reference a service account', pod => (pod.spec.serviceAccountName = 'sa')],
    [
      'node "n" can not create pods that reference secrets',
      pod => (pod.spec.initContainers = [{ envFrom: [{ secretRef: { name: 's' } }] }]),
    ],
    [
      'node "n" can not create pods that reference secrets',
      pod => (pod.spec.ephemeralContainers = [{ envFrom: [{ secretRef: { name: 's' } }] }]),
    ],
    [
      'node "n" can not create pods that reference configmaps',
      pod => (pod.spec.volumes = [{ name: 'v', projected: { sources: [{ configMap: { name: 'c' } }] } }]),
    ],
    [
      'node "n" can not create pods that reference persistentvolumeclaims',
      pod => (pod.spec.volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }]),
    ],
    [
      'node "n" can not create pods that reference persistentvolumeclaims',
      pod => (pod.spec.volumes = [{ name: 'v', ephemeral: {} }]),
    ],
    ['node "n" can not create pods that reference a service account', pod => (pod.spec.volumes = [projected])],
    ['node "n" can not create pods that reference resourceclaims', pod => (pod.spec.resourceClaims = [{ name: 'r' }])],
  ];
  for (const [why, change] of cases) assert.equal(ask({ object: mirror(change) }), `pods "m" is forbidden: ${why}`);
});

test('status, deletion and eviction are of its own Pods', () => {
  const status = (change: (pod: AnyJson) => void, old: AnyJson = ownPod) => {
    const object = structuredClone(old);
    change(object);
    return ask({ operation: 'UPDATE', subresource: 'status', object, old });
  };
  assert.equal(
    status(pod => (pod.status = { phase: 'Running' })),
    'allowed',
  );
  assert.match(
    status(() => {}, otherPod),
    /can only update pod status for pods with spec.nodeName set to itself/,
  );
  assert.match(
    status(pod => (pod.metadata.labels = { a: 'b' })),
    /cannot update labels through pod status/,
  );
  const claims = [{ name: 'r', resourceClaimName: 'secret-device' }];
  assert.match(
    status(pod => (pod.status = { resourceClaimStatuses: claims })),
    /cannot update resource claim statuses/,
  );
  assert.match(
    status(pod => (pod.status = { extendedResourceClaimStatus: { resourceClaimName: 'x' } })),
    /cannot update extended resource claim statuses/,
  );
  assert.equal(ask({ operation: 'DELETE', old: ownPod }), 'allowed');
  assert.match(ask({ operation: 'DELETE', old: otherPod }), /can only delete pods with spec.nodeName set to itself/);
  assert.match(ask({ operation: 'UPDATE', object: ownPod, old: ownPod }), /can only create and delete mirror pods/);
  const evict = (name: string) => ask({ subresource: 'eviction', namespace: 'a', name, object: { metadata: {} } });
  assert.equal(evict('p'), 'allowed');
  assert.match(evict('elsewhere'), /node n can only evict pods with spec.nodeName set to itself/);
  assert.match(ask({ subresource: 'binding', object: {} }), /unexpected pod subresource "binding"/);
});

test('its own Node, without what would draw others to it', () => {
  const node = (metadata: AnyJson, spec: AnyJson = {}) => ({ metadata: { name: 'n', ...metadata }, spec });
  const create = (object: AnyJson) => ask({ resource: 'nodes', object });
  assert.equal(create(node({ labels: { 'kubernetes.io/os': 'linux', 'example.com/x': '' } })), 'allowed');
  assert.match(create({ metadata: { name: 'other' } }), /node "n" is not allowed to modify node "other"/);
  assert.match(
    create(node({ labels: { 'node-role.kubernetes.io/x': '', 'a.node-restriction.kubernetes.io/y': '' } })),
    /node "n" is not allowed to set the following labels: a.node-restriction.kubernetes.io\/y, node-role.kubernetes.io\/x$/,
  );
  const old = node(
    { labels: { 'node-restriction.kubernetes.io/x': 'y' } },
    { taints: [{ key: 'a', effect: 'NoSchedule' }] },
  );
  const update = (object: AnyJson, subresource = '') =>
    ask({ resource: 'nodes', operation: 'UPDATE', object, old, subresource });
  assert.equal(update({ ...old, status: { capacity: {} } }, 'status'), 'allowed');
  for (const subresource of ['', 'status']) {
    const refused: [AnyJson, string][] = [
      [node({}, old.spec), 'is not allowed to modify labels: node-restriction.kubernetes.io/x'],
      [{ ...old, spec: {} }, 'node "n" is not allowed to modify taints'],
      [
        { ...old, spec: { ...old.spec, configSource: { configMap: { name: 'a' } } } },
        'node "n" is not allowed to update configSource to a new non-nil configSource',
      ],
      [
        { ...old, metadata: { ...old.metadata, ownerReferences: [{ uid: 'x' }] } },
        'node "n" is not allowed to modify ownerReferences',
      ],
    ];
    for (const [object, why] of refused) assert.equal(update(object, subresource), `nodes "n" is forbidden: ${why}`);
  }
});

test('tokens are for Pods on the node, and for audiences that the Pod is to have', () => {
  const token = (boundObjectRef: AnyJson, audiences: string[] = []) =>
    ask({
      resource: 'serviceaccounts',
      subresource: 'token',
      namespace: 'a',
      name: 'default',
      object: { spec: { boundObjectRef, audiences } },
    });
  const bound = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'pod-1' };
  assert.equal(token(bound), 'allowed');
  assert.equal(token(bound, ['granted']), 'allowed');
  const refused: [AnyJson, string[], RegExp][] = [
    [undefined, [], /node requested token not bound to a pod/],
    [{ ...bound, kind: 'Node' }, [], /node requested token not bound to a pod/],
    [{ ...bound, uid: '' }, [], /node requested token with a pod binding without a uid/],
    [{ ...bound, uid: 'x' }, [], /does not match the UID in record/],
    [{ ...bound, name: 'elsewhere', uid: 'pod-2' }, [], /bound to a pod scheduled on a different node/],
    [{ ...bound, name: 'none' }, [], /pods "none" not found/],
    [bound, ['vault'], /audience "vault" not found in pod spec volume, system:node:n is not authorized/],
    [bound, ['', 'vault'], /node may only request 0 or 1 audiences/],
  ];
  for (const [ref, audiences, why] of refused) assert.match(token(ref, audiences), why);
});

test('leases, CSINodes and slices are its own', () => {
  const named = (resource: string, group: string, namespace: string, name: string, spec: AnyJson = {}) =>
    ask({ resource, group, namespace, object: { metadata: { name }, spec } });
  assert.equal(named('leases', 'coordination.k8s.io', 'kube-node-lease', 'n'), 'allowed');
  assert.match(named('leases', 'coordination.k8s.io', 'kube-node-lease', 'x'), /same name as the requesting node/);
  assert.match(named('leases', 'coordination.k8s.io', 'a', 'n'), /in the "kube-node-lease" system namespace/);
  assert.equal(named('csinodes', 'storage.k8s.io', '', 'n'), 'allowed');
  assert.match(named('csinodes', 'storage.k8s.io', '', 'x'), /same name as the requesting node/);
  assert.equal(named('resourceslices', 'resource.k8s.io', '', 's', { nodeName: 'n' }), 'allowed');
  assert.match(named('resourceslices', 'resource.k8s.io', '', 's', { allNodes: true }), /same NodeName/);
});

test('of a claim only what mounting and growing it changes', () => {
  const old = { metadata: { namespace: 'a', name: 'c' }, spec: {}, status: { phase: 'Bound' } };
  const update = (object: AnyJson, subresource = 'status') =>
    ask({ resource: 'persistentvolumeclaims', operation: 'UPDATE', subresource, object, old });
  assert.equal(update({ ...old, status: { ...old.status, capacity: { storage: '2Gi' } } }), 'allowed');
  assert.match(update({ ...old, status: { phase: 'Lost' } }), /not allowed to update fields other than/);
  assert.match(update({ ...old, metadata: { ...old.metadata, finalizers: ['x'] } }), /not allowed to update fields/);
  assert.match(update(old, ''), /may only update PVC status/);
});

test('everybody else is none of its business', () => {
  const plain = { metadata: { namespace: 'a', name: 'p' }, spec: { containers: [] } };
  assert.doesNotThrow(() => plugin.validate?.(admissionRequest({ object: plain })));
  assert.match(ask({ user: nodeUser(''), object: plain }), /could not determine node from user "system:node:"/);
});
