/** Reads of the present and the past, on a connection of their own: they never wait for a writer, nor a writer for them. */

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { must } from '#lib/assert.ts';
import { type HistoryRequest, pack, type RangeRequest, type ReadAnswer, type Row } from '#store/sqlite/messages.ts';
import type { Revision } from '#store/store.ts';
import { CompactedError, FutureRevisionError } from '#store/store.ts';

/** Events of the past in one answer. */
const historyRowsMax = 1_000;

const columns = 'log.key, log.revision, log.created, log.previous, log.deleted';

/** For each key its newest row up to the revision, unless that is a deletion: all from the index, which is in the order of keys. */
const newest = `SELECT key, max(revision) AS latest, deleted FROM log
  WHERE key >= :from AND key > :after AND key < :end AND revision <= :revision GROUP BY key HAVING deleted = 0`;

interface RowWithValue extends Omit<Row, 'length'> {
  readonly value: Uint8Array;
}

export class Reader {
  readonly #database: DatabaseSync;
  readonly #numbers: StatementSync;
  readonly #range: StatementSync;
  readonly #count: StatementSync;
  readonly #history: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#numbers = database.prepare(
      `SELECT (SELECT value FROM meta WHERE name = 'compacted') AS compacted,
              coalesce((SELECT max(revision) FROM log), 0) AS last`,
    );
    this.#range = database.prepare(
      `SELECT ${columns}, log.value FROM (${newest} ORDER BY key LIMIT :limit) AS newest
         JOIN log ON log.revision = newest.latest ORDER BY newest.key`,
    );
    this.#count = database.prepare(`SELECT count(*) AS count FROM (${newest})`);
    this.#history = database.prepare(
      `SELECT ${columns}, iif(log.deleted, before.value, log.value) AS value
         FROM log LEFT JOIN log AS before ON log.deleted = 1 AND before.revision = log.previous
        WHERE log.revision >= :from AND log.revision <= :to AND log.key >= :prefix AND log.key < :end
        ORDER BY log.revision LIMIT :limit`,
    );
  }

  range(request: RangeRequest): ReadAnswer {
    return this.#consistent(({ compacted, last }) => {
      const revision = request.revision ?? last;
      if (revision > last) throw new FutureRevisionError(revision, last);
      if (revision < compacted) throw new CompactedError(revision, compacted);
      const { prefix, after = '', limit } = request;
      const bounds = { from: prefix, end: request.single ? `${prefix}\0` : prefixEnd(prefix), revision };
      // One more than wanted tells whether there is more; -1 is no limit.
      const found = this.#range.all({ ...bounds, after, limit: limit === undefined ? -1 : limit + 1 });
      const more = limit !== undefined && found.length > limit;
      if (more) found.pop();
      const rows = found as unknown as RowWithValue[];
      return answer(rows, last, more, request.count ? this.#countAfter(rows, more, bounds) : undefined);
    });
  }

  history(request: HistoryRequest): ReadAnswer {
    return this.#consistent(({ compacted }) => {
      const { prefix, from, to } = request;
      if (from <= compacted) throw new CompactedError(from, compacted);
      const found = this.#history.all({ prefix, end: prefixEnd(prefix), from, to, limit: historyRowsMax });
      const rows = found as unknown as RowWithValue[];
      return answer(rows, rows.length < historyRowsMax ? to : rows.at(-1)!.revision, false, undefined);
    });
  }

  #countAfter(rows: readonly RowWithValue[], more: boolean, bounds: { from: string; end: string; revision: Revision }) {
    if (!more) return 0;
    return this.#count.get({ ...bounds, after: rows.at(-1)?.key ?? '' })?.['count'] as number;
  }

  /** One transaction: compaction must not pass between the check and the read. */
  #consistent(read: (numbers: { compacted: Revision; last: Revision }) => ReadAnswer): ReadAnswer {
    this.#database.exec('BEGIN');
    try {
      const numbers = must(this.#numbers.get(), 'there is one row') as { compacted: Revision; last: Revision };
      return read(numbers);
    } finally {
      this.#database.exec('COMMIT');
    }
  }
}

function answer(
  rows: readonly RowWithValue[],
  revision: Revision,
  more: boolean,
  remaining: number | undefined,
): ReadAnswer {
  const values = pack(rows.map(row => row.value));
  const withoutValues = rows.map(({ key, revision, created, previous, deleted, value }) => {
    return { key, revision, created, previous, deleted, length: value.length };
  });
  return { revision, rows: withoutValues, more, remaining, values };
}

/** The first string after all that begin with the prefix. */
function prefixEnd(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
