/**
 * What is wrong with an object that a strategic merge patch made, in the words of the converter through which upstream
 * sends it (k8s.io/apimachinery/pkg/runtime): `cannot restore map from slice`, `cannot convert int64 to string`.
 */

import { goType } from '#machinery/patch/go-format.ts';
import type { AnyJson, LazySchema, ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';

/** The first problem; undefined when every value has the type of its field, or is of a kind whose text is checked elsewhere. */
export function unstructuredProblem(schema: Schema, value: AnyJson): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (schema.kind) {
    case 'lazy':
      return unstructuredProblem((schema as LazySchema).target(), value);
    case 'struct':
      if (kindOf(value) !== 'map') return `cannot restore struct from: ${kindOf(value)}`;
      return first(Object.entries((schema as StructSchema).fields), ([name, field]) =>
        unstructuredProblem(field.schema, Object.hasOwn(value, name) ? value[name] : undefined),
      );
    case 'map':
      if (kindOf(value) !== 'map') return `cannot restore map from ${kindOf(value)}`;
      return first(Object.values(value), part => unstructuredProblem((schema as MapSchema).values, part));
    case 'list':
      if (kindOf(value) !== 'slice') return `cannot restore slice from ${kindOf(value)}`;
      return first(value as AnyJson[], item => unstructuredProblem((schema as ListSchema).items, item));
    case 'string':
    case 'boolean':
    case 'int32':
    case 'int64':
    case 'double':
      return scalarProblem(schema.kind, value);
    default:
      return undefined;
  }
}

function first<T>(parts: readonly T[], problemOf: (part: T) => string | undefined): string | undefined {
  for (const part of parts) {
    const problem = problemOf(part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function kindOf(value: AnyJson): string {
  if (Array.isArray(value)) return 'slice';
  return typeof value === 'object' ? 'map' : goType(value);
}

const goNames = { string: 'string', boolean: 'bool', int32: 'int32', int64: 'int64', double: 'float64' } as const;

/** Go converts numbers to one another and to text; what it cannot convert it does not recognize. */
function scalarProblem(kind: keyof typeof goNames, value: AnyJson): string | undefined {
  const from = kindOf(value);
  const to = goNames[kind];
  const isNumber = from === 'int64' || from === 'float64';
  const takesNumber = to === 'int32' || to === 'int64' || to === 'float64';
  if (from === to) return undefined;
  if (isNumber && takesNumber) {
    return from === 'int64' || to === 'float64' ? undefined : `cannot convert ${from} to ${to}`;
  }
  return from === 'int64' && to === 'string' ? `cannot convert ${from} to ${to}` : `unrecognized type: ${to}`;
}
