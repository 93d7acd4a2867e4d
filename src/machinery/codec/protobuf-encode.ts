/**
 * Canonical objects to protobuf, as upstream's generated code writes them: fields by number, values always (also when
 * zero), pointers only when set, map entries sorted by key.
 *
 * The writer fills its buffer from the end, so that the length of a message is known when its head is written.
 */

import { must } from '#lib/assert.ts';
import { durationOf } from '#machinery/duration.ts';
import type { AnyJson, Field, ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';
import { isList, isMap, resolved } from '#machinery/schema.ts';

export class BackwardsWriter {
  #buffer = Buffer.allocUnsafe(4096);
  #at = 4096;

  /** Where the next byte goes, counted from the end: the difference of two is a length. */
  get length(): number {
    return this.#buffer.length - this.#at;
  }

  #room(count: number): void {
    if (this.#at >= count) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.length + count));
    const length = this.length;
    this.#buffer.copy(grown, grown.length - length, this.#at);
    this.#buffer = grown;
    this.#at = grown.length - length;
  }

  varint(value: number): void {
    if (value < 0) return this.bigVarint(BigInt(value));
    let size = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
    this.#room(size);
    this.#at -= size;
    let at = this.#at;
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#buffer[at++] = (rest % 128) | 128;
    this.#buffer[at] = rest;
  }

  bigVarint(value: bigint): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    bytes.push(Number(rest));
    this.bytes(Uint8Array.from(bytes));
  }

  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.#room(size);
    this.#at -= size;
    if (size === value.length) this.#buffer.write(value, this.#at, size, 'latin1');
    else this.#buffer.write(value, this.#at, size, 'utf8');
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length);
    this.#at -= value.length;
    this.#buffer.set(value, this.#at);
  }

  double(value: number): void {
    this.#room(8);
    this.#at -= 8;
    this.#buffer.writeDoubleLE(value, this.#at);
  }

  /** What was written, in its own memory; the writer is empty again. */
  finish(): Buffer {
    const out = Buffer.from(this.#buffer.subarray(this.#at));
    this.#at = this.#buffer.length;
    return out;
  }
}

/** Writes the value without its tag and length; the caller measures. */
type Write = (value: AnyJson, writer: BackwardsWriter) => void;

interface Encoder {
  readonly wireType: 0 | 1 | 2;
  readonly write: Write;
}

const compiled = new WeakMap<Schema, Encoder>();

/** The message of an object, without envelope. */
export function encodeMessage(schema: Schema, object: AnyJson): Buffer {
  const writer = new BackwardsWriter();
  encoderOf(schema).write(object, writer);
  return writer.finish();
}

function encoderOf(schema: Schema): Encoder {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  let encoder: Encoder | undefined;
  compiled.set(schema, {
    wireType: 2,
    write: (value, writer) => must(encoder, 'still compiling').write(value, writer),
  });
  encoder = compile(schema);
  compiled.set(schema, encoder);
  return encoder;
}

const number: Write = (value, writer) => {
  if (typeof value === 'bigint') writer.bigVarint(value);
  else writer.varint(value);
};

const wrappedText: Write = (value, writer) => writeField(writer, 1, 2, w => w.text(value));
const wrappedJson: Write = (value, writer) => writeField(writer, 1, 2, w => w.text(JSON.stringify(value)));

const scalars: Record<Exclude<Schema['kind'], 'struct' | 'list' | 'map' | 'lazy'>, Encoder> = {
  string: { wireType: 2, write: (value, writer) => writer.text(value) },
  boolean: { wireType: 0, write: (value, writer) => writer.varint(value ? 1 : 0) },
  int32: { wireType: 0, write: number },
  int64: { wireType: 0, write: number },
  double: { wireType: 1, write: (value, writer) => writer.double(value) },
  bytes: { wireType: 2, write: (value, writer) => writer.bytes(Buffer.from(value, 'base64')) },
  time: { wireType: 2, write: writeTime },
  microTime: { wireType: 2, write: writeTime },
  duration: { wireType: 2, write: (value, writer) => writeField(writer, 1, 0, w => number(durationOf(value), w)) },
  quantity: { wireType: 2, write: wrappedText },
  intOrString: { wireType: 2, write: writeIntOrString },
  raw: { wireType: 2, write: wrappedJson },
  fieldsV1: { wireType: 2, write: wrappedJson },
  json: { wireType: 2, write: wrappedJson },
};

function compile(schema: Schema): Encoder {
  if (schema.kind === 'struct') return compileStruct(schema as StructSchema);
  if (schema.kind === 'lazy') return encoderOf(resolved(schema));
  return scalars[schema.kind as keyof typeof scalars];
}

/** Tag, length where there is one, value. */
function writeField(
  writer: BackwardsWriter,
  fieldNumber: number,
  wireType: number,
  write: (w: BackwardsWriter) => void,
) {
  const before = writer.length;
  write(writer);
  if (wireType === 2) writer.varint(writer.length - before);
  writer.varint(fieldNumber * 8 + wireType);
}

/** {1 seconds, 2 nanos}; a zero time is an empty message. */
function writeTime(value: string | null, writer: BackwardsWriter): void {
  if (value === null) return;
  const micros = value.length > 20 ? Number(value.slice(20, 26)) : 0;
  writeField(writer, 2, 0, w => w.varint(micros * 1000));
  writeField(writer, 1, 0, w => w.varint(Math.floor(Date.parse(value) / 1000)));
}

/** {1 type, 2 intVal, 3 strVal}: 0 is a number, 1 a text. */
function writeIntOrString(value: number | string, writer: BackwardsWriter): void {
  const isText = typeof value === 'string';
  writeField(writer, 3, 2, w => w.text(isText ? value : ''));
  writeField(writer, 2, 0, w => w.varint(isText ? 0 : value));
  writeField(writer, 1, 0, w => w.varint(isText ? 1 : 0));
}

/** The zero value of a field that is always carried. */
function zero(schema: Schema): AnyJson {
  switch (schema.kind) {
    case 'boolean':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0;
    case 'time':
    case 'microTime':
      return null;
    case 'struct':
      return {};
    case 'quantity':
      return '0';
    case 'duration':
      return '0s';
    default:
      return '';
  }
}

type FieldWriter = (object: AnyJson, writer: BackwardsWriter) => void;

/** Fields of one message, with the embedded messages that hold some of them (`[2, 16]`: field 16 of message 2). */
function compileStruct(schema: StructSchema): Encoder {
  const entries = Object.entries(schema.fields).map(([name, field]) => ({ name, field, path: pathOf(field) }));
  const writers = compileLevel(entries.filter(entry => entry.path[0] !== 0));
  return {
    wireType: 2,
    write(object, writer) {
      for (const write of writers) write(object, writer);
    },
  };
}

interface Entry {
  readonly name: string;
  readonly field: Field;
  readonly path: readonly number[];
}

function pathOf(field: Field): readonly number[] {
  return typeof field.number === 'number' ? [field.number] : field.number;
}

/** In descending order of numbers, because the writer goes backwards. */
function compileLevel(entries: readonly Entry[]): FieldWriter[] {
  const byNumber = Map.groupBy(entries, entry => entry.path[0] as number);
  return [...byNumber.keys()]
    .sort((a, b) => b - a)
    .map(fieldNumber => {
      const group = must(byNumber.get(fieldNumber), 'a group of fields');
      const only = group[0] as Entry;
      if (only.path.length === 1) return compileField(only.name, only.field, fieldNumber);
      const inner = compileLevel(group.map(entry => ({ ...entry, path: entry.path.slice(1) })));
      return (object, writer) =>
        writeField(writer, fieldNumber, 2, w => {
          for (const write of inner) write(object, w);
        });
    });
}

function compileField(name: string, field: Field, fieldNumber: number): FieldWriter {
  const { schema } = field;
  if (isList(schema)) return compileList(name, schema, fieldNumber);
  if (isMap(schema)) return compileMap(name, schema, fieldNumber);
  const { wireType, write } = encoderOf(schema);
  const absent =
    field.presence === 'optional' || field.nullable || schema.kind === 'bytes' ? undefined : zero(resolved(schema));
  const skipsNull = schema.kind !== 'json';
  return (object, writer) => {
    let value = object[name];
    if (value === undefined || (value === null && skipsNull)) {
      if (absent === undefined) return;
      value = absent;
    }
    writeField(writer, fieldNumber, wireType, w => write(value, w));
  };
}

function compileList(name: string, schema: ListSchema, fieldNumber: number): FieldWriter {
  const { wireType, write } = encoderOf(schema.items);
  return (object, writer) => {
    const list = object[name];
    if (list === undefined || list === null) return;
    for (let i = list.length - 1; i >= 0; i--) writeField(writer, fieldNumber, wireType, w => write(list[i], w));
  };
}

function compileMap(name: string, schema: MapSchema, fieldNumber: number): FieldWriter {
  const value = mapValueEncoder(schema.values);
  return (object, writer) => {
    const entries = object[name];
    if (entries === undefined || entries === null) return;
    for (const key of Object.keys(entries).sort().reverse()) {
      writeField(writer, fieldNumber, 2, entry => {
        writeField(entry, 2, value.wireType, w => value.write(entries[key], w));
        writeField(entry, 1, 2, w => w.text(key));
      });
    }
  };
}

/** A map of lists (`extra` of a user) carries each list in a message of its own: {1 items}. */
function mapValueEncoder(schema: Schema): Encoder {
  if (!isList(schema)) return encoderOf(schema);
  const items = compileList('items', schema, 1);
  return { wireType: 2, write: (value, writer) => items({ items: value }, writer) };
}
