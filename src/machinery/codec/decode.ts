/**
 * From parsed JSON to the canonical object, checked on the way: types, unknown fields. Compiled once per schema.
 *
 * The walk keeps no path, because almost everything that comes is right: it only notes that something was wrong, and then
 * `problems.ts` walks again, slowly, and words it.
 *
 * Canonical means: keys in the order of the definition, maps sorted, zero values as the presence of their field says (see
 * schema.ts), times, quantities, durations and bytes in their one spelling. Decoding a canonical object gives the same again,
 * so the server also puts an object in order with it after defaults and admission have changed it.
 */

import { canonicalBase64, canonicalDuration, canonicalMicroTime, canonicalTime } from '#machinery/codec/spelling.ts';
import { quantityOf } from '#machinery/quantity.ts';
import type { AnyJson, Field, ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';
import { resolved } from '#machinery/schema.ts';

/** What a walk noticed. */
export interface Notes {
  unknownField: boolean;
  wrongValue: boolean;
}

/** The canonical value; `undefined` when the value is wrong or absent. */
export type Decode = (value: unknown, notes: Notes) => AnyJson;

const compiled = new WeakMap<Schema, Decode>();

export function decoderOf(schema: Schema): Decode {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  let decode: Decode | undefined;
  // A recursive type meets itself while it is compiled: it gets this, which finds the finished one when it runs.
  compiled.set(schema, (value, notes) => (decode as Decode)(value, notes));
  decode = compile(schema);
  compiled.set(schema, decode);
  return decode;
}

/** The same object in canonical form. For objects that the server itself made or changed. */
export function canonical<T>(schema: Schema<T>, object: T): T {
  return decoderOf(schema)(object, { unknownField: false, wrongValue: false });
}

/** What Go's zero value of the type prints. */
export function zeroOf(schema: Schema): AnyJson {
  switch (schema.kind) {
    case 'string':
    case 'bytes':
      return '';
    case 'boolean':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0;
    case 'quantity':
      return '0';
    case 'duration':
      return '0s';
    case 'struct':
      return canonical(schema, {});
    case 'lazy':
      return zeroOf(resolved(schema));
    default:
      return null;
  }
}

function isZero(value: AnyJson): boolean {
  switch (typeof value) {
    case 'string':
      return value === '';
    case 'number':
      return value === 0;
    case 'boolean':
      return value === false;
    case 'object':
      if (value === null) return true;
      if (Array.isArray(value)) return value.length === 0;
      for (const _ in value) return false;
      return true;
    default:
      return value === undefined;
  }
}

function compile(schema: Schema): Decode {
  switch (schema.kind) {
    case 'struct':
      return compileStruct(schema as StructSchema);
    case 'list':
      return compileList(schema as ListSchema);
    case 'map':
      return compileMap(schema as MapSchema);
    case 'lazy': {
      const target = resolved(schema);
      return (value, notes) => decoderOf(target)(value, notes);
    }
    default:
      return scalars[schema.kind];
  }
}

function wrong(notes: Notes): undefined {
  notes.wrongValue = true;
  return undefined;
}

const int32Max = 2 ** 31 - 1;
const int64Max = 2n ** 63n - 1n;

const spelled =
  (spelling: (text: string) => string | undefined): Decode =>
  (value, notes) =>
    (typeof value === 'string' ? spelling(value) : undefined) ?? wrong(notes);

/** A time that is zero in Go (year 1) prints as null. */
const timeSpelled =
  (spelling: (text: string) => string | undefined): Decode =>
  (value, notes) => {
    const text = typeof value === 'string' ? spelling(value) : undefined;
    if (text === undefined) return wrong(notes);
    return text.startsWith('0001-01-01T00:00:00') ? null : text;
  };

const anyJson: Decode = value => value;

const scalars: Record<Exclude<Schema['kind'], 'struct' | 'list' | 'map' | 'lazy'>, Decode> = {
  string: (value, notes) => (typeof value === 'string' ? value : wrong(notes)),
  boolean: (value, notes) => (typeof value === 'boolean' ? value : wrong(notes)),
  int32: (value, notes) =>
    Number.isInteger(value) && Math.abs((value as number) + 0.5) <= int32Max + 0.5 ? value : wrong(notes),
  int64: (value, notes) => {
    if (typeof value === 'bigint') return value <= int64Max && value >= -int64Max - 1n ? value : wrong(notes);
    return Number.isSafeInteger(value) ? value : wrong(notes);
  },
  double: (value, notes) => (typeof value === 'number' ? value : wrong(notes)),
  intOrString: (value, notes) => (typeof value === 'string' ? value : scalars.int32(value, notes)),
  quantity: (value, notes) => {
    const text = typeof value === 'number' ? String(value) : value;
    return (typeof text === 'string' ? quantityOf(text)?.toString() : undefined) ?? wrong(notes);
  },
  time: timeSpelled(canonicalTime),
  microTime: timeSpelled(canonicalMicroTime),
  duration: spelled(canonicalDuration),
  bytes: spelled(canonicalBase64),
  raw: anyJson,
  fieldsV1: anyJson,
  json: anyJson,
};

function compileList(schema: ListSchema): Decode {
  const item = decoderOf(schema.items);
  return (value, notes) => {
    if (!Array.isArray(value)) return wrong(notes);
    const out = new Array(value.length);
    for (let i = 0; i < value.length; i++) {
      out[i] = value[i] === null || value[i] === undefined ? zeroOf(schema.items) : item(value[i], notes);
    }
    return out;
  };
}

function compileMap(schema: MapSchema): Decode {
  const decodeValue = decoderOf(schema.values);
  return (value, notes) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(notes);
    const keys = Object.keys(value);
    for (let i = 1; i < keys.length; i++) {
      if ((keys[i - 1] as string) > (keys[i] as string)) {
        keys.sort();
        break;
      }
    }
    const out: Record<string, unknown> = {};
    for (const key of keys) {
      const entry = (value as Record<string, unknown>)[key];
      setOwn(out, key, entry === null || entry === undefined ? zeroOf(schema.values) : decodeValue(entry, notes));
    }
    return out;
  };
}

/** Like assignment, but `__proto__` is a key as any other: a label may be called so. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

interface Step {
  readonly name: string;
  readonly decode: Decode;
  readonly presence: Field['presence'];
  readonly zero: () => AnyJson;
}

function compileStruct(schema: StructSchema): Decode {
  const steps: Step[] = Object.entries(schema.fields).map(([name, field]) => ({
    name,
    decode: decoderOf(field.schema),
    presence: field.presence,
    zero: () => (field.nullable ? null : zeroOf(field.schema)),
  }));
  return (value, notes) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(notes);
    const input = value as Record<string, unknown>;
    const out: Record<string, unknown> = {};
    let knownCount = 0;
    for (const { name, decode, presence, zero } of steps) {
      const given = input[name];
      if (given !== undefined) knownCount++;
      const result = given === undefined || given === null ? undefined : decode(given, notes);
      if (presence === 'always') out[name] = result === undefined || isEmptyCollection(result) ? zero() : result;
      else if (result !== undefined && result !== null && (presence === 'optional' || !isZero(result)))
        out[name] = result;
    }
    let count = 0;
    for (const name in input) if (input[name] !== undefined) count++;
    if (count !== knownCount) notes.unknownField = true;
    return out;
  };
}

/** A list or map without entries: stored as absent, printed as null where it is always printed. */
function isEmptyCollection(value: AnyJson): boolean {
  return Array.isArray(value) && value.length === 0;
}
