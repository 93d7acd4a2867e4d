/** DER (X.690), as much as certificates need: writing from parts, and reading with every length checked. */

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export { tags as derTags };

export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, each) => sum + each.length, 0);
  return Buffer.concat([Buffer.from([tag]), lengthBytes(length), ...contents]);
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest & 0xff);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export const sequence = (...parts: readonly Uint8Array[]) => der(tags.sequence, ...parts);
export const set = (...parts: readonly Uint8Array[]) => der(tags.set, ...parts);
export const octets = (bytes: Uint8Array) => der(tags.octets, bytes);
export const utf8 = (text: string) => der(tags.utf8, Buffer.from(text, 'utf8'));
export const boolean = (value: boolean) => der(tags.boolean, Buffer.from([value ? 0xff : 0]));
export const bits = (bytes: Uint8Array, unused = 0) => der(tags.bits, Buffer.from([unused]), bytes);
/** `[n]` around other values. */
export const explicit = (n: number, ...parts: readonly Uint8Array[]) => der(0xa0 | n, ...parts);
/** `[n]` instead of the tag of a simple value. */
export const implicit = (n: number, bytes: Uint8Array) => der(0x80 | n, bytes);

/** Unsigned, big-endian. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  return trimmed[0]! & 0x80 ? der(tags.integer, Buffer.from([0]), trimmed) : der(tags.integer, trimmed);
}

export function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]];
  return der(tags.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}

/** Two digits of the year until 2049, four after (RFC 5280, 4.1.2.5). Whole seconds. */
export function time(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`;
  const short = digits < '2050';
  return der(short ? tags.utcTime : tags.generalizedTime, Buffer.from(short ? digits.slice(2) : digits));
}

export class DerError extends Error {
  override name = 'DerError';
}

/** One value as it stands in the bytes. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length. */
  readonly whole: Buffer;
}

/** The value that the bytes are; nothing may follow it. */
export function readDer(bytes: Uint8Array): DerValue {
  const values = readAll(bytes);
  if (values.length !== 1) throw new DerError(`expected one value, found ${values.length}`);
  return values[0]!;
}

/** The values inside a sequence, a set or an explicit tag. */
export function children(value: DerValue): DerValue[] {
  if ((value.tag & 0x20) === 0) throw new DerError(`tag 0x${value.tag.toString(16)} holds no values`);
  return readAll(value.content);
}

function readAll(bytes: Uint8Array): DerValue[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: DerValue[] = [];
  for (let at = 0; at < buffer.length; ) {
    const value = readAt(buffer, at);
    values.push(value);
    at += value.whole.length;
  }
  return values;
}

function readAt(buffer: Buffer, at: number): DerValue {
  const tag = buffer[at]!;
  if ((tag & 0x1f) === 0x1f) throw new DerError('long tags are not supported');
  let length = buffer[at + 1] ?? 0x80;
  let start = at + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4 || start + count > buffer.length) throw new DerError('bad length');
    length = buffer.readUIntBE(start, count);
    start += count;
  }
  if (start + length > buffer.length) throw new DerError('a value goes beyond its end');
  return { tag, content: buffer.subarray(start, start + length), whole: buffer.subarray(at, start + length) };
}

export function oidText(value: DerValue): string {
  if (value.tag !== tags.oid || value.content.length === 0) throw new DerError('expected an object identifier');
  const numbers: number[] = [];
  let number = 0;
  for (const byte of value.content) {
    number = number * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (numbers.length === 0) {
      const first = Math.min(Math.floor(number / 40), 2);
      numbers.push(first, number - first * 40);
    } else numbers.push(number);
    number = 0;
  }
  return numbers.join('.');
}

/** The text of any of the string types that names are written in. */
export function stringText(value: DerValue): string {
  if (value.tag === 0x1e) return Buffer.from(value.content).swap16().toString('utf16le');
  if (value.tag === tags.utf8) return value.content.toString('utf8');
  return value.content.toString('latin1');
}

export function timeMs(value: DerValue): number {
  const text = value.content.toString('latin1');
  const full = value.tag === tags.utcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const read = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  if (read === null) throw new DerError('bad time');
  const [year, month, day, hour, minute, second] = read.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
