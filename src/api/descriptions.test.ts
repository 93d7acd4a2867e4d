import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allResources } from '#api/all.ts';
import type { ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';
import { isList, isMap, isStruct, resolved } from '#machinery/schema.ts';

/** Described once for all types, where the schemas are published. */
const standard = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

function structsOf(given: Schema, found: Map<string, StructSchema>): void {
  const schema = resolved(given);
  if (isList(schema)) structsOf((schema as ListSchema).items, found);
  else if (isMap(schema)) structsOf((schema as MapSchema).values, found);
  else if (isStruct(schema) && !found.has(schema.name)) {
    found.set(schema.name, schema);
    for (const field of Object.values(schema.fields)) structsOf(field.schema, found);
  }
}

test('every type and every field of the API is described', () => {
  const structs = new Map<string, StructSchema>();
  for (const resource of allResources) structsOf(resource.schema, structs);
  const silent = [...structs.values()].flatMap(({ name, doc, fields }) => [
    ...(doc ? [] : [name]),
    ...Object.entries(fields)
      .filter(([field, { doc }]) => !doc && !standard.includes(field))
      .map(([field]) => `${name}.${field}`),
  ]);
  assert.deepEqual(silent, []);
  assert.ok(structs.size > 400);
});
