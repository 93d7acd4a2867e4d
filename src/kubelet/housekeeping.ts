/** What a real node looks after at times: logs that grow, disks that fill, images that nobody needs. */

import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Image, Runtime } from '#kubelet/cri/runtime.ts';
import { errorText } from '#kubelet/error-text.ts';
import type { ImageStore } from '#kubelet/images.ts';
import type { PodFiles } from '#kubelet/pod-files.ts';
import type { PodWorker } from '#kubelet/pod-worker.ts';
import type { StorageUse } from '#kubelet/storage-limits.ts';
import { disksOf, exceededStorage, hasStorageLimits } from '#kubelet/storage-limits.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';

export interface HousekeepingOptions {
  runtime: Runtime;
  clock: Clock;
  log: Log;
  images: ImageStore;
  workers: () => Iterable<PodWorker>;
  /** Unused images are removed when more of the disk than `highPercent` is used, until it is `lowPercent`. Absent: never. */
  imageLimits?: { highPercent: number; lowPercent: number } | undefined;
  onImagesRemoved: () => void;
  /** Absent on a node whose Pods have no files. */
  files?: Pick<PodFiles, 'volumeBytes' | 'logBytes'> | undefined;
  /** A Pod takes more of the disk than it may. */
  evict: (worker: PodWorker, message: string) => void;
}

const logBytesMax = 10 << 20;
const logFilesMax = 5;
const imageCheckMs = 300_000;
/** An image that has only just come may be about to be used. */
const imageAgeMs = 120_000;

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  #running = false;
  #imagesCheckedMs = Number.NEGATIVE_INFINITY;
  /** When each image was first seen here, by id. */
  readonly #firstSeenMs = new Map<string, number>();

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** Looks whether there is something to do; does nothing while it still does. */
  async run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      await this.#all();
    } catch (error) {
      this.#options.log.warn('housekeeping failed', { error: errorText(error) });
    }
    this.#running = false;
  }

  async #all(): Promise<void> {
    const { runtime, clock, log, imageLimits, evict } = this.#options;
    for (const worker of this.#options.workers()) {
      for (const { id, state, logPath } of worker.observed.containers) {
        if (state !== 'Running' || logPath === '') continue;
        // It may have ended meanwhile; the others' logs grow on.
        await rotateLog(runtime, id, logPath, clock).catch(error =>
          log.warn('a log was not rotated', { path: logPath, error: errorText(error) }),
        );
      }
    }
    for (const worker of this.#options.workers()) {
      if (worker.phase !== 'running' || !hasStorageLimits(worker.pod)) continue;
      const message = exceededStorage(worker.pod, await this.#storageUse(worker));
      if (message !== undefined) evict(worker, message);
    }
    if (imageLimits === undefined || clock.monotonicMs() - this.#imagesCheckedMs < imageCheckMs) return;
    this.#imagesCheckedMs = clock.monotonicMs();
    await this.#collectImages(imageLimits);
  }

  async #storageUse({ pod, observed }: PodWorker): Promise<StorageUse> {
    const { files, runtime } = this.#options;
    const volumes = new Map<string, number>();
    const containers = new Map<string, number>();
    for (const { name } of disksOf(pod)) volumes.set(name, (await files?.volumeBytes(pod, name)) ?? 0);
    for (const { id, state, logPath, metadata } of observed.containers) {
      if (state !== 'Running') continue;
      const stats = await runtime.containerStats(id).catch(() => undefined);
      const logBytes = (await files?.logBytes(logPath)) ?? 0;
      containers.set(metadata.name, (stats?.writableLayer?.usedBytes ?? 0) + logBytes);
    }
    return { volumes, containers };
  }

  async #collectImages({ highPercent, lowPercent }: { highPercent: number; lowPercent: number }): Promise<void> {
    const { runtime } = this.#options;
    const { imageFilesystems } = await runtime.imageFsInfo();
    const mountpoint = imageFilesystems[0]?.mountpoint;
    if (mountpoint === undefined) return;
    const { blocks, bavail, bsize } = await statfs(mountpoint);
    const usedPercent = 100 - (bavail * 100) / blocks;
    if (usedPercent < highPercent) return;
    let excessBytes = ((usedPercent - lowPercent) / 100) * blocks * bsize;
    for (const image of await this.#unusedImages()) {
      if (excessBytes <= 0) break;
      await runtime.removeImage({ image: image.id });
      this.#firstSeenMs.delete(image.id);
      excessBytes -= image.sizeBytes;
    }
    this.#options.onImagesRemoved();
  }

  /** Those that no container was made from, the longest unused first. */
  async #unusedImages(): Promise<Image[]> {
    const { runtime, clock, images } = this.#options;
    const [all, containers] = await Promise.all([runtime.listImages(), runtime.listContainers()]);
    const used = new Set(containers.flatMap(({ imageRef, imageId, image }) => [imageRef, imageId, image.image]));
    const nowMs = clock.nowMs();
    const lastUsedMs = (id: string) => images.lastUsedMs.get(id) ?? this.#firstSeenMs.get(id) ?? nowMs;
    for (const { id } of all) if (!this.#firstSeenMs.has(id)) this.#firstSeenMs.set(id, nowMs);
    return all
      .filter(({ id, repoDigests, repoTags, pinned }) => {
        const names = [id, ...repoDigests, ...repoTags];
        return !pinned && !names.some(name => used.has(name)) && nowMs - lastUsedMs(id) >= imageAgeMs;
      })
      .sort((a, b) => lastUsedMs(a.id) - lastUsedMs(b.id));
  }
}

/** Moves a log that has grown aside and has the runtime begin a new one; older ones are compressed, the oldest removed. */
export async function rotateLog(
  runtime: Pick<Runtime, 'reopenContainerLog'>,
  containerId: string,
  path: string,
  clock: Clock,
  bytesMax = logBytesMax,
): Promise<void> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size <= bytesMax) return;
  await removeOld(path);
  const stamp = new Date(clock.nowMs()).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const aside = `${path}.${stamp}`;
  await rename(path, aside);
  try {
    await runtime.reopenContainerLog(containerId);
  } catch (error) {
    // The runtime still writes to it: let it keep its name.
    await rename(aside, path);
    throw error;
  }
}

/** Leaves room for the log itself and one that is moved aside. The newest of the old stays as it is: it may be followed. */
async function removeOld(path: string): Promise<void> {
  const prefix = `${basename(path)}.`;
  const names = (await readdir(dirname(path))).filter(name => name.startsWith(prefix)).sort();
  const kept = names.slice(-(logFilesMax - 2));
  for (const name of names) if (!kept.includes(name)) await rm(join(dirname(path), name), { force: true });
  for (const name of kept.filter(each => !each.endsWith('.gz'))) {
    const old = join(dirname(path), name);
    await pipeline(createReadStream(old), createGzip(), createWriteStream(`${old}.gz.tmp`, { mode: 0o640 }));
    await rename(`${old}.gz.tmp`, `${old}.gz`);
    await rm(old, { force: true });
  }
}
