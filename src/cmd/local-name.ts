/**
 * Names at which processes of one machine find each other. On Linux, and Windows, they are the kernel's, and gone with the
 * process that had them; elsewhere they are files, of which one may stay behind.
 */

import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of a folder: as a hash, for a name has at most 107 bytes and a path may have more. */
export function localName(purpose: string, directory: string): string {
  const name = `proa-${purpose}-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}`;
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

/** Call it when nobody answers at the name. */
export function removeStaleName(name: string): void {
  if (name.startsWith('/')) rmSync(name, { force: true });
}
