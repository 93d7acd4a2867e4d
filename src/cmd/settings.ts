/** What a cluster is to be like: what `up` was asked for, over what the cluster has, over the defaults. */

import { createServer } from 'node:net';
import { Cluster, type ClusterConfig, clusterNames, nodesMax } from '#cmd/cluster.ts';
import type { Arguments } from '#cmd/command.ts';
import {
  checkPrerequisites,
  installPackages,
  missingPackages,
  onlySimulatedBecause,
  thisMachine,
} from '#cmd/node/prerequisites.ts';
import { isRunning, readRecord } from '#cmd/node/process-record.ts';
import type { Progress } from '#cmd/progress.ts';
import { UsageError } from '#cmd/usage-error.ts';
import { enabledControllers, UnknownController } from '#controllers/enabled.ts';

const firstPort = 6443;
const portMax = 65_535;

export async function settle(given: Arguments, cluster: Cluster, report: Progress): Promise<ClusterConfig> {
  const before = cluster.read();
  const store = given.text('store') ?? before?.store ?? 'sqlite';
  if (store !== 'sqlite' && store !== 'memory') throw new UsageError(`--store ${store}: sqlite and memory are known`);
  const chosen = given.text('controllers');
  const controllers = chosen === undefined ? (before?.controllers ?? ['*']) : await controllerList(chosen);
  const port = await portOf(given, cluster, before);
  const { real, simulated } = nodeCounts(given, before, report);
  if (real > 0) await installMissing(report);
  return {
    name: cluster.name,
    port,
    nodes: real,
    simulated,
    controllers,
    scheduler: controllers.includes('*'),
    store,
    egress: given.choice('egress') ?? before?.egress ?? process.env['CI'] === undefined,
  };
}

function nodeCounts(given: Arguments, before: ClusterConfig | undefined, report: Progress) {
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
  if (real > 0 && real + simulated > nodesMax) {
    throw new UsageError(
      `${real} nodes and ${simulated} simulated ones: at most ${nodesMax} together, for that is how many Pod ranges there are`,
    );
  }
  return { real, simulated };
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

async function installMissing(report: Progress): Promise<void> {
  const packages = missingPackages(checkPrerequisites(thisMachine()));
  if (packages.length > 0) await installPackages(packages, line => report.say(`  ${line}`));
}

/** The one asked for, or the cluster's own: it must be free unless the cluster itself is what listens there. */
async function portOf(given: Arguments, cluster: Cluster, before: ClusterConfig | undefined): Promise<number> {
  const port = given.number('port') ?? before?.port;
  if (port === undefined) return freePort(given.text('data-dir'));
  const isOwn = port === before?.port && isRunning(readRecord(cluster.record('control-plane')));
  const problem = isOwn ? undefined : await listeningProblem(port);
  if (problem === undefined) return port;
  const why = problem === 'EADDRINUSE' ? 'is taken by another program' : `cannot be had (${problem})`;
  throw new Error(`port ${port} of 127.0.0.1 ${why}: choose another with --port`);
}

/** The first port from 6443 on that no other cluster claims and nobody listens on. */
async function freePort(dataDir: string | undefined): Promise<number> {
  const claimed = new Set(clusterNames(dataDir).map(name => new Cluster(name, dataDir).readIfWhole()?.port));
  for (let port = firstPort; port <= portMax; port++)
    if (!claimed.has(port) && (await listeningProblem(port)) === undefined) return port;
  throw new Error(`no port from ${firstPort} on is free on 127.0.0.1`);
}

/** Why nobody can listen there now: EADDRINUSE, or EACCES for the low ones without root. */
function listeningProblem(port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const probe = createServer();
    probe.once('error', ({ code, message }: NodeJS.ErrnoException) => resolve(code ?? message));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(undefined)));
  });
}
