/**
 * Paths inside a directory that a container can write to. The container may swap a directory for a symbolic link at any
 * moment, so a path is never checked and then used: it is walked one name at a time from an open directory, and every step
 * refuses links. `/proc/self/fd/N/name` names an entry of an open directory, as openat(2) would; what is found is used
 * through its descriptor, never through its name.
 */

import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open } from 'node:fs/promises';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY, O_NONBLOCK } = constants;
/** Not among Node's constants: a descriptor that only stands for the place (open(2), the same on every Linux we run on). */
const O_PATH = 0o10000000;

const namesMax = 128;

/** The path of what a descriptor stands for, good while it is open. */
export function pathOf(handle: FileHandle, name?: string): string {
  return `/proc/self/fd/${handle.fd}${name === undefined ? '' : `/${name}`}`;
}

/** The same, for another process. */
export function pathForOthers(handle: FileHandle): string {
  return `/proc/${process.pid}/fd/${handle.fd}`;
}

/** The names of a relative path. Throws for one that leads out, or is too deep. */
export function namesOf(path: string): string[] {
  const names = path.split('/').filter(name => name !== '' && name !== '.');
  if (path.startsWith('/') || names.includes('..'))
    throw new Error(`path ${JSON.stringify(path)} leads out of its volume`);
  if (names.length > namesMax) throw new Error(`path ${JSON.stringify(path)} has more than ${namesMax} parts`);
  return names;
}

export interface BeneathOptions {
  /** Directories that are missing are made, with the mode of the one above the first of them. */
  create?: boolean;
}

/** Stands for the file or directory at `path` below `root`; close it. Rejects when a link is on the way. */
export async function openBeneath(root: string, path: string, options: BeneathOptions = {}): Promise<FileHandle> {
  // The way to the root is the kubelet's own: links on it are meant.
  let at = await open(root, O_PATH | O_DIRECTORY);
  const names = namesOf(path);
  try {
    for (const [index, name] of names.entries()) {
      const next = await step(at, name, index === names.length - 1, options);
      await at.close();
      at = next;
    }
    return at;
  } catch (error) {
    await at.close();
    throw error;
  }
}

async function step(at: FileHandle, name: string, last: boolean, { create }: BeneathOptions): Promise<FileHandle> {
  const flags = O_PATH | O_NOFOLLOW | (last ? 0 : O_DIRECTORY);
  const path = pathOf(at, name);
  try {
    return await notLink(await open(path, flags));
  } catch (error) {
    if (!create || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const { mode } = await at.stat();
  await mkdir(path, { mode: mode & 0o7777 }).catch(error => {
    if (error.code !== 'EEXIST') throw error;
  });
  const made = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  // The umask took some of it away.
  await made.chmod(mode & 0o7777);
  return made;
}

/** With O_PATH, O_NOFOLLOW opens the link itself. */
async function notLink(handle: FileHandle): Promise<FileHandle> {
  if (!(await handle.stat()).isSymbolicLink()) return handle;
  await handle.close();
  throw new Error('a symbolic link is on the way');
}

/** The text of a regular file below `root`; undefined when there is none. */
export async function readBeneath(root: string, path: string, bytesMax: number): Promise<string | undefined> {
  let place: FileHandle;
  try {
    place = await openBeneath(root, path);
  } catch {
    return undefined;
  }
  try {
    if (!(await place.stat()).isFile()) return undefined;
    const file = await open(pathOf(place), O_RDONLY | O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(bytesMax);
      const { bytesRead } = await file.read(buffer, 0, bytesMax, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } finally {
    await place.close();
  }
}
