/** A kubelet over the simulated runtime and the real API server in memory, on a clock that stands still. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { leases } from '#api/coordination/lease.ts';
import type { Pod, PodStatus } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import type { Stored } from '#client/object.ts';
import type { SimulatedNode } from '#testing/simulated-node.ts';
import { startSimulatedNode } from '#testing/simulated-node.ts';

type Spec = Partial<NonNullable<Pod['spec']>>;

function podOf(command: string, spec: Spec = {}, annotations: Record<string, string> = {}): Pod {
  return {
    metadata: { name: 'p', annotations },
    spec: {
      nodeName: 'node-a',
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'c', image: 'busybox:1.36', command: ['sh', '-c', command] }],
      ...spec,
    },
  };
}

const container = (name: string, command: string, more: object = {}) => ({
  name,
  image: 'busybox:1.36',
  command: ['sh', '-c', command],
  ...more,
});

/** One line for each status that was written: phase, conditions that hold, containers. */
function story(versions: readonly Stored<Pod>[]): string[] {
  const lines: string[] = [];
  for (const { status } of versions) {
    const line = statusLine(status);
    if (line !== lines.at(-1)) lines.push(line);
  }
  return lines;
}

const short: Record<string, string> = {
  PodReadyToStartContainers: 'Sandbox',
  Initialized: 'Initialized',
  ContainersReady: 'ContainersReady',
  Ready: 'Ready',
};

function statusLine({ phase, conditions = [], initContainerStatuses = [], containerStatuses = [] }: PodStatus): string {
  const holding = conditions
    .filter(({ type, status }) => status === 'True' && short[type])
    .map(({ type }) => short[type]);
  const containers = [...initContainerStatuses, ...containerStatuses].map(({ name, state, restartCount, ready }) => {
    const word =
      state?.waiting?.reason ??
      (state?.running === undefined ? `${state?.terminated?.reason} ${state?.terminated?.exitCode}` : 'running');
    return `${name}=${word}${ready ? ' ready' : ''}${restartCount > 0 ? ` x${restartCount}` : ''}`;
  });
  return `${phase} [${holding.join(' ')}] ${containers.join(', ')}`.trim();
}

describe('a kubelet', () => {
  let node: SimulatedNode;
  beforeEach(async () => {
    node = await startSimulatedNode();
  });
  afterEach(() => node.close());

  const said = async (name = 'p') =>
    (await node.events(name)).map(({ type, reason, message, count = 1 }) => {
      return `${type === 'Warning' ? '! ' : ''}${reason}: ${message}${count > 1 ? ` x${count}` : ''}`;
    });

  test('runs a Pod to its end, and tells each step', async () => {
    await node.create(podOf('sleep 1; exit 0'));
    await node.pass(3000);
    assert.deepEqual(story(node.history('p')), [
      'Pending []',
      'Pending [Initialized] c=ContainerCreating',
      'Pending [Sandbox Initialized] c=ContainerCreating',
      'Running [Sandbox Initialized Ready ContainersReady] c=running ready',
      'Running [Sandbox Initialized] c=Completed 0',
      'Succeeded [Initialized] c=Completed 0',
    ]);
    assert.deepEqual(await said(), [
      'Pulling: Pulling image "busybox:1.36"',
      'Pulled: Successfully pulled image "busybox:1.36" in 0s (0s including waiting). Image size: 184881735 bytes.',
      'Created: Container created',
      'Started: Container started',
    ]);
  });

  test('waits longer and longer before a container that fails is started again', async () => {
    await node.create(podOf('sleep 1; exit 1', { restartPolicy: 'Always' }));
    await node.pass(15_000);
    assert.deepEqual(story(node.history('p')).slice(3), [
      'Running [Sandbox Initialized Ready ContainersReady] c=running ready',
      'Running [Sandbox Initialized] c=Error 1',
      'Running [Sandbox Initialized Ready ContainersReady] c=running ready x1',
      'Running [Sandbox Initialized] c=Error 1 x1',
      'Running [Sandbox Initialized] c=CrashLoopBackOff x1',
      'Running [Sandbox Initialized Ready ContainersReady] c=running ready x2',
      'Running [Sandbox Initialized] c=Error 1 x2',
      'Running [Sandbox Initialized] c=CrashLoopBackOff x2',
    ]);
    const { status } = await node.get('p');
    const { state, lastState } = status.containerStatuses?.[0] ?? {};
    assert.match(state?.waiting?.message ?? '', /^back-off 20s restarting failed container=c pod=p_default\(/);
    assert.equal(lastState?.terminated?.exitCode, 1);
    await node.pass(20_000);
    assert.equal((await node.get('p')).status.containerStatuses?.[0]?.restartCount, 3);
  });

  test('keeps the attempt before of each container, whichever is started again', async () => {
    const often = container('often', 'sleep 1; exit 1');
    const once = container('once', 'sleep 11; exit 3');
    await node.create(podOf('', { restartPolicy: 'Always', containers: [often, once] }));
    // The first has failed twice and starts again after ten seconds; by then the other is in its second attempt.
    await node.pass(13_500);
    const { status } = await node.get('p');
    const states = status.containerStatuses?.map(({ restartCount, lastState }) => [
      restartCount,
      lastState?.terminated?.exitCode,
    ]);
    assert.deepEqual(states, [
      [2, 1],
      [1, 3],
    ]);
    const attempts = (await node.runtime.listContainers()).map(
      ({ metadata }) => `${metadata.name} ${metadata.attempt}`,
    );
    assert.deepEqual(attempts.sort(), ['often 1', 'often 2', 'once 0', 'once 1']);
  });

  test('runs init containers in order, and sidecars beside the rest until it has ended', async () => {
    const initContainers = [container('s', 'sleep forever', { restartPolicy: 'Always' }), container('i', 'sleep 1')];
    await node.create(podOf('sleep 2', { initContainers }));
    await node.pass(10_000);
    assert.deepEqual(story(node.history('p')).slice(1), [
      'Pending [] s=PodInitializing, i=PodInitializing, c=PodInitializing',
      'Pending [Sandbox] s=PodInitializing, i=PodInitializing, c=PodInitializing',
      'Pending [Sandbox] s=running ready, i=PodInitializing, c=PodInitializing',
      'Pending [Sandbox] s=running ready, i=running, c=PodInitializing',
      'Pending [Sandbox Initialized] s=running ready, i=Completed 0 ready, c=PodInitializing',
      'Running [Sandbox Initialized Ready ContainersReady] s=running ready, i=Completed 0 ready, c=running ready',
      'Running [Sandbox Initialized] s=running ready, i=Completed 0 ready, c=Completed 0',
      'Running [Initialized] s=Completed 0, i=Completed 0 ready, c=Completed 0',
      'Succeeded [Initialized] s=Completed 0, i=Completed 0 ready, c=Completed 0',
    ]);
  });

  test('a deleted Pod is told to end, then killed, then gone', async () => {
    await node.create(podOf('sleep forever', {}, { 'simulated.proa.dev/stop-delay': '60s' }));
    await node.pass(500);
    const deletedAtMs = node.clock.nowMs();
    await node.client.delete(pods, { namespace: 'default', name: 'p' });
    for (let step = 0; step < 100; step++) {
      const found = await node.get('p').catch(() => undefined);
      if (found === undefined) break;
      await node.pass(250);
    }
    const tookMs = node.clock.nowMs() - deletedAtMs;
    assert.ok(tookMs >= 5000 && tookMs <= 6000, `${tookMs} ms`);
    assert.equal(node.history('p').at(-1)?.status.containerStatuses?.[0]?.state?.terminated?.exitCode, 137);
    assert.deepEqual(await node.runtime.listPodSandboxes(), []);
    assert.equal(node.kubelet.find('default', 'p'), undefined);
  });

  test('an image that cannot be had is tried again, less and less often', async () => {
    await node.create(podOf('true', {}, { 'simulated.proa.dev/pull-error': 'manifest unknown' }));
    await node.pass(1000);
    assert.deepEqual(story(node.history('p')).slice(3), ['Pending [Sandbox Initialized] c=ErrImagePull']);
    const events = await said();
    await node.pass(20_000);
    assert.deepEqual(story(node.history('p')).slice(4), [
      'Pending [Sandbox Initialized] c=ImagePullBackOff',
      'Pending [Sandbox Initialized] c=ErrImagePull',
    ]);
    assert.deepEqual(events, [
      'Pulling: Pulling image "busybox:1.36"',
      '! Failed: Failed to pull image "busybox:1.36": manifest unknown',
      '! Failed: Error: ErrImagePull',
      'BackOff: Back-off pulling image "busybox:1.36"',
      '! Failed: Error: ImagePullBackOff',
    ]);
  });

  test('a Pod that was active for too long fails', async () => {
    await node.create(podOf('sleep forever', { activeDeadlineSeconds: 3 }));
    await node.pass(8000);
    const { status } = await node.get('p');
    assert.equal(status.phase, 'Failed');
    assert.equal(status.reason, 'DeadlineExceeded');
    assert.equal(status.message, 'Pod was active on the node longer than the specified deadline');
  });

  test('a kubelet that starts anew takes over what runs', async () => {
    await node.create(podOf('sleep forever', { restartPolicy: 'Always' }));
    await node.pass(500);
    const before = await node.get('p');
    await node.restartKubelet();
    await node.pass(500);
    const after = await node.get('p');
    assert.deepEqual(after.status, before.status);
    assert.equal((await node.runtime.listPodSandboxes()).length, 1);
  });

  test('what runs of a Pod that the API does not have is removed', async () => {
    await node.create(podOf('sleep forever'));
    await node.pass(500);
    node.kubelet.stop();
    await node.client.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 });
    await node.restartKubelet();
    await node.pass(5000);
    assert.deepEqual(await node.runtime.listPodSandboxes(), []);
  });

  test('a cgroup that a kubelet left when it was killed is removed', async () => {
    const removed: string[] = [];
    const cgroups = {
      ensure: async () => '/',
      remove: async (uid: string) => void removed.push(uid),
      known: async () => ['left-behind', ...[...killed.kubelet.workers].map(({ pod }) => pod.metadata.uid)],
      start: async () => undefined,
    };
    const killed = await startSimulatedNode({ cgroups });
    try {
      await killed.create(podOf('sleep forever'));
      await killed.pass(500);
      removed.length = 0;
      await killed.restartKubelet();
      await killed.pass(500);
      assert.deepEqual(removed, ['left-behind']);
    } finally {
      await killed.close();
    }
  });

  test('a sandbox that dies is made anew, with its containers', async () => {
    await node.create(podOf('sleep forever', { restartPolicy: 'Always' }));
    await node.pass(500);
    const [sandbox] = await node.runtime.listPodSandboxes();
    await node.runtime.stopPodSandbox(sandbox?.id ?? '');
    await node.pass(1000);
    const { status } = await node.get('p');
    assert.match(statusLine(status), /^Running \[Sandbox Initialized Ready ContainersReady\] c=running ready x1$/);
    assert.ok((await said()).includes('SandboxChanged: Pod sandbox changed, it will be killed and re-created.'));
  });

  test('a Pod that does not fit is refused', async () => {
    const resources = { requests: { memory: '900Gi' } };
    await node.create(podOf('true', { containers: [container('c', 'true', { resources })] }));
    await node.pass(500);
    const { status } = await node.get('p');
    assert.equal(status.phase, 'Failed');
    assert.equal(status.reason, 'OutOfmemory');
    assert.match(
      status.message ?? '',
      /^Pod was rejected: Node didn't have enough resource: memory, requested: 966367641600, used: 0/,
    );
  });

  test('a failing liveness probe restarts the container, a readiness probe decides whether it is ready', async () => {
    const livenessProbe = {
      exec: { command: ['false'] },
      periodSeconds: 1,
      failureThreshold: 2,
      initialDelaySeconds: 2,
    };
    const readinessProbe = { exec: { command: ['true'] }, periodSeconds: 1, successThreshold: 1 };
    const probed = container('c', 'sleep forever', { livenessProbe, readinessProbe });
    await node.create(podOf('', { restartPolicy: 'Always', containers: [probed] }));
    await node.pass(4000);
    const lines = story(node.history('p')).slice(3);
    assert.deepEqual(lines.slice(0, 2), [
      'Running [Sandbox Initialized] c=running',
      'Running [Sandbox Initialized Ready ContainersReady] c=running ready',
    ]);
    assert.ok(
      lines.some(line => line.includes('x1')),
      lines.join('\n'),
    );
    const events = await said();
    assert.ok(events.includes('Killing: Container c failed liveness probe, will be restarted'), events.join('\n'));
  });

  test('a running container is given what the Pod asks for now', async () => {
    const resources = { requests: { cpu: '100m' }, limits: { cpu: '100m' } };
    await node.create(
      podOf('', { restartPolicy: 'Always', containers: [container('c', 'sleep forever', { resources })] }),
    );
    await node.pass(500);
    const more = { requests: { cpu: '200m' }, limits: { cpu: '200m' } };
    const patch = { spec: { containers: [{ name: 'c', resources: more }] } };
    await node.client.patchStrategic(pods, { namespace: 'default', name: 'p' }, patch, { subresource: 'resize' });
    await node.pass(500);
    const { status } = await node.get('p');
    assert.deepEqual(status.containerStatuses?.[0]?.resources, { limits: { cpu: '200m' }, requests: { cpu: '200m' } });
    assert.deepEqual(status.allocatedResources, { cpu: '200m' });
    assert.equal(status.containerStatuses?.[0]?.restartCount, 0);
    const events = (await said()).filter(line => line.startsWith('Resize'));
    const amounts = '"resources":{"limits":{"cpu":"200m"},"requests":{"cpu":"200m"}}';
    assert.deepEqual(events, [
      `ResizeStarted: Pod resize started: {"containers":[{"name":"c",${amounts}}],"generation":2}`,
      `ResizeCompleted: Pod resize completed: {"containers":[{"name":"c",${amounts}}],"generation":2}`,
    ]);
  });

  test('a resize that fails is told of and tried again, while the Pod lives on', async () => {
    const of = (memory: string) => ({ requests: { memory }, limits: { memory } });
    const resized = container('c', 'sleep forever', { resources: of('64Mi') });
    const other = container('other', 'sleep 4; exit 1');
    const annotations = { 'simulated.proa.dev/c.memory-bytes': String(40 << 20) };
    await node.create(podOf('', { restartPolicy: 'Always', containers: [resized, other] }, annotations));
    await node.pass(500);
    const resize = (memory: string) => {
      const patch = { spec: { containers: [{ name: 'c', resources: of(memory) }] } };
      return node.client.patchStrategic(pods, { namespace: 'default', name: 'p' }, patch, { subresource: 'resize' });
    };
    await resize('16Mi');
    await node.pass(5000);
    const { status } = await node.get('p');
    const condition = status.conditions?.find(({ type }) => type === 'PodResizeInProgress');
    const message = 'attempting to set container "c" memory limit (16777216) below current usage (41943040)';
    assert.deepEqual([condition?.reason, condition?.message], ['Error', message]);
    assert.deepEqual(
      status.containerStatuses?.map(({ resources, restartCount }) => [resources?.limits?.['memory'], restartCount]),
      [
        ['64Mi', 0],
        [undefined, 1],
      ],
    );
    await node.pass(8000);
    const told = (await said())
      .filter(line => line.includes('Resize'))
      .map(line => line.replace(/: .*(x2)$|: .*/, ' $1'));
    assert.deepEqual(told, ['ResizeStarted ', '! ResizeError x2']);
    await resize('48Mi');
    await node.pass(500);
    const after = (await node.get('p')).status;
    assert.equal(after.containerStatuses?.[0]?.resources?.limits?.['memory'], '48Mi');
    assert.equal(
      after.conditions?.find(({ type }) => type === 'PodResizeInProgress'),
      undefined,
    );
  });

  test('an exit with a rule for it restarts all containers of the Pod', async () => {
    const rule = { action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } };
    const a = container('a', 'sleep 3; exit 42', { restartPolicy: 'Never', restartPolicyRules: [rule] });
    const initContainers = [container('i', 'sleep 1')];
    await node.create(podOf('', { initContainers, containers: [a, container('b', 'sleep forever')] }));
    await node.pass(7000);
    const lines = story(node.history('p'));
    assert.deepEqual(lines.slice(5), [
      'Running [Sandbox Initialized Ready ContainersReady] i=Completed 0 ready, a=running ready, b=running ready',
      'Running [Sandbox Initialized] i=Completed 0 ready, a=Error 42, b=running ready',
      'Running [Sandbox Initialized] i=RestartingAllContainers ready x1, a=RestartingAllContainers x1, b=RestartingAllContainers x1',
      'Pending [Sandbox Initialized] i=running x1, a=PodInitializing x1, b=PodInitializing x1',
      'Running [Sandbox Initialized] i=Completed 0 ready x1, a=PodInitializing x1, b=PodInitializing x1',
      'Running [Sandbox Initialized Ready ContainersReady] i=Completed 0 ready x1, a=running ready x1, b=running ready x1',
    ]);
  });

  test('a runtime that hangs does not silence the node', async () => {
    await node.pass(1000);
    const { status } = node.runtime;
    node.runtime.status = () => new Promise(() => undefined);
    await node.pass(60_000);
    const readiness = () => node.kubelet.reporter.node?.status.conditions?.find(({ type }) => type === 'Ready');
    assert.deepEqual([readiness()?.status, readiness()?.message], ['False', 'container runtime is down']);
    const { spec } = await node.client.get(leases, { namespace: 'kube-node-lease', name: 'node-a' });
    const silentMs = node.clock.nowMs() - Date.parse(spec.renewTime ?? '');
    assert.ok(silentMs < 15_000, `${silentMs} ms since the Lease was renewed`);
    node.runtime.status = status;
    await node.pass(20_000);
    assert.equal(readiness()?.status, 'True');
  });

  test('the node says that it is ready, and renews its Lease', async () => {
    const reporter = node.kubelet.reporter.node;
    const ready = reporter?.status.conditions?.find(({ type }) => type === 'Ready');
    assert.deepEqual([ready?.status, ready?.reason], ['True', 'KubeletReady']);
    const events = (await said('node-a')).filter(line => !line.startsWith('Starting'));
    assert.deepEqual(events, [
      'NodeHasSufficientMemory: Node node-a status is now: NodeHasSufficientMemory',
      'NodeHasNoDiskPressure: Node node-a status is now: NodeHasNoDiskPressure',
      'NodeHasSufficientPID: Node node-a status is now: NodeHasSufficientPID',
      'NodeReady: Node node-a status is now: NodeReady',
    ]);
  });
});
