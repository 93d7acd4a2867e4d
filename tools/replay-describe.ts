/**
 * Holds what kubectl says of Pods, of a node and of its Lease on a cluster of ours against what it said on upstream's
 * (`node-describe.txt`): line by line, without the widths of columns.
 *
 * unshare --net -- node tools/replay-describe.ts FILE.txt
 *
 * It needs root; nothing of it may reach the network of the machine. Lines that an older kubectl words otherwise show as differences.
 */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { namespaces } from '#api/core/namespace.ts';
import { pods } from '#api/core/pod.ts';
import { writeImageArchive } from '#cmd/node/image-archive.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { inOwnNetwork, loopbackUp } from '#testing/own-network.ts';
import { kubectlProgram, TestCluster } from '../test/e2e/test-cluster.ts';
import { recordedImages } from '../test/images/build.ts';
import { allWanted } from './node-cases/values.ts';

const waitMsMax = 60_000;
const lookMs = 100;

interface Scene {
  container?: AnyJson;
  spec?: AnyJson;
  metadata?: AnyJson;
  /** When it is looked at. */
  is: Record<string, AnyJson>;
  /** And that much later. */
  laterMs?: number;
  ephemeral?: AnyJson;
}

const shell = (script: string) => ({ command: ['sh', '-c', script] });
const ready = { 'status.conditions[Ready].status': 'True' };
const waiting = (reason: string) => ({ 'status.containerStatuses[c].state.waiting.reason': reason });

const scenes: Readonly<Record<string, Scene>> = {
  'a Pod that runs': {
    container: {
      ...shell('echo hello; sleep 3600'),
      ports: [{ name: 'web', containerPort: 80 }],
      resources: { limits: { memory: '32Mi' }, requests: { cpu: '10m', memory: '16Mi' } },
      livenessProbe: { exec: { command: ['true'] }, periodSeconds: 2 },
    },
    is: ready,
  },
  'ended well': {
    spec: { restartPolicy: 'Never' },
    container: shell('echo -n bye > /dev/termination-log'),
    is: { 'status.phase': 'Succeeded' },
  },
  'ended badly': { spec: { restartPolicy: 'Never' }, container: shell('exit 3'), is: { 'status.phase': 'Failed' } },
  CrashLoopBackOff: {
    container: shell('exit 1'),
    is: { 'status.containerStatuses[c].restartCount': { gte: 2 } },
    laterMs: 3000,
  },
  'image cannot be pulled': {
    container: { image: '127.0.0.1:1/absent:1', ...shell('true') },
    is: waiting('ErrImagePull'),
    laterMs: 2000,
  },
  'ConfigMap missing': {
    container: { ...shell('true'), envFrom: [{ configMapRef: { name: 'nope' } }] },
    is: waiting('CreateContainerConfigError'),
    laterMs: 2000,
  },
  'volume missing': {
    spec: { volumes: [{ name: 'v', secret: { secretName: 'nope' } }] },
    container: { ...shell('true'), volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    is: waiting('ContainerCreating'),
    laterMs: 3000,
  },
  'init container waits': {
    spec: { initContainers: [{ name: 'i', image: 'busybox:1.36', ...shell('sleep 3600') }] },
    container: shell('true'),
    is: { 'status.initContainerStatuses[i].state.running': { exists: true } },
  },
  'sidecar and probes': {
    spec: {
      initContainers: [
        {
          name: 's',
          image: 'busybox:1.36',
          restartPolicy: 'Always',
          ...shell('sleep 3600'),
          startupProbe: { tcpSocket: { port: 81 }, failureThreshold: 100 },
        },
      ],
    },
    container: {
      ...shell('sleep 3600'),
      livenessProbe: { httpGet: { path: '/x', port: 80 }, initialDelaySeconds: 90 },
      readinessProbe: { exec: { command: ['false'] } },
    },
    is: { 'status.initContainerStatuses[s].state.running': { exists: true } },
    laterMs: 12_000,
  },
  'refused by the node': {
    spec: { nodeName: 'node-1' },
    container: { ...shell('true'), resources: { requests: { cpu: '500' } } },
    is: { 'status.phase': 'Failed' },
  },
  Unschedulable: {
    container: { ...shell('true'), resources: { requests: { cpu: '500' } } },
    is: { 'status.conditions[PodScheduled].status': 'False' },
  },
  'much in it': {
    metadata: { labels: { a: 'b', c: 'd' }, annotations: { 'x/y': 'z' } },
    spec: {
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }],
      volumes: [
        { name: 'v', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        { name: 'h', hostPath: { path: '/tmp' } },
      ],
    },
    container: {
      ...shell('sleep 3600'),
      ports: [{ containerPort: 80, protocol: 'UDP' }],
      resources: { limits: { cpu: '10m', memory: '16Mi' } },
      env: [
        { name: 'A', value: 'b' },
        { name: 'P', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'K', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k', optional: true } } },
      ],
      volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }],
    },
    is: ready,
  },
  'ephemeral container': {
    container: shell('sleep 3600'),
    is: ready,
    ephemeral: { name: 'dbg', image: 'busybox:1.36', command: ['sleep', '3600'] },
  },
};

/** Without what differs from run to run, and without the widths of columns. */
function plain(text: string, namespace: string): string[] {
  return (
    text
      .replaceAll(namespace, '{{ns}}')
      .replaceAll('node-1', 'node-a')
      .replaceAll('10.250.0.10', '<hostip>')
      .replace(/\b10\.244\.\d+\.\d+\b/g, '<podip>')
      .replace(/containerd:\/\/[0-9a-f]{64}/g, '<cid>')
      .replace(/(Image ID: +)\S+/g, '$1<imageid>')
      .replace(/[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]+ [+-]\d{4}/g, '<date>')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
      // What only a newer kubectl says.
      .replace(/(\bkubelet +)spec\.\w+\{\w+\}: /g, '$1')
      .replace(/(Port: +\d+\/\w+) \(\w+\)/g, '$1')
      .replace(/^ *Kube-Proxy Version:.*\n/m, '')
      // The disk of the machine where it was recorded was not counted.
      .replace(/^ *ephemeral-storage: .*\n/gm, '')
      .replace(/\(x\d+ over [^)]*\)/g, '(x<n> over <age>)')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uid>')
      .replace(/<uid-\d>/g, '<uid>')
      .replace(/((?:Machine ID|System UUID|Boot ID|Kernel Version|Resource Version): +)\S+/g, '$1<value>')
      .replace(/^ *(?:<ns>|d-\d+-\d+) .*\n/gm, '')
      .replace(/\((\d+s|<age>) ago\)/g, '(<age> ago)')
      .split('\n')
      .map(line => line.trim().replace(/ +/g, ' '))
      .map(line => line.replace(/^((?:Normal|Warning) \S+) (?:\d+[ms]\d*s?|<age>|<unknown>)(?= )/, '$1 <age>'))
      .map(line => line.replace(/^(p \d\/\d .* )(?:\d+[ms]\d*s?|<age>)(?= (?:<|\d))/, '$1<age>'))
      .map(line => line.replace(/ \(x<n> over <age>\)/, ''))
      .filter(line => line !== '' && !/^-/.test(line))
  );
}

/** The sections of the record by their titles. */
function sectionsOf(text: string): Map<string, string> {
  const parts = text.split(/^##### /m).slice(1);
  return new Map(parts.map(part => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]));
}

async function until(cluster: TestCluster, namespace: string, { is, laterMs = 500 }: Scene): Promise<void> {
  for (const giveUp = performance.now() + waitMsMax; performance.now() < giveUp; await pause(lookMs)) {
    if (allWanted(await cluster.client.get(pods, { namespace, name: 'p' }), is)) break;
  }
  await pause(laterMs);
}

async function play(cluster: TestCluster, title: string, scene: Scene): Promise<string> {
  const namespace = `d-${process.pid}-${Object.keys(scenes).indexOf(title)}`;
  await cluster.client.create(namespaces, { metadata: { name: namespace } });
  await pause(500);
  const { container, spec, metadata, ephemeral } = scene;
  const pod = {
    metadata: { name: 'p', ...metadata },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'c', image: 'busybox:1.36', ...container }],
      ...spec,
    },
  };
  await cluster.client.create(pods, pod as AnyJson, { namespace });
  await until(cluster, namespace, scene);
  if (ephemeral !== undefined) {
    const patch = { spec: { ephemeralContainers: [ephemeral] } };
    const ref = { namespace, name: 'p' };
    await cluster.client.patchStrategic(pods, ref, patch as AnyJson, { subresource: 'ephemeralcontainers' });
    await until(cluster, namespace, {
      is: { 'status.ephemeralContainerStatuses[dbg].state.running': { exists: true } },
    });
  }
  return namespace;
}

const noNamespace = 'no namespace of ours';

let sameCount = 0;
let otherCount = 0;

function compare(title: string, wanted: string | undefined, got: string, namespace: string): void {
  if (wanted === undefined) return;
  const [one, other] = [plain(wanted, '{{ns}}'), plain(got, namespace)];
  const missing = one.filter(line => !other.includes(line));
  const extra = other.filter(line => !one.includes(line));
  if (missing.length + extra.length === 0) {
    sameCount++;
    return;
  }
  otherCount++;
  const lines = [...missing.map(line => `  - ${line}`), ...extra.map(line => `  + ${line}`)];
  process.stdout.write(`DIFFERENT ${title}\n${lines.join('\n')}\n`);
}

async function replay(file: string): Promise<void> {
  await loopbackUp();
  const cluster = new TestCluster('describe');
  try {
    await cluster.up('--nodes', '1');
    const archive = join(cluster.folder, 'images.tar');
    writeImageArchive(archive, recordedImages());
    await cluster.proa('image', 'load', archive);
    rmSync(archive);
    const sections = sectionsOf(readFileSync(file, 'utf8'));
    const kubectl = (...words: string[]) =>
      cluster.kubectl(kubectlProgram, '--kubeconfig', cluster.adminKubeconfig, ...words);
    await Promise.all(
      Object.entries(scenes).map(async ([title, scene]) => {
        const namespace = await play(cluster, title, scene);
        const words = ['pod', 'p', '-n', namespace];
        const described = `kubectl describe pod: ${title}`;
        compare(described, sections.get(described), await kubectl('describe', ...words), namespace);
        const shown = `kubectl get pod -o wide: ${title}`;
        compare(shown, sections.get(shown), await kubectl('get', ...words, '-o', 'wide'), namespace);
      }),
    );
    const ofNode = 'kubectl describe node node-a';
    compare(ofNode, sections.get(ofNode), await kubectl('describe', 'node', 'node-1'), noNamespace);
    const ofLease = 'kubectl describe lease -n kube-node-lease node-a';
    compare(
      ofLease,
      sections.get(ofLease),
      await kubectl('describe', 'lease', '-n', 'kube-node-lease', 'node-1'),
      noNamespace,
    );
  } finally {
    await cluster.remove();
  }
  process.stdout.write(`${sameCount} the same, ${otherCount} different\n`);
}

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Say what to compare with: node tools/replay-describe.ts node-describe.txt');
if (inOwnNetwork()) await replay(file);
else process.stdout.write('Run it as: unshare --net -- node tools/replay-describe.ts FILE.txt\n');
