/**
 * Two real nodes on this machine: namespaces, a containerd each, Pods, the way between them, and that nothing is left.
 * Everything happens in network namespaces of the test's own; one of them stands for the host, another for the outside.
 */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ContainerConfig, PodSandboxConfig, Runtime, RuntimeEvent } from '#kubelet/cri/runtime.ts';
import { systemClock } from '#lib/clock.ts';
import { type Doorway, openDoorway } from '#lib/doorway/doorway.ts';
import { run } from '#lib/process.ts';
import { inOwnNetwork, loopbackUp, runInOwnNetwork } from '#testing/own-network.ts';
import { busyboxImage, helloImage } from '../../../test/images/build.ts';
import { cgroupProcesses, nodeCgroup } from './cgroups.ts';
import { addRegistry, containerdPaths, importImages } from './containerd-process.ts';
import { writeImageArchive } from './image-archive.ts';
import {
  type NodeMachine,
  purgeClusterCgroup,
  purgeMachine,
  startMachine,
  stopMachine,
  unmountBelow,
} from './machine.ts';
import { createClusterNetwork, removeClusterNetwork } from './network.ts';
import {
  clusterAddress,
  clusterNetns,
  egressTable,
  netnsPath,
  nodeAddress,
  nodeNetns,
  nodeRange,
  pullRelayPort,
} from './network-names.ts';
import { checkPrerequisites, thisMachine } from './prerequisites.ts';
import { readRecord } from './process-record.ts';
import { openPullRelay, type PullRelay } from './pull-relay.ts';
import { serveRegistry } from './test-registry.ts';

const missing = checkPrerequisites(thisMachine()).filter(({ ok }) => !ok);
if (!existsSync('/bin/busybox')) missing.push({ name: 'busybox-static', ok: false, detail: 'for the test images' });
const skip = missing.length > 0 && missing.map(({ name, detail }) => `${name}: ${detail}`).join('; ');

const cluster = `test-${process.pid}`;
const hostNetns = `proa-test-host-${process.pid}`;
const outsideNetns = `proa-test-outside-${process.pid}`;
/** Documentation addresses (RFC 5737) stand for the outside. */
const outsideAddress = '203.0.113.1';
const hostAddress = '203.0.113.2';
/** On loopback, but not one of the addresses that the relay refuses for being so. */
const registryAddress = '198.51.100.1';
const folder = inOwnNetwork() ? mkdtempSync(join(tmpdir(), 'proa-node-')) : '';
const network = {
  cluster,
  podRange: '10.244.0.0/16',
  serviceRange: '10.96.0.0/16',
  egress: true,
  hostNetns: netnsPath(hostNetns),
};
const machines: NodeMachine[] = [0, 1].map(index => ({
  cluster,
  node: `node-${index}`,
  dataDir: join(folder, `node-${index}`),
  address: nodeAddress(index),
  podCidr: `10.244.${index}.0/24`,
  clock: systemClock,
}));
const [first, second] = machines as [NodeMachine, NodeMachine];

function podConfig(machine: NodeMachine, name: string): PodSandboxConfig {
  return {
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    hostname: name,
    logDirectory: join(machine.dataDir, 'logs', name),
    labels: { app: name },
    linux: {
      cgroupParent: `${nodeCgroup(machine.cluster, machine.node)}/kubepods/pod-${name}`,
      securityContext: { namespaceOptions: { pid: 'Container' } },
    },
  };
}

async function startPod(runtime: Runtime, sandbox: PodSandboxConfig, container: Partial<ContainerConfig>) {
  const sandboxId = await runtime.runPodSandbox(sandbox);
  const config: ContainerConfig = {
    metadata: { name: 'main' },
    image: { image: 'docker.io/library/busybox:1.36' },
    logPath: 'main/0.log',
    linux: { securityContext: { namespaceOptions: { pid: 'Container' } } },
    ...container,
  };
  const id = await runtime.createContainer(sandboxId, config, sandbox);
  await runtime.startContainer(id);
  const { ip } = await runtime.podSandboxStatus(sandboxId);
  return { sandboxId, id, ip };
}

async function shell(runtime: Runtime, id: string, script: string) {
  const { stdout, stderr, exitCode } = await runtime.execSync(id, ['sh', '-c', script], 10);
  return { text: `${Buffer.from(stdout)}${Buffer.from(stderr)}`.trim(), exitCode };
}

/** Takes events as they come; `until` resolves once enough of them are as asked. */
function watchEvents(runtime: Runtime) {
  const seen: RuntimeEvent[] = [];
  let wake = () => undefined as unknown;
  const subscription = runtime.events(event => {
    seen.push(event);
    wake();
  });
  const until = async (is: (event: RuntimeEvent) => boolean, times = 1) => {
    while (seen.filter(is).length < times) await new Promise<void>(resolve => (wake = () => resolve()));
  };
  return { until, close: () => subscription.close() };
}

async function httpGet(doorway: Doorway, host: string, port: number, path: string): Promise<string> {
  const socket = await doorway.connect(host, port);
  return new Promise((resolve, reject) => {
    // With an agent, even `agent: false`, the socket given here would be left aside and another one dialled.
    const request = get({ createConnection: () => socket, host, port, path }, async response => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve(text);
    });
    request.on('error', reject);
  });
}

async function createOutside(): Promise<void> {
  for (const netns of [hostNetns, outsideNetns]) {
    await run(['ip', 'netns', 'add', netns]);
    await run(['ip', '-netns', netns, 'link', 'set', 'lo', 'up']);
  }
  const commands = [
    ['link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outsideNetns],
    ['address', 'add', `${hostAddress}/24`, 'dev', 'eth0'],
    ['link', 'set', 'eth0', 'up'],
    ['route', 'add', 'default', 'via', outsideAddress],
  ];
  for (const command of commands) await run(['ip', '-netns', hostNetns, ...command]);
  await run(['ip', '-netns', outsideNetns, 'address', 'add', `${outsideAddress}/24`, 'dev', 'eth0']);
  await run(['ip', '-netns', outsideNetns, 'link', 'set', 'eth0', 'up']);
}

if (inOwnNetwork()) describe('two nodes on this machine', { timeout: 60_000 }, twoNodes);
else test('two nodes, in a network of their own', { skip }, () => runInOwnNetwork(import.meta.filename));

function twoNodes(): void {
  let runtimes: Runtime[] = [];
  let inside: Doorway;
  let outside: Doorway;
  let relay: PullRelay;

  before(async () => {
    await loopbackUp();
    await run(['ip', 'address', 'add', `${registryAddress}/32`, 'dev', 'lo']);
    await createOutside();
    await createClusterNetwork(network);
    inside = openDoorway({ netns: netnsPath(clusterNetns(cluster)) });
    outside = openDoorway({ netns: netnsPath(outsideNetns) });
    relay = openPullRelay({
      listener: await inside.listen(clusterAddress, pullRelayPort),
      clients: nodeRange,
      resolve: async host => (host === 'registry.example' ? registryAddress : '169.254.169.254'),
    });
    const proxyUrl = `http://${clusterAddress}:${relay.port}`;
    runtimes = await Promise.all(machines.map(machine => startMachine({ ...machine, proxyUrl })));
    const archive = join(folder, 'images.tar');
    writeImageArchive(archive, [busyboxImage(), helloImage('1', 'hello from version 1')]);
    const imports = machines.map(({ dataDir }, index) => {
      const { socket } = containerdPaths(dataDir);
      const runtime = runtimes[index] as Runtime;
      return importImages({ socketPath: socket, archivePath: archive, runtime, clock: systemClock });
    });
    assert.deepEqual((await Promise.all(imports))[0]?.length, 3);
  });

  after(async () => {
    inside?.close();
    outside?.close();
    relay?.close();
    for (const runtime of runtimes) runtime.close();
    for (const machine of machines) await purgeMachine(machine);
    await removeClusterNetwork(cluster, network.hostNetns);
    purgeClusterCgroup(cluster);
    for (const netns of [hostNetns, outsideNetns]) await run(['ip', 'netns', 'delete', netns]);
    await rm(folder, { recursive: true, force: true });
  });

  test('the runtime says what it is, and what images there are', async () => {
    const [runtime] = runtimes as [Runtime];
    assert.equal((await runtime.version()).runtimeName, 'containerd');
    const tags = (await runtime.listImages()).flatMap(({ repoTags }) => repoTags).sort();
    assert.deepEqual(tags, [
      'docker.io/library/busybox:1.36',
      'docker.io/library/busybox:latest',
      'docker.io/library/hello:1',
      'localhost/proa/pause:1',
    ]);
    assert.equal(await runtime.imageStatus({ image: 'docker.io/library/none:1' }), undefined);
  });

  test('Pods reach each other across nodes, and the control plane reaches them through the doorway', async () => {
    const [a, b] = runtimes as [Runtime, Runtime];
    const image = { image: 'docker.io/library/hello:1' };
    const web = await startPod(a, podConfig(first, 'web'), { image, envs: [{ key: 'COLOR', value: 'green' }] });
    const client = await startPod(b, podConfig(second, 'client'), { command: ['sleep', '600'] });
    assert.match(web.ip, /^10\.244\.0\./);
    assert.match(client.ip, /^10\.244\.1\./);

    assert.equal((await shell(b, client.id, `ping -c1 -W2 ${web.ip}`)).exitCode, 0);
    assert.equal((await shell(b, client.id, `wget -qO- http://${web.ip}:3000/`)).text, 'hello from version 1');
    assert.equal((await shell(b, client.id, `wget -qO- http://${web.ip}:3000/hostname`)).text, 'web');
    assert.match(await httpGet(inside, web.ip, 3000, '/env'), /^COLOR=green$/m);

    const log = readFileSync(join(first.dataDir, 'logs/web/main/0.log'), 'utf8');
    assert.match(log, /^\S+Z stdout F serving hello from version 1 on port 3000\n$/);
    const stats = await a.containerStats(web.id);
    assert.ok((stats.memory?.workingSetBytes ?? 0) > 0);
    assert.match(
      await a.exec({ containerId: web.id, command: ['sh'], tty: false, stdin: true, stdout: true, stderr: true }),
      /^http:\/\/127\.0\.0\.1:\d+\/exec\//,
    );
  });

  test('an end is told once the status shows it', async () => {
    const [runtime] = runtimes as [Runtime];
    const events = watchEvents(runtime);
    await events.until(({ type }) => type === 'relist');
    const { id, sandboxId } = await startPod(runtime, podConfig(first, 'short'), { command: ['sh', '-c', 'exit 3'] });
    await events.until(event => event.type === 'exited' && event.id === id && event.exitCode === 3);
    const status = await runtime.containerStatus(id);
    assert.deepEqual([status.state, status.exitCode, status.reason], ['Exited', 3, 'Error']);
    await runtime.stopPodSandbox(sandboxId);
    await events.until(event => event.type === 'exited' && event.id === sandboxId);
    assert.equal((await runtime.podSandboxStatus(sandboxId)).state, 'NotReady');
    await runtime.removePodSandbox(sandboxId);
    await runtime.removePodSandbox(sandboxId);
    await events.until(event => event.type === 'deleted' && event.id === sandboxId);
    await assert.rejects(runtime.podSandboxStatus(sandboxId), { code: 'NotFound' });
    events.close();
  });

  test('an image is pulled through the relay, and a registry that asks for a password gets one', async t => {
    const [runtime] = runtimes as [Runtime];
    const auth = { username: 'me', password: 'secret' };
    const unpacked = join(folder, 'registry');
    const registry = await serveRegistry({
      address: registryAddress,
      archive: join(folder, 'images.tar'),
      folder: unpacked,
      ...auth,
    });
    t.after(async () => {
      registry.close();
      await rm(unpacked, { recursive: true });
    });
    const name = `registry.example:${registry.port}/hello:1`;
    addRegistry(first.dataDir, `registry.example:${registry.port}`, `http://registry.example:${registry.port}`);

    await assert.rejects(runtime.pullImage({ image: name }), /401 Unauthorized|no basic auth credentials/);
    assert.match(await runtime.pullImage({ image: name }, auth), /^sha256:/);
    const image = await runtime.imageStatus({ image: name });
    assert.deepEqual(
      image?.repoTags.filter(tag => tag.startsWith('registry')),
      [name],
    );
    await assert.rejects(runtime.pullImage({ image: `registry.example:${registry.port}/other:1` }, auth), {
      code: 'NotFound',
    });
    await assert.rejects(
      runtime.pullImage({ image: 'metadata.example/x:1' }),
      /metadata.example is 169.254.169.254, which pulls may not reach/,
    );
    await runtime.removeImage({ image: name });
    assert.equal(await runtime.imageStatus({ image: name }), undefined);
  });

  test('Pods reach the outside as the host, and what nobody has stays inside', async t => {
    const [, runtime] = runtimes as [Runtime, Runtime];
    const server = await outside.listen(outsideAddress, 0);
    t.after(() => server.close());
    server.on('connection', socket => socket.end(`you are ${socket.remoteAddress}\n`));
    const { port } = server.address() as { port: number };
    const { id } = await startPod(runtime, podConfig(second, 'wanderer'), { command: ['sleep', '600'] });
    assert.equal(
      (await shell(runtime, id, `nc -w 5 ${outsideAddress} ${port} </dev/null`)).text,
      `you are ${hostAddress}`,
    );
    for (const nobody of ['10.244.1.250', '10.244.9.9', '10.96.0.1']) {
      const { text, exitCode } = await shell(runtime, id, `nc -w 5 ${nobody} 80 </dev/null`);
      assert.equal(exitCode, 1, text);
      assert.match(text, /No route to host|unreachable/, nobody);
    }
  });

  test('containerd may be killed under running containers, and a stop and a start keep images', async () => {
    const [, runtime] = runtimes as [Runtime, Runtime];
    const events = watchEvents(runtime);
    await events.until(({ type }) => type === 'relist');
    const { id, sandboxId } = await startPod(runtime, podConfig(second, 'survivor'), { command: ['sleep', '600'] });
    const record = readRecord(containerdPaths(second.dataDir).record);
    process.kill(record?.pid ?? 0, 'SIGKILL');
    (await startMachine(second)).close();
    await events.until(({ type }) => type === 'relist', 2);
    assert.equal((await runtime.containerStatus(id)).state, 'Running');
    assert.equal((await shell(runtime, id, 'echo still here')).text, 'still here');
    events.close();

    await stopMachine(second);
    (await startMachine(second)).close();
    assert.equal((await runtime.containerStatus(id)).state, 'Exited');
    assert.ok(await runtime.imageStatus({ image: 'docker.io/library/busybox:1.36' }));
    await runtime.removePodSandbox(sandboxId);
  });

  test('after a crash of the machine a node starts again, and gets rid of what was', async () => {
    const [, runtime] = runtimes as [Runtime, Runtime];
    const { sandboxId } = await startPod(runtime, podConfig(second, 'lost'), { command: ['sleep', '600'] });
    // Everything at once, as a loss of power: processes, namespaces, mounts.
    const { log, record, socket } = containerdPaths(second.dataDir);
    assert.ok(existsSync(log));
    const shims = commandLines().filter(({ text }) => text.includes('containerd-shim') && text.includes(socket));
    for (const { pid } of [...shims, { pid: readRecord(record)?.pid ?? 0 }]) process.kill(pid, 'SIGKILL');
    for (const pid of cgroupProcesses(nodeCgroup(cluster, second.node))) process.kill(pid, 'SIGKILL');
    await unmountBelow(second.dataDir);
    await run(['ip', 'netns', 'delete', nodeNetns(cluster, second.node)]);

    (await startMachine(second)).close();
    assert.equal((await runtime.podSandboxStatus(sandboxId)).state, 'NotReady');
    for (const { id } of await runtime.listPodSandboxes()) {
      await runtime.stopPodSandbox(id);
      await runtime.removePodSandbox(id);
    }
    await startPod(runtime, podConfig(second, 'again'), { command: ['sleep', '600'] });
  });

  test('a purge leaves nothing, also when containerd is dead', async () => {
    const record = readRecord(containerdPaths(first.dataDir).record);
    process.kill(record?.pid ?? 0, 'SIGKILL');
    const sockets = machines.flatMap(({ dataDir }) => shimSockets(dataDir));
    assert.ok(sockets.length > 0);
    for (const runtime of runtimes) runtime.close();
    for (const machine of machines) await purgeMachine(machine);
    // With it goes the way out, but not what the host knows of it.
    await run(['ip', 'netns', 'delete', clusterNetns(cluster)]);
    await removeClusterNetwork(cluster, network.hostNetns);
    assert.deepEqual(purgeClusterCgroup(cluster), []);

    assert.doesNotMatch(readFileSync('/proc/self/mounts', 'utf8'), new RegExp(folder));
    assert.deepEqual(
      readdirSync('/run/netns').filter(name => name.startsWith(clusterNetns(cluster))),
      [],
    );
    assert.deepEqual(readdirSync(folder), ['images.tar']);
    assert.equal(
      commandLines()
        .filter(({ text }) => text.includes(folder))
        .join('\n'),
      '',
    );
    const links = await run(['ip', '-netns', hostNetns, '-json', 'link']);
    assert.deepEqual((JSON.parse(links) as { ifname: string }[]).map(({ ifname }) => ifname).sort(), ['eth0', 'lo']);
    const tables = await run(['nsenter', `--net=${netnsPath(hostNetns)}`, '--', 'nft', 'list', 'tables']);
    assert.ok(!tables.includes(egressTable(cluster)), tables);
    assert.deepEqual(sockets.filter(existsSync), []);
    const results = existsSync('/var/lib/cni/results') ? readdirSync('/var/lib/cni/results') : [];
    const ours = (name: string) =>
      name.includes(cluster) || textOf(join('/var/lib/cni/results', name)).includes(`"${folder}/`);
    assert.deepEqual(results.filter(ours), []);
  });
}

/** Shims listen outside of the node's folder. */
function shimSockets(dataDir: string): string[] {
  const tasks = join(containerdPaths(dataDir).folder, 'state/io.containerd.runtime.v2.task/k8s.io');
  return readdirSync(tasks).map(id => readFileSync(join(tasks, id, 'address'), 'utf8').slice('unix://'.length));
}

function commandLines(): { pid: number; text: string }[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => ({ pid: Number(pid), text: textOf(`/proc/${pid}/cmdline`) }));
}

/** '' for what others have removed meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
