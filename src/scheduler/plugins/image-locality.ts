import type { Plugin } from '#scheduler/plugin.ts';
import { nodeScoreMax } from '#scheduler/plugin.ts';

const megabyte = 1024 * 1024;
/** Less than this is fetched so fast that it does not matter; more, per container, does not matter more. */
const imageBytesMin = 23 * megabyte;
const imageBytesMaxPerContainer = 1000 * megabyte;

/** Nodes that already have the images. An image that few nodes have counts less, so that they are not overrun. */
export const imageLocality: Plugin = {
  name: 'ImageLocality',
  weight: 1,
  preScore({ pod }, table) {
    const { containers, initContainers = [], volumes = [] } = pod.spec;
    const ofContainers = [...initContainers, ...containers].map(({ image = '' }) => image);
    const ofVolumes = volumes.flatMap(({ image }) => (image?.reference ? [image.reference] : []));
    const names = [...ofContainers, ...ofVolumes];
    const images = names.map(name => table.images.get(withTag(name))).filter(rows => rows !== undefined);
    if (images.length === 0) return undefined;
    const bytesMax = imageBytesMaxPerContainer * names.length;
    return {
      score(row) {
        let bytes = 0;
        for (const rows of images) bytes += Math.trunc((rows.get(row) ?? 0) * (rows.size / table.nodeCount));
        const counted = Math.min(Math.max(bytes, imageBytesMin), bytesMax);
        return Math.trunc((nodeScoreMax * (counted - imageBytesMin)) / (bytesMax - imageBytesMin));
      },
    };
  },
};

/** `web` is `web:latest`, as nodes list it. */
function withTag(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}
