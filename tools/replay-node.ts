/**
 * Plays recordings of what upstream's kubelet does (`node-*.jsonl`) against a real node of ours, and says what went
 * otherwise: the states that Pods went through, in their order; the Events; outputs, logs and files.
 *
 * node tools/replay-node.ts [--case PATTERN] [--jobs N] [--show N] [--passed FILE] FILE.jsonl…
 *
 * It needs root and what `proa doctor` asks for, and makes a network namespace of its own, with a cluster in it that goes
 * away at the end. Recorded pauses are kept: an hour of them, if one case were played after the other.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { namespaces } from '#api/core/namespace.ts';
import { pods } from '#api/core/pod.ts';
import { parseKubeconfig } from '#client/kubeconfig.ts';
import { writeImageArchive } from '#cmd/node/image-archive.ts';
import { netnsPath, nodeNetns } from '#cmd/node/network-names.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { inOwnNetwork, loopbackUp } from '#testing/own-network.ts';
import { TestCluster } from '../test/e2e/test-cluster.ts';
import { recordedImages } from '../test/images/build.ts';
import { Names, type Place } from './node-cases/names.ts';
import { compareEvents } from './node-cases/said.ts';
import { compareStates, isOver, recordedStates, seenStates } from './node-cases/states.ts';
import { ask, type Stage, Steps } from './node-cases/steps.ts';

const settleMs = 1500;
/** For a Pod that has not yet been through as many states as recorded. */
const settleMsMax = 9000;
const { values: flags, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    case: { type: 'string', default: '.' },
    jobs: { type: 'string', default: '6' },
    show: { type: 'string', default: '4000' },
    passed: { type: 'string' },
  },
});

interface Case {
  file: string;
  recorded: AnyJson;
}

/** What the whole node feels is played alone. */
const isAlone = ({ file, recorded }: Case) =>
  /taint|drain|labels changed|runningpods|\/pods|stats|metrics|^resize|too much/.test(recorded.name) ||
  /node-kubelet/.test(file);

async function prepare(cluster: TestCluster): Promise<{ stage: Stage; place: Place }> {
  await cluster.up('--nodes', '1');
  const archive = join(cluster.folder, 'images.tar');
  writeImageArchive(archive, recordedImages());
  await cluster.proa('image', 'load', archive);
  rmSync(archive);
  const nodeName = 'node-1';
  const nodeFolder = cluster.path('nodes', nodeName);
  const folder = join(cluster.folder, 'node');
  for (const name of ['', 'hp', 'static']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'admin.kubeconfig'), readFileSync(cluster.adminKubeconfig));
  const config = parseKubeconfig(readFileSync(cluster.adminKubeconfig, 'utf8'), {
    readFile: file => readFileSync(file, 'utf8'),
  });
  const [certificate, key] = [join(folder, 'admin.crt'), join(folder, 'admin.key')];
  writeFileSync(certificate, config.certificatePem ?? '');
  writeFileSync(key, config.keyPem ?? '', { mode: 0o600 });
  const place: Place = {
    folder,
    nodeName,
    nodeAddress: '10.250.0.10',
    kubeletFolder: join(nodeFolder, 'kubelet'),
    podLogsFolder: join(nodeFolder, 'pod-logs'),
    netns: netnsPath(nodeNetns(cluster.name, nodeName)),
    containerdSocket: join(nodeFolder, 'containerd', 'containerd.sock'),
    cgroup: `proa-${cluster.name}/${nodeName}`,
  };
  return { place, stage: { http: cluster.connection.http, kubeconfig: cluster.adminKubeconfig, certificate, key } };
}

/** Follows the Pods of a namespace from its beginning. */
function watchPods(cluster: TestCluster, names: Names) {
  const stop = new AbortController();
  const byPod = new Map<string, AnyJson[]>();
  const watching = (async () => {
    for await (const { type, object } of cluster.client.watch(
      pods,
      { namespace: names.namespace, resourceVersion: '0' },
      stop.signal,
    )) {
      if (type === 'BOOKMARK') continue;
      names.see(object);
      const key = object.metadata?.name ?? '';
      byPod.set(key, [...(byPod.get(key) ?? []), { type, object }]);
    }
  })().catch(() => undefined);
  return {
    byPod,
    async stop() {
      stop.abort();
      await watching;
    },
  };
}

async function playCase(
  cluster: TestCluster,
  stage: Stage,
  place: Place,
  { recorded }: Case,
  number: number,
): Promise<string[]> {
  // As long as the recorder's were: messages and files tell.
  const namespace = `c-${String((process.pid % 10_000) * 1000 + number).padStart(7, '0')}`;
  const names = new Names(namespace, place);
  await cluster.client.create(namespaces, { metadata: { name: namespace } });
  const isThere = async (path: string) =>
    (await ask(stage.http, 'GET', `/api/v1/namespaces/${namespace}/${path}`)).status === 200;
  while (!(await isThere('serviceaccounts/default')) || !(await isThere('configmaps/kube-root-ca.crt')))
    await pause(50);
  const watch = watchPods(cluster, names);
  const steps = new Steps(stage, names);
  for (const step of recorded.steps) await steps.play(step);
  const problems = [...steps.problems];
  if (recorded.observed !== undefined) {
    const isShort = () =>
      recorded.observed.pods.some((pod: AnyJson) => (watch.byPod.get(pod.name)?.length ?? 0) < pod.events.length);
    for (let waited = 0; waited < settleMsMax && (waited < settleMs || isShort()); waited += settleMs)
      await pause(settleMs);
    await watch.stop();
    for (const { name, events } of recorded.observed.pods) {
      const lines = compareStates(recordedStates(events), seenStates(watch.byPod.get(name) ?? [], names));
      if (lines.length > 0) problems.push(`Pod ${name}:\n${lines.join('\n')}`);
    }
    const goesOn = recorded.observed.pods.some((pod: AnyJson) => !isOver(recordedStates(pod.events).at(-1)));
    problems.push(...(await compareEvents(stage.http, recorded.events ?? [], names, goesOn)));
  }
  await watch.stop();
  await clear(stage, namespace);
  return problems;
}

async function clear(stage: Stage, namespace: string): Promise<void> {
  await ask(stage.http, 'DELETE', `/api/v1/namespaces/${namespace}`);
  await ask(stage.http, 'DELETE', `/api/v1/namespaces/${namespace}/pods`, { gracePeriodSeconds: 1 });
}

async function play(cases: readonly Case[]): Promise<void> {
  await loopbackUp();
  const cluster = new TestCluster('nodes');
  const tally = new Map<string, { passed: number; failed: number }>();
  const passed: string[] = [];
  try {
    const { stage, place } = await prepare(cluster);
    let next = 0;
    const work = async (queue: Case[]) => {
      for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
        const problems = await playCase(cluster, stage, place, one, next++).catch(error => [
          String(error.stack ?? error),
        ]);
        const family = one.file.replace(/.*\/|\.jsonl$/g, '');
        const count = tally.get(family) ?? { passed: 0, failed: 0 };
        tally.set(family, count);
        if (problems.length === 0) {
          count.passed++;
          passed.push(one.recorded.name);
        } else {
          count.failed++;
          process.stdout.write(
            `FAIL ${family}: ${one.recorded.name}\n   ${problems.join('\n   ').slice(0, Number(flags.show))}\n`,
          );
        }
      }
    };
    const together = cases.filter(one => !isAlone(one));
    await Promise.all(Array.from({ length: Number(flags.jobs) }, () => work(together)));
    await work(cases.filter(isAlone));
  } finally {
    await cluster.remove();
  }
  for (const [family, { passed, failed }] of tally)
    process.stdout.write(`${family}: ${passed} passed, ${failed} failed\n`);
  if (flags.passed !== undefined) writeFileSync(flags.passed, `${passed.join('\n')}\n`);
}

function readCases(): Case[] {
  const pattern = new RegExp(flags.case);
  return files.flatMap(file =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map(line => ({ file, recorded: JSON.parse(line) }))
      .filter(({ recorded }) => pattern.test(recorded.name)),
  );
}

if (files.length === 0) throw new Error('Say which recordings to play: node tools/replay-node.ts FILE.jsonl…');
if (inOwnNetwork()) await play(readCases());
else {
  const argv = ['--net', '--', process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  process.exitCode = await new Promise<number>(resolve => {
    const child = spawn('unshare', argv, { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    child.on('close', code => resolve(code ?? 1));
  });
}
