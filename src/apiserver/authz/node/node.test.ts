import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PersistentVolume } from '#api/core/persistent-volume.ts';
import type { Pod } from '#api/core/pod.ts';
import type { ResourceSlice } from '#api/resource/resource-slice.ts';
import type { VolumeAttachment } from '#api/storage/volume-attachment.ts';
import { makeUser, type User } from '#apiserver/authn/user.ts';
import { decodePath, parseQuery, requestInfo, splitTarget } from '#apiserver/authz/request-info.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { nodeUser } from '#testing/admission.ts';
import { memoryObjects } from '#testing/objects.ts';
import { nodeAuthorizer } from './node-authorizer.ts';
import { NodeGraph } from './node-graph.ts';

function world() {
  const objects = {
    pods: memoryObjects<Pod>(),
    persistentVolumes: memoryObjects<PersistentVolume>(),
    volumeAttachments: memoryObjects<VolumeAttachment>(),
    resourceSlices: memoryObjects<ResourceSlice>(),
  };
  const authorizer = nodeAuthorizer(new NodeGraph(objects));
  const ask = (method: string, target: string, user: User = nodeUser('n')) => {
    const { path, query } = splitTarget(target);
    return authorizer.authorize(user, requestInfo(method, decodePath(path)!, parseQuery(query)));
  };
  const may = (method: string, target: string, user?: User) => ask(method, target, user).decision === 'allow';
  return { ...objects, ask, may };
}

function pod(name: string, nodeName: string, spec: AnyJson = {}, annotations = {}): Pod {
  return { metadata: { namespace: 'a', name, annotations }, spec: { containers: [], nodeName, ...spec } } as Pod;
}

const everything = {
  serviceAccountName: 'sa',
  imagePullSecrets: [{ name: 'pull' }],
  initContainers: [{ name: 'i', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'init-env', key: 'k' } } }] }],
  containers: [
    { name: 'c', envFrom: [{ configMapRef: { name: 'env-from' } }, { secretRef: { name: 'secret-from' } }] },
  ],
  ephemeralContainers: [{ name: 'e', envFrom: [{ secretRef: { name: 'debug' } }] }],
  volumes: [
    { name: 's', secret: { secretName: 'volume' } },
    { name: 'c', configMap: { name: 'config' } },
    { name: 'p', persistentVolumeClaim: { claimName: 'claim' } },
    { name: 'x', projected: { sources: [{ secret: { name: 'projected' } }, { configMap: { name: 'projected' } }] } },
    { name: 'e', ephemeral: { volumeClaimTemplate: {} } },
    { name: 'v', csi: { driver: 'd', nodePublishSecretRef: { name: 'csi' } } },
  ],
  resourceClaims: [{ name: 'r', resourceClaimName: 'device' }],
};

const references = [
  'secrets/pull',
  'secrets/init-env',
  'secrets/secret-from',
  'secrets/debug',
  'secrets/volume',
  'secrets/projected',
  'secrets/csi',
  'configmaps/env-from',
  'configmaps/config',
  'configmaps/projected',
  'persistentvolumeclaims/claim',
  'persistentvolumeclaims/p-e',
  'serviceaccounts/sa',
];

test('a node reads what its Pods name, by whatever field, as long as they are there', () => {
  const { pods, may } = world();
  const path = (reference: string, namespace = 'a') => `/api/v1/namespaces/${namespace}/${reference}`;
  for (const reference of references) assert.ok(!may('GET', path(reference)), reference);
  pods.put(pod('p', 'n', everything));
  for (const reference of references) {
    assert.ok(may('GET', path(reference)), reference);
    assert.ok(!may('GET', path(reference), nodeUser('other')), reference);
    assert.ok(!may('GET', path(reference, 'b')), reference);
    assert.ok(!may('PUT', path(reference)) && !may('DELETE', path(reference)), reference);
  }
  assert.ok(may('GET', '/apis/resource.k8s.io/v1/namespaces/a/resourceclaims/device'));
  pods.put(pod('q', 'n', everything));
  pods.remove('a', 'p');
  assert.ok(may('GET', path('secrets/volume')), 'another Pod still names it');
  pods.remove('a', 'q');
  for (const reference of references) assert.ok(!may('GET', path(reference)), reference);
});

test('a Pod that waits for a node, or was made by the node itself, opens nothing', () => {
  const { pods, may } = world();
  pods.put(pod('p', '', everything));
  pods.put(pod('m', 'n', everything, { 'kubernetes.io/config.mirror': 'x' }));
  for (const reference of references) assert.ok(!may('GET', `/api/v1/namespaces/a/${reference}`), reference);
  assert.ok(may('GET', '/api/v1/namespaces/a/pods/m'));
});

test('a volume and its secrets belong to the nodes of its claim', () => {
  const { pods, persistentVolumes, may } = world();
  const volume = (claim: string) =>
    ({
      metadata: { name: 'v' },
      spec: {
        claimRef: { namespace: 'a', name: claim },
        csi: {
          driver: 'd',
          nodeStageSecretRef: { namespace: 's', name: 'stage' },
          controllerPublishSecretRef: { namespace: 's', name: 'attach' },
        },
      },
    }) as PersistentVolume;
  pods.put(pod('p', 'n', everything));
  persistentVolumes.put(volume('claim'));
  assert.ok(may('GET', '/api/v1/persistentvolumes/v') && may('GET', '/api/v1/namespaces/s/secrets/stage'));
  assert.ok(!may('GET', '/api/v1/namespaces/s/secrets/attach'), 'attaching is not the kubelet’s');
  assert.ok(!may('GET', '/api/v1/persistentvolumes/v', nodeUser('other')));
  persistentVolumes.put(volume('another'));
  assert.ok(!may('GET', '/api/v1/persistentvolumes/v') && !may('GET', '/api/v1/namespaces/s/secrets/stage'));
});

test('refusals say why, as recorded', () => {
  const { pods, ask } = world();
  pods.put(pod('p', 'n', everything));
  pods.put(pod('elsewhere', 'other'));
  const unrelated = "no relationship found between node 'n' and this object";
  const cases: [string, string, string][] = [
    ['GET', '/api/v1/namespaces/a/secrets/s3', unrelated],
    ['GET', '/api/v1/namespaces/a/secrets', 'No Object name found'],
    ['GET', '/api/v1/namespaces/a/secrets?fieldSelector=metadata.name%3Ds3', unrelated],
    ['PUT', '/api/v1/namespaces/a/secrets/volume', 'can only read resources of this type'],
    ['GET', '/api/v1/namespaces/a/persistentvolumeclaims', 'can only get individual resources of this type'],
    ['GET', '/api/v1/persistentvolumes', 'can only get individual resources of this type'],
    ['GET', '/api/v1/namespaces/a/pods/elsewhere', unrelated],
    ['GET', '/api/v1/pods', 'can only list/watch pods with spec.nodeName field selector'],
    [
      'GET',
      '/api/v1/pods?fieldSelector=spec.nodeName%3Dother',
      'can only list/watch pods with spec.nodeName field selector',
    ],
    [
      'GET',
      '/api/v1/pods?fieldSelector=spec.nodeName%21%3Dn',
      'can only list/watch pods with spec.nodeName field selector',
    ],
    ['DELETE', '/api/v1/nodes/n', ''],
    ['GET', '/api/v1/nodes', "node 'n' cannot read all nodes, only its own Node object"],
    ['GET', '/api/v1/nodes/other', "node 'n' cannot read 'other', only its own Node object"],
    [
      'POST',
      '/apis/coordination.k8s.io/v1/namespaces/a/leases',
      'can only access leases in the "kube-node-lease" system namespace',
    ],
    [
      'PUT',
      '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/other',
      'can only access node lease with the same name as the requesting node',
    ],
    ['GET', '/apis/apps/v1/deployments', ''],
    ['GET', '/api/v1/namespaces/a', ''],
    ['POST', '/api/v1/namespaces/a/serviceaccounts/else/token', unrelated],
    ['POST', '/api/v1/namespaces/a/pods/p/exec', ''],
    ['PATCH', '/api/v1/namespaces/a/pods/p', ''],
    ['DELETE', '/api/v1/namespaces/a/pods', ''],
  ];
  for (const [method, target, reason] of cases) {
    assert.deepEqual(ask(method, target), { decision: 'no-opinion', reason }, `${method} ${target}`);
  }
});

test('what a kubelet lives from is allowed', () => {
  const { pods, may } = world();
  pods.put(pod('p', 'n', everything));
  const allowed: [string, string][] = [
    ['GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn&watch=1'],
    ['PATCH', '/api/v1/namespaces/a/pods/p/status'],
    ['DELETE', '/api/v1/namespaces/a/pods/p'],
    ['POST', '/api/v1/namespaces/a/pods'],
    ['POST', '/api/v1/namespaces/a/pods/p/eviction'],
    ['POST', '/api/v1/namespaces/a/serviceaccounts/sa/token'],
    ['POST', '/api/v1/nodes'],
    ['PATCH', '/api/v1/nodes/n/status'],
    ['GET', '/api/v1/nodes?fieldSelector=metadata.name%3Dn&watch=true'],
    ['PUT', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n'],
    ['GET', '/api/v1/services?watch=1'],
    ['GET', '/apis/node.k8s.io/v1/runtimeclasses'],
    ['POST', '/api/v1/namespaces/a/events'],
    ['POST', '/apis/authentication.k8s.io/v1/tokenreviews'],
    ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
    ['POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests'],
    ['PUT', '/apis/storage.k8s.io/v1/csinodes/n'],
  ];
  for (const [method, target] of allowed) assert.ok(may(method, target), `${method} ${target}`);
});

test('only a user with both the name and the group is a node', () => {
  const { pods, ask } = world();
  pods.put(pod('p', 'n', everything));
  const secret = '/api/v1/namespaces/a/secrets/volume';
  assert.equal(ask('GET', secret, makeUser({ name: 'system:node:n' })).decision, 'no-opinion');
  assert.equal(ask('GET', secret, makeUser({ name: 'n', groups: ['system:nodes'] })).decision, 'no-opinion');
  assert.equal(ask('GET', secret, nodeUser('')).reason, 'unknown node for user "system:node:"');
});
