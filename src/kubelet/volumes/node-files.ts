/**
 * The Pods' files on this node.
 *
 * ```
 * <data>/pods/<uid>/volumes/kubernetes.io~<plugin>/<volume>     as upstream lays them out
 *                  /volume-subpaths/<volume>/<container>/<n>    bind mounts of what subPath named
 *                  /containers/<container>/<attempt>            termination messages
 *                  /etc-hosts
 * ```
 */

import { readFileSync } from 'node:fs';
import { mkdir, open, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Container, VolumeMount } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Client } from '#client/client.ts';
import { allContainersOf } from '#kubelet/containers-of.ts';
import type { Mount } from '#kubelet/cri/runtime.ts';
import { hostsFile, podNames } from '#kubelet/dns.ts';
import type { EnvironmentSource } from '#kubelet/env.ts';
import { ConfigError, expand } from '#kubelet/env.ts';
import { containerNotes, podKey } from '#kubelet/labels.ts';
import { logTail } from '#kubelet/logs.ts';
import type { ObservedContainer } from '#kubelet/observed.ts';
import type { ContainerMountsInput, PodFiles } from '#kubelet/pod-files.ts';
import type { Amounts } from '#kubelet/resources.ts';
import { podLogDirectory } from '#kubelet/runtime-config.ts';
import { openBeneath, pathForOthers, readBeneath } from '#kubelet/volumes/beneath.ts';
import { diskUsageBytes } from '#kubelet/volumes/disk-usage.ts';
import type { ImageMounts } from '#kubelet/volumes/image-volume.ts';
import { setUpImageVolume, takeDownImageVolumes } from '#kubelet/volumes/image-volume.ts';
import { bindMount, mountsBelow, unmountBelow } from '#kubelet/volumes/mounts.ts';
import type { VolumePlace } from '#kubelet/volumes/set-up.ts';
import { setUpVolume } from '#kubelet/volumes/set-up.ts';
import { PodTokens } from '#kubelet/volumes/tokens.ts';
import type { Clock, Timer } from '#lib/clock.ts';

export interface NodeFilesOptions {
  client: Client;
  clock: Clock;
  source: Pick<EnvironmentSource, 'configMap' | 'secret'>;
  dataDir: string;
  podLogsDir: string;
  clusterDomain: string;
  hostIps: () => readonly string[];
  allocatable: Amounts;
  /** Absent: no Pod can have an image for a volume. */
  images?: ImageMounts | undefined;
}

interface PodState {
  places: Map<string, VolumePlace>;
  /** The version of the Pod that they were made for. */
  preparedFor: string | undefined;
  timer: Timer | undefined;
}

const terminationBytesMax = 4096;
const fallbackBytesMax = 2048;
const fallbackLinesMax = 80;
const envFileBytesMax = 64 << 10;

export class NodeFiles implements PodFiles {
  readonly #options: NodeFilesOptions;
  readonly #tokens: PodTokens;
  readonly #pods = new Map<string, PodState>();

  constructor(options: NodeFilesOptions) {
    this.#options = options;
    this.#tokens = new PodTokens(options);
  }

  async prepare(pod: Pod, onChange: () => void): Promise<void> {
    const { uid } = podKey(pod);
    let state = this.#pods.get(uid);
    if (state === undefined) {
      state = { places: new Map(), preparedFor: undefined, timer: undefined };
      this.#pods.set(uid, state);
      await mkdir(join(this.#podDir(uid), 'volumes'), { recursive: true, mode: 0o750 });
      await mkdir(podLogDirectory(this.#options.podLogsDir, pod), { recursive: true, mode: 0o755 });
    }
    // Only what the API shows of the Pod, and the objects that `invalidate` is called for, change its files.
    const version = JSON.stringify([pod.metadata?.labels, pod.metadata?.annotations, pod.metadata?.generation]);
    if (state.preparedFor === version) return;
    const { client, clock, source, allocatable, hostIps } = this.#options;
    const mounted = new Set(
      allContainersOf(pod).flatMap(({ container }) => container.volumeMounts?.map(({ name }) => name) ?? []),
    );
    let refreshAtMs: number | undefined;
    for (const volume of pod.spec?.volumes ?? []) {
      // An image's is set up when the image is here.
      if (!mounted.has(volume.name) || (volume.image !== undefined && this.#options.images !== undefined)) continue;
      const place = await setUpVolume(pod, volume, {
        client,
        clock,
        source,
        tokens: this.#tokens,
        downward: { podIps: [], hostIps: hostIps(), allocatable },
        allocatable,
        directory: join(this.#podDir(uid), 'volumes'),
      });
      state.places.set(volume.name, place);
      if (place.refreshAtMs !== undefined) refreshAtMs = Math.min(refreshAtMs ?? place.refreshAtMs, place.refreshAtMs);
    }
    state.preparedFor = version;
    state.timer?.cancel();
    if (refreshAtMs === undefined) return;
    state.timer = clock.after(Math.max(refreshAtMs - clock.nowMs(), 0), () => {
      this.invalidate(uid);
      onChange();
    });
  }

  async mountImage(pod: Pod, volume: string, imageRef: string): Promise<void> {
    const { images } = this.#options;
    const { uid } = podKey(pod);
    const state = this.#pods.get(uid);
    if (images === undefined || state === undefined) return;
    const volumes = join(this.#podDir(uid), 'volumes');
    state.places.set(volume, await setUpImageVolume(images, volumes, { name: volume, imageRef }));
  }

  invalidate(uid: string): void {
    const state = this.#pods.get(uid);
    if (state !== undefined) state.preparedFor = undefined;
  }

  async containerMounts(input: ContainerMountsInput): Promise<Mount[]> {
    const { pod, container, attempt, podIps } = input;
    const mounts: Mount[] = [];
    for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
      mounts.push(await this.#volumeMount(input, mount, index));
    }
    const has = (path: string) => container.volumeMounts?.some(({ mountPath }) => mountPath === path) ?? false;
    if (!has('/etc/hosts')) {
      mounts.push({ containerPath: '/etc/hosts', hostPath: await this.#hosts(pod, podIps) });
    }
    const messagePath = container.terminationMessagePath;
    if (messagePath) {
      const hostPath = await this.#messageFile(pod, container, attempt);
      mounts.push({ containerPath: messagePath, hostPath });
    }
    return mounts;
  }

  async #volumeMount(
    { pod, container, environment, canBeReadOnlyBelow }: ContainerMountsInput,
    mount: VolumeMount,
    index: number,
  ): Promise<Mount> {
    const { uid } = podKey(pod);
    const place = this.#pods.get(uid)?.places.get(mount.name);
    if (place === undefined)
      throw new ConfigError(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    const subPath = subPathOf(mount, environment);
    const hostPath =
      subPath === '' ? place.hostPath : await this.#subPath(uid, container.name, mount.name, place, subPath, index);
    const propagation = mount.mountPropagation;
    return {
      containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      hostPath,
      readonly: mount.readOnly === true || place.readonly,
      recursiveReadOnly: isReadOnlyBelow(mount, canBeReadOnlyBelow),
      propagation: propagation === 'HostToContainer' || propagation === 'Bidirectional' ? propagation : 'Private',
    };
  }

  /** Binds the place that the sub-path names now, so that it stays that place whatever the container does to the name. */
  async #subPath(
    uid: string,
    containerName: string,
    volumeName: string,
    { hostPath }: VolumePlace,
    subPath: string,
    index: number,
  ): Promise<string> {
    const target = join(this.#podDir(uid), 'volume-subpaths', volumeName, containerName, String(index));
    try {
      if ((await mountsBelow(target)).length > 0) await unmountBelow(target);
      const place = await openBeneath(hostPath, await resolvedBeneath(hostPath, subPath), { create: true });
      try {
        await mkdir(dirname(target), { recursive: true, mode: 0o750 });
        await rm(target, { recursive: true, force: true });
        if ((await place.stat()).isDirectory()) await mkdir(target, { mode: 0o750 });
        else await writeFile(target, '', { mode: 0o640 });
        await bindMount(pathForOthers(place), target);
      } finally {
        await place.close();
      }
    } catch (error) {
      const message = `failed to prepare subPath for volumeMount "${volumeName}" of container "${containerName}"`;
      throw new ConfigError(message, { cause: error });
    }
    return target;
  }

  async #hosts(pod: Pod, podIps: readonly string[]): Promise<string> {
    const path = join(this.#podDir(podKey(pod).uid), 'etc-hosts');
    const own = pod.spec?.hostNetwork ? readFileSync('/etc/hosts', 'utf8') : '';
    const text = hostsFile(pod, podIps, podNames(pod, this.#options.clusterDomain), own);
    await writeFile(path, text, { mode: 0o644 });
    return path;
  }

  /** One file for each attempt; the container may write to it as any user. */
  async #messageFile(pod: Pod, { name }: Container, attempt: number): Promise<string> {
    const directory = join(this.#podDir(podKey(pod).uid), 'containers', name);
    await mkdir(directory, { recursive: true, mode: 0o750 });
    const path = join(directory, String(attempt));
    const file = await open(path, 'w', 0o666);
    await file.chmod(0o666);
    await file.close();
    return path;
  }

  async terminationMessage(_pod: Pod, status: ObservedContainer): Promise<string> {
    const { terminationMessagePath, terminationMessagePolicy } = containerNotes(status.annotations);
    const mount = status.mounts.find(({ containerPath }) => containerPath === terminationMessagePath);
    const text = mount === undefined ? '' : await lastBytes(mount.hostPath, terminationBytesMax);
    if (text !== '' || terminationMessagePolicy !== 'FallbackToLogsOnError' || status.exitCode === 0) return text;
    return logTail(status.logPath, { linesMax: fallbackLinesMax, bytesMax: fallbackBytesMax });
  }

  async readVolumeFile(pod: Pod, volume: string, path: string): Promise<{ path: string; text: string | undefined }> {
    const place = this.#pods.get(podKey(pod).uid)?.places.get(volume);
    if (place === undefined) return { path, text: undefined };
    return { path: join(place.hostPath, path), text: await readBeneath(place.hostPath, path, envFileBytesMax) };
  }

  async volumeBytes(pod: Pod, volume: string): Promise<number> {
    const place = this.#pods.get(podKey(pod).uid)?.places.get(volume);
    return place === undefined ? 0 : diskUsageBytes(place.hostPath);
  }

  async logBytes(path: string): Promise<number> {
    return path === '' ? 0 : diskUsageBytes(dirname(path));
  }

  async removeLog(path: string): Promise<void> {
    if (path === '') return;
    const name = path.slice(dirname(path).length + 1);
    for (const each of await readdir(dirname(path)).catch(() => [])) {
      // With what was rotated out of it: `0.log.20261121-100500`.
      if (each === name || each.startsWith(`${name}.`)) await rm(join(dirname(path), each), { force: true });
    }
  }

  async release(uid: string): Promise<void> {
    this.#pods.get(uid)?.timer?.cancel();
    this.#pods.delete(uid);
    this.#tokens.forget(uid);
    const directory = this.#podDir(uid);
    // A sub-path may be mounted from it.
    await unmountBelow(join(directory, 'volume-subpaths'));
    await takeDownImageVolumes(this.#options.images, join(directory, 'volumes'));
    await unmountBelow(directory);
    // Nothing is removed through a mount.
    if ((await mountsBelow(directory)).length > 0) throw new Error(`mounts are left below ${directory}`);
    await rm(join(directory, 'volumes'), { recursive: true, force: true });
    await rm(join(directory, 'volume-subpaths'), { recursive: true, force: true });
  }

  async remove({ uid }: { uid: string; namespace: string; name: string }): Promise<void> {
    await this.release(uid);
    await rm(this.#podDir(uid), { recursive: true, force: true });
    const { podLogsDir } = this.#options;
    for (const name of await readdir(podLogsDir).catch(() => [])) {
      if (name.endsWith(`_${uid}`)) await rm(join(podLogsDir, name), { recursive: true, force: true });
    }
  }

  known(): Promise<string[]> {
    return readdir(join(this.#options.dataDir, 'pods')).catch(() => []);
  }

  #podDir(uid: string): string {
    return join(this.#options.dataDir, 'pods', uid);
  }
}

/** Whether what is mounted below it is read-only too: never less than the Pod insists on. */
function isReadOnlyBelow({ name, readOnly, recursiveReadOnly }: VolumeMount, canBe: boolean): boolean {
  if (recursiveReadOnly === 'Enabled' && !canBe) {
    const why = `volume "${name}" requested recursive read-only mode, but it is not supported by the runtime`;
    throw new ConfigError(`failed to resolve recursive read-only mode: ${why}`);
  }
  return canBe && readOnly === true && (recursiveReadOnly === 'Enabled' || recursiveReadOnly === 'IfPossible');
}

function subPathOf(mount: VolumeMount, environment: ReadonlyMap<string, string>): string {
  const { subPath = '', subPathExpr } = mount;
  if (subPathExpr === undefined) return checkedSubPath(subPath);
  return checkedSubPath(
    expand(subPathExpr, name => {
      const value = environment.get(name);
      if (value === undefined) throw new ConfigError(`missing value for ${name}`);
      return value;
    }),
  );
}

function checkedSubPath(path: string): string {
  if (path.startsWith('/')) throw new ConfigError(`error SubPath \`${path}\` must not be an absolute path`);
  if (path.split('/').includes('..'))
    throw new ConfigError(`unable to provision SubPath \`${path}\`: must not contain '..'`);
  return path;
}

/**
 * The path with the links that a volume has by itself (`one -> ..data/one`) followed, as long as they stay inside. It is
 * only a proposal: it is walked without following links after that.
 */
async function resolvedBeneath(root: string, path: string): Promise<string> {
  let resolved: string;
  try {
    resolved = await realpath(join(root, path));
  } catch {
    return path;
  }
  const inside = relative(await realpath(root), resolved);
  if (inside === '..' || inside.startsWith('../'))
    throw new Error(`subPath ${JSON.stringify(path)} leads out of its volume`);
  return inside;
}

async function lastBytes(path: string, bytesMax: number): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, bytesMax));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
