/** Mounts that the kubelet makes for Pods. */

import { readFile } from 'node:fs/promises';
import { run } from '#lib/process.ts';

/** A tmpfs; without a size, half of the memory. Never on swap where the kernel can promise that. */
export async function mountTmpfs(target: string, sizeBytes: number | undefined): Promise<void> {
  const size = sizeBytes === undefined ? [] : [`size=${sizeBytes}`];
  const argv = (options: string[]) => ['mount', '-t', 'tmpfs', ...optionArgs(options), 'tmpfs', target];
  try {
    await run(argv([...size, 'noswap']));
  } catch {
    await run(argv(size));
  }
}

const optionArgs = (options: readonly string[]): string[] => (options.length === 0 ? [] : ['-o', options.join(',')]);

/** Binds what `source` stands for, without looking it up by name again. */
export async function bindMount(source: string, target: string): Promise<void> {
  await run(['mount', '--no-canonicalize', '--bind', source, target]);
}

/** The mount points at or below a directory, the deepest first. */
export async function mountsBelow(directory: string): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  return text
    .split('\n')
    .map(line => unescaped(line.split(' ')[4] ?? ''))
    .filter(path => path === directory || path.startsWith(`${directory}/`))
    .reverse();
}

export async function unmountBelow(directory: string): Promise<void> {
  for (const path of await mountsBelow(directory)) {
    await run(['umount', '--no-canonicalize', path]).catch(() => run(['umount', '--no-canonicalize', '--lazy', path]));
  }
}

/** Blanks and the like are written in octal. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
