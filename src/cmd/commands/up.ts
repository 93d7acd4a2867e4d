/** `proa up`: starts what is not running of a cluster, and returns when it can be used. */

import { existsSync, statfsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type Node, nodes } from '#api/core/node.ts';
import { isNotFound } from '#client/api-error.ts';
import { type ApiConnection, connectByKubeconfig } from '#cmd/api-client.ts';
import {
  Cluster,
  type ClusterConfig,
  type NodePlace,
  nodePlaces,
  nodesMax,
  podRange,
  serviceRange,
  simulatedMax,
} from '#cmd/cluster.ts';
import type { Arguments, Command } from '#cmd/command.ts';
import { locked, machineOf, stopCluster } from '#cmd/commands/down.ts';
import { interruption } from '#cmd/interruption.ts';
import { mergeKubeconfig } from '#cmd/merge-kubeconfig.ts';
import { startMachine, stopMachine } from '#cmd/node/machine.ts';
import { createClusterNetwork } from '#cmd/node/network.ts';
import { clusterAddress, netnsPath, nodeNetns, pullRelayPort } from '#cmd/node/network-names.ts';
import { isRunning, lastWords, readRecord, startDetached, stopRecorded } from '#cmd/node/process-record.ts';
import { type Progress, progress } from '#cmd/progress.ts';
import { settle } from '#cmd/settings.ts';
import { type SimulatedPlace, simulatedPlaces } from '#cmd/simulated-nodes.ts';
import { systemClock as clock, sleep } from '#lib/clock.ts';

const mainFile = fileURLToPath(new URL('../main.ts', import.meta.url));
const apiWaitMsMax = 60_000;
const nodeWaitMsMax = 120_000;
const checkMs = 25;
const aliveCheckMs = 250;
const endCheckMs = 1000;
/** With less than this the disk is full: nothing, not even why, can be written. */
const neededBytesMin = 64 << 10;
const stopGraceMs = 10_000;

export const up: Command = {
  usage: 'up [-d] [--nodes N] [--simulated N] [flags]',
  flags: {
    detach: { type: 'boolean', short: 'd', help: 'return when the cluster can be used; it goes on by itself' },
    nodes: { type: 'number', value: 'N', max: nodesMax, help: 'real nodes on this machine (default 1; 0: none)' },
    simulated: {
      type: 'number',
      value: 'N',
      max: simulatedMax,
      help: 'simulated nodes: the same kubelet, no containers (default 0)',
    },
    controllers: {
      type: 'string',
      value: 'LIST',
      help: "which loops run, upstream's names, '*' and '-name' (default *; the scheduler comes with *)",
    },
    store: { type: 'string', value: 'URL', help: 'sqlite or memory (default sqlite)' },
    port: {
      type: 'number',
      value: 'P',
      min: 1,
      max: 65_535,
      help: 'of the API server on 127.0.0.1 (default: 6443, or the next that is free)',
    },
    kubeconfig: {
      type: 'string',
      value: 'FILE',
      help: 'where the context is added (default: $KUBECONFIG or ~/.kube/config)',
    },
    egress: { type: 'boolean', help: 'Pods reach the outside (default; --no-egress: they do not, as under CI)' },
    output: { type: 'string', short: 'o', value: 'json', choices: ['json'], help: 'one JSON object a line' },
  },
  examples: ['proa up -d', 'proa up -d --nodes 3', 'proa up -d --name big --nodes 0 --simulated 500'],
  run: given => runUp(given),
};

async function runUp(given: Arguments): Promise<number> {
  const cluster = new Cluster(given.text('name') as string, given.text('data-dir'));
  const begin = () => progress(clock, given.text('output') === 'json');
  const report = begin();
  const signal = interruption();
  await locked(cluster, 'proa up', { report, signal }, () => startCluster(given, cluster, report, signal));
  if (given.is('detach')) return 0;
  report.say('  Ctrl-C stops it; its state stays. `proa up -d` leaves it running.');
  if (await interruptedOrEnded(cluster, signal, report)) {
    const stopping = begin();
    await locked(cluster, 'proa up', { report: stopping }, () => stopCluster(cluster, stopping));
  }
  return 0;
}

async function startCluster(given: Arguments, cluster: Cluster, report: Progress, signal: AbortSignal): Promise<void> {
  const before = cluster.read();
  const config = await settle(given, cluster, report);
  signal.throwIfAborted();
  if (before !== undefined) await stopForChange(cluster, before, config, report);
  cluster.write(config);
  const names = processNames(config);
  const stopped = names.filter(name => !isRunning(readRecord(cluster.record(name))));
  let connection: ApiConnection | undefined;
  try {
    const started = await startAll(cluster, config, stopped, { report, signal });
    connection = started.connection;
    await forgetSimulated(connection, simulatedPlaces(before?.simulated ?? 0).slice(config.simulated));
    const context = mergeKubeconfig(cluster, given.text('kubeconfig'));
    if (started.names.length === 0) report.say('  everything was running already');
    describe(cluster, config, context, report);
  } catch (error) {
    // What a program that Ctrl-C has ended too complains of is not the reason.
    if (!signal.aborted) throw error;
    // What ran before it goes on: an `up` that found nothing to do but wait is no reason to stop a cluster.
    if (stopped.length === names.length) await stopCluster(cluster, report);
    else report.say('  interrupted: `proa up` goes on with it, `proa down` stops it');
    throw signal.reason;
  } finally {
    connection?.close();
  }
}

function processNames(config: ClusterConfig): string[] {
  const names = ['control-plane', ...nodePlaces(config.nodes).map(({ name }) => name)];
  return config.simulated > 0 ? [...names, 'simulated'] : names;
}

/** Processes read the settings when they start: what runs with others stops here, and starts anew with the rest. */
async function stopForChange(
  cluster: Cluster,
  before: ClusterConfig,
  after: ClusterConfig,
  report: Progress,
): Promise<void> {
  if (isDeepStrictEqual(before, after)) return;
  const stop = (name: string) => stopRecorded({ recordPath: cluster.record(name), graceMs: stopGraceMs, clock });
  if (isRunning(readRecord(cluster.record('control-plane')))) {
    await report.phase(
      'settings',
      () => stop('control-plane'),
      () => 'changed: the control plane starts anew',
    );
  }
  const isMoved = before.port !== after.port;
  if (isMoved || before.simulated !== after.simulated) await stop('simulated');
  if (isMoved) await Promise.all(nodePlaces(before.nodes).map(place => stop(place.name)));
  for (const place of nodePlaces(before.nodes).slice(after.nodes)) {
    await report.phase(
      place.name,
      async () => {
        await stop(place.name);
        await stopMachine(machineOf(cluster, place));
      },
      () => `stopped; to forget it: kubectl delete node ${place.name}`,
    );
  }
}

async function startAll(
  cluster: Cluster,
  config: ClusterConfig,
  stopped: readonly string[],
  { report, signal }: { report: Progress; signal: AbortSignal },
): Promise<{ connection: ApiConnection; names: readonly string[] }> {
  const startMs = clock.nowMs();
  const places = nodePlaces(config.nodes);
  if (places.length > 0) {
    await createClusterNetwork({ cluster: cluster.name, podRange, serviceRange, egress: config.egress });
  }
  // containerd starts while the control plane does: neither needs the other.
  const machines = Promise.all(places.map(place => startNodeMachine(cluster, place)));
  machines.catch(() => {});
  const url = `https://127.0.0.1:${config.port}`;
  const connection = await report.phase(
    'control plane',
    () => startControlPlaneProcess(cluster, signal),
    () => `${url}  Kubernetes v1.36`,
  );
  if (places.length > 0) {
    await report.phase(
      'containerd',
      () => machines,
      () => `${places.length} of its own`,
    );
  }
  signal.throwIfAborted();
  const forgotten = await stopForgotten(cluster, connection, config, stopped);
  for (const place of places) await startNodeProcess(cluster, place);
  if (config.simulated > 0) await startProcess(cluster, 'simulated', ['simulated', cluster.directory]);
  const sinceMs = (process: string) => (stopped.includes(process) || forgotten.has(process) ? startMs : 0);
  const wanted = new Map([
    ...places.map(({ name }) => [name, sinceMs(name)] as const),
    ...simulatedPlaces(config.simulated).map(({ name }) => [name, sinceMs('simulated')] as const),
  ]);
  if (wanted.size > 0) {
    const kind =
      config.simulated === 0 ? 'containers' : `${places.length} with containers, ${config.simulated} simulated`;
    await report.phase(
      'nodes ready',
      () => nodesReady(cluster, connection, config, { wanted, signal }),
      () => `${wanted.size}: ${kind}`,
    );
  }
  return { connection, names: [...stopped, ...forgotten] };
}

/** A kubelet registers its node when it starts, and does not when somebody deletes it: asked for again, it starts anew. */
async function stopForgotten(
  cluster: Cluster,
  { client }: ApiConnection,
  config: ClusterConfig,
  stopped: readonly string[],
): Promise<ReadonlySet<string>> {
  const processOf = new Map([
    ...nodePlaces(config.nodes).map(({ name }) => [name, name] as const),
    ...simulatedPlaces(config.simulated).map(({ name }) => [name, 'simulated'] as const),
  ]);
  const running = new Set([...processOf.values()].filter(process => !stopped.includes(process)));
  if (running.size === 0) return running;
  const { items } = await client.list(nodes);
  for (const { metadata } of items) processOf.delete(metadata?.name ?? '');
  const forgotten = new Set([...processOf.values()].filter(process => running.has(process)));
  const stop = (name: string) => stopRecorded({ recordPath: cluster.record(name), graceMs: stopGraceMs, clock });
  await Promise.all([...forgotten].map(stop));
  return forgotten;
}

/** Nobody comes back under these names, and Pods would be bound to them for as long as they seem ready. */
async function forgetSimulated({ client }: ApiConnection, places: readonly SimulatedPlace[]): Promise<void> {
  for (const { name } of places) {
    await client.delete(nodes, { name }).catch(error => {
      if (!isNotFound(error)) throw error;
    });
  }
}

async function startControlPlaneProcess(cluster: Cluster, signal: AbortSignal): Promise<ApiConnection> {
  await startProcess(cluster, 'control-plane', ['control-plane', cluster.directory]);
  const giveUpMs = clock.monotonicMs() + apiWaitMsMax;
  for (;;) {
    const connection = existsSync(cluster.kubeconfigFile) ? await answering(cluster) : undefined;
    if (connection !== undefined) return connection;
    checkAlive(cluster, 'control-plane');
    if (clock.monotonicMs() > giveUpMs)
      throw new Error(`the API server does not answer; see ${cluster.log('control-plane')}`);
    await sleep(clock, checkMs, signal);
  }
}

async function answering(cluster: Cluster): Promise<ApiConnection | undefined> {
  const connection = connectByKubeconfig(cluster.kubeconfigFile, 'proa/v1.36.3', clock);
  try {
    const { status, body } = await connection.http.request({ method: 'GET', target: '/readyz' });
    body.cancel();
    if (status === 200) return connection;
  } catch {
    // Not there yet.
  }
  connection.close();
  return undefined;
}

function checkAlive(cluster: Cluster, process: string): void {
  if (!isRunning(readRecord(cluster.record(process)))) throw endedBecause(cluster, process);
}

function endedBecause(cluster: Cluster, process: string): Error {
  const log = cluster.log(process);
  const { bavail, bsize } = statfsSync(cluster.directory);
  if (bavail * bsize < neededBytesMin) {
    return new Error(`the ${process} process has ended: the disk that holds ${cluster.directory} is full`);
  }
  return new Error(`the ${process} process has ended: ${lastWords(log)} (its log: ${log})`);
}

async function startNodeMachine(cluster: Cluster, place: NodePlace): Promise<void> {
  const runtime = await startMachine({
    cluster: cluster.name,
    node: place.name,
    dataDir: cluster.nodeDirectory(place.name),
    address: place.address,
    podCidr: place.podCidr,
    proxyUrl: `http://${clusterAddress}:${pullRelayPort}`,
    clock,
  });
  runtime.close();
}

async function startNodeProcess(cluster: Cluster, { name }: NodePlace): Promise<void> {
  const enter = ['nsenter', `--net=${netnsPath(nodeNetns(cluster.name, name))}`];
  await startProcess(cluster, name, ['node', cluster.directory, name], enter);
}

/**
 * Of 230 MB that the control plane took with Node's own settings, these save 50: each thread has a young generation, and
 * an arena of malloc, that it seldom needs. With `gc` a process that has started gives back another 13 (collect-once.ts).
 */
const frugalFlags = ['--max-semi-space-size=4', '--expose-gc'];
const frugalEnvironment = { MALLOC_ARENA_MAX: '1' };

async function startProcess(
  cluster: Cluster,
  name: string,
  words: readonly string[],
  prefix: readonly string[] = [],
): Promise<void> {
  if (isRunning(readRecord(cluster.record(name)))) return;
  await startDetached({
    argv: [...prefix, process.execPath, ...process.execArgv, ...frugalFlags, mainFile, ...words],
    recordPath: cluster.record(name),
    logPath: cluster.log(name),
    env: frugalEnvironment,
  });
}

/**
 * Waits for the event that makes the last node ready, or for the end of a process that can make none ready any more. A
 * node whose process has just been started may still be known as ready from before, so it must have said so since then.
 */
async function nodesReady(
  cluster: Cluster,
  { client }: ApiConnection,
  config: ClusterConfig,
  { wanted, signal }: { wanted: ReadonlyMap<string, number>; signal: AbortSignal },
): Promise<void> {
  const ready = new Set<string>();
  const giveUp = new AbortController();
  const late = () => new Error(`only ${ready.size} of ${wanted.size} nodes are ready; see ${cluster.log('node-1')}`);
  const timer = clock.after(nodeWaitMsMax, () => giveUp.abort(late()));
  signal.addEventListener('abort', () => giveUp.abort(signal.reason), { once: true });
  // Processes that an earlier `up` started are not our children: nothing tells of their end, so we look.
  let looking = clock.after(aliveCheckMs, function look() {
    const dead = processNames(config).find(name => !isRunning(readRecord(cluster.record(name))));
    if (dead !== undefined) giveUp.abort(endedBecause(cluster, dead));
    else looking = clock.after(aliveCheckMs, look);
  });
  try {
    for await (const { type, object } of client.watch(nodes, {}, giveUp.signal)) {
      const name = object.metadata?.name ?? '';
      const sinceMs = wanted.get(name);
      if (type === 'BOOKMARK' || sinceMs === undefined) continue;
      if (type !== 'DELETED' && isReadySince(object, sinceMs)) ready.add(name);
      else ready.delete(name);
      if (ready.size === wanted.size) return;
    }
    throw giveUp.signal.reason ?? late();
  } catch (error) {
    throw giveUp.signal.aborted ? giveUp.signal.reason : error;
  } finally {
    timer.cancel();
    looking.cancel();
    giveUp.abort();
  }
}

function isReadySince({ status }: Node, sinceMs: number): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  // Times in the API are whole seconds.
  const isFresh = Date.parse(ready?.lastHeartbeatTime ?? '') >= Math.floor(sinceMs / 1000) * 1000;
  return ready?.status === 'True' && isFresh;
}

function describe(
  cluster: Cluster,
  config: ClusterConfig,
  context: { name: string; current: boolean; file: string },
  report: Progress,
): void {
  const use = context.current ? 'it is the current one' : `use it: kubectl --context ${context.name} …`;
  report.say(`  kubeconfig      context "${context.name}" in ${context.file}; ${use}`);
  const kubectl = `proa kubectl${cluster.name === 'proa' ? '' : ` --name ${cluster.name}`}`;
  const remark = config.simulated > 0 ? 'no containers run on simulated nodes' : 'there are no nodes';
  report.say(`  try             ${kubectl} get nodes${config.nodes > 0 ? '' : `   (${remark})`}`);
}

/**
 * Until Ctrl-C, which gives true, or until all was stopped from elsewhere. Processes may be no children of ours, so we look;
 * what has ended by itself is said once, and `proa up` starts it again without touching the rest.
 */
async function interruptedOrEnded(cluster: Cluster, signal: AbortSignal, report: Progress): Promise<boolean> {
  const said = new Set<string>();
  while (!signal.aborted) {
    const config = cluster.read();
    const names = config === undefined ? [] : processNames(config);
    const ended = names.filter(name => !isRunning(readRecord(cluster.record(name))));
    if (ended.length === names.length) {
      report.say('  it was stopped from elsewhere');
      return false;
    }
    for (const name of ended.filter(each => !said.has(each))) {
      said.add(name);
      report.say(`  ${endedBecause(cluster, name).message}; \`proa up -d\` starts it again`);
    }
    await sleep(clock, endCheckMs, signal).catch(() => {});
  }
  return true;
}
