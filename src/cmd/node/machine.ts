/**
 * A node's machine, from nothing and back to nothing: its namespace, its containerd, and whatever both leave behind.
 * Everything can be done again, after a crash of ours at any point too.
 */

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { containerdRuntime } from '#kubelet/cri/containerd.ts';
import type { Runtime } from '#kubelet/cri/runtime.ts';
import { type Clock, sleep } from '#lib/clock.ts';
import { run } from '#lib/process.ts';
import { cgroupProcesses, clusterCgroup, nodeCgroup, removeCgroup } from './cgroups.ts';
import { containerdPaths, startContainerd, stopAllSandboxes, stopContainerd } from './containerd-process.ts';
import { createNodeNetwork, removeNodeNetwork } from './network.ts';
import { netnsPath, nodeNetns } from './network-names.ts';
import { isRunning, readRecord, startTicksOf } from './process-record.ts';

export interface NodeMachine {
  cluster: string;
  node: string;
  /** All state of the node; removed with it. */
  dataDir: string;
  /** From `nodeAddress`. */
  address: string;
  podCidr: string;
  /** For pulls of images. */
  proxyUrl?: string | undefined;
  clock: Clock;
}

/** Where CNI keeps the results of its plugins, for each Pod a file for the network and one for its loopback. */
const cniResultFolder = '/var/lib/cni/results';
const leftoversWaitMs = 10_000;
const leftoversCheckMs = 20;

export function networkName({ cluster, node }: Pick<NodeMachine, 'cluster' | 'node'>): string {
  return `proa-${cluster}.${node}`;
}

/** The cluster's network is there already. Answers the runtime; closing it is the caller's. */
export async function startMachine(machine: NodeMachine): Promise<Runtime> {
  const { cluster, node, dataDir, podCidr, proxyUrl, clock } = machine;
  await createNodeNetwork(machine);
  if (!isRunning(readRecord(containerdPaths(dataDir).record))) removeDeadSockets(dataDir);
  const runtime = containerdRuntime({ socketPath: containerdPaths(dataDir).socket, clock });
  const netns = netnsPath(nodeNetns(cluster, node));
  const settings = { dataDir, netns, networkName: networkName(machine), podCidr, proxyUrl, clock };
  await startContainerd(settings, runtime);
  return runtime;
}

/** Ends all that runs and takes the namespace away. Stopped containers, images, logs and volumes stay for the next start. */
export async function stopMachine(machine: NodeMachine): Promise<void> {
  await stopContainers(machine, { remove: false });
  await endMachine(machine);
}

/** Nothing stays. */
export async function purgeMachine(machine: NodeMachine): Promise<void> {
  await stopContainers(machine, { remove: true });
  await endMachine(machine);
  await unmountBelow(machine.dataDir);
  await rm(machine.dataDir, { recursive: true, force: true });
}

async function endMachine(machine: NodeMachine): Promise<void> {
  await stopContainerd(machine.dataDir, machine.clock);
  await endLeftovers(machine);
  removeDeadSockets(machine.dataDir);
  removeCgroup(nodeCgroup(machine.cluster, machine.node));
  removeCniResults(machine);
  await removeNodeNetwork(machine);
}

/** After its last node. Answers the cgroups that would not go. */
export function purgeClusterCgroup(cluster: string): string[] {
  return removeCgroup(clusterCgroup(cluster));
}

/** The proper way, by the runtime that runs them. Where it is gone, or cannot, `endLeftovers` does the rest. */
async function stopContainers({ dataDir, clock }: NodeMachine, options: { remove: boolean }): Promise<void> {
  const paths = containerdPaths(dataDir);
  if (!isRunning(readRecord(paths.record))) return;
  const runtime = containerdRuntime({ socketPath: paths.socket, clock });
  await stopAllSandboxes(runtime, options).catch(() => undefined);
  runtime.close();
}

/** Kills the shims of this containerd and what is left in the node's cgroups, and waits for their end. */
async function endLeftovers(machine: NodeMachine): Promise<void> {
  const { clock, dataDir } = machine;
  const { socket } = containerdPaths(dataDir);
  const giveUpAtMs = clock.monotonicMs() + leftoversWaitMs;
  for (;;) {
    // Shims end by themselves when their last container is removed, a moment after CRI has answered.
    const left = [...shimsOf(socket), ...cgroupProcesses(nodeCgroup(machine.cluster, machine.node))];
    const alive = left.filter(pid => startTicksOf(pid) !== undefined);
    if (alive.length === 0) return;
    if (clock.monotonicMs() >= giveUpAtMs) throw new Error(`processes ${alive.join(', ')} of the node do not end`);
    for (const pid of alive) kill(pid);
    await sleep(clock, leftoversCheckMs);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** A shim names the address of its containerd in its arguments. */
function shimsOf(socketPath: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      const argv = commandLine(pid);
      return argv[0]?.includes('containerd-shim') && argv.includes(socketPath);
    })
    .map(Number);
}

/** A shim listens at an address outside of the node's folder, and leaves the socket there when it is killed. */
function removeDeadSockets(dataDir: string): void {
  const { folder, socket } = containerdPaths(dataDir);
  if (shimsOf(socket).length > 0) return;
  const tasks = join(folder, 'state', 'io.containerd.runtime.v2.task', 'k8s.io');
  for (const id of namesIn(tasks)) {
    const address = readText(join(tasks, id, 'address'));
    if (address.startsWith('unix:///')) rmSync(address.slice('unix://'.length), { force: true });
  }
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function commandLine(pid: string): string[] {
  return readText(`/proc/${pid}/cmdline`).split('\0');
}

function removeCniResults(machine: NodeMachine): void {
  const namespaces = containerdPaths(machine.dataDir).folder;
  for (const name of namesIn(cniResultFolder)) {
    const path = join(cniResultFolder, name);
    // Loopbacks are named alike whoever asks for them; but each says where its namespace is.
    const isOurs = name.startsWith(`${networkName(machine)}-`) || readText(path).includes(`"${namespaces}/`);
    if (isOurs) rmSync(path, { force: true });
  }
}

/** The mount points at and below a folder, the last mounted first. */
export function mountsBelow(folder: string, procMounts: string): string[] {
  const points = procMounts
    .split('\n')
    .map(line => line.split(' ')[1] ?? '')
    // Spaces and the like are written as three octal digits.
    .map(point => point.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))));
  return points.filter(point => point === folder || point.startsWith(`${folder}${sep}`)).reverse();
}

export async function unmountBelow(folder: string): Promise<void> {
  for (const point of mountsBelow(folder, readFileSync('/proc/self/mounts', 'utf8'))) {
    // Lazily, for one that is in use still: it goes with its last user. Its last user may have gone since we read the table,
    // so only one that is mounted afterwards too is a failure.
    const failure = await run(['umount', '--lazy', point]).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure !== undefined && mountsBelow(folder, readFileSync('/proc/self/mounts', 'utf8')).includes(point))
      throw failure;
  }
}
