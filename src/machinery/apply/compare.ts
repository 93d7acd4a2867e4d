/**
 * What changed between two objects of one type, as sets of fields. Compiled per schema; unchanged parts cost only the
 * walk.
 *
 * A part that is new as a whole is added with everything below it and itself (`.`); of a part that was there before only
 * what is different. So a label added to labels that exist gives `f:labels: { f:x: {} }`, the first label
 * `f:labels: { ".": {}, f:x: {} }`.
 */

import type { FieldSet } from '#machinery/apply/field-set.ts';
import { leaf, noFields } from '#machinery/apply/field-set.ts';
import { stepOf } from '#machinery/apply/steps.ts';
import { canBeEmpty, canonical } from '#machinery/codec/decode.ts';
import { jsonEqual } from '#machinery/json/equal.ts';
import type { AnyJson, Field, LazySchema, ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

const unchanged: Comparison = { added: noFields, modified: noFields, removed: noFields };

/** Both must be canonical objects of the schema. Throws a StepError when an item of a list cannot be named. */
export function compareObjects(schema: Schema, before: AnyJson, after: AnyJson): Comparison {
  const changes = comparerOf(schema).changes(before, after);
  return changes === undefined ? unchanged : { ...unchanged, ...changes };
}

/** Everything that is in the object. */
export function fieldsOfObject(schema: Schema, object: AnyJson): FieldSet {
  return comparerOf(schema).whole(object);
}

interface Changes {
  added?: FieldSet;
  modified?: FieldSet;
  removed?: FieldSet;
}

interface Comparer {
  /** The value and all below it, as a node. */
  whole(value: AnyJson): FieldSet;
  /** What is different, as nodes of this place; undefined when nothing is. */
  changes(before: AnyJson, after: AnyJson): Changes | undefined;
}

const compiled = new WeakMap<Schema, Comparer>();

export function comparerOf(schema: Schema): Comparer {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const comparer = compile(schema);
  compiled.set(schema, comparer);
  return comparer;
}

function compile(schema: Schema): Comparer {
  switch (schema.kind) {
    case 'struct':
      return (schema as StructSchema).atomic ? wholeComparer(schema) : structComparer(schema as StructSchema);
    case 'map':
      return (schema as MapSchema).atomic ? wholeComparer(schema) : mapComparer(schema as MapSchema);
    case 'list':
      return listComparer(schema as ListSchema);
    case 'lazy':
      return lazyComparer(schema as LazySchema);
    default:
      return oneValue;
  }
}

const modifiedLeaf: Changes = Object.freeze({ modified: leaf });

const oneValue: Comparer = {
  whole: () => leaf,
  changes: (before, after) => (jsonEqual(before, after) ? undefined : modifiedLeaf),
};

/** A value that has parts and is owned as one. */
function wholeComparer(schema: Schema): Comparer {
  return {
    whole: () => leaf,
    changes(before, after) {
      if (jsonEqual(before, after)) return undefined;
      if (isEmpty(before) || isEmpty(after)) return modifiedLeaf;
      return jsonEqual(canonical(schema, before), canonical(schema, after)) ? undefined : modifiedLeaf;
    },
  };
}

function lazyComparer(schema: LazySchema): Comparer {
  return {
    whole: value => comparerOf(schema.target()).whole(value),
    changes: (before, after) => comparerOf(schema.target()).changes(before, after),
  };
}

/** Collects the changes of the parts under their steps. */
class Collector {
  changes: Changes | undefined;

  #put(kind: keyof Changes, step: string, node: FieldSet): void {
    this.changes ??= {};
    const set = (this.changes[kind] ??= {}) as Record<string, FieldSet>;
    set[step] = node;
  }

  compare(comparer: Comparer, step: string, before: AnyJson, after: AnyJson): void {
    if (before === undefined) {
      if (after !== undefined) this.#put('added', step, comparer.whole(after));
    } else if (after === undefined) this.#put('removed', step, comparer.whole(before));
    else {
      const changes = comparer.changes(before, after);
      if (changes === undefined) return;
      if (changes.added !== undefined) this.#put('added', step, changes.added);
      if (changes.modified !== undefined) this.#put('modified', step, changes.modified);
      if (changes.removed !== undefined) this.#put('removed', step, changes.removed);
    }
  }

  /** Items that share a step are one value together. */
  mark(kind: keyof Changes, step: string): void {
    this.#put(kind, step, leaf);
  }
}

/** managedFields say who owns what; nobody owns them. */
const neverCompared = 'managedFields';

function structComparer(schema: StructSchema): Comparer {
  const fields = Object.entries(schema.fields)
    .filter(([name]) => name !== neverCompared)
    .map(([name, field]) => ({ step: `f:${name}`, comparer: deferred(field.schema), partOf: reader(name, field) }));
  return {
    whole(value) {
      const node: Record<string, FieldSet> = { '.': leaf };
      let empty = true;
      for (const { step, comparer, partOf } of fields) {
        const part = partOf(value);
        if (part === undefined) continue;
        node[step] = comparer().whole(part);
        empty = false;
      }
      return empty ? leaf : node;
    },
    changes(before, after) {
      if (before === after) return undefined;
      if (isEmpty(before) && isEmpty(after)) return jsonEqual(before, after) ? undefined : modifiedLeaf;
      const collector = new Collector();
      for (const { step, comparer, partOf } of fields) {
        const left = partOf(before);
        const right = partOf(after);
        if (left !== right) collector.compare(comparer(), step, left, right);
      }
      return collector.changes;
    },
  };
}

/** A list or map without entries is only there where it is always printed. */
function reader(name: string, { schema, presence }: Field): (value: AnyJson) => AnyJson {
  if (presence !== 'field' || !canBeEmpty(schema)) return value => value?.[name];
  return value => {
    const part = value?.[name];
    return part === undefined || isEmpty(part) ? undefined : part;
  };
}

/** Compiled at first use: types hold one another in circles. */
function deferred(schema: Schema): () => Comparer {
  let comparer: Comparer | undefined;
  return () => (comparer ??= comparerOf(schema));
}

function mapComparer(schema: MapSchema): Comparer {
  const values = deferred(schema.values);
  return {
    whole(value) {
      const names = Object.keys(value ?? {});
      if (names.length === 0) return leaf;
      const node: Record<string, FieldSet> = { '.': leaf };
      for (const name of names) node[`f:${name}`] = values().whole(value[name]);
      return node;
    },
    changes(before, after) {
      if (isEmpty(before) && isEmpty(after)) return jsonEqual(before, after) ? undefined : modifiedLeaf;
      const left = before ?? {};
      const right = after ?? {};
      const collector = new Collector();
      for (const name of Object.keys(left)) {
        const other = Object.hasOwn(right, name) ? right[name] : undefined;
        if (left[name] !== other) collector.compare(values(), `f:${name}`, left[name], other);
      }
      for (const name of Object.keys(right)) {
        if (!Object.hasOwn(left, name)) collector.compare(values(), `f:${name}`, undefined, right[name]);
      }
      return collector.changes;
    },
  };
}

function isEmpty(value: AnyJson): boolean {
  if (value === null) return true;
  for (const _ in value) return false;
  return true;
}

function listComparer(schema: ListSchema): Comparer {
  const step = stepOf(schema);
  if (step === undefined) return wholeComparer(schema);
  const items = deferred(schema.items);
  const group = (list: AnyJson): Map<string, AnyJson[]> => {
    const groups = new Map<string, AnyJson[]>();
    for (const item of list ?? []) {
      const name = step(item);
      const others = groups.get(name);
      if (others === undefined) groups.set(name, [item]);
      else others.push(item);
    }
    return groups;
  };
  return {
    whole(list) {
      if (isEmpty(list)) return leaf;
      const node: Record<string, FieldSet> = { '.': leaf };
      for (const [name, same] of group(list)) node[name] = same.length === 1 ? items().whole(same[0]) : leaf;
      return node;
    },
    changes(before, after) {
      if (jsonEqual(before, after)) return undefined;
      if (isEmpty(before) && isEmpty(after)) return modifiedLeaf;
      const left = group(before);
      const right = group(after);
      const collector = new Collector();
      for (const name of new Set([...left.keys(), ...right.keys()])) {
        compareItems(collector, items(), name, left.get(name) ?? [], right.get(name) ?? []);
      }
      return collector.changes;
    },
  };
}

/** Items that cannot be told apart are compared together; as soon as there is one only, by itself. */
function compareItems(collector: Collector, items: Comparer, step: string, before: AnyJson[], after: AnyJson[]): void {
  if (before.length <= 1 && after.length <= 1) collector.compare(items, step, before[0], after[0]);
  else if (before.length > 1 && after.length > 1) {
    if (!jsonEqual(before, after)) collector.mark('modified', step);
  } else if (before.length > 1) {
    if (after.length > 0) collector.compare(items, step, undefined, after[0]);
    collector.mark('removed', step);
  } else {
    if (before.length > 0) collector.compare(items, step, before[0], undefined);
    collector.mark('added', step);
  }
}
