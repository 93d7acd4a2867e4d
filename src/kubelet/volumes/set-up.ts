/** Sets up one volume of a Pod and says where it is on the node. */

import type { Stats } from 'node:fs';
import { chmod, lstat, mkdir, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { persistentVolumes } from '#api/core/persistent-volume.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import type { Pod } from '#api/core/pod.ts';
import type { ProjectedVolumeSource } from '#api/core/projected-volume.ts';
import type { HostPathVolumeSource, Volume } from '#api/core/volume.ts';
import { isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Downward } from '#kubelet/downward.ts';
import type { EnvironmentSource } from '#kubelet/env.ts';
import { errorText } from '#kubelet/error-text.ts';
import { podKey } from '#kubelet/labels.ts';
import { VolumeError } from '#kubelet/pod-files.ts';
import type { Amounts } from '#kubelet/resources.ts';
import { podCgroup } from '#kubelet/resources.ts';
import { writePayload } from '#kubelet/volumes/atomic-writer.ts';
import { mountsBelow, mountTmpfs } from '#kubelet/volumes/mounts.ts';
import { ownDirectory, ownershipOf, ownTree } from '#kubelet/volumes/ownership.ts';
import type { Files } from '#kubelet/volumes/payload.ts';
import { configMapFiles, downwardFiles, secretFiles, tokenFile } from '#kubelet/volumes/payload.ts';
import type { PodTokens } from '#kubelet/volumes/tokens.ts';
import type { Clock } from '#lib/clock.ts';
import { parseQuantity } from '#machinery/quantity.ts';

export interface VolumeContext {
  client: Client;
  clock: Clock;
  source: Pick<EnvironmentSource, 'configMap' | 'secret'>;
  tokens: PodTokens;
  downward: Downward;
  allocatable: Amounts;
  /** `<data>/pods/<uid>/volumes` */
  directory: string;
}

export interface VolumePlace {
  hostPath: string;
  /** Containers may not change what the API says it holds. */
  readonly: boolean;
  /** When a token in it wants to be replaced. */
  refreshAtMs?: number | undefined;
}

/** Brings a volume that is set up already up to date. Rejects with a VolumeError. */
export async function setUpVolume(pod: Pod, volume: Volume, context: VolumeContext): Promise<VolumePlace> {
  try {
    return await setUp(pod, volume, context);
  } catch (error) {
    if (error instanceof VolumeError) throw error;
    const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${errorText(error)}`;
    throw new VolumeError(message, { cause: error });
  }
}

async function setUp(pod: Pod, volume: Volume, context: VolumeContext): Promise<VolumePlace> {
  const { namespace } = podKey(pod);
  const { configMap, secret, downwardAPI, projected, hostPath, persistentVolumeClaim, ephemeral } = volume;
  if (hostPath !== undefined) return { hostPath: await checkedHostPath(hostPath), readonly: false };
  if (persistentVolumeClaim !== undefined) {
    const { claimName, readOnly = false } = persistentVolumeClaim;
    return persistentPlace(pod, volume.name, claimName, readOnly, context);
  }
  if (ephemeral !== undefined) {
    return persistentPlace(pod, volume.name, `${pod.metadata?.name}-${volume.name}`, false, context);
  }
  if (configMap !== undefined) {
    const { name = '', items, defaultMode: mode = 0o644, optional = false } = configMap;
    const files = configMapFiles(await context.source.configMap(namespace, name), name, { items, mode, optional });
    return writeFiles(pod, volume, 'configmap', files, context);
  }
  if (secret !== undefined) {
    const { secretName: name = '', items, defaultMode: mode = 0o644, optional = false } = secret;
    const files = secretFiles(await context.source.secret(namespace, name), name, { items, mode, optional });
    return writeFiles(pod, volume, 'secret', files, context);
  }
  if (downwardAPI !== undefined) {
    const files = downwardFiles(pod, downwardAPI.items ?? [], downwardAPI.defaultMode ?? 0o644, context.downward);
    return writeFiles(pod, volume, 'downward-api', files, context);
  }
  if (projected !== undefined) {
    const { files, refreshAtMs } = await projectedFiles(pod, projected, context);
    return { ...(await writeFiles(pod, volume, 'projected', files, context)), refreshAtMs };
  }
  const known = Object.keys(volume).filter(key => key !== 'name' && key !== 'emptyDir');
  if (known.length > 0) throw new Error(`no volume plugin matched ${known[0]}`);
  return emptyDir(pod, volume, context);
}

async function projectedFiles(
  pod: Pod,
  { sources = [], defaultMode: mode = 0o644 }: ProjectedVolumeSource,
  { source, tokens, downward }: VolumeContext,
): Promise<{ files: Files; refreshAtMs: number | undefined }> {
  const { namespace } = podKey(pod);
  const files: Files = new Map();
  let refreshAtMs: number | undefined;
  const addAll = (added: Files) => {
    for (const [path, file] of added) files.set(path, file);
  };
  for (const { configMap, secret, downwardAPI, serviceAccountToken } of sources) {
    if (configMap !== undefined) {
      const { name = '', items, optional = false } = configMap;
      addAll(configMapFiles(await source.configMap(namespace, name), name, { items, mode, optional }));
    }
    if (secret !== undefined) {
      const { name = '', items, optional = false } = secret;
      addAll(secretFiles(await source.secret(namespace, name), name, { items, mode, optional }));
    }
    if (downwardAPI !== undefined) addAll(downwardFiles(pod, downwardAPI.items ?? [], mode, downward));
    if (serviceAccountToken !== undefined) {
      const token = await tokens.get(pod, serviceAccountToken);
      files.set(serviceAccountToken.path, tokenFile(pod, token.text, mode));
      refreshAtMs = Math.min(refreshAtMs ?? token.refreshAtMs, token.refreshAtMs);
    }
  }
  return { files, refreshAtMs };
}

/** What may hold secrets is kept in memory; a ConfigMap is not secret. */
async function writeFiles(
  pod: Pod,
  volume: Volume,
  plugin: 'configmap' | 'secret' | 'downward-api' | 'projected',
  files: Files,
  context: VolumeContext,
): Promise<VolumePlace> {
  const hostPath = join(context.directory, `kubernetes.io~${plugin}`, volume.name);
  const ownership = ownershipOf(pod, { readonly: true });
  const isNew = await makeDirectory(hostPath, plugin === 'configmap' ? undefined : { sizeBytes: undefined });
  if (isNew) await ownDirectory(hostPath, { ...ownership, fileBits: 0o660 });
  await writePayload(hostPath, files, ownership, context.clock.nowMs());
  return { hostPath, readonly: true };
}

async function emptyDir(pod: Pod, { name, emptyDir: source }: Volume, context: VolumeContext): Promise<VolumePlace> {
  const hostPath = join(context.directory, 'kubernetes.io~empty-dir', name);
  const { medium = '', sizeLimit } = source ?? {};
  if (medium.startsWith('HugePages')) {
    throw new Error(`medium ${medium}: hugePages storage requested, but there is no resource request for huge pages`);
  }
  const tmpfs = medium === 'Memory' ? { sizeBytes: memorySize(pod, sizeLimit, context.allocatable) } : undefined;
  const isNew = await makeDirectory(hostPath, tmpfs);
  if (isNew) await ownDirectory(hostPath, ownershipOf(pod, { readonly: false }));
  return { hostPath, readonly: false };
}

/** The least of what the node has, what the Pod may use, and what the volume may grow to. */
function memorySize(pod: Pod, sizeLimit: string | undefined, allocatable: Amounts): number {
  const sizes = [
    parseQuantity(allocatable['memory'] ?? '0').units,
    podCgroup(pod).memoryLimitBytes ?? 0,
    sizeLimit === undefined ? 0 : parseQuantity(sizeLimit).units,
  ];
  return Math.min(...sizes.filter(size => size > 0));
}

/** True when it was made now. Everybody may write to it, as upstream has it: who shares it is the Pod's business. */
async function makeDirectory(path: string, tmpfs: { sizeBytes: number | undefined } | undefined): Promise<boolean> {
  if (tmpfs === undefined) {
    if ((await lstat(path).catch(() => undefined)) !== undefined) return false;
    await mkdir(path, { recursive: true, mode: 0o750 });
    await chmod(path, 0o777);
    return true;
  }
  await mkdir(path, { recursive: true, mode: 0o750 });
  if ((await mountsBelow(path)).includes(path)) return false;
  await mountTmpfs(path, tmpfs.sizeBytes);
  await chmod(path, 0o1777);
  return true;
}

const hostPathTypes: Readonly<Record<string, { is: (stats: Stats) => boolean; what: string }>> = {
  Directory: { is: stats => stats.isDirectory(), what: 'directory' },
  DirectoryOrCreate: { is: stats => stats.isDirectory(), what: 'directory' },
  File: { is: stats => stats.isFile(), what: 'file' },
  FileOrCreate: { is: stats => stats.isFile(), what: 'file' },
  Socket: { is: stats => stats.isSocket(), what: 'socket file' },
  CharDevice: { is: stats => stats.isCharacterDevice(), what: 'character device' },
  BlockDevice: { is: stats => stats.isBlockDevice(), what: 'block device' },
};

/** Without a type, the runtime makes a directory of what is not there. */
async function checkedHostPath({ path, type = '' }: HostPathVolumeSource): Promise<string> {
  const expected = hostPathTypes[type];
  if (expected === undefined) return path;
  let stats = await stat(path).catch(() => undefined);
  if (stats === undefined && type === 'DirectoryOrCreate') {
    await mkdir(path, { recursive: true, mode: 0o755 });
    stats = await stat(path);
  } else if (stats === undefined && type === 'FileOrCreate') {
    await (await open(path, 'a', 0o644)).close();
    stats = await stat(path);
  }
  if (stats === undefined || !expected.is(stats)) {
    throw new Error(`hostPath type check failed: ${path} is not a ${expected.what}`);
  }
  return path;
}

/** The path that the claim's volume stands for: on this node, of type `local` or `hostPath`. */
async function persistentPlace(
  pod: Pod,
  volumeName: string,
  claimName: string,
  readonly: boolean,
  { client }: VolumeContext,
): Promise<VolumePlace> {
  const { namespace } = podKey(pod);
  const failed = (why: string) =>
    new VolumeError(
      `Unable to attach or mount volumes: unmounted volumes=[${volumeName}], unattached volumes=[], ` +
        `failed to process volumes=[${volumeName}]: error processing PVC ${namespace}/${claimName}: ${why}`,
    );
  const claim = await client.get(persistentVolumeClaims, { namespace, name: claimName }).catch(error => {
    if (!isNotFound(error)) throw error;
    throw failed(`failed to fetch PVC from API server: ${errorText(error)}`);
  });
  const name = claim.spec.volumeName;
  if (name === undefined || name === '' || claim.status.phase !== 'Bound') throw failed('PVC is not bound');
  const { spec } = await client.get(persistentVolumes, { name });
  if (spec.hostPath !== undefined) return { hostPath: await checkedHostPath(spec.hostPath), readonly };
  if (spec.local !== undefined) {
    const { path } = spec.local;
    if ((await stat(path).catch(() => undefined)) === undefined) {
      throw new VolumeError(
        `MountVolume.NewMounter initialization failed for volume "${name}" : path "${path}" does not exist`,
      );
    }
    const policy = pod.spec?.securityContext?.fsGroupChangePolicy;
    if (!readonly) await ownTree(path, ownershipOf(pod, { readonly: false }), policy);
    return { hostPath: path, readonly };
  }
  throw new VolumeError(`MountVolume.SetUp failed for volume "${name}" : no volume plugin matched`);
}
