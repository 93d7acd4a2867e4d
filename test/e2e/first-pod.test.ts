/** The first Pod of a new cluster: made, looked at, reached, deleted; and that nothing stays of the cluster. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { events } from '#api/core/event.ts';
import { type Pod, pods } from '#api/core/pod.ts';
import type { Stored } from '#client/object.ts';
import { loopbackUp } from '#testing/own-network.ts';
import { httpText } from './http-text.ts';
import {
  describeWithNodes,
  kubectlProgram,
  kubectlPrograms,
  runProgram,
  startProgram,
  TestCluster,
  withoutKubectl,
} from './test-cluster.ts';

const manifest = `apiVersion: v1
kind: Pod
metadata:
  name: helloworld
  labels:
    app: helloworld
spec:
  containers:
    - name: hello
      image: hello:1
      ports:
        - containerPort: 3000
`;

const helloworld = { namespace: 'default', fieldSelector: 'metadata.name=helloworld' };

function isReady(pod: Stored<Pod> | undefined): boolean {
  return pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

describeWithNodes('the first Pod', import.meta.filename, () => {
  const cluster = new TestCluster('pod');
  before(async () => {
    await loopbackUp();
    const said = await cluster.up('--nodes', '1');
    assert.match(said, /✓ nodes ready +\d+\.\ds +1: containers/);
    await cluster.loadImages();
  });
  after(() => cluster.remove());

  test('a second up finds everything running', async () => {
    const before = await cluster.proa('status', '-o', 'json');
    await cluster.up();
    const pids = (text: string) => JSON.parse(text).processes.map((each: { pid: number }) => each.pid);
    assert.deepEqual(pids(await cluster.proa('status', '-o', 'json')), pids(before));
  });

  test('it runs, by way of ContainerCreating', async () => {
    await cluster.client.create(pods, {
      metadata: { name: 'helloworld', namespace: 'default', labels: { app: 'helloworld' } },
      spec: { containers: [{ name: 'hello', image: 'hello:1', ports: [{ containerPort: 3000 }] }] },
    });
    const reasons = new Set<string | undefined>();
    await cluster.until(
      pods,
      helloworld,
      ([pod]) => {
        reasons.add(pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason);
        return isReady(pod);
      },
      'helloworld to be ready',
    );
    assert.ok(reasons.has('ContainerCreating'));
    const seen = await cluster.until(
      events,
      { namespace: 'default', fieldSelector: 'involvedObject.name=helloworld' },
      all => all.some(({ reason }) => reason === 'Started'),
      'its events',
    );
    const order = ['Scheduled', 'Pulled', 'Created', 'Started'];
    assert.deepEqual(new Set(seen.map(({ reason }) => reason)), new Set(order));
  });

  for (const { version, program } of kubectlPrograms()) {
    test(`kubectl ${version} shows it`, async () => {
      const run = (...words: string[]) => cluster.kubectl(program, ...words);
      assert.match(
        await run('get', 'pods'),
        /^NAME +READY +STATUS +RESTARTS +AGE\nhelloworld +1\/1 +Running +0 +\d+s\n$/,
      );
      assert.match(await run('get', 'pod', 'helloworld', '-o', 'wide'), /10\.244\.1\.\d+ +node-1 +<none> +<none>\n$/);
      assert.equal(await run('logs', 'helloworld'), 'serving hello from version 1 on port 3000\n');
      assert.equal(await run('exec', 'helloworld', '--', 'hostname'), 'helloworld\n');
      const failed = await cluster.tryKubectl(program, 'exec', 'helloworld', '--', 'sh', '-c', 'echo no >&2; exit 7');
      assert.equal(failed.code, 7);
      assert.match(failed.stderr, /^no\n/);
      assertDescription(await run('describe', 'pod', 'helloworld'));
    });

    test(`kubectl ${version} forwards a port of it`, async () => {
      const forward = startProgram([program, 'port-forward', 'pod/helloworld', ':3000'], { env: cluster.environment });
      try {
        const [, port] = await forward.line(/Forwarding from 127\.0\.0\.1:(\d+) -> 3000/);
        for (let time = 0; time < 3; time++) {
          assert.equal(await httpText(`http://127.0.0.1:${port}/`), 'hello from version 1\n');
        }
      } finally {
        await forward.stop();
      }
    });
  }

  test('delete -f takes it away, and a manifest brings it back', { skip: withoutKubectl }, async () => {
    const file = cluster.file('pod.yaml', manifest);
    assert.equal(await cluster.kubectl(kubectlProgram, 'apply', '-f', file), 'pod/helloworld configured\n');
    assert.match(await cluster.kubectl(kubectlProgram, 'delete', '-f', file), /^pod "helloworld" deleted/);
    await cluster.until(pods, helloworld, found => found.length === 0, 'helloworld to be gone');
    assert.equal(await cluster.kubectl(kubectlProgram, 'apply', '-f', file), 'pod/helloworld created\n');
    await cluster.until(pods, helloworld, ([pod]) => isReady(pod), 'helloworld to be ready again');
  });

  test('it goes on after down and up', async () => {
    await cluster.until(pods, helloworld, ([pod]) => isReady(pod), 'helloworld');
    await cluster.proa('down');
    const stopped = await cluster.tryProa('status');
    assert.equal(stopped.code, 1, stopped.stdout);
    await cluster.up();
    await cluster.until(pods, helloworld, ([pod]) => isReady(pod) && restarts(pod) === 1, 'helloworld to be restarted');
  });

  test('after down --purge nothing is left', async () => {
    await cluster.proa('down', '--purge');
    assert.deepEqual(await traces(cluster), []);
  });
});

function restarts(pod: Stored<Pod> | undefined): number | undefined {
  return pod?.status?.containerStatuses?.[0]?.restartCount;
}

function assertDescription(text: string): void {
  for (const line of [
    /^Name: +helloworld$/m,
    /^Namespace: +default$/m,
    /^Service Account: +default$/m,
    /^Node: +node-1\/10\.250\.0\.10$/m,
    /^Labels: +app=helloworld$/m,
    /^Status: +Running$/m,
    /^IP: +10\.244\.1\.\d+$/m,
    /^ {4}Container ID: +containerd:\/\/[0-9a-f]{64}$/m,
    /^ {4}Image: +hello:1$/m,
    /^ {4}Port: +3000\/TCP$/m,
    /^ {4}State: +Running$/m,
    /^ {4}Restart Count: +0$/m,
    /^ {6}\/var\/run\/secrets\/kubernetes\.io\/serviceaccount from kube-api-access-[a-z0-9]{5} \(ro\)$/m,
    /^ {2}PodReadyToStartContainers +True *$/m,
    /^QoS Class: +BestEffort$/m,
    /node\.kubernetes\.io\/not-ready:NoExecute op=Exists for 300s$/m,
    /Normal +Scheduled +\S+ +default-scheduler +Successfully assigned default\/helloworld to node-1$/m,
    /Normal +Pulled +\S+ +kubelet +Container image "hello:1" already present on machine/m,
    /Normal +Started +\S+ +kubelet +/m,
  ])
    assert.match(text, line);
}

/** Whatever the machine still has of a cluster. */
async function traces(cluster: TestCluster): Promise<string[]> {
  const { name, dataDir } = cluster;
  const processes = readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && mentions(pid, [name, dataDir]));
  const namespaces = existsSync('/run/netns') ? readdirSync('/run/netns').filter(each => each.includes(name)) : [];
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const links = JSON.parse((await runProgram(['ip', '-json', 'link'])).stdout) as { ifname: string }[];
  const { stdout: tables } = await runProgram(['nft', 'list', 'tables']);
  const { stdout: cgroups } = await runProgram(['find', '/sys/fs/cgroup', '-type', 'd', '-name', `*${name}*`]);
  return [
    ...processes.map(pid => `process ${pid}`),
    ...namespaces.map(each => `network namespace ${each}`),
    ...mounts.filter(line => line.includes(name) || line.includes(dataDir)),
    ...links.filter(({ ifname }) => ifname !== 'lo').map(({ ifname }) => `interface ${ifname}`),
    ...tables.split('\n').filter(Boolean),
    ...cgroups.split('\n').filter(Boolean),
    ...(existsSync(cluster.path()) ? [cluster.path()] : []),
    ...(readFileSync(cluster.kubeconfig, 'utf8').includes(name) ? [cluster.kubeconfig] : []),
  ];
}

function mentions(pid: string, words: readonly string[]): boolean {
  if (Number(pid) === process.pid) return false;
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readlinkSync(`/proc/${pid}/cwd`);
    return words.some(word => text.includes(word));
  } catch {
    return false;
  }
}
