/** `proa down`: stops a cluster. Its state stays, unless `--purge` takes it away. */

import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Cluster, type NodePlace, nodePlaces } from '#cmd/cluster.ts';
import { lockCluster } from '#cmd/cluster-lock.ts';
import type { Command } from '#cmd/command.ts';
import { removeStaleName } from '#cmd/local-name.ts';
import { removeContexts } from '#cmd/merge-kubeconfig.ts';
import { purgeClusterCgroup, purgeMachine, stopMachine } from '#cmd/node/machine.ts';
import { removeClusterNetwork } from '#cmd/node/network.ts';
import { stopRecorded } from '#cmd/node/process-record.ts';
import { type Progress, progress } from '#cmd/progress.ts';
import { simulatedSocket } from '#cmd/simulated-nodes.ts';
import { systemClock as clock } from '#lib/clock.ts';

const stopGraceMs = 10_000;

export const down: Command = {
  usage: 'down [--purge]',
  flags: {
    purge: { type: 'boolean', help: 'take everything away: state, containers, images, network, kubeconfig context' },
    output: { type: 'string', short: 'o', value: 'json', choices: ['json'], help: 'one JSON object a line' },
  },
  async run(given) {
    const cluster = new Cluster(given.text('name') as string, given.text('data-dir'));
    const report = progress(clock, given.text('output') === 'json');
    // Says so when it is there and of another user.
    if (cluster.readIfWhole() === undefined && !existsSync(cluster.directory)) {
      report.say(`  ${cluster.absence}: nothing to do`);
      return 0;
    }
    const stop = given.is('purge') ? purgeCluster : stopCluster;
    await locked(cluster, 'proa down', { report }, () => stop(cluster, report));
    return 0;
  },
};

/** Does what changes a cluster, after whoever changes it now. */
export async function locked<T>(
  { directory }: Cluster,
  holder: string,
  { report, signal }: { report: Progress; signal?: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const onWait = (other: string) => report.say(`  waiting for ${other}, which is at work on this cluster`);
  const lock = await lockCluster({ directory, holder, onWait, signal });
  try {
    return await work();
  } finally {
    lock.release();
  }
}

function machinesOf(cluster: Cluster) {
  return nodePlaces(nodeCount(cluster)).map(place => machineOf(cluster, place));
}

export function machineOf(cluster: Cluster, { name, address, podCidr }: NodePlace) {
  return { cluster: cluster.name, node: name, dataDir: cluster.nodeDirectory(name), address, podCidr, clock };
}

/** As many as there ever were: a cluster may have been started with fewer since. */
function nodeCount(cluster: Cluster): number {
  const folder = join(cluster.directory, 'nodes');
  const numbers = existsSync(folder) ? readdirSync(folder).map(name => Number(name.replace('node-', ''))) : [];
  return Math.max(0, cluster.readIfWhole()?.nodes ?? 0, ...numbers.filter(Number.isSafeInteger));
}

async function stopProcesses(cluster: Cluster): Promise<void> {
  const folder = join(cluster.directory, 'run');
  if (!existsSync(folder)) return;
  const names = readdirSync(folder).map(file => file.replace(/\.json$/, ''));
  // Nodes first: while they stop, the API server still takes what they have to say.
  const stop = (name: string) => stopRecorded({ recordPath: cluster.record(name), graceMs: stopGraceMs, clock });
  await Promise.all(names.filter(name => name !== 'control-plane').map(stop));
  if (names.includes('control-plane')) await stop('control-plane');
}

export async function stopCluster(cluster: Cluster, report: Progress): Promise<void> {
  await report.phase(
    'processes',
    () => stopProcesses(cluster),
    () => 'stopped',
  );
  const machines = machinesOf(cluster);
  if (machines.length > 0) {
    await report.phase(
      'containers',
      () => Promise.all(machines.map(stopMachine)),
      () => 'stopped',
    );
    await removeClusterNetwork(cluster.name);
  }
  report.say('  its state stays: `proa up` goes on with it, `proa down --purge` takes it away');
}

async function purgeCluster(cluster: Cluster, report: Progress): Promise<void> {
  await report.phase(
    'processes',
    () => stopProcesses(cluster),
    () => 'ended',
  );
  const machines = machinesOf(cluster);
  if (machines.length > 0) {
    await report.phase(
      'nodes',
      () => Promise.all(machines.map(purgeMachine)),
      () => 'containers, images and networks removed',
    );
    await removeClusterNetwork(cluster.name);
    purgeClusterCgroup(cluster.name);
  }
  removeContexts(cluster);
  removeStaleName(simulatedSocket(cluster));
  await rm(cluster.directory, { recursive: true, force: true });
  report.say('  nothing is left: no process, mount, interface, rule, file or context of this cluster');
}
