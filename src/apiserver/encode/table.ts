/** Tables: what `kubectl get` shows. The server computes the cells, so that every client prints the same. */

import { type FormSource, metadataOf, objectOf } from '#apiserver/encode/form-source.ts';
import type { Column, Strategy } from '#apiserver/resources/strategy.ts';
import { stringify } from '#machinery/codec/json.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { Encoded, Entry, Hole } from '#watch/entry.ts';
import type { Form } from '#watch/form.ts';

export interface Columns {
  readonly all: readonly Column<AnyJson>[];
  readonly definitions: readonly AnyJson[];
}

/** For a kind that names none. */
const plainColumns: readonly Column<AnyJson>[] = [
  { name: 'Name', type: 'string', format: 'name', cell: object => object.metadata.name ?? '' },
  { name: 'Created At', type: 'date', cell: object => object.metadata.creationTimestamp ?? '' },
];

const nameDescription =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically.';

const known = new WeakMap<Pick<Strategy, 'columns'>, Columns>();

export function columnsOf(strategy: Pick<Strategy, 'columns'>): Columns {
  const made = known.get(strategy);
  if (made !== undefined) return made;
  const all = strategy.columns ?? plainColumns;
  const declared = all.filter(column => !column.undeclared);
  const definitions = declared.map(column => ({
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column.description ?? (column.format === 'name' ? nameDescription : `${column.name} of the object`),
    priority: column.priority ?? 0,
  }));
  const columns = { all, definitions };
  known.set(strategy, columns);
  return columns;
}

interface TimedCell {
  readonly column: Column<AnyJson>;
  readonly entry: Entry;
}

const fill: Form['fill'] = (hole, nowMs) => {
  const { column, entry } = hole.from as TimedCell;
  return Buffer.from(stringify(column.cell(entry.object(), nowMs)));
};

/** The rows of a resource; cells that say how long ago something was are holes. */
export function tableForm(source: FormSource, include: 'None' | 'Metadata' | 'Object'): Form {
  return {
    name: `${source.served.resource.apiVersion} table/${include}`,
    separator: Buffer.from(','),
    encode: entry => row(source, include, entry),
    fill,
  };
}

function row(source: FormSource, include: 'None' | 'Metadata' | 'Object', entry: Entry): Encoded {
  const hub = entry.object();
  const holes: Hole[] = [];
  let text = '{"cells":[';
  columnsOf(source.strategy).all.forEach((column, position) => {
    if (position > 0) text += ',';
    if (column.timed) holes.push({ at: Buffer.byteLength(text), from: { column, entry } satisfies TimedCell });
    else text += stringify(column.cell(hub, 0));
  });
  text += `],"object":${rowObject(source, include, entry)}}`;
  return { bytes: Buffer.from(text), holes };
}

function rowObject(source: FormSource, include: 'None' | 'Metadata' | 'Object', entry: Entry): string {
  if (include === 'None') return 'null';
  if (include === 'Object') return stringify(objectOf(source, entry));
  const metadata = stringify(metadataOf(source.strategy, entry.object()));
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${metadata}}`;
}
