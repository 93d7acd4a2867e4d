/** What dies comes back: containers, Pods, nodes, the control plane; and what did not die is left alone. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Deployment, deployments } from '#api/apps/deployment.ts';
import { events } from '#api/core/event.ts';
import { type Node, nodes } from '#api/core/node.ts';
import { type Pod, pods } from '#api/core/pod.ts';
import type { Stored } from '#client/object.ts';
import { clusterForTests, describeWithNodes, type TestCluster } from './test-cluster.ts';

const namespace = 'default';
const labelled = (app: string) => ({ namespace, labelSelector: `app=${app}` });

function deploymentOf(name: string, replicas: number) {
  const containers = [{ name: 'hello', image: 'hello:1' }];
  return {
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 1, containers },
      },
    },
  };
}

function isReady(object: Stored<Pod> | Stored<Node> | undefined): boolean {
  const conditions: readonly { type?: string; status?: string }[] = object?.status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

function areReady(count: number): (found: Stored<Pod>[]) => boolean {
  return found => found.length === count && found.every(pod => isReady(pod));
}

function isRolledOut({ metadata, status }: Stored<Deployment>, replicas: number): boolean {
  const counts = [status?.replicas, status?.updatedReplicas, status?.availableReplicas];
  return status?.observedGeneration === metadata.generation && counts.every(count => count === replicas);
}

describeWithNodes('healing', import.meta.filename, () => {
  const cluster = clusterForTests('heal', 2);

  test('a container whose process is killed starts again, and backs off when that goes on', async () => {
    const script = `echo started; trap 'exit 3' TERM; while :; do sleep 0.1; done`;
    await cluster.client.create(pods, {
      metadata: { name: 'victim', namespace },
      spec: { containers: [{ name: 'main', image: 'busybox:1.36', command: ['sh', '-c', script] }] },
    });
    const selection = { namespace, fieldSelector: 'metadata.name=victim' };
    const restarted = async (times: number) => {
      const running = (pod: Stored<Pod> | undefined) => {
        const state = pod?.status?.containerStatuses?.[0];
        return state?.restartCount === times && state.state?.running !== undefined;
      };
      return (await cluster.until(pods, selection, ([pod]) => running(pod), `${times} restarts`))[0] as Stored<Pod>;
    };
    killContainer(await restarted(0));
    const pod = await restarted(1);
    assert.equal(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 137);
    killContainer(pod);
    const waiting = (each: Stored<Pod> | undefined) => each?.status?.containerStatuses?.[0]?.state?.waiting;
    const [backingOff] = await cluster.until(
      pods,
      selection,
      ([each]) => waiting(each)?.reason === 'CrashLoopBackOff',
      'the back-off',
    );
    assert.match(
      waiting(backingOff)?.message ?? '',
      /^back-off 10s restarting failed container=main pod=victim_default\(/,
    );
    const about = { namespace, fieldSelector: 'involvedObject.name=victim' };
    await cluster.until(events, about, all => all.some(({ reason }) => reason === 'BackOff'), 'its Event');
    await cluster.client.delete(pods, { namespace, name: 'victim' }, { gracePeriodSeconds: 0 });
  });

  test('a deleted Pod of a Deployment is replaced', async () => {
    await cluster.client.create(deployments, deploymentOf('web', 2) as never);
    const found = await cluster.until(pods, labelled('web'), areReady(2), 'two Pods');
    const [first, second] = found as [Stored<Pod>, Stored<Pod>];
    await cluster.client.delete(pods, { namespace, name: first.metadata.name ?? '' });
    const isReplaced = (all: Stored<Pod>[]) =>
      areReady(2)(all) && all.every(({ metadata }) => metadata.uid !== first.metadata.uid);
    const after = await cluster.until(pods, labelled('web'), isReplaced, 'another Pod in its place');
    assert.ok(after.some(({ metadata }) => metadata.uid === second.metadata.uid));
  });

  // What comes after, the eviction of its Pods, upstream begins after five minutes: too long to wait for here.
  test('a node whose process is gone becomes NotReady, and Ready again with up', async () => {
    const before = await cluster.until(pods, labelled('web'), areReady(2), 'two Pods');
    const selection = { fieldSelector: 'metadata.name=node-2' };
    process.kill(recordedPid(cluster, 'node-2'), 'SIGKILL');
    const unknown = (node: Stored<Node> | undefined) => node?.status?.conditions?.find(({ type }) => type === 'Ready');
    const [node] = await cluster.until(
      nodes,
      selection,
      ([each]) => unknown(each)?.status === 'Unknown' && each?.spec?.taints?.some(isUnreachable) === true,
      'node-2 to be NotReady',
    );
    assert.equal(unknown(node)?.reason, 'NodeStatusUnknown');
    assert.equal(unknown(node)?.message, 'Kubelet stopped posting node status.');
    await cluster.up();
    await cluster.until(
      nodes,
      selection,
      ([each]) => isReady(each) && !each?.spec?.taints?.length,
      'node-2 to be ready',
    );
    const after = await cluster.until(pods, labelled('web'), areReady(2), 'the same two Pods');
    assert.deepEqual(containersOf(after), containersOf(before), 'their containers ran on');
  });

  test('a rollout goes on after kill -9 of the control plane, and what ran ran on', async () => {
    await cluster.client.create(deployments, deploymentOf('bystander', 2) as never);
    const before = await cluster.until(pods, labelled('bystander'), areReady(2), 'the bystanders');
    await cluster.client.patchMerge(deployments, { namespace, name: 'web' }, { spec: { replicas: 4 } });
    await cluster.until(pods, labelled('web'), areReady(4), 'four Pods');
    const image = { spec: { template: { spec: { containers: [{ name: 'hello', image: 'hello:2' }] } } } };
    await cluster.client.patchStrategic(deployments, { namespace, name: 'web' }, image);
    const isNew = ({ spec }: Stored<Pod>) => spec?.containers[0]?.image === 'hello:2';
    const underWay = (all: Stored<Pod>[]) => all.some(isNew) && !all.every(isNew);
    await cluster.until(pods, labelled('web'), underWay, 'the rollout to begin');
    process.kill(recordedPid(cluster, 'control-plane'), 'SIGKILL');
    await cluster.up();
    const web = { namespace, fieldSelector: 'metadata.name=web' };
    await cluster.until(deployments, web, ([each]) => each !== undefined && isRolledOut(each, 4), 'the rollout to end');
    const after = await cluster.until(pods, labelled('web'), areReady(4), 'four new Pods');
    assert.ok(after.every(isNew));
    const bystanders = await cluster.until(pods, labelled('bystander'), areReady(2), 'the bystanders');
    assert.deepEqual(containersOf(bystanders), containersOf(before));
  });
});

function isUnreachable({ key, effect }: { key?: string; effect?: string }): boolean {
  return key === 'node.kubernetes.io/unreachable' && effect === 'NoExecute';
}

function recordedPid(cluster: TestCluster, name: string): number {
  return JSON.parse(readFileSync(cluster.path('run', `${name}.json`), 'utf8')).pid;
}

/** Which containers there are, and how often they were started. */
function containersOf(found: readonly Stored<Pod>[]): string[] {
  const statuses = found.flatMap(({ status }) => status?.containerStatuses ?? []);
  return statuses.map(({ containerID, restartCount }) => `${containerID} ${restartCount}`).sort();
}

/** Ends the container's processes from outside, as the kernel does for want of memory. */
function killContainer(pod: Stored<Pod>): void {
  const id = pod.status?.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? '';
  for (const pid of readdirSync('/proc').filter(each => /^\d+$/.test(each))) {
    const file = join('/proc', pid, 'cgroup');
    if (existsSync(file) && textOf(file).includes(id)) process.kill(Number(pid), 'SIGKILL');
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process has ended meanwhile.
    return '';
  }
}
