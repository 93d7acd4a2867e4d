/**
 * The files of a volume that change all at once.
 *
 * ```
 * ..2026_11_21_10_05_00.042   a directory with the files
 * ..data -> ..2026_11_21_10_05_00.042
 * user -> ..data/user
 * ```
 * A new set of files is written into a directory of its own; renaming a new `..data` over the old one switches every name
 * at the same moment, so that no reader sees files of two versions.
 */

import {
  chmod,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { namesOf } from '#kubelet/volumes/beneath.ts';
import type { Ownership } from '#kubelet/volumes/ownership.ts';

export interface PayloadFile {
  data: Uint8Array;
  mode: number;
  /** The user that it belongs to, root when absent. */
  uid?: number | undefined;
}

/** By path in the volume. */
export type Payload = ReadonlyMap<string, PayloadFile>;

const dataLink = '..data';
const newDataLink = '..data_tmp';

/** True when something was written. */
export async function writePayload(
  directory: string,
  payload: Payload,
  ownership: Ownership,
  nowMs: number,
): Promise<boolean> {
  const current = await readlink(join(directory, dataLink)).catch(() => undefined);
  if (current !== undefined && (await holds(join(directory, current), payload))) return false;
  const fresh = await writeVersion(directory, payload, ownership, nowMs);
  await rm(join(directory, newDataLink), { force: true });
  await symlink(fresh, join(directory, newDataLink));
  await own(join(directory, newDataLink), ownership);
  await rename(join(directory, newDataLink), join(directory, dataLink));
  await link(directory, payload, ownership);
  if (current !== undefined) await rm(join(directory, current), { recursive: true, force: true });
  return true;
}

/** Whether a version is what is wanted: the same files with the same content. */
async function holds(version: string, payload: Payload): Promise<boolean> {
  const present = await readdir(version, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (present === undefined) return false;
  if (present.filter(entry => entry.isFile()).length !== payload.size) return false;
  for (const [path, { data }] of payload) {
    const known = await readFile(join(version, path)).catch(() => undefined);
    if (known === undefined || Buffer.compare(known, data) !== 0) return false;
  }
  return true;
}

async function writeVersion(directory: string, payload: Payload, ownership: Ownership, nowMs: number): Promise<string> {
  const name = await makeVersion(directory, nowMs);
  const root = join(directory, name);
  const directories = new Set([root]);
  for (const [path, { data, mode, uid }] of payload) {
    const file = join(root, ...namesOf(path));
    for (let parent = dirname(file); parent !== root && !directories.has(parent); parent = dirname(parent)) {
      directories.add(parent);
    }
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, data, { mode: 0o600 });
    await chmod(file, ownership.group === undefined ? mode : mode | ownership.fileBits);
    await lchown(file, uid ?? 0, ownership.group ?? 0);
  }
  for (const each of directories) {
    await lchown(each, 0, ownership.group ?? 0);
    await chmod(each, ownership.group === undefined ? 0o755 : 0o2755);
  }
  return name;
}

/** `..2026_11_21_10_05_00.1`: the second, and the first number that is free. */
async function makeVersion(directory: string, nowMs: number): Promise<string> {
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replace(/[-T:]/g, '_');
  for (let number = 1; ; number++) {
    const name = `..${stamp}.${number}`;
    try {
      await mkdir(join(directory, name), { mode: 0o755 });
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Makes the names that people see, and takes away those of files that are gone. */
async function link(directory: string, payload: Payload, ownership: Ownership): Promise<void> {
  const wanted = new Set([...payload.keys()].map(path => namesOf(path)[0] as string));
  for (const name of await readdir(directory)) {
    if (!name.startsWith('..') && !wanted.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
  for (const name of wanted) {
    const path = join(directory, name);
    if ((await lstat(path).catch(() => undefined)) !== undefined) continue;
    await symlink(join(dataLink, name), path);
    await own(path, ownership, payload.get(name)?.uid);
  }
}

async function own(path: string, { group }: Ownership, uid = 0): Promise<void> {
  if (group !== undefined || uid !== 0) await lchown(path, uid, group ?? 0);
}
