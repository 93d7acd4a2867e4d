/**
 * Sets defaults: the constants of the fields, then what a struct's `defaults` derives from its other fields, then the same
 * beneath. Compiled once; a part of a schema that has no defaults anywhere is not walked.
 *
 * Changes the object in place, which must not be shared yet; `canonical` puts its keys in order afterwards.
 */

import type { AnyJson, ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';

export type SetDefaults = (value: AnyJson) => void;

const compiled = new WeakMap<Schema, SetDefaults | null>();

/** Undefined when there is nothing to set. */
export function defaulterOf(schema: Schema): SetDefaults | undefined {
  const known = compiled.get(schema);
  if (known !== undefined) return known ?? undefined;
  compiled.set(schema, null); // A type that holds itself has no defaults through itself (JSON schemas).
  const set = compile(schema);
  compiled.set(schema, set ?? null);
  return set;
}

export function setDefaults(schema: Schema, object: AnyJson): void {
  defaulterOf(schema)?.(object);
}

function compile(schema: Schema): SetDefaults | undefined {
  switch (schema.kind) {
    case 'struct':
      return compileStruct(schema as StructSchema);
    case 'list': {
      const item = defaulterOf((schema as ListSchema).items);
      return item && (value => value.forEach(item));
    }
    case 'map': {
      const entry = defaulterOf((schema as MapSchema).values);
      return entry && (value => Object.values(value).forEach(entry));
    }
    default:
      return undefined;
  }
}

function compileStruct(schema: StructSchema): SetDefaults | undefined {
  const constants = Object.entries(schema.fields).filter(([, field]) => field.default !== undefined);
  const children = Object.entries(schema.fields).flatMap(([name, field]) => {
    const set = defaulterOf(field.schema);
    return set ? [{ name, set }] : [];
  });
  const derive = schema.defaults;
  if (constants.length === 0 && children.length === 0 && derive === undefined) return undefined;
  return value => {
    for (const [name, field] of constants) {
      const given = value[name];
      if (given === undefined || given === null || (given === '' && field.presence !== 'optional')) {
        value[name] = typeof field.default === 'object' ? {} : field.default;
      }
    }
    derive?.(value);
    for (const { name, set } of children) {
      const given = value[name];
      if (given !== undefined && given !== null) set(given);
    }
  };
}
