/**
 * From parsed JSON to the canonical object, checked on the way: types, unknown fields. Compiled once per schema.
 *
 * The walk keeps no path, because almost everything that comes is right: it only notes that something was wrong, and then
 * `problems.ts` walks again, slowly, and words it.
 *
 * Canonical means: keys in the order of the definition, maps sorted, zero values as the presence of their field says (see
 * schema.ts), times, quantities, durations and bytes in their one spelling. Decoding a canonical object gives the same again,
 * so the server also puts an object in order with it after defaults and admission have changed it.
 *
 * Only one thing is apart: a list or map that was sent without entries (`rules: []`) is kept by `decoderOf` where it could
 * be left out, because defaults, rules and messages tell it from an absent one; `canonical` leaves it out, as what is stored
 * always does.
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

/** What becomes of lists and maps without entries. */
type Empties = 'kept' | 'dropped';

const compiled = { kept: new WeakMap<Schema, Decode>(), dropped: new WeakMap<Schema, Decode>() };

export function decoderOf(schema: Schema): Decode {
  return compiledFor(schema, 'kept');
}

function compiledFor(schema: Schema, empties: Empties): Decode {
  const known = compiled[empties].get(schema);
  if (known !== undefined) return known;
  let decode: Decode | undefined;
  // A recursive type meets itself while it is compiled: it gets this, which finds the finished one when it runs.
  compiled[empties].set(schema, (value, notes) => (decode as Decode)(value, notes));
  decode = compile(schema, empties);
  compiled[empties].set(schema, decode);
  return decode;
}

/** The same object in canonical form. For objects that the server itself made or changed. */
export function canonical<T>(schema: Schema<T>, object: T): T {
  return compiledFor(schema, 'dropped')(object, { unknownField: false, wrongValue: false });
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

function compile(schema: Schema, empties: Empties): Decode {
  switch (schema.kind) {
    case 'struct':
      return compileStruct(schema as StructSchema, empties);
    case 'list':
      return compileList(schema as ListSchema, empties);
    case 'map':
      return compileMap(schema as MapSchema, empties);
    case 'lazy': {
      const target = resolved(schema);
      return (value, notes) => compiledFor(target, empties)(value, notes);
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
    const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
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

function compileList(schema: ListSchema, empties: Empties): Decode {
  const item = compiledFor(schema.items, empties);
  return (value, notes) => {
    if (!Array.isArray(value)) return wrong(notes);
    const out = new Array(value.length);
    for (let i = 0; i < value.length; i++) {
      out[i] = value[i] === null || value[i] === undefined ? zeroOf(schema.items) : item(value[i], notes);
    }
    return out;
  };
}

function compileMap(schema: MapSchema, empties: Empties): Decode {
  const decodeValue = compiledFor(schema.values, empties);
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
  /** Whether what is empty stays as it came. */
  readonly keepsEmpty: boolean;
}

function compileStruct(schema: StructSchema, empties: Empties): Decode {
  const steps: Step[] = Object.entries(schema.fields).map(([name, field]) => ({
    name,
    decode: compiledFor(field.schema, empties),
    presence: field.presence,
    zero: () => (field.nullable ? null : zeroOf(field.schema)),
    keepsEmpty: empties === 'kept' && canBeEmpty(field.schema),
  }));
  return (value, notes) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(notes);
    const input = value as Record<string, unknown>;
    const out: Record<string, unknown> = {};
    let knownCount = 0;
    for (const { name, decode, presence, zero, keepsEmpty } of steps) {
      const given = input[name];
      if (given !== undefined) knownCount++;
      const result = given === undefined || given === null ? undefined : decode(given, notes);
      if (presence === 'always') {
        out[name] = result === undefined || (!keepsEmpty && isEmptyList(result)) ? zero() : result;
      } else if (result !== undefined && result !== null && (presence === 'optional' || keepsEmpty || !isZero(result)))
        out[name] = result;
    }
    let count = 0;
    for (const name in input) if (input[name] !== undefined) count++;
    if (count !== knownCount) notes.unknownField = true;
    return out;
  };
}

/** Of these types Go tells empty from absent. */
export function canBeEmpty(schema: Schema): boolean {
  const { kind } = resolved(schema);
  return kind === 'list' || kind === 'map' || kind === 'bytes';
}

/** A list without entries: stored as absent, printed as null where it is always printed. */
function isEmptyList(value: AnyJson): boolean {
  return Array.isArray(value) && value.length === 0;
}
