/** How much of the disk a directory takes, as `du` counts it. */

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const blockBytes = 512;

/** What is mounted below it is another's; a file with several names counts once; what goes meanwhile does not count. */
export async function diskUsageBytes(path: string): Promise<number> {
  const root = await lstat(path).catch(() => undefined);
  if (root === undefined) return 0;
  const counted = new Set<number>();
  let usedBytes = 0;
  const left = [path];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const stats = await lstat(next).catch(() => undefined);
    if (stats === undefined || stats.dev !== root.dev || counted.has(stats.ino)) continue;
    if (stats.nlink > 1 && !stats.isDirectory()) counted.add(stats.ino);
    usedBytes += stats.blocks * blockBytes;
    if (!stats.isDirectory()) continue;
    for (const name of await readdir(next).catch(() => [])) left.push(join(next, name));
  }
  return usedBytes;
}
