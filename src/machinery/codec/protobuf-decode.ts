/**
 * Protobuf to objects. What comes out has the shape of JSON but not yet its canonical order: the caller runs the decoder over
 * it, as over parsed JSON. Unknown fields are skipped, as upstream does.
 */

import { setOwn } from '#machinery/codec/decode.ts';
import { formatDuration } from '#machinery/duration.ts';
import { jsonDepthMax } from '#machinery/json/positional.ts';
import { scanJson } from '#machinery/json/scan.ts';
import type { AnyJson, Field, Schema, StructSchema } from '#machinery/schema.ts';
import { isList, isMap, resolved } from '#machinery/schema.ts';

/** The bytes are not a message of the type. */
export class ProtobufError extends Error {
  override name = 'ProtobufError';
}

/** Messages inside messages; upstream's own types stay under 30. */
const depthMax = 100;

export class ProtobufReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly end: number;
  readonly depth: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length, depth = 0) {
    if (depth > depthMax) throw new ProtobufError(`proto: messages nested deeper than ${depthMax}`);
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
    this.end = end;
    this.depth = depth;
  }

  get more(): boolean {
    return this.#at < this.end;
  }

  varint(): number | bigint {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 7; count++) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    let big = BigInt(value);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      big |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        const signed = BigInt.asIntN(64, big);
        return signed >= Number.MIN_SAFE_INTEGER && signed <= Number.MAX_SAFE_INTEGER ? Number(signed) : signed;
      }
    }
    throw new ProtobufError('proto: integer overflow');
  }

  tag(): { fieldNumber: number; wireType: number } {
    const tag = Number(this.varint());
    return { fieldNumber: Math.floor(tag / 8), wireType: tag % 8 };
  }

  #byte(): number {
    if (this.#at >= this.end) throw new ProtobufError('unexpected EOF');
    return this.#bytes[this.#at++] as number;
  }

  #take(count: number): number {
    const start = this.#at;
    if (count > this.end - start) throw new ProtobufError('unexpected EOF');
    this.#at = start + count;
    return start;
  }

  text(): string {
    const size = Number(this.varint());
    const start = this.#take(size);
    return this.#bytes.toString('utf8', start, start + size);
  }

  bytes(): Buffer {
    const size = Number(this.varint());
    const start = this.#take(size);
    return this.#bytes.subarray(start, start + size);
  }

  message(): ProtobufReader {
    const size = Number(this.varint());
    const start = this.#take(size);
    return new ProtobufReader(this.#bytes, start, start + size, this.depth + 1);
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.#take(8);
    else if (wireType === 2) this.#take(Number(this.varint()));
    else if (wireType === 5) this.#take(4);
    else throw new ProtobufError(`proto: wrong wireType = ${wireType}`);
  }
}

type Read = (reader: ProtobufReader) => AnyJson;
type FieldReader = (reader: ProtobufReader, object: Record<string, AnyJson>) => void;

const compiled = new WeakMap<Schema, Read>();

export function decodeMessage(schema: Schema, bytes: Uint8Array): AnyJson {
  return readStruct(resolved(schema) as StructSchema)(new ProtobufReader(bytes));
}

function readerOf(schema: Schema): Read {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const read: Read =
    schema.kind === 'struct'
      ? lazily(() => readStruct(schema as StructSchema))
      : schema.kind === 'lazy'
        ? lazily(() => readerOf(resolved(schema)))
        : scalars[schema.kind as keyof typeof scalars];
  const nested: Read = schema.kind === 'struct' ? reader => read(reader.message()) : read;
  compiled.set(schema, nested);
  return nested;
}

function lazily(make: () => Read): Read {
  let made: Read | undefined;
  return reader => {
    made ??= make();
    return made(reader);
  };
}

const int: Read = reader => reader.varint();

const scalars: Record<Exclude<Schema['kind'], 'struct' | 'list' | 'map' | 'lazy'>, Read> = {
  string: reader => reader.text(),
  boolean: reader => reader.varint() !== 0,
  int32: int,
  int64: int,
  double: reader => reader.double(),
  bytes: reader => reader.bytes().toString('base64'),
  time: reader => readTime(reader.message(), false),
  microTime: reader => readTime(reader.message(), true),
  duration: reader => formatDuration(BigInt(only(reader.message(), int) ?? 0)),
  quantity: reader => only(reader.message(), r => r.text()) ?? '0',
  intOrString: reader => readIntOrString(reader.message()),
  raw: readJson,
  fieldsV1: readJson,
  json: readJson,
};

/** Field 1 of a message that has no other of interest. */
function only<T>(reader: ProtobufReader, read: (reader: ProtobufReader) => T): T | undefined {
  let value: T | undefined;
  while (reader.more) {
    const { fieldNumber, wireType } = reader.tag();
    if (fieldNumber === 1) value = read(reader);
    else reader.skip(wireType);
  }
  return value;
}

function readJson(reader: ProtobufReader): AnyJson {
  const bytes = only(reader.message(), r => r.bytes());
  if (bytes === undefined || bytes.length === 0) return null;
  if (scanJson(bytes).depth > jsonDepthMax) throw new ProtobufError('the JSON of a raw field exceeded max depth');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new ProtobufError(`the bytes of a raw field are not JSON: ${(error as Error).message}`);
  }
}

function readTime(reader: ProtobufReader, micro: boolean): string | null {
  let seconds: number | undefined;
  let nanos = 0;
  while (reader.more) {
    const { fieldNumber, wireType } = reader.tag();
    if (fieldNumber === 1) seconds = Number(reader.varint());
    else if (fieldNumber === 2) nanos = Number(reader.varint());
    else reader.skip(wireType);
  }
  if (seconds === undefined) return null;
  const whole = new Date(seconds * 1000);
  if (Number.isNaN(whole.getTime())) throw new ProtobufError(`the time ${seconds} is out of range`);
  const text = whole.toISOString().slice(0, 19);
  return micro ? `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`;
}

function readIntOrString(reader: ProtobufReader): number | string {
  let isText = false;
  let number = 0;
  let text = '';
  while (reader.more) {
    const { fieldNumber, wireType } = reader.tag();
    if (fieldNumber === 1) isText = reader.varint() === 1;
    else if (fieldNumber === 2) number = Number(reader.varint());
    else if (fieldNumber === 3) text = reader.text();
    else reader.skip(wireType);
  }
  return isText ? text : number;
}

interface Level {
  readonly fields: Map<number, FieldReader>;
  readonly embedded: Map<number, Level>;
}

function readStruct(schema: StructSchema): Read {
  const level: Level = { fields: new Map(), embedded: new Map() };
  for (const [name, field] of Object.entries(schema.fields)) {
    const path = typeof field.number === 'number' ? [field.number] : field.number;
    if (path[0] !== 0) addField(level, path, fieldReader(name, field));
  }
  return reader => {
    const object: Record<string, AnyJson> = {};
    readLevel(reader, level, object);
    return object;
  };
}

function addField(level: Level, path: readonly number[], read: FieldReader): void {
  const [head, ...rest] = path as [number, ...number[]];
  if (rest.length === 0) {
    level.fields.set(head, read);
    return;
  }
  const inner = level.embedded.get(head) ?? { fields: new Map(), embedded: new Map() };
  level.embedded.set(head, inner);
  addField(inner, rest, read);
}

function readLevel(reader: ProtobufReader, level: Level, object: Record<string, AnyJson>): void {
  while (reader.more) {
    const { fieldNumber, wireType } = reader.tag();
    const read = level.fields.get(fieldNumber);
    const inner = level.embedded.get(fieldNumber);
    if (read !== undefined) read(reader, object);
    else if (inner !== undefined) readLevel(reader.message(), inner, object);
    else reader.skip(wireType);
  }
}

function fieldReader(name: string, field: Field): FieldReader {
  const { schema } = field;
  if (isList(schema)) {
    const read = readerOf(schema.items);
    return (reader, object) => {
      object[name] ??= [];
      object[name].push(read(reader));
    };
  }
  if (isMap(schema)) {
    const read = mapValueReader(schema.values);
    return (reader, object) => {
      object[name] ??= {};
      readEntry(reader.message(), read, object[name]);
    };
  }
  const read = readerOf(schema);
  return (reader, object) => {
    object[name] = read(reader);
  };
}

/** A list in a map stands in a message of its own: {1 items}. */
function mapValueReader(schema: Schema): Read {
  if (!isList(schema)) return readerOf(schema);
  const read = readerOf(schema.items);
  return reader => {
    const items: AnyJson[] = [];
    only(reader.message(), r => items.push(read(r)));
    return items;
  };
}

function readEntry(reader: ProtobufReader, read: Read, target: Record<string, AnyJson>): void {
  let key = '';
  let value: AnyJson = null;
  while (reader.more) {
    const { fieldNumber, wireType } = reader.tag();
    if (fieldNumber === 1) key = reader.text();
    else if (fieldNumber === 2) value = read(reader);
    else reader.skip(wireType);
  }
  setOwn(target, key, value);
}
