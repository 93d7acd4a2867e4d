/**
 * The files of an image in a directory, for volumes of images: containerd 1.6 does not mount them into containers by
 * itself, but makes a read-only view of an image's layers for who asks.
 */

import type { ImageMounts } from '#kubelet/volumes/image-volume.ts';
import { run } from '#lib/process.ts';

export function imageMounts(socketPath: string): ImageMounts {
  const images = ['ctr', '--address', socketPath, '--namespace', 'k8s.io', 'images'];
  const unmount = async (target: string) => {
    await run([...images, 'unmount', '--rm', target]);
  };
  return {
    async mount(imageRef, target) {
      // A reboot ends the mount, but not the view.
      await unmount(target).catch(() => undefined);
      await run([...images, 'mount', imageRef, target]);
    },
    unmount,
  };
}
