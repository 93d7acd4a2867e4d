/** Volumes that hold the files of an image. They are there once the image is, so a container's start brings them. */

import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mountsBelow } from '#kubelet/volumes/mounts.ts';
import type { VolumePlace } from '#kubelet/volumes/set-up.ts';

/** How the files of an image come into a directory, read-only. */
export interface ImageMounts {
  mount(imageRef: string, target: string): Promise<void>;
  unmount(target: string): Promise<void>;
}

const folderOf = (volumes: string) => join(volumes, 'kubernetes.io~image');

/** One that is there already stays the image that it was, for as long as the Pod is. */
export async function setUpImageVolume(
  mounts: ImageMounts,
  volumes: string,
  { name, imageRef }: { name: string; imageRef: string },
): Promise<VolumePlace> {
  const hostPath = join(folderOf(volumes), name);
  await mkdir(hostPath, { recursive: true, mode: 0o750 });
  if (!(await mountsBelow(hostPath)).includes(hostPath)) await mounts.mount(imageRef, hostPath);
  return { hostPath, readonly: true };
}

/** What cannot be given back in this way, because the runtime is down, is unmounted with the rest. */
export async function takeDownImageVolumes(mounts: ImageMounts | undefined, volumes: string): Promise<void> {
  for (const name of await readdir(folderOf(volumes)).catch(() => [])) {
    await mounts?.unmount(join(folderOf(volumes), name)).catch(() => undefined);
  }
}
