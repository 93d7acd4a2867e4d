/**
 * Protobuf messages described by a table and read and written by it, without a build step:
 *
 * ```ts
 * interface Point { x: number; label?: string }
 * const Point = message<Point>({ x: field(1, int32), label: field(2, string) });
 * Point.decode(Point.encode({ x: 3 })); // { x: 3, label: '' }
 * ```
 * The compiler checks that the table has every property of the interface with its type. As in proto3, a scalar that was
 * not sent reads as its zero, a list as `[]`, a map as `{}`, a message (and a `boxed` scalar) as undefined. Unknown fields
 * are skipped. Integers of 64 bits are numbers: exact up to 2^53, which holds for every size and time of the APIs read here.
 */

import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** How one value is written after its tag. */
export interface Type<T> {
  readonly wire: WireType;
  /** What a field that was not sent reads as; absent for messages. */
  readonly zero?: T | undefined;
  write(writer: BinaryWriter, value: T): void;
  read(reader: BinaryReader): T;
}

export interface Message<T> extends Type<T> {
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** One row of a message's table. */
export interface Field<T> {
  readonly number: number;
  /** What the property is before anything was read. */
  initial(): T | undefined;
  write(writer: BinaryWriter, value: T): void;
  read(reader: BinaryReader, wire: WireType, before: T): T;
}

export type Fields<T> = { readonly [K in keyof T]-?: Field<Exclude<T[K], undefined>> };

export const string: Type<string> = {
  wire: WireType.LengthDelimited,
  zero: '',
  write: (writer, value) => void writer.string(value),
  read: reader => reader.string(),
};

export const bytes: Type<Uint8Array> = {
  wire: WireType.LengthDelimited,
  zero: new Uint8Array(0),
  write: (writer, value) => void writer.bytes(value),
  read: reader => reader.bytes(),
};

export const bool: Type<boolean> = {
  wire: WireType.Varint,
  zero: false,
  write: (writer, value) => void writer.bool(value),
  read: reader => reader.bool(),
};

export const int32: Type<number> = {
  wire: WireType.Varint,
  zero: 0,
  write: (writer, value) => void writer.int32(value),
  read: reader => reader.int32(),
};

export const uint32: Type<number> = {
  wire: WireType.Varint,
  zero: 0,
  write: (writer, value) => void writer.uint32(value),
  read: reader => reader.uint32(),
};

export const int64: Type<number> = {
  wire: WireType.Varint,
  zero: 0,
  write: (writer, value) => void writer.int64(BigInt(Math.trunc(value))),
  read: reader => Number(reader.int64()),
};

export const uint64: Type<number> = {
  wire: WireType.Varint,
  zero: 0,
  write: (writer, value) => void writer.uint64(BigInt(Math.trunc(value))),
  read: reader => Number(reader.uint64()),
};

/** An enumeration as words; the index is the number on the wire. A number without a word reads as the first. */
export function enumeration<const W extends readonly string[]>(words: W): Type<W[number]> {
  return {
    wire: WireType.Varint,
    zero: words[0] as W[number],
    write: (writer, value) => void writer.int32(words.indexOf(value)),
    read: reader => words[reader.int32()] ?? (words[0] as W[number]),
  };
}

/** The same bytes as another value: `mapped(int64, ns => ns / 1e6, ms => ms * 1e6)`. */
export function mapped<A, B>(type: Type<A>, from: (value: A) => B, to: (value: B) => A): Type<B> {
  return {
    wire: type.wire,
    zero: type.zero === undefined ? undefined : from(type.zero),
    write: (writer, value) => type.write(writer, to(value)),
    read: reader => from(type.read(reader)),
  };
}

/** A message with one field that matters, read as that field: `Int64Value` is `boxed(1, int64)`. Its zero is sent too. */
export function boxed<T>(number: number, type: Type<T>): Type<T | undefined> {
  return {
    wire: WireType.LengthDelimited,
    write(writer, value) {
      writer.fork();
      if (value !== undefined) type.write(writer.tag(number, type.wire), value);
      writer.join();
    },
    read(reader) {
      let value = type.zero;
      eachField(reader, endOfDelimited(reader), at => {
        if (at !== number) return false;
        value = type.read(reader);
        return true;
      });
      return value;
    },
  };
}

export function field<T>(number: number, type: Type<T>): Field<Exclude<T, undefined>> {
  return {
    number,
    initial: () => type.zero as Exclude<T, undefined> | undefined,
    write(writer, value) {
      const absent = type.zero !== undefined && isZero(value, type.zero);
      if (!absent) type.write(writer.tag(number, type.wire), value);
    },
    read: reader => type.read(reader) as Exclude<T, undefined>,
  };
}

function isZero(value: unknown, zero: unknown): boolean {
  return value === zero || (value instanceof Uint8Array && value.length === 0);
}

/** A repeated field; numbers are read packed or not, and written packed. */
export function list<T>(number: number, type: Type<T>): Field<T[]> {
  const packs = type.wire !== WireType.LengthDelimited;
  return {
    number,
    initial: () => [],
    write(writer, values) {
      if (values.length === 0) return;
      if (packs) {
        writer.tag(number, WireType.LengthDelimited).fork();
        for (const value of values) type.write(writer, value);
        writer.join();
      } else {
        for (const value of values) type.write(writer.tag(number, type.wire), value);
      }
    },
    read(reader, wire, before) {
      if (packs && wire === WireType.LengthDelimited) {
        const end = reader.uint32() + reader.pos;
        while (reader.pos < end) before.push(type.read(reader));
      } else {
        before.push(type.read(reader));
      }
      return before;
    },
  };
}

const Entry = message<{ key: string; value: string }>({ key: field(1, string), value: field(2, string) });

/** `map<string, string>`. */
export function stringMap(number: number): Field<Readonly<Record<string, string>>> {
  return {
    number,
    initial: () => ({}),
    write(writer, map) {
      for (const key of Object.keys(map)) {
        Entry.write(writer.tag(number, WireType.LengthDelimited), { key, value: map[key] ?? '' });
      }
    },
    read(reader, _wire, before) {
      const { key, value } = Entry.read(reader);
      // Not by assignment: a key may be `__proto__`.
      Object.defineProperty(before, key, { value, enumerable: true, configurable: true, writable: true });
      return before;
    },
  };
}

export function message<T extends object>(fields: Fields<T>): Message<T> {
  const rows = Object.entries(fields) as [keyof T & string, Field<unknown>][];
  const byNumber = new Map(rows.map(row => [row[1].number, row]));

  function writeFields(writer: BinaryWriter, value: T): void {
    for (const [name, row] of rows) {
      if (value[name] !== undefined) row.write(writer, value[name]);
    }
  }
  function readFields(reader: BinaryReader, end: number): T {
    const value: Record<string, unknown> = {};
    for (const [name, row] of rows) value[name] = row.initial();
    eachField(reader, end, (number, wire) => {
      const row = byNumber.get(number);
      if (row === undefined) return false;
      value[row[0]] = row[1].read(reader, wire, value[row[0]]);
      return true;
    });
    return value as T;
  }
  return {
    wire: WireType.LengthDelimited,
    write(writer, value) {
      writer.fork();
      writeFields(writer, value);
      writer.join();
    },
    read: reader => readFields(reader, endOfDelimited(reader)),
    encode(value) {
      const writer = new BinaryWriter();
      writeFields(writer, value);
      return writer.finish();
    },
    decode: bytes => readFields(new BinaryReader(bytes), bytes.length),
  };
}

function endOfDelimited(reader: BinaryReader): number {
  const lengthBytes = reader.uint32();
  return reader.pos + lengthBytes;
}

/** Calls `take` for every field up to `end`; a field that it does not take is skipped. */
function eachField(reader: BinaryReader, end: number, take: (number: number, wire: WireType) => boolean): void {
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    if (!take(number, wire)) reader.skip(wire, number);
  }
}
