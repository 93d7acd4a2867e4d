/** The controllers against the real API server, in memory: what a person would see. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { daemonSets } from '#api/apps/daemon-set.ts';
import { deployments } from '#api/apps/deployment.ts';
import { replicaSets } from '#api/apps/replica-set.ts';
import { statefulSets } from '#api/apps/stateful-set.ts';
import { jobs } from '#api/batch/job.ts';
import { configMaps } from '#api/core/config-map.ts';
import { endpoints } from '#api/core/endpoints.ts';
import { events } from '#api/core/event.ts';
import { namespaces } from '#api/core/namespace.ts';
import { nodes } from '#api/core/node.ts';
import { persistentVolumes } from '#api/core/persistent-volume.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { services } from '#api/core/service.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import { endpointSlices } from '#api/discovery/endpoint-slice.ts';
import type { Client } from '#client/client.ts';
import { Informers } from '#client/informer.ts';
import type { ApiObject, Stored } from '#client/object.ts';
import { type RunningControllers, startControllers } from '#controllers/start.ts';
import { systemClock } from '#lib/clock.ts';
import { silentLog } from '#lib/log.ts';
import { systemRandom } from '#lib/random.ts';
import type { Resource } from '#machinery/resource.ts';
import { type InMemoryServer, inMemoryServer } from '#testing/in-memory-server.ts';
import { runPods } from '#testing/pod-runner.ts';

const namespace = 'team';
const options = { timeout: 30_000 };
const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image }] },
});

let server: InMemoryServer;
let client: Client;
let informers: Informers;
let controllers: RunningControllers;

before(async () => {
  const clock = systemClock;
  server = await inMemoryServer(clock);
  client = server.client();
  informers = new Informers({ client, clock, random: systemRandom });
  controllers = startControllers({
    client: server.client('kube-controller-manager', ['system:masters']),
    clock,
    random: systemRandom,
    log: silentLog,
    controllers: ['*'],
    rootCaPem: 'the certificate',
    signLegacyToken: () => 'a token',
    clusterCidr: '10.244.0.0/16',
    freeze: true,
  });
  runPods({ client, clock, pods: informers.of(pods), nodeName: 'n1', outcome });
  await client.create(nodes, { metadata: { name: 'n1' } });
  await client.create(namespaces, { metadata: { name: namespace } });
  await until(serviceAccounts, all => all.some(each => each.metadata.namespace === namespace));
});

after(async () => {
  informers.stop();
  controllers.stop();
  await server.close();
});

/** Pods end as their annotation says. */
function outcome(pod: Stored<Pod>): 'Succeeded' | 'Failed' | undefined {
  const exit = pod.metadata.annotations?.['test/exit'];
  return exit === undefined ? undefined : exit === '0' ? 'Succeeded' : 'Failed';
}

/** Resolves as soon as the collection is as wanted. */
function until<T extends ApiObject>(
  resource: Resource<T>,
  wanted: (all: Stored<T>[]) => boolean,
): Promise<Stored<T>[]> {
  const informer = informers.of(resource);
  return new Promise(resolve => {
    let stop = () => {};
    const check = () => {
      const all = [...informer.values()];
      if (!informer.hasSynced || !wanted(all)) return;
      stop();
      resolve(all);
    };
    void informer.synced.then(() => {
      stop = informer.on({ update: check, delete: check, add: check });
      check();
    });
  });
}

const ours = <T extends ApiObject>(all: Stored<T>[]) => all.filter(each => each.metadata.namespace === namespace);

test('a namespace gets its account and its certificate, a node its range', options, async () => {
  const [map] = await until(configMaps, all => ours(all).length === 1).then(ours);
  assert.deepEqual([map?.metadata.name, map?.data], ['kube-root-ca.crt', { 'ca.crt': 'the certificate' }]);
  const [node] = await until(nodes, all => Boolean(all[0]?.spec.podCIDR));
  assert.equal(node?.spec.podCIDR, '10.244.0.0/24');
});

test('a deployment rolls out, is served, rolls over to a new template and goes with all it owns', options, async () => {
  const ref = { namespace, name: 'web' };
  const selector = { matchLabels: { app: 'web' } };
  await client.create(services, {
    metadata: ref,
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 80 }] },
  });
  const spec = { replicas: 3, selector, template: template('v1'), strategy: rolling, progressDeadlineSeconds: 600 };
  await client.create(deployments, { metadata: ref, spec });
  const [ready] = await until(deployments, all => all[0]?.status.availableReplicas === 3);
  assert.deepEqual(
    ready?.status.conditions?.map(each => [each.type, each.status, each.reason]),
    [
      ['Available', 'True', 'MinimumReplicasAvailable'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
    ],
  );
  await until(endpointSlices, all => ours(all)[0]?.endpoints?.filter(each => each.conditions?.ready).length === 3);
  await until(endpoints, all => ours(all)[0]?.subsets?.[0]?.addresses?.length === 3);

  await client.patchMerge(deployments, ref, { spec: { template: template('v2') } });
  await until(deployments, ([each]) => each?.status.observedGeneration === 2 && each.status.updatedReplicas === 3);
  const sets = await until(replicaSets, all => ours(all).filter(each => each.spec.replicas === 0).length === 1).then(
    ours,
  );
  const revisions = sets.map(each => each.metadata.annotations?.['deployment.kubernetes.io/revision']);
  assert.deepEqual(revisions.sort(), ['1', '2']);
  await until(pods, all => ours(all).length === 3 && ours(all).every(each => each.spec.containers[0]?.image === 'v2'));

  await client.delete(deployments, ref);
  await until(replicaSets, all => ours(all).length === 0);
  await until(pods, all => ours(all).length === 0);
  const said = (await client.list(events, { namespace })).items.filter(
    each => each.involvedObject.kind === 'Deployment',
  );
  assert.match(said[0]?.message ?? '', /^Scaled up replica set web-\w+ from 0 to 3$/);
  assert.deepEqual([said[0]?.reason, said[0]?.reportingComponent], ['ScalingReplicaSet', 'deployment-controller']);
});

const rolling = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } };

test('owners: foreground waits for the dependant, orphan lets it go', options, async () => {
  const make = async (name: string, owner?: Stored<ApiObject>, finalizers?: string[]) => {
    const owned = owner?.metadata;
    const ownerReferences = owned && [
      { apiVersion: 'v1', kind: 'ConfigMap', name: owned.name, uid: owned.uid, blockOwnerDeletion: true },
    ];
    return client.create(configMaps, { metadata: { namespace, name, ownerReferences, finalizers } });
  };
  const find = (all: Stored<ApiObject>[], name: string) => all.find(each => each.metadata.name === name);
  await make('held', await make('holder'), ['example.com/hold']);
  await client.delete(configMaps, { namespace, name: 'holder' }, { propagationPolicy: 'Foreground' });
  await until(configMaps, all => Boolean(find(all, 'held')?.metadata.deletionTimestamp));
  assert.ok(find([...informers.of(configMaps).values()], 'holder'));
  await client.patchMerge(configMaps, { namespace, name: 'held' }, { metadata: { finalizers: null } });
  await until(configMaps, all => find(all, 'holder') === undefined);

  await make('free', await make('leaver'));
  await client.delete(configMaps, { namespace, name: 'leaver' }, { propagationPolicy: 'Orphan' });
  const all = await until(configMaps, each => find(each, 'leaver') === undefined);
  assert.equal(find(all, 'free')?.metadata.ownerReferences, undefined);
});

test('jobs: one that completes index by index, one that fails', options, async () => {
  const make = (name: string, exit: string, spec: object) => {
    const containers = [{ name: 'c', image: 'i' }];
    const labels = { job: name };
    const template = {
      metadata: { labels, annotations: { 'test/exit': exit } },
      spec: { restartPolicy: 'Never', containers },
    };
    const selector = { matchLabels: labels };
    return client.create(jobs, {
      metadata: { namespace, name },
      spec: { template, manualSelector: true, selector, ...spec },
    });
  };
  const ended = (name: string) => async () => {
    const all = await until(jobs, each =>
      each.some(job => job.metadata.name === name && (job.status.conditions?.length ?? 0) === 2),
    );
    const job = all.find(each => each.metadata.name === name);
    return { ...job?.status, conditions: job?.status.conditions?.map(each => [each.type, each.reason]) };
  };
  await make('indexed', '0', { completions: 3, parallelism: 2, completionMode: 'Indexed' });
  const indexed = await ended('indexed')();
  assert.deepEqual([indexed.succeeded, indexed.completedIndexes, indexed.failed], [3, '0-2', undefined]);
  assert.deepEqual(indexed.conditions, [
    ['SuccessCriteriaMet', 'CompletionsReached'],
    ['Complete', 'CompletionsReached'],
  ]);
  await make('failing', '1', { backoffLimit: 0 });
  const failing = await ended('failing')();
  assert.deepEqual([failing.succeeded, failing.failed, failing.uncountedTerminatedPods], [undefined, 1, {}]);
  assert.deepEqual(failing.conditions, [
    ['FailureTarget', 'BackoffLimitExceeded'],
    ['Failed', 'BackoffLimitExceeded'],
  ]);
  const left = [...informers.of(pods).values()].filter(pod => pod.metadata.labels?.['job'] === 'failing');
  assert.deepEqual(
    left.map(pod => pod.metadata.finalizers),
    [undefined],
  );
});

test('a stateful set makes its Pods in order, updates from the top and shrinks from the top', options, async () => {
  const ref = { namespace, name: 'db' };
  const labels = { app: 'db' };
  const of = (image: string) => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image }] } });
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };
  const spec = {
    replicas: 3,
    serviceName: 'db',
    selector: { matchLabels: labels },
    template: of('v1'),
    updateStrategy,
  };
  await client.create(statefulSets, { metadata: ref, spec });
  await until(statefulSets, ([set]) => set?.status.readyReplicas === 3 && set.status.currentReplicas === 3);
  await client.patchMerge(statefulSets, ref, { spec: { template: of('v2') } });
  await until(
    statefulSets,
    ([set]) =>
      set?.status.currentRevision !== undefined &&
      set.status.observedGeneration === 2 &&
      set.status.currentRevision === set.status.updateRevision &&
      set.status.readyReplicas === 3,
  );
  await client.patchMerge(statefulSets, ref, { spec: { replicas: 1 } });
  await until(statefulSets, ([set]) => set?.status.replicas === 1);
  const said = (await client.list(events, { namespace })).items.filter(each => each.involvedObject.name === 'db');
  assert.deepEqual(said.map(each => each.message?.replace(/^(\w+) Pod db-(\d).*$/, '$1 $2')).slice(0, 5), [
    'Create 0',
    'Create 1',
    'Create 2',
    'Delete 2',
    'Delete 1',
  ]);
});

test(
  'a daemon set has one Pod on its Node, replaces it for a new template and leaves a Node it may not be on',
  options,
  async () => {
    const ref = { namespace, name: 'agent' };
    const labels = { app: 'agent' };
    const of = (image: string) => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image }] } });
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } };
    await client.create(daemonSets, {
      metadata: ref,
      spec: { selector: { matchLabels: labels }, template: of('v1'), updateStrategy },
    });
    await until(daemonSets, ([set]) => set?.status.numberAvailable === 1 && set.status.desiredNumberScheduled === 1);
    await client.patchMerge(daemonSets, ref, { spec: { template: of('v2') } });
    const mine = (all: Stored<Pod>[]) => all.filter(pod => pod.metadata.labels?.['app'] === 'agent');
    await until(pods, all => mine(all).length === 1 && mine(all)[0]?.spec.containers[0]?.image === 'v2');
    await until(daemonSets, ([set]) => set?.status.updatedNumberScheduled === 1 && set.status.numberAvailable === 1);
    await client.patchMerge(nodes, { name: 'n1' }, { spec: { taints: [{ key: 'keep-out', effect: 'NoExecute' }] } });
    await until(pods, all => mine(all).length === 0);
    await client.patchMerge(nodes, { name: 'n1' }, { spec: { taints: null } });
    await until(daemonSets, ([set]) => set?.status.numberAvailable === 1);
  },
);

test(
  'a claim gets the smallest volume that is large enough; let go, the volume is kept for a person',
  options,
  async () => {
    const accessModes = ['ReadWriteOnce'];
    const volume = (name: string, storage: string) =>
      client.create(persistentVolumes, {
        metadata: { name },
        spec: {
          capacity: { storage },
          accessModes,
          hostPath: { path: '/x' },
          storageClassName: 'c',
          persistentVolumeReclaimPolicy: 'Retain',
        },
      });
    for (const [name, size] of [
      ['small', '1Gi'],
      ['large', '9Gi'],
      ['middle', '3Gi'],
    ] as const)
      await volume(name, size);
    await until(persistentVolumes, all => all.length === 3 && all.every(each => each.status.phase === 'Available'));
    const ref = { namespace, name: 'data' };
    const resources = { requests: { storage: '2Gi' } };
    await client.create(persistentVolumeClaims, {
      metadata: ref,
      spec: { accessModes, storageClassName: 'c', resources },
    });
    const [claim] = await until(persistentVolumeClaims, all => all[0]?.status.phase === 'Bound');
    assert.deepEqual([claim?.spec.volumeName, claim?.status.capacity], ['middle', { storage: '3Gi' }]);
    await until(persistentVolumes, all =>
      all.some(each => each.metadata.name === 'middle' && each.status.phase === 'Bound'),
    );
    await client.delete(persistentVolumeClaims, ref);
    await until(persistentVolumes, all =>
      all.some(each => each.metadata.name === 'middle' && each.status.phase === 'Released'),
    );
  },
);
