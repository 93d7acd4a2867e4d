/**
 * The labels of nodes by column: for each key that somebody asked about, the number of each row's value. Two rows are in
 * the same place exactly when their numbers are equal; -1 is a node without the label.
 */

/** More keys than that are not in use at a time; the one asked for first is forgotten first and made anew when needed. */
const columnsMax = 256;

/** Nodes come and go, and with them values; a column with many more than there are rows is made anew. */
const valuesPerRowMax = 4;

export interface LabelColumn {
  ids: Int32Array;
  readonly values: string[];
  readonly idOf: Map<string, number>;
}

export class LabelColumns {
  readonly #columns = new Map<string, LabelColumn>();
  readonly #labels: Readonly<Record<string, string>>[] = [];
  #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  set(row: number, labels: Readonly<Record<string, string>>): void {
    this.#labels[row] = labels;
    for (const [key, column] of this.#columns) {
      column.ids[row] = idIn(column, labels[key]);
      if (column.values.length > this.#capacity * valuesPerRowMax) this.#columns.delete(key);
    }
  }

  grow(capacity: number): void {
    this.#capacity = capacity;
    for (const column of this.#columns.values()) {
      const ids = new Int32Array(capacity).fill(-1);
      ids.set(column.ids);
      column.ids = ids;
    }
  }

  column(key: string): LabelColumn {
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    const column: LabelColumn = { ids: new Int32Array(this.#capacity).fill(-1), values: [], idOf: new Map() };
    for (const [row, labels] of this.#labels.entries()) column.ids[row] = idIn(column, labels?.[key]);
    if (this.#columns.size >= columnsMax) this.#columns.delete(this.#columns.keys().next().value!);
    this.#columns.set(key, column);
    return column;
  }
}

function idIn(column: LabelColumn, value: string | undefined): number {
  if (value === undefined) return -1;
  let id = column.idOf.get(value);
  if (id === undefined) {
    id = column.values.length;
    column.values.push(value);
    column.idOf.set(value, id);
  }
  return id;
}
