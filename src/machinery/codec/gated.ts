/**
 * Takes out the fields whose feature gate is off. Upstream does so silently, after it has noted who wrote them: they show
 * in managedFields and nowhere else. Compiled once; a part of a schema without such fields is not walked.
 *
 * Changes the object in place, which must not be shared yet.
 */

import { gateIsOn } from '#machinery/gates.ts';
import type { AnyJson, ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';
import { resolved } from '#machinery/schema.ts';

type Drop = (value: AnyJson) => void;

const compiled = new WeakMap<Schema, Drop | null>();

export function dropGated(schema: Schema, object: AnyJson): void {
  dropperOf(schema)?.(object);
}

/** Undefined where nothing can be dropped. */
function dropperOf(schema: Schema): Drop | undefined {
  const known = compiled.get(schema);
  if (known !== undefined) return known ?? undefined;
  compiled.set(schema, null); // A type that holds itself has no gates through itself (JSON schemas).
  const drop = compile(resolved(schema));
  compiled.set(schema, drop ?? null);
  return drop;
}

function compile(schema: Schema): Drop | undefined {
  switch (schema.kind) {
    case 'struct':
      return compileStruct(schema as StructSchema);
    case 'list': {
      const drop = dropperOf((schema as ListSchema).items);
      return drop && (value => value.forEach(drop));
    }
    case 'map': {
      const drop = dropperOf((schema as MapSchema).values);
      return drop && (value => Object.values(value).forEach(drop));
    }
    default:
      return undefined;
  }
}

function compileStruct(schema: StructSchema): Drop | undefined {
  const fields = Object.entries(schema.fields);
  const dropped = fields.filter(([, { gate }]) => gate !== undefined && !gateIsOn(gate)).map(([name]) => name);
  const children = fields.flatMap(([name, field]) => {
    const drop = dropped.includes(name) ? undefined : dropperOf(field.schema);
    return drop ? [{ name, drop }] : [];
  });
  if (dropped.length === 0 && children.length === 0) return undefined;
  return value => {
    for (const name of dropped) if (value[name] !== undefined) delete value[name];
    for (const { name, drop } of children) if (value[name] !== undefined && value[name] !== null) drop(value[name]);
  };
}
