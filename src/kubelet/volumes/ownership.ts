/** What `fsGroup` does to a volume: its files belong to the group, and what is made in its directories does too. */

import { chmod, chown, lchown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '#api/core/pod.ts';

export interface Ownership {
  group: number | undefined;
  /** Added to the modes of files: reading, and writing where containers may. */
  fileBits: number;
}

const setgid = 0o2000;
const readBits = 0o440;
const writeBits = 0o660;
const searchBits = 0o110;

export function ownershipOf(pod: Pod, options: { readonly: boolean }): Ownership {
  return { group: pod.spec?.securityContext?.fsGroup, fileBits: options.readonly ? readBits : writeBits };
}

/** Of a directory that no container has been given yet. */
export async function ownDirectory(path: string, { group, fileBits }: Ownership): Promise<void> {
  if (group === undefined) return;
  const { mode } = await stat(path);
  await chown(path, 0, group);
  await chmod(path, (mode & 0o7777) | fileBits | searchBits | setgid);
}

/** Of a volume that brings files with it. With `OnRootMismatch` one look at its root decides. */
export async function ownTree(path: string, ownership: Ownership, policy: string | undefined): Promise<void> {
  const { group, fileBits } = ownership;
  if (group === undefined) return;
  const root = await stat(path);
  const wanted = fileBits | searchBits | setgid;
  if (policy === 'OnRootMismatch' && root.gid === group && (root.mode & wanted) === wanted) return;
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    const each = join(entry.parentPath, entry.name);
    await lchown(each, -1, group);
    if (entry.isSymbolicLink()) continue;
    const { mode } = await stat(each);
    await chmod(each, (mode & 0o7777) | (entry.isDirectory() ? wanted : fileBits));
  }
  await ownDirectory(path, ownership);
}
