/** `proa up`: starts what is not running of a cluster, and returns when it can be used. */

import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type Node, nodes } from '#api/core/node.ts';
import { type ApiConnection, connectByKubeconfig } from '#cmd/api-client.ts';
import {
  Cluster,
  type ClusterConfig,
  clusterNames,
  type NodePlace,
  nodePlaces,
  podRange,
  serviceRange,
} from '#cmd/cluster.ts';
import type { Arguments, Command } from '#cmd/command.ts';
import { machineOf, stopCluster } from '#cmd/commands/down.ts';
import { mergeKubeconfig } from '#cmd/merge-kubeconfig.ts';
import { startMachine, stopMachine } from '#cmd/node/machine.ts';
import { createClusterNetwork } from '#cmd/node/network.ts';
import { clusterAddress, netnsPath, nodeNetns, pullRelayPort } from '#cmd/node/network-names.ts';
import {
  checkPrerequisites,
  installPackages,
  missingPackages,
  onlySimulatedBecause,
  thisMachine,
} from '#cmd/node/prerequisites.ts';
import { isRunning, lastWords, readRecord, startDetached, stopRecorded } from '#cmd/node/process-record.ts';
import { type Progress, progress } from '#cmd/progress.ts';
import { UsageError } from '#cmd/usage-error.ts';
import { enabledControllers, UnknownController } from '#controllers/enabled.ts';
import { systemClock as clock, sleep } from '#lib/clock.ts';

const mainFile = fileURLToPath(new URL('../main.ts', import.meta.url));
const firstPort = 6443;
const apiWaitMsMax = 60_000;
const nodeWaitMsMax = 120_000;
const checkMs = 25;
const aliveCheckMs = 250;
const stopGraceMs = 10_000;

export const up: Command = {
  usage: 'up [-d] [--nodes N] [--simulated N] [flags]',
  flags: {
    detach: { type: 'boolean', short: 'd', help: 'return when the cluster can be used; it goes on by itself' },
    nodes: { type: 'number', value: 'N', help: 'real nodes on this machine (default 1; 0: none)' },
    simulated: { type: 'number', value: 'N', help: 'simulated nodes: the same kubelet, no containers (default 0)' },
    controllers: {
      type: 'string',
      value: 'LIST',
      help: "which loops run, upstream's names, '*' and '-name' (default *; the scheduler comes with *)",
    },
    store: { type: 'string', value: 'URL', help: 'sqlite or memory (default sqlite)' },
    port: {
      type: 'number',
      value: 'P',
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
  const report = progress(clock, given.text('output') === 'json');
  const before = cluster.read();
  const config = await settle(given, cluster, report);
  if (before !== undefined) await stopForChange(cluster, before, config, report);
  cluster.write(config);
  const stopped = processNames(config).filter(name => !isRunning(readRecord(cluster.record(name))));
  const connection = await startAll(cluster, config, stopped, report);
  const context = mergeKubeconfig(cluster.kubeconfigFile, given.text('kubeconfig'));
  if (stopped.length === 0) report.say('  everything was running already');
  await describe(cluster, config, context, report);
  connection.close();
  if (given.is('detach')) return 0;
  report.say('  Ctrl-C stops it; its state stays. `proa up -d` leaves it running.');
  await interrupted();
  await stopCluster(cluster, report);
  return 0;
}

/** The settings asked for, over those the cluster has, over the defaults. */
async function settle(given: Arguments, cluster: Cluster, report: Progress): Promise<ClusterConfig> {
  const before = cluster.read();
  const store = given.text('store') ?? before?.store ?? 'sqlite';
  if (store !== 'sqlite' && store !== 'memory') throw new UsageError(`--store ${store}: sqlite and memory are known`);
  let real = given.number('nodes') ?? before?.nodes ?? 1;
  let simulated = given.number('simulated') ?? before?.simulated ?? 0;
  const why = real === 0 ? undefined : onlySimulatedBecause(thisMachine());
  if (why !== undefined) {
    report.say(
      `  real nodes are not possible here: ${why}; ${real} simulated instead (their containers do not really run)`,
    );
    simulated = Math.max(simulated, real);
    real = 0;
  }
  if (real > 0) await installMissing(report);
  const chosen = given.text('controllers');
  const controllers = chosen === undefined ? (before?.controllers ?? ['*']) : await controllerList(chosen);
  return {
    name: cluster.name,
    port: given.number('port') ?? before?.port ?? (await freePort(given.text('data-dir'))),
    nodes: real,
    simulated,
    controllers,
    scheduler: controllers.includes('*'),
    store,
    egress: given.choice('egress') ?? before?.egress ?? process.env['CI'] === undefined,
  };
}

/** Judged here, where the person who wrote it reads what is wrong with it. */
async function controllerList(text: string): Promise<string[]> {
  const list = text.split(',').filter(entry => entry !== '');
  const { allControllers } = await import('#controllers/all.ts');
  try {
    enabledControllers(list, Object.keys(allControllers));
  } catch (error) {
    throw error instanceof UnknownController ? new UsageError(`--controllers ${text}: ${error.message}`) : error;
  }
  return list;
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
  if (before.simulated !== after.simulated) await stop('simulated');
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

async function installMissing(report: Progress): Promise<void> {
  const packages = missingPackages(checkPrerequisites(thisMachine()));
  if (packages.length > 0) await installPackages(packages, line => report.say(`  ${line}`));
}

/** The first port from 6443 on that no other cluster claims and nobody listens on. */
async function freePort(dataDir: string | undefined): Promise<number> {
  const claimed = new Set(clusterNames(dataDir).map(name => new Cluster(name, dataDir).read()?.port));
  for (let port = firstPort; ; port++) if (!claimed.has(port) && (await isFree(port))) return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

async function startAll(
  cluster: Cluster,
  config: ClusterConfig,
  stopped: readonly string[],
  report: Progress,
): Promise<ApiConnection> {
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
    () => startControlPlaneProcess(cluster),
    () => `${url}  Kubernetes v1.36`,
  );
  if (places.length > 0) {
    await report.phase(
      'containerd',
      () => machines,
      () => `${places.length} of its own`,
    );
    for (const place of places) await startNodeProcess(cluster, place);
  }
  if (config.simulated > 0) await startProcess(cluster, 'simulated', ['simulated', cluster.directory]);
  const simulated = Array.from({ length: config.simulated }, (_, index) => `sim-${index + 1}`);
  const sinceMs = (process: string) => (stopped.includes(process) ? startMs : 0);
  const wanted = new Map([
    ...places.map(({ name }) => [name, sinceMs(name)] as const),
    ...simulated.map(name => [name, sinceMs('simulated')] as const),
  ]);
  if (wanted.size > 0) {
    const kind =
      config.simulated === 0 ? 'containers' : `${places.length} with containers, ${config.simulated} simulated`;
    await report.phase(
      'nodes ready',
      () => nodesReady(cluster, connection, config, wanted),
      () => `${wanted.size}: ${kind}`,
    );
  }
  return connection;
}

async function startControlPlaneProcess(cluster: Cluster): Promise<ApiConnection> {
  await startProcess(cluster, 'control-plane', ['control-plane', cluster.directory]);
  const giveUpMs = clock.monotonicMs() + apiWaitMsMax;
  for (;;) {
    const connection = existsSync(cluster.kubeconfigFile) ? await answering(cluster) : undefined;
    if (connection !== undefined) return connection;
    checkAlive(cluster, 'control-plane');
    if (clock.monotonicMs() > giveUpMs)
      throw new Error(`the API server does not answer; see ${cluster.log('control-plane')}`);
    await sleep(clock, checkMs);
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
  if (!isRunning(readRecord(cluster.record(process)))) throw ended(cluster, process);
}

function ended(cluster: Cluster, process: string): Error {
  const log = cluster.log(process);
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
 * an arena of malloc, that it seldom needs. With `gc` a process that has started gives back another 13 (settle.ts).
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
  wanted: ReadonlyMap<string, number>,
): Promise<void> {
  const ready = new Set<string>();
  const giveUp = new AbortController();
  const late = () => new Error(`only ${ready.size} of ${wanted.size} nodes are ready; see ${cluster.log('node-1')}`);
  const timer = clock.after(nodeWaitMsMax, () => giveUp.abort(late()));
  // Processes that an earlier `up` started are not our children: nothing tells of their end, so we look.
  let looking = clock.after(aliveCheckMs, function look() {
    const dead = processNames(config).find(name => !isRunning(readRecord(cluster.record(name))));
    if (dead !== undefined) giveUp.abort(ended(cluster, dead));
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

async function describe(
  cluster: Cluster,
  config: ClusterConfig,
  context: { name: string; current: boolean; file: string },
  report: Progress,
): Promise<void> {
  const use = context.current ? 'it is the current one' : `use it: kubectl --context ${context.name} …`;
  report.say(`  kubeconfig      context "${context.name}" in ${context.file}; ${use}`);
  const kubectl = `proa kubectl${cluster.name === 'proa' ? '' : ` --name ${cluster.name}`}`;
  report.say(
    `  try             ${kubectl} get nodes${config.nodes > 0 ? '' : '   (no containers run on simulated nodes)'}`,
  );
}

/** Until Ctrl-C. A timer that is never due keeps the process alive meanwhile. */
function interrupted(): Promise<void> {
  return new Promise(resolve => {
    const waiting = clock.after(Number.MAX_SAFE_INTEGER, () => {});
    const end = () => {
      waiting.cancel();
      resolve();
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  });
}
