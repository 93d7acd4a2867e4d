/**
 * What stands in the file. Every revision is a row, so history is a query: the state at revision R is, for each key, the row
 * with the largest revision up to R, unless it is a deletion.
 *
 * Worked example: put /a at 1, put /a at 2, delete /a at 3, put /a at 4.
 *   revision key created previous deleted
 *          1 /a        1        0       0
 *          2 /a        1        1       0
 *          3 /a        1        2       1
 *          4 /a        4        0       0
 */

/** `PROA` in the header of the file: no other program's database is ever taken for ours. */
export const applicationId = 0x50524f41;

/** Fits an object of usual size and its neighbours; set before the first table, as it cannot be changed afterwards. */
export const pageBytes = 8192;

/** The statements from schema version i to i + 1. Never change one that was released: add another. */
export const migrations: readonly string[] = [
  `CREATE TABLE log (
     revision INTEGER PRIMARY KEY,
     key TEXT NOT NULL,
     created INTEGER NOT NULL,
     previous INTEGER NOT NULL,
     deleted INTEGER NOT NULL,
     expires INTEGER,
     value BLOB NOT NULL
   ) STRICT;
   CREATE INDEX log_by_key ON log (key, revision, deleted);
   CREATE INDEX log_expiring ON log (expires) WHERE expires IS NOT NULL;
   CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   INSERT INTO meta VALUES ('compacted', 0), ('swept', 0);`,
];
