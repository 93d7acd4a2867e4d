/**
 * The slow walk over something that is wrong: says what, as Go's decoder words it, and where. Runs only after the fast walk
 * (decode.ts) noticed that there is anything to say.
 */

import { setOwn } from '#machinery/codec/decode.ts';
import { embeddedPath, namedCollection, namedType } from '#machinery/codec/go-names.ts';
import { canonicalBase64, canonicalDuration, canonicalMicroTime, canonicalTime } from '#machinery/codec/spelling.ts';
import { parseQuantity, QuantityError } from '#machinery/quantity.ts';
import type { AnyJson, ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';
import { isList, isMap, isStruct, resolved, shortName } from '#machinery/schema.ts';

/** A number as it was written: `1.0` is no integer to Go. */
export class NumberLiteral {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }

  get isInteger(): boolean {
    return /^-?\d+$/.test(this.text);
  }

  /** A number, or a bigint where a number would lose digits. */
  value(): number | bigint {
    const number = Number(this.text);
    return this.isInteger && !Number.isSafeInteger(number) ? BigInt(this.text) : number;
  }
}

type ReviverContext = { readonly source?: string };

/** JSON with every number as it was written. */
export function parseWithLiterals(text: string): AnyJson {
  const keep = (_: string, value: unknown, context?: ReviverContext) =>
    typeof value === 'number' ? new NumberLiteral(context?.source ?? String(value)) : value;
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}

/** The same value with numbers instead of literals, integers beyond 2^53 as bigints. */
export function withNumbers(value: AnyJson): AnyJson {
  if (value instanceof NumberLiteral) return value.value();
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) setOwn(out, key, withNumbers(entry));
  return out;
}

export interface Problems {
  /** The first value of a wrong type or spelling. */
  readonly wrong: string | undefined;
  /** `spec.template.spec.containers[0].nope`, in the order of the text. */
  readonly unknown: readonly string[];
}

interface Walk {
  wrong: string | undefined;
  readonly unknown: string[];
}

export function problemsOf(schema: Schema, value: AnyJson): Problems {
  const walk: Walk = { wrong: undefined, unknown: [] };
  visit(schema, value, { owner: '', path: '', shown: '' }, walk);
  return walk;
}

interface Place {
  /** The Go struct whose field this is in. */
  readonly owner: string;
  /** With indexes: `spec.containers[0].image`. */
  readonly path: string;
  /** As Go's type errors name it, without indexes: `spec.containers.image`. */
  readonly shown: string;
  /** Go's own name for the type of its text or items, and for it as a list or map. */
  readonly named?: string | undefined;
  readonly collection?: string | undefined;
}

function visit(given: Schema, value: AnyJson, place: Place, walk: Walk): void {
  const schema = resolved(given);
  if (value === null || value === undefined) return;
  if (isStruct(schema)) return visitStruct(schema, value, place, walk);
  if (isList(schema)) {
    if (!Array.isArray(value)) return mismatch(value, collectionType(schema, place), place, walk);
    for (const [i, item] of value.entries()) {
      visit(schema.items, item, { ...place, path: `${place.path}[${i}]` }, walk);
    }
    return;
  }
  if (isMap(schema)) {
    if (!isObject(value)) return mismatch(value, collectionType(schema, place), place, walk);
    // A named type of values that are lists is the type of each list, not of what is in it.
    const inside = isList(resolved(schema.values)) ? { ...place, named: undefined, collection: place.named } : place;
    for (const [key, entry] of Object.entries(value)) {
      visit(schema.values, entry, { ...inside, path: place.path === '' ? key : `${place.path}.${key}` }, walk);
    }
    return;
  }
  const why = scalarProblem(schema, value, place);
  if (why !== undefined) walk.wrong ??= why;
}

function visitStruct(schema: StructSchema, value: AnyJson, place: Place, walk: Walk): void {
  if (!isObject(value)) return mismatch(value, goType(schema), place, walk);
  for (const [name, entry] of Object.entries(value)) {
    const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
    const path = place.path === '' ? name : `${place.path}.${name}`;
    if (field === undefined) walk.unknown.push(path);
    else {
      const owner = shortName(schema);
      const shown = `${place.shown === '' ? '' : `${place.shown}.`}${embeddedPath(owner, field.number)}${name}`;
      const inner = { owner, path, shown, collection: namedCollection(owner, name) };
      visit(field.schema, entry, { ...inner, named: namedType(schema.name, name) }, walk);
    }
  }
}

function isObject(value: AnyJson): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberLiteral);
}

function mismatch(value: AnyJson, type: string, place: Place, walk: Walk): void {
  walk.wrong ??= mismatchText(value, type, place);
}

function mismatchText(value: AnyJson, type: string, { owner, shown }: Place): string {
  const into = owner === '' ? `Go value of type ${type}` : `Go struct field ${owner}.${shown} of type ${type}`;
  return `json: cannot unmarshal ${jsonType(value, type)} into ${into}`;
}

/** How Go calls what it found; a number is shown where a number was wanted. */
function jsonType(value: AnyJson, wanted: string): string {
  if (value instanceof NumberLiteral || typeof value === 'number' || typeof value === 'bigint') {
    const text = value instanceof NumberLiteral ? value.text : String(value);
    return /^(int|float)/.test(wanted) ? `number ${text}` : 'number';
  }
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return Array.isArray(value) ? 'array' : 'object';
}

/** `[]v1.Capability`, `v1.ResourceList`. */
function collectionType(schema: ListSchema | MapSchema, { named, collection }: Place): string {
  if (collection !== undefined) return collection;
  if (named === undefined) return goType(schema);
  return schema.kind === 'list' ? `[]${named}` : `map[string]${named}`;
}

/** The Go type of a schema in messages: `[]v1.Container`, `map[string]string`. */
function goType(schema: Schema): string {
  if (isStruct(schema)) return `${schema.name.split('.').at(-2)}.${shortName(schema)}`;
  if (isList(schema)) return `[]${goType(resolved(schema.items))}`;
  if (isMap(schema)) return `map[string]${goType(resolved(schema.values))}`;
  return goScalars[schema.kind as keyof typeof goScalars];
}

const goScalars = {
  string: 'string',
  boolean: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  bytes: '[]uint8',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  duration: 'v1.Duration',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
  raw: 'runtime.RawExtension',
  fieldsV1: 'v1.FieldsV1',
  json: 'v1.JSON',
};

const integerRange: Record<string, readonly [bigint, bigint]> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
};

function fits(kind: string, value: AnyJson): boolean {
  const literal = value instanceof NumberLiteral ? value.text : String(value);
  if (!/^-?\d+$/.test(literal)) return false;
  const [least, most] = integerRange[kind] as readonly [bigint, bigint];
  const number = BigInt(literal);
  return number >= least && number <= most;
}

const isNumber = (value: AnyJson) =>
  value instanceof NumberLiteral || typeof value === 'number' || typeof value === 'bigint';

function scalarProblem(schema: Schema, value: AnyJson, place: Place): string | undefined {
  const refuse = (type: string) => mismatchText(value, type, place);
  switch (schema.kind) {
    case 'string':
      return typeof value === 'string' ? undefined : refuse(place.named ?? 'string');
    case 'boolean':
      return typeof value === 'boolean' ? undefined : refuse('bool');
    case 'int32':
    case 'int64':
      return isNumber(value) && fits(schema.kind, value) ? undefined : refuse(schema.kind);
    case 'double':
      return isNumber(value) ? undefined : refuse('float64');
    case 'intOrString':
      return typeof value === 'string' || (isNumber(value) && fits('int32', value)) ? undefined : refuse('int32');
    case 'quantity':
      return quantityProblem(value);
    case 'bytes':
      return typeof value === 'string' ? base64Problem(value) : refuse('[]uint8');
    case 'duration':
      return typeof value === 'string' ? durationProblem(value) : refuse('string');
    case 'time':
    case 'microTime':
      return typeof value === 'string' ? timeProblem(value, schema.kind === 'microTime') : refuse('string');
    default:
      return undefined;
  }
}

function quantityProblem(value: AnyJson): string | undefined {
  const text = value instanceof NumberLiteral ? value.text : typeof value === 'string' ? value : undefined;
  try {
    parseQuantity(text ?? '{');
    return undefined;
  } catch (error) {
    if (error instanceof QuantityError) return error.message;
    throw error;
  }
}

/** Go counts the bytes it could decode before the first bad one. */
function base64Problem(text: string): string | undefined {
  if (canonicalBase64(text) !== undefined) return undefined;
  const bad = /[^A-Za-z0-9+/=\r\n]/.exec(text);
  const padding = /=(?!=*$)/.exec(text.replace(/[\r\n]/g, ''));
  const at = bad?.index ?? padding?.index ?? text.length - (text.length % 4);
  return `illegal base64 data at input byte ${at}`;
}

function durationProblem(text: string): string | undefined {
  return canonicalDuration(text) === undefined ? `time: invalid duration ${JSON.stringify(text)}` : undefined;
}

const layouts = { time: '2006-01-02T15:04:05Z07:00', micro: '2006-01-02T15:04:05.000000Z07:00' };

type LayoutPart = readonly [pattern: RegExp, name: string];

const dateAndTime: readonly LayoutPart[] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d{2}/, '01'],
  [/^-/, '-'],
  [/^\d{2}/, '02'],
  [/^T/, 'T'],
  [/^\d{2}/, '15'],
  [/^:/, ':'],
  [/^\d{2}/, '04'],
  [/^:/, ':'],
  [/^\d{2}/, '05'],
];
const zone: LayoutPart = [/^(?:Z|[+-]\d{2}:\d{2})/, 'Z07:00'];
const layoutParts = {
  time: [...dateAndTime, [/^(?:[.,]\d+)?/, ''], zone],
  micro: [...dateAndTime, [/^[.,]\d{6}/, '.000000'], zone],
} satisfies Record<keyof typeof layouts, LayoutPart[]>;

function timeProblem(text: string, micro: boolean): string | undefined {
  if ((micro ? canonicalMicroTime(text) : canonicalTime(text)) !== undefined) return undefined;
  const head = `parsing time ${JSON.stringify(text)}`;
  const kind = micro ? 'micro' : 'time';
  const layout = layouts[kind];
  let rest = text;
  for (const [part, name] of layoutParts[kind]) {
    const match = part.exec(rest);
    if (match === null)
      return `${head} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(name)}`;
    rest = rest.slice(match[0].length);
  }
  if (rest !== '') return `${head}: extra text: ${JSON.stringify(rest)}`;
  const [month, day, hour, minute] = [5, 8, 11, 14].map(at => Number(text.slice(at, at + 2))) as [
    number,
    number,
    number,
    number,
  ];
  const which =
    month < 1 || month > 12
      ? 'month'
      : hour > 23
        ? 'hour'
        : minute > 59
          ? 'minute'
          : day < 1 || day > 31
            ? 'day'
            : 'day';
  return `${head}: ${which} out of range`;
}
