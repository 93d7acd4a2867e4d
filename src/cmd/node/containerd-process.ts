/**
 * A containerd of the node's own: its own root, state, socket and configuration below one folder, so that it disturbs no
 * other and no other disturbs it.
 *
 * ```
 * <dataDir>/containerd/config.toml, containerd.pid (pid and start time), containerd.log
 *                     /root, /state, /containerd.sock, /cni (configuration), /addresses (handed out by host-local)
 *                     /registries/<host>/hosts.toml
 * ```
 * It runs in the node's network namespace, entered with nsenter: `ip netns exec` would remount /sys and hide the cgroups.
 */

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runtime } from '#kubelet/cri/runtime.ts';
import { type Clock, sleep } from '#lib/clock.ts';
import { run } from '#lib/process.ts';
import { type ImageSource, writeImageArchive } from './image-archive.ts';
import { cniConfig } from './network.ts';
import { isRunning, readRecord, startDetached, stopRecorded } from './process-record.ts';

export interface ContainerdSettings {
  /** The node's folder; what is in it is the node's state. */
  dataDir: string;
  /** Absent: our own namespace. */
  netns?: string | undefined;
  /** Unique on this machine: CNI keeps what it remembers by it. */
  networkName: string;
  podCidr: string;
  /** For pulls, `http://169.254.0.1:3128`. */
  proxyUrl?: string | undefined;
  clock: Clock;
}

export interface ContainerdPaths {
  folder: string;
  socket: string;
  config: string;
  log: string;
  record: string;
  cniConfig: string;
  registries: string;
}

export const pauseImageName = 'localhost/proa/pause:1';
const cniPluginFolder = '/usr/lib/cni';
const pauseProgram = '/usr/bin/catatonit';
const startTimeoutMs = 30_000;
const startCheckMs = 10;
const stopGraceMs = 10_000;
const logTailLines = 5;

export function containerdPaths(dataDir: string): ContainerdPaths {
  const folder = join(dataDir, 'containerd');
  return {
    folder,
    socket: join(folder, 'containerd.sock'),
    config: join(folder, 'config.toml'),
    log: join(folder, 'containerd.log'),
    record: join(folder, 'containerd.pid'),
    cniConfig: join(folder, 'cni'),
    registries: join(folder, 'registries'),
  };
}

/** A unix socket's address holds 107 bytes; containerd listens on a second one, `.ttrpc` longer. */
export const socketPathBytesMax = 107 - '.ttrpc'.length;

/** Version 2 is the one that containerd 1.6 and 2.x both read. */
export function containerdConfig(paths: ContainerdPaths, options: { restrictOomScoreAdj: boolean }): string {
  const text = JSON.stringify;
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${text(join(paths.folder, 'root'))}
state = ${text(join(paths.folder, 'state'))}
# Adjusting its own score needs a capability that a container of ours may lack.
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

# A line for every call would fill the disk of a cluster that runs for months.
[debug]
  level = "warn"

[grpc]
  address = ${text(paths.socket)}

[ttrpc]
  address = ${text(`${paths.socket}.ttrpc`)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(paths.folder, 'opt'))}

[${cri}]
  sandbox_image = ${text(pauseImageName)}
  restrict_oom_score_adj = ${options.restrictOomScoreAdj}
  netns_mounts_under_state_dir = true
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"

  [${cri}.cni]
    bin_dir = ${text(cniPluginFolder)}
    conf_dir = ${text(paths.cniConfig)}

  [${cri}.registry]
    config_path = ${text(paths.registries)}

  [${cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [${cri}.containerd.runtimes.runc.options]
      SystemdCgroup = false
      Root = ${text(join(paths.folder, 'state', 'runc'))}
`;
}

const capSysResource = 24n;

/** Without CAP_SYS_RESOURCE runc cannot lower an oom score below our own, and starts nothing. */
export function lacksSysResource(procStatus: string): boolean {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(procStatus)?.[1] ?? '0'}`);
  return ((mask >> capSysResource) & 1n) === 0n;
}

/** Starts it unless it runs already, and waits until it answers. The pause image is there then. */
export async function startContainerd(settings: ContainerdSettings, runtime: Runtime): Promise<void> {
  const paths = containerdPaths(settings.dataDir);
  if (Buffer.byteLength(paths.socket) > socketPathBytesMax) {
    throw new Error(`the path ${paths.socket} is too long for a socket: choose a shorter data directory`);
  }
  const record = readRecord(paths.record);
  // One in a namespace that has lost its name, and its cable, is of no use; its containers end with their sandboxes.
  if (isRunning(record) && !isInNetns(record.pid, settings.netns))
    await stopContainerd(settings.dataDir, settings.clock);
  if (!isRunning(record)) {
    writeConfiguration(settings, paths);
    await startDetached({
      argv: [...enter(settings.netns), 'containerd', '--config', paths.config],
      recordPath: paths.record,
      logPath: paths.log,
      env: proxyEnvironment(settings),
    });
  }
  await waitUntilReady(paths, runtime, settings.clock);
  await ensurePauseImage(paths, runtime, settings.clock);
}

function isInNetns(pid: number, netns: string | undefined): boolean {
  const inode = (path: string) => statSync(path, { throwIfNoEntry: false })?.ino;
  return inode(`/proc/${pid}/ns/net`) === inode(netns ?? '/proc/self/ns/net');
}

function enter(netns: string | undefined): string[] {
  return netns === undefined ? [] : ['nsenter', `--net=${netns}`, '--'];
}

function writeConfiguration(settings: ContainerdSettings, paths: ContainerdPaths): void {
  for (const folder of [paths.folder, paths.cniConfig, paths.registries]) mkdirSync(folder, { recursive: true });
  const restrictOomScoreAdj = lacksSysResource(readFileSync('/proc/self/status', 'latin1'));
  writeFileSync(paths.config, containerdConfig(paths, { restrictOomScoreAdj }));
  const { networkName, podCidr } = settings;
  const dataDir = join(paths.folder, 'addresses');
  writeFileSync(join(paths.cniConfig, '10-proa.conflist'), cniConfig({ networkName, podCidr, dataDir }));
}

function proxyEnvironment({ proxyUrl }: ContainerdSettings): Record<string, string> {
  return proxyUrl === undefined ? {} : { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl, NO_PROXY: '127.0.0.1,localhost' };
}

/** Nothing tells when it listens, so we ask: for the version first, then for its network. */
async function waitUntilReady(paths: ContainerdPaths, runtime: Runtime, clock: Clock): Promise<void> {
  const giveUpAtMs = clock.monotonicMs() + startTimeoutMs;
  for (;;) {
    const status = await runtime.status().catch(() => undefined);
    if (status?.conditions.every(condition => condition.status)) return;
    const running = isRunning(readRecord(paths.record));
    if (!running || clock.monotonicMs() >= giveUpAtMs) {
      const wrong = status?.conditions.filter(condition => !condition.status).map(condition => condition.message);
      const how = running ? `is not ready after ${startTimeoutMs / 1000} s` : 'ended while it started';
      throw new Error(`containerd ${how}: ${wrong?.join('; ') ?? (await logTail(paths.log))} (its log: ${paths.log})`);
    }
    await sleep(clock, startCheckMs);
  }
}

async function logTail(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-logTailLines).join(' | ');
}

/** Ends it. Its containers go on: their shims do not need it. */
export async function stopContainerd(dataDir: string, clock: Clock): Promise<void> {
  await stopRecorded({ recordPath: containerdPaths(dataDir).record, graceMs: stopGraceMs, clock });
}

/** Stops every Pod sandbox with its containers, all at once: they are at most as many as a node takes. */
export async function stopAllSandboxes(runtime: Runtime, options: { remove: boolean }): Promise<void> {
  const stop = async ({ id }: { id: string }) => {
    await runtime.stopPodSandbox(id);
    if (options.remove) await runtime.removePodSandbox(id);
  };
  await Promise.all((await runtime.listPodSandboxes()).map(stop));
}

// Images

export const pauseImage: ImageSource = {
  names: [pauseImageName],
  config: { Entrypoint: ['/pause', '-P'], User: '65535:65535' },
  layers: [[{ path: 'pause', copyOf: pauseProgram, mode: 0o755 }]],
};

async function ensurePauseImage(paths: ContainerdPaths, runtime: Runtime, clock: Clock): Promise<void> {
  if ((await runtime.imageStatus({ image: pauseImageName })) !== undefined) return;
  const archive = join(paths.folder, 'pause.tar');
  writeImageArchive(archive, [pauseImage]);
  try {
    await importImages({ socketPath: paths.socket, archivePath: archive, runtime, clock });
  } finally {
    await rm(archive, { force: true });
  }
}

/** Imports an OCI (or `docker save`) archive into a node; answers the names of its images once CRI knows them. */
export async function importImages(options: {
  socketPath: string;
  archivePath: string;
  runtime: Runtime;
  clock: Clock;
}): Promise<string[]> {
  const { archivePath, clock, runtime, socketPath } = options;
  const ctr = ['ctr', '--address', socketPath, '--namespace', 'k8s.io'];
  const said = await run([...ctr, 'images', 'import', archivePath]);
  const names = [...said.matchAll(/^unpacking (\S+) \(/gm)].map(([, name = '']) => name);
  // CRI learns of an import by an event of containerd's.
  const giveUpAtMs = clock.monotonicMs() + startTimeoutMs;
  for (const image of names) {
    while ((await runtime.imageStatus({ image })) === undefined) {
      if (clock.monotonicMs() >= giveUpAtMs) throw new Error(`CRI does not list ${image} after its import`);
      await sleep(clock, startCheckMs);
    }
  }
  return names;
}

/** Where containerd finds a registry: at this URL (`http://…` for one without TLS), whatever name images call it by. */
export function addRegistry(dataDir: string, host: string, url: string): void {
  const folder = join(containerdPaths(dataDir).registries, host);
  mkdirSync(folder, { recursive: true });
  const server = JSON.stringify(url);
  writeFileSync(
    join(folder, 'hosts.toml'),
    `server = ${server}\n\n[host.${server}]\n  capabilities = ["pull", "resolve"]\n`,
  );
}
