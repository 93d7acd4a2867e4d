/** A kubelet on a real node: containerd, cgroups, volumes, logs, in a network of the test's own. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { configMaps } from '#api/core/config-map.ts';
import { namespaces } from '#api/core/namespace.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { secrets } from '#api/core/secret.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import type { Client } from '#client/client.ts';
import { Informer } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';
import { imageMounts } from '#cmd/node/image-mounts.ts';
import type { Runtime } from '#kubelet/cri/runtime.ts';
import type { Kubelet } from '#kubelet/kubelet.ts';
import { startKubelet } from '#kubelet/kubelet.ts';
import { readLog } from '#kubelet/logs.ts';
import { thisMachine as kubeletMachine } from '#kubelet/machine.ts';
import { NodeCgroups } from '#kubelet/node-cgroups.ts';
import { allocatableOf } from '#kubelet/node-status.ts';
import { podSourceOfNode } from '#kubelet/pod-source.ts';
import { kubeletHandler } from '#kubelet/server/handler.ts';
import { NodeFiles } from '#kubelet/volumes/node-files.ts';
import { systemClock } from '#lib/clock.ts';
import { type Doorway, openDoorway } from '#lib/doorway/doorway.ts';
import { HttpClient } from '#lib/http/client.ts';
import { HttpServer } from '#lib/http/server.ts';
import { run } from '#lib/process.ts';
import { systemRandom } from '#lib/random.ts';
import { openCommandOverWebSocket } from '#lib/remotecommand/open.ts';
import { exitCodeOf } from '#lib/remotecommand/status.ts';
import { testCa } from '#testing/certificates.ts';
import { type InMemoryServer, inMemoryServer } from '#testing/in-memory-server.ts';
import { inOwnNetwork, loopbackUp, runInOwnNetwork } from '#testing/own-network.ts';
import { busyboxImage, helloImage } from '../../../test/images/build.ts';
import { nodeCgroup } from './cgroups.ts';
import { containerdPaths, importImages } from './containerd-process.ts';
import { writeImageArchive } from './image-archive.ts';
import { type NodeMachine, purgeClusterCgroup, purgeMachine, startMachine } from './machine.ts';
import { createClusterNetwork, removeClusterNetwork } from './network.ts';
import { netnsPath, nodeAddress, nodeNetns } from './network-names.ts';
import { checkPrerequisites, thisMachine } from './prerequisites.ts';

const missing = checkPrerequisites(thisMachine()).filter(({ ok }) => !ok);
if (!existsSync('/bin/busybox')) missing.push({ name: 'busybox-static', ok: false, detail: 'for the test images' });
const skip = missing.length > 0 && missing.map(({ name, detail }) => `${name}: ${detail}`).join('; ');

const cluster = `kubelet-${process.pid}`;
const folder = inOwnNetwork() ? mkdtempSync(join(tmpdir(), 'proa-kubelet-')) : '';
const machine: NodeMachine = {
  cluster,
  node: 'node-a',
  dataDir: join(folder, 'node-a'),
  address: nodeAddress(0),
  podCidr: '10.244.0.0/24',
  clock: systemClock,
};

if (inOwnNetwork()) describe('a kubelet with containerd', { timeout: 120_000 }, realKubelet);
else test('a kubelet with containerd, in a network of its own', { skip }, () => runInOwnNetwork(import.meta.filename));

function realKubelet(): void {
  let runtime: Runtime;
  let server: InMemoryServer;
  let client: Client;
  let kubelet: Kubelet;
  let doorway: Doorway;
  let watch: Informer<Pod>;
  let source: ReturnType<typeof podSourceOfNode>;

  before(async () => {
    await loopbackUp();
    await createClusterNetwork({ cluster, podRange: '10.244.0.0/16', serviceRange: '10.96.0.0/16', egress: false });
    runtime = await startMachine(machine);
    const archive = join(folder, 'images.tar');
    writeImageArchive(archive, [busyboxImage(), helloImage('1', 'hello')]);
    const { socket } = containerdPaths(machine.dataDir);
    await importImages({ socketPath: socket, archivePath: archive, runtime, clock: systemClock });
    server = await inMemoryServer(systemClock);
    client = server.client();
    for (const name of ['default', 'kube-node-lease']) {
      await client.create(namespaces, { metadata: { name } }).catch(() => undefined);
    }
    await client.create(serviceAccounts, { metadata: { namespace: 'default', name: 'default' } });
    doorway = openDoorway({ netns: netnsPath(nodeNetns(cluster, machine.node)) });
    source = podSourceOfNode('node-a', { client, clock: systemClock, random: systemRandom });
    kubelet = start();
    watch = new Informer(pods, {}, { client, clock: systemClock, random: systemRandom }).start();
    // The kubelet looks for what this one does at times only: the last test sees what came of it. One that starts anew just
    // then has forgotten, and the Pod goes on until it is seen again.
    const volumes = [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }];
    const volumeMounts = [{ name: 'v', mountPath: '/v' }];
    await create(
      'full',
      'head -c 3000000 /dev/zero > /v/file; sleep 600',
      { volumes, restartPolicy: 'Always' },
      { volumeMounts },
    );
  });

  function start(): Kubelet {
    const podLogsDir = join(machine.dataDir, 'pod-logs');
    const facts = kubeletMachine(machine.dataDir);
    return startKubelet({
      nodeName: 'node-a',
      client,
      runtime,
      clock: systemClock,
      random: systemRandom,
      log: { debug() {}, info() {}, warn: (text, fields) => console.error(text, fields), error: console.error },
      machine: facts,
      nodeIps: [machine.address],
      pods: source,
      services: async () => [],
      clusterDns: ['10.96.0.10'],
      clusterDomain: 'cluster.local',
      nodeDns: {},
      connect: (host, port, options) => doorway.connect(host, port, options),
      podLogsDir,
      cgroups: new NodeCgroups(nodeCgroup(cluster, machine.node), facts),
      files: objects =>
        new NodeFiles({
          client,
          clock: systemClock,
          source: objects,
          dataDir: join(machine.dataDir, 'kubelet'),
          podLogsDir,
          clusterDomain: 'cluster.local',
          hostIps: () => [machine.address],
          allocatable: allocatableOf(facts),
          images: imageMounts(containerdPaths(machine.dataDir).socket),
        }),
    });
  }

  after(async () => {
    for (const pod of await all()) {
      await client.delete(pods, { namespace: 'default', name: pod }, { gracePeriodSeconds: 1 }).catch(() => undefined);
    }
    await until(() => watch.size === 0);
    kubelet?.stop();
    source?.stop();
    watch?.stop();
    doorway?.close();
    await server?.close();
    runtime?.close();
    await purgeMachine(machine);
    await removeClusterNetwork(cluster);
    purgeClusterCgroup(cluster);
    await rm(folder, { recursive: true, force: true });
  });

  const all = async () => [...watch.values()].map(({ metadata }) => metadata.name);

  /** Resolves once it holds, looking at every change of a Pod. */
  function until(holds: () => boolean): Promise<void> {
    return new Promise(resolve => {
      let off: () => void = () => undefined;
      const look = () => {
        if (!holds()) return;
        queueMicrotask(() => off());
        resolve();
      };
      off = watch.on({ add: look, update: look, delete: look });
      look();
    });
  }

  const podIs = async (name: string, is: (pod: Stored<Pod>) => boolean) => {
    await until(() => {
      const pod = watch.get('default', name);
      return pod !== undefined && is(pod);
    });
    return watch.get('default', name) as Stored<Pod>;
  };

  async function create(name: string, script: string, spec: object = {}, ofContainer: object = {}): Promise<void> {
    const container = { name: 'c', image: 'busybox:1.36', command: ['sh', '-c', script], ...ofContainer };
    await client.create(
      pods,
      {
        metadata: { name },
        spec: {
          nodeName: 'node-a',
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 1,
          containers: [container],
          ...spec,
        },
      } as Pod,
      { namespace: 'default' },
    );
  }

  const isOver = ({ status }: Stored<Pod>) => status.phase === 'Succeeded' || status.phase === 'Failed';

  async function logOf(name: string): Promise<string> {
    const worker = kubelet.find('default', name);
    const path = worker?.observed.containers[0]?.logPath ?? '';
    let text = '';
    for await (const chunk of readLog(path, {}, undefined)) text += chunk.toString();
    return text;
  }

  test('a Pod runs to its end and says what it has seen', async () => {
    await create(
      'first',
      'echo out; hostname; id -u; cat /etc/hosts | tail -1; echo -n bye > /dev/termination-log; exit 3',
    );
    const { status } = await podIs('first', isOver);
    const terminated = status.containerStatuses?.[0]?.state?.terminated;
    assert.deepEqual([terminated?.exitCode, terminated?.reason, terminated?.message], [3, 'Error', 'bye']);
    assert.equal(await logOf('first'), `out\nfirst\n0\n${status.podIP}\tfirst\n`);
    assert.equal(status.containerStatuses?.[0]?.image, 'docker.io/library/busybox:1.36');
  });

  test('ConfigMaps, Secrets and the Pod itself come as files and as variables', async () => {
    await client.create(configMaps, { metadata: { name: 'cm' }, data: { a: 'one' } }, { namespace: 'default' });
    const data = { pass: Buffer.from('word').toString('base64') };
    await client.create(secrets, { metadata: { name: 's' }, data }, { namespace: 'default' });
    const script =
      'cat /cm/a; echo; cat /s/pass; echo; cat /d/labels; echo; echo $FROM $POD; ls -ld /s /cm | cut -c1-10; touch /cm/x; cat /sub';
    const volumes = [
      { name: 'cm', configMap: { name: 'cm' } },
      { name: 's', secret: { secretName: 's' } },
      { name: 'd', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ];
    const env = [
      { name: 'FROM', valueFrom: { configMapKeyRef: { name: 'cm', key: 'a' } } },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ];
    const volumeMounts = [
      { name: 'cm', mountPath: '/cm' },
      { name: 's', mountPath: '/s' },
      { name: 'd', mountPath: '/d' },
      { name: 'cm', mountPath: '/sub', subPath: 'a' },
    ];
    await create('files', `exec 2>&1; ${script}`, { volumes }, { env, volumeMounts });
    await podIs('files', isOver);
    assert.equal(
      await logOf('files'),
      'one\nword\ndefault\none files\ndrwxrwxrwx\ndrwxrwxrwt\ntouch: /cm/x: Read-only file system\none',
    );
  });

  test('a ConfigMap that changes is seen by a running container', async () => {
    await client.create(configMaps, { metadata: { name: 'live' }, data: { a: 'old' } }, { namespace: 'default' });
    const volumes = [{ name: 'v', configMap: { name: 'live' } }];
    const volumeMounts = [{ name: 'v', mountPath: '/v' }];
    await create('live', 'while grep -q old /v/a; do sleep 0.1; done; cat /v/a', { volumes }, { volumeMounts });
    await podIs('live', ({ status }) => status.phase === 'Running');
    await client.patchMerge(configMaps, { namespace: 'default', name: 'live' }, { data: { a: 'new' } });
    await podIs('live', isOver);
    assert.equal(await logOf('live'), 'new');
  });

  test('the files of an image are a volume, and go with the Pod', async () => {
    const volumes = [
      { name: 'there', image: { reference: 'docker.io/library/hello:1', pullPolicy: 'IfNotPresent' } },
      { name: 'nowhere', image: { reference: 'docker.io/library/nowhere:1', pullPolicy: 'Never' } },
    ];
    const volumeMounts = [
      { name: 'there', mountPath: '/all' },
      { name: 'there', mountPath: '/page', subPath: 'www/index.html' },
    ];
    const script = 'test "$(cat /all/www/index.html)" = hello && test "$(cat /page)" = hello && ! touch /all/x';
    const readinessProbe = { exec: { command: ['sh', '-c', script] }, periodSeconds: 1 };
    await create('image-volume', 'sleep 600', { volumes }, { volumeMounts, readinessProbe });
    await podIs('image-volume', ({ status: { conditions } }) => {
      return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
    });
    await client.delete(pods, { namespace: 'default', name: 'image-volume' });
    await until(() => watch.get('default', 'image-volume') === undefined);
    const ctr = ['ctr', '--address', containerdPaths(machine.dataDir).socket, '--namespace', 'k8s.io'];
    const left = await run([...ctr, 'snapshots', 'list']);
    assert.doesNotMatch(left, /kubernetes\.io~image/);
    assert.doesNotMatch(readFileSync('/proc/self/mounts', 'utf8'), /kubernetes\.io~image/);

    await create('no-image-volume', 'true', { volumes }, { volumeMounts: [{ name: 'nowhere', mountPath: '/all' }] });
    const { status } = await podIs('no-image-volume', pod => {
      return pod.status.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImageNeverPull';
    });
    assert.equal(status.phase, 'Pending');
    await client.delete(pods, { namespace: 'default', name: 'no-image-volume' });
  });

  test('a sub-path that a container turned into a link out of its volume is refused', async () => {
    const volumes = [{ name: 'v', emptyDir: {} }];
    const init = {
      name: 'i',
      image: 'busybox:1.36',
      command: ['ln', '-s', '/etc', '/v/out'],
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
    };
    const volumeMounts = [{ name: 'v', mountPath: '/v', subPath: 'out' }];
    await create('link', 'true', { volumes, initContainers: [init] }, { volumeMounts });
    const { status } = await podIs('link', pod => {
      return pod.status.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError';
    });
    const message = status.containerStatuses?.[0]?.state?.waiting?.message;
    assert.equal(message, 'failed to prepare subPath for volumeMount "v" of container "c"');
  });

  test('a mount that cannot be as read-only as the Pod insists on is refused', async () => {
    const volumes = [{ name: 'v', emptyDir: {} }];
    const volumeMounts = [{ name: 'v', mountPath: '/v', readOnly: true, recursiveReadOnly: 'Enabled' }];
    await create('all-the-way', 'sleep 600', { volumes }, { volumeMounts });
    const { status } = await podIs('all-the-way', pod => {
      return pod.status.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError';
    });
    assert.match(
      status.containerStatuses?.[0]?.state?.waiting?.message ?? '',
      /^failed to resolve recursive read-only/,
    );
    await client.delete(pods, { namespace: 'default', name: 'all-the-way' });
  });

  test('cgroups, users and capabilities are as asked', async () => {
    const resources = { requests: { cpu: '100m', memory: '32Mi' }, limits: { cpu: '200m', memory: '64Mi' } };
    const securityContext = {
      runAsUser: 1000,
      runAsGroup: 2000,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    };
    const script =
      'id; grep -E "^(CapBnd|NoNewPrivs)" /proc/self/status; cut -d: -f3 /proc/self/cgroup | sort -u | sed "s,/pod[0-9a-f-]*/.*,/pod,"';
    await create('secure', script, {}, { resources, securityContext });
    await podIs('secure', isOver);
    assert.equal(
      await logOf('secure'),
      `uid=1000 gid=2000 groups=2000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\n${nodeCgroup(cluster, 'node-a')}/kubepods/burstable/pod\n`,
    );
  });

  test('a running container is given more, and then less', async () => {
    const of = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });
    await create('resized', 'sleep 600', {}, { resources: of('100m', '32Mi') });
    await podIs('resized', ({ status }) => status.phase === 'Running');
    for (const [cpu, memory, shares] of [
      ['200m', '64Mi', 204],
      ['50m', '16Mi', 51],
    ] as const) {
      const patch = { spec: { containers: [{ name: 'c', resources: of(cpu, memory) }] } };
      await client.patchStrategic(pods, { namespace: 'default', name: 'resized' }, patch, { subresource: 'resize' });
      const { status, metadata } = await podIs('resized', ({ status: { conditions, containerStatuses } }) => {
        const isSettled = !conditions?.some(({ type }) => type === 'PodResizeInProgress');
        return isSettled && containerStatuses?.[0]?.resources?.limits?.['cpu'] === cpu;
      });
      assert.equal(status.containerStatuses?.[0]?.restartCount, 0);
      const file = join(
        '/sys/fs/cgroup/cpu',
        nodeCgroup(cluster, 'node-a'),
        'kubepods',
        `pod${metadata.uid}`,
        'cpu.shares',
      );
      if (existsSync('/sys/fs/cgroup/cpu')) assert.equal(readFileSync(file, 'utf8'), `${shares}\n`);
    }
    const all = await new NodeCgroups(nodeCgroup(cluster, machine.node), kubeletMachine(machine.dataDir)).known();
    assert.ok(all.includes(watch.get('default', 'resized')?.metadata.uid ?? ''), all.join(' '));
    await client.delete(pods, { namespace: 'default', name: 'resized' });
  });

  test('probes reach a Pod, and a Pod that is deleted goes', async () => {
    const readinessProbe = { httpGet: { port: 3000, path: '/' }, periodSeconds: 1 };
    const livenessProbe = { exec: { command: ['true'] }, periodSeconds: 1 };
    const container = { image: 'hello:1', command: undefined, readinessProbe, livenessProbe };
    await create('web', '', { restartPolicy: 'Always' }, container);
    const { status } = await podIs('web', pod => {
      return pod.status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
    });
    assert.match(status.podIP ?? '', /^10\.244\.0\./);
    await client.delete(pods, { namespace: 'default', name: 'web' });
    await until(() => watch.get('default', 'web') === undefined);
  });

  test('a kubelet that starts anew leaves running containers alone', async () => {
    await create('stay', 'sleep 600', { restartPolicy: 'Always' });
    const before = await podIs('stay', ({ status }) => status.phase === 'Running');
    kubelet.stop();
    source.stop();
    source = podSourceOfNode('node-a', { client, clock: systemClock, random: systemRandom });
    kubelet = start();
    await client.patchMerge(pods, { namespace: 'default', name: 'stay' }, { metadata: { labels: { seen: 'yes' } } });
    await create('after', 'true');
    await podIs('after', isOver);
    const now = await client.get(pods, { namespace: 'default', name: 'stay' });
    assert.deepEqual(now.status.containerStatuses, before.status.containerStatuses);
  });

  test('the server of the kubelet gives logs and runs commands, for those who may', async () => {
    const script = 'for i in 1 2 3; do echo line $i; done; while ! test -e /tmp/go; do sleep 0.1; done; echo end';
    await create('served', script);
    await podIs('served', ({ status }) => status.phase === 'Running');
    const ca = testCa('test-ca', Date.now());
    const serving = ca.issue({ commonName: 'node-a' }, { server: true });
    const dial = (host: string, port: number) => doorway.connect(host, port);
    const http = new HttpServer({
      handler: kubeletHandler({ kubelet, clock: systemClock, dial }),
      clock: systemClock,
      tls: { certificate: serving.certificate, key: serving.key, clientCas: [ca.certificate] },
    });
    const { port } = await http.listen({ host: '127.0.0.1', port: 0 });
    const clientOf = (organization?: string) => {
      const tls = organization === undefined ? {} : ca.issue({ commonName: 'api', organization });
      const url = `https://127.0.0.1:${port}`;
      return new HttpClient({ url, clock: systemClock, tls: () => ({ ca: ca.certificate, ...tls }) });
    };
    const master = clientOf('system:masters');
    const stranger = clientOf();
    const get = async (of: HttpClient, target: string) => {
      const reply = await of.request({ method: 'GET', target });
      return `${reply.status} ${Buffer.from(await reply.body.whole(1 << 20))}`;
    };
    try {
      assert.equal(await get(master, '/healthz'), '200 ok');
      assert.equal(await get(stranger, '/healthz'), '401 Unauthorized');
      assert.equal(await get(master, '/containerLogs/default/served/c?tailLines=2'), '200 line 2\nline 3\n');
      assert.equal(
        await get(master, '/containerLogs/default/served/c?previous=true'),
        '400 previous terminated container "c" in pod "served" not found',
      );
      const followed = get(master, '/containerLogs/default/served/c?follow=true');
      const target = '/exec/default/served/c?command=sh&command=-c&command=echo+hi%3B+touch+/tmp/go%3B+exit+7&output=1';
      const streams = { stdin: false, stdout: true, stderr: false, tty: false };
      const command = await openCommandOverWebSocket(master, { target }, streams);
      assert.ok(!('refused' in command), JSON.stringify(command));
      let output = '';
      for await (const chunk of command.stdout ?? []) output += chunk;
      assert.deepEqual([output, exitCodeOf(await command.status)], ['hi\n', 7]);
      assert.equal(await followed, '200 line 1\nline 2\nline 3\nend\n');
      const summary = JSON.parse((await get(master, '/stats/summary')).slice(4));
      assert.equal(summary.node.nodeName, 'node-a');
    } finally {
      master.close();
      stranger.close();
      await http.close(0);
    }
  });

  test('a Pod that fills its emptyDir is evicted', async () => {
    const { status } = await podIs('full', isOver);
    const message = 'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ';
    assert.deepEqual([status.phase, status.reason, status.message], ['Failed', 'Evicted', message]);
    await client.delete(pods, { namespace: 'default', name: 'full' });
  });
}
