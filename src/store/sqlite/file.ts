/**
 * Opening the file: one process at a time, only a file of ours, brought to the present schema.
 */

import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { applicationId, migrations, pageBytes } from '#store/sqlite/schema.ts';

/** The file cannot be used. The message says which, why and what to do. */
export class StoreFileError extends Error {
  override name = 'StoreFileError';
}

export interface OpenFile {
  readonly database: DatabaseSync;
  close(): void;
}

export function openFile(path: string, schema: readonly string[] = migrations): OpenFile {
  const lock = lockFile(path);
  let database: DatabaseSync | undefined;
  try {
    keepPrivate(path);
    database = new DatabaseSync(path);
    prepare(database, path, schema);
  } catch (error) {
    database?.close();
    lock.close();
    throw error instanceof StoreFileError ? error : new StoreFileError(`Open "${path}": ${reasonOf(error)}`);
  }
  const opened = database;
  return {
    database: opened,
    close() {
      opened.close();
      lock.close();
    },
  };
}

/**
 * Secrets stand in it: a new file is its owner's alone, and SQLite gives the files beside it the same mode. One that is there
 * is not opened, for closing it again would take away the locks that this process may hold on it (fcntl's rule).
 */
function keepPrivate(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
}

/** What SQLite says, for a person. */
export function reasonOf(error: unknown): string {
  const { errcode, message } = error as { errcode?: number; message: string };
  const primary = (errcode ?? 0) & 0xff;
  if (primary === 26) return 'it is not a database: choose another path, or restore a snapshot there';
  if (primary === 11) return `it is damaged (${message}): restore a snapshot`;
  if (primary === 13) return 'the disk is full';
  return message;
}

/**
 * A second small database whose write lock is held for as long as the store is open: the kernel lets it go when the process
 * ends, however it ends. It names the holder.
 */
function lockFile(path: string): DatabaseSync {
  const lockPath = `${path}-lock`;
  let lock: DatabaseSync;
  try {
    keepPrivate(lockPath);
    lock = new DatabaseSync(lockPath, { timeout: 0 });
  } catch (error) {
    throw new StoreFileError(`Open "${path}": ${reasonOf(error)}`);
  }
  try {
    lock.exec('BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid INTEGER); DELETE FROM holder');
    lock.prepare('INSERT INTO holder VALUES (?)').run(process.pid);
    lock.exec('COMMIT; BEGIN IMMEDIATE');
    return lock;
  } catch (error) {
    const holder = holderOf(lock);
    lock.close();
    if ((error as { errcode?: number }).errcode !== 5) {
      throw new StoreFileError(`Open "${path}": its lock file "${lockPath}" cannot be used: ${reasonOf(error)}`);
    }
    const who = holder === undefined ? 'another process has it open' : `the process ${holder} has it open`;
    throw new StoreFileError(`Open "${path}": ${who}: stop that one first, or choose another path`);
  }
}

function holderOf(lock: DatabaseSync): number | undefined {
  try {
    return lock.prepare('SELECT pid FROM holder').get()?.['pid'] as number | undefined;
  } catch {
    return undefined; // It is being written just now.
  }
}

function prepare(database: DatabaseSync, path: string, schema: readonly string[]): void {
  const version = numberOf(database, 'user_version');
  const isNew = version === 0 && numberOf(database, 'page_count') === 0;
  if (!isNew && numberOf(database, 'application_id') !== applicationId) {
    throw new StoreFileError(`Open "${path}": it is a database of another program: choose another path`);
  }
  if (version > schema.length) {
    throw new StoreFileError(
      `Open "${path}": it was written by a newer proa (schema ${version}; this one knows up to ${schema.length}): ` +
        'run that version, or restore an older snapshot',
    );
  }
  if (isNew) database.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA auto_vacuum = INCREMENTAL`);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864');
  if (version === schema.length) return;
  if (version > 0) copyFile(database, `${path}.schema-${version}`);
  migrate(database, version, schema);
}

/** The file as it was before a migration, for going back. */
function copyFile(database: DatabaseSync, copyPath: string): void {
  if (existsSync(copyPath)) return; // From an attempt before.
  keepPrivate(copyPath);
  database.prepare('VACUUM INTO ?').run(copyPath);
}

function migrate(database: DatabaseSync, version: number, schema: readonly string[]): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const statements of schema.slice(version)) database.exec(statements);
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schema.length}; COMMIT`);
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0] as number;
}
