/** Writes and compaction on the open file. Runs on the thread of `commit-thread.ts`; synchronous and serial. */

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { must } from '#lib/assert.ts';
import type { Term } from '#store/expiry.ts';
import { pack, unpacker, type WriteOperation, type WriteOutcome } from '#store/sqlite/messages.ts';
import type { Revision } from '#store/store.ts';

/** Revisions looked at in one slice of a sweep: a few milliseconds, for a write may wait for it. */
const sweepRevisionsMax = 500;
/** Free pages given back to the file system in one slice, once they are a quarter of a file that is not small anyway. */
const vacuumPagesMax = 256;
const vacuumFilePagesMin = 1024;

interface Standing {
  readonly revision: Revision;
  readonly created: Revision;
  readonly deleted: number;
}

export interface WriteBatch {
  readonly operations: readonly WriteOperation[];
  readonly values: ArrayBuffer;
}

export class Committer {
  readonly #database: DatabaseSync;
  readonly #standing: StatementSync;
  readonly #value: StatementSync;
  readonly #insert: StatementSync;
  readonly #meta: StatementSync;
  readonly #setMeta: StatementSync;
  #revision: Revision;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#standing = database.prepare(
      'SELECT revision, created, deleted FROM log WHERE key = ? ORDER BY revision DESC LIMIT 1',
    );
    this.#value = database.prepare('SELECT value FROM log WHERE revision = ?');
    this.#insert = database.prepare(
      'INSERT INTO log (revision, key, created, previous, deleted, expires, value) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#meta = database.prepare('SELECT value FROM meta WHERE name = ?');
    this.#setMeta = database.prepare('UPDATE meta SET value = ? WHERE name = ?');
    this.#revision = this.#lastRevision();
  }

  get revision(): Revision {
    return this.#revision;
  }

  /** Whether the last compaction was swept to its end. */
  get isSwept(): boolean {
    return this.#number('swept') >= this.#sweepEnd();
  }

  /** The terms of the keys that have one. */
  terms(): Term[] {
    const rows = this.#database
      .prepare(
        `SELECT key, revision, expires AS atMs FROM log AS term WHERE expires IS NOT NULL AND NOT EXISTS
           (SELECT 1 FROM log AS later WHERE later.key = term.key AND later.revision > term.revision)`,
      )
      .all();
    return rows.map(row => ({ ...row }) as unknown as Term);
  }

  /** All in one transaction: when this returns every write in it is durable. When it throws none has happened. */
  commit(batches: readonly WriteBatch[]): { outcomes: WriteOutcome[]; values: ArrayBuffer } {
    const outcomes: WriteOutcome[] = [];
    const values: Uint8Array[] = [];
    const before = this.#revision;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const batch of batches) {
        const take = unpacker(batch.values);
        for (const operation of batch.operations) {
          const value = operation.length < 0 ? undefined : take(operation.length);
          const { outcome, shown } = this.#write(operation, value);
          outcomes.push(outcome);
          if (shown !== undefined) values.push(shown);
        }
      }
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#revision = before;
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
    return { outcomes, values: pack(values) };
  }

  /** From now on nothing before the revision can be read. `sweep` removes it. */
  compact(revision: Revision): void {
    if (revision > this.#number('compacted')) this.#setMeta.run(revision, 'compacted');
  }

  /** Removes a slice of what was compacted and gives a slice of the space back. True: there is more. */
  sweep(): boolean {
    const swept = this.#number('swept');
    const end = this.#sweepEnd();
    const to = Math.min(swept + sweepRevisionsMax, end);
    if (swept < to) this.#sweepBetween(swept, to);
    const vacuumed = this.#vacuum();
    return to < end || vacuumed;
  }

  /** What these revisions replaced goes, and those that are deletions themselves. */
  #sweepBetween(after: Revision, to: Revision): void {
    this.#transaction(() => {
      this.#database
        .prepare(
          `DELETE FROM log WHERE revision IN
             (SELECT previous FROM log WHERE revision > ? AND revision <= ? AND previous > 0)`,
        )
        .run(after, to);
      this.#database.prepare('DELETE FROM log WHERE revision > ? AND revision <= ? AND deleted = 1').run(after, to);
      this.#setMeta.run(to, 'swept');
    });
  }

  #write(
    { key, expected, expiresMs }: WriteOperation,
    value: Uint8Array | undefined,
  ): { outcome: WriteOutcome; shown?: Uint8Array } {
    const found = this.#standing.get(key) as Standing | undefined;
    const standing = found?.deleted === 0 ? found : undefined;
    const previous = standing?.revision ?? 0;
    const refused = expected !== undefined && expected !== previous;
    if (refused || (value === undefined && standing === undefined)) {
      const shown = standing && this.#valueAt(standing.revision);
      const created = standing?.created ?? 0;
      return { outcome: { ok: false, revision: previous, created, previous: 0, length: shown?.length ?? 0 }, shown };
    }
    const revision = ++this.#revision;
    const created = standing?.created ?? revision;
    const shown = value === undefined ? this.#valueAt(previous) : undefined;
    this.#insert.run(revision, key, created, previous, value ? 0 : 1, expiresMs, value ?? new Uint8Array());
    return { outcome: { ok: true, revision, created, previous, length: shown?.length ?? 0 }, shown };
  }

  #valueAt(revision: Revision): Uint8Array {
    return must(this.#value.get(revision), () => `revision ${revision} is there`)['value'] as Uint8Array;
  }

  /** The last row stays, deletion or not, because the next revision is counted from it. */
  #sweepEnd(): Revision {
    return Math.min(this.#number('compacted'), this.#revision - 1);
  }

  #lastRevision(): Revision {
    return (this.#database.prepare('SELECT max(revision) AS last FROM log').get()?.['last'] as number | null) ?? 0;
  }

  #number(name: string): number {
    return must(this.#meta.get(name), () => `meta has ${name}`)['value'] as number;
  }

  /** Whether there was something to give back. */
  #vacuum(): boolean {
    const free = this.#database.prepare('PRAGMA freelist_count').get()?.['freelist_count'] as number;
    const all = this.#database.prepare('PRAGMA page_count').get()?.['page_count'] as number;
    if (all < vacuumFilePagesMin || free * 4 < all) return false;
    this.#database.exec(`PRAGMA incremental_vacuum(${vacuumPagesMax})`);
    return true;
  }

  #transaction(body: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      body();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
