/**
 * Messages of DNS (RFC 1035, 2782, 3596, 6891): queries read, replies written, upstreams' replies read.
 *
 * Names are lists of labels as they were sent, one character a byte: replies keep the letters' case, which some clients
 * vary at random and check.
 */

import { formatAddress, parseAddress } from '#lib/ip.ts';

export type Name = readonly string[];

export const typeOf = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  ANY: 255,
} as const;
export const classOf = { IN: 1, ANY: 255 } as const;
export const rcodeOf = {
  ok: 0,
  format: 1,
  failure: 2,
  noName: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const;

export type RecordData =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'CNAME' | 'PTR' | 'NS'; readonly target: Name }
  | { readonly type: 'SRV'; readonly weight: number; readonly port: number; readonly target: Name }
  | { readonly type: 'TXT'; readonly text: string }
  | { readonly type: 'SOA'; readonly server: Name; readonly mailbox: Name; readonly serial: number };

export type DnsRecord = RecordData & { readonly name: Name; readonly ttl: number };

export interface Question {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
}

export interface Query {
  readonly id: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  readonly question: Question;
  /** Of EDNS, when the client speaks it. */
  readonly edns: { readonly udpBytesMax: number; readonly version: number; readonly dnssecOk: boolean } | undefined;
}

export interface Reply {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly recursionAvailable: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

export const messageBytesMax = 65_535;
/** What every client takes without EDNS. */
export const udpBytesMin = 512;
/** Fits in one packet on any link (DNS flag day 2020); what is longer goes by TCP. */
export const udpBytesMax = 1232;
const headerBytes = 12;
const nameBytesMax = 255;
const labelBytesMax = 63;
/** Records that a query may carry beside its question: EDNS, a signature, and some room. */
const queryRecordsMax = 8;
const replyRecordsMax = 4096;
/** Of the SOA record, as CoreDNS has them. */
const soaTimes = [7200, 1800, 86_400, 5];

/** Undefined for what deserves no answer; a code when it is not a query that can be read. */
export function readQuery(bytes: Uint8Array): Query | { readonly id: number; readonly rcode: number } | undefined {
  if (bytes.length < headerBytes || bytes.length > messageBytesMax) return undefined;
  const reader = new Reader(bytes);
  const { id, flags, counts } = reader.header();
  if (flags & 0x8000) return undefined;
  if ((flags >> 11) & 0xf) return { id, rcode: rcodeOf.notImplemented };
  const [questions = 0, ...others] = counts;
  const recordCount = others.reduce((sum, count) => sum + count, 0);
  if (questions !== 1 || recordCount > queryRecordsMax) return { id, rcode: rcodeOf.format };
  try {
    const question = reader.question();
    let edns: Query['edns'];
    for (let left = recordCount; left > 0; left--) {
      const { type, class: udpBytes, ttl } = reader.record();
      if (type === typeOf.OPT) edns = { udpBytesMax: udpBytes, version: (ttl >> 16) & 255, dnssecOk: !!(ttl & 0x8000) };
    }
    return { id, recursionDesired: !!(flags & 0x100), checkingDisabled: !!(flags & 0x10), question, edns };
  } catch (error) {
    if (error instanceof Malformed) return { id, rcode: rcodeOf.format };
    throw error;
  }
}

/** The addresses and aliases in a reply; undefined when it cannot be read or answers something else. */
export function readReply(bytes: Uint8Array): { id: number; rcode: number; answers: DnsRecord[] } | undefined {
  if (bytes.length < headerBytes) return undefined;
  const reader = new Reader(bytes);
  try {
    const { id, flags, counts } = reader.header();
    const [questions = 0, answerCount = 0] = counts;
    if (!(flags & 0x8000) || questions !== 1 || answerCount > replyRecordsMax) return undefined;
    reader.question();
    const answers: DnsRecord[] = [];
    for (let left = answerCount; left > 0; left--) {
      const { name, ttl, data } = reader.record();
      if (data !== undefined) answers.push({ name, ttl, ...data });
    }
    return { id, rcode: flags & 0xf, answers };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

class Malformed extends Error {}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  header(): { id: number; flags: number; counts: number[] } {
    return { id: this.#u16(), flags: this.#u16(), counts: [this.#u16(), this.#u16(), this.#u16(), this.#u16()] };
  }

  question(): Question {
    return { name: this.#name(), type: this.#u16(), class: this.#u16() };
  }

  record(): { name: Name; type: number; class: number; ttl: number; data: RecordData | undefined } {
    const name = this.#name();
    const [type, klass] = [this.#u16(), this.#u16()];
    const ttl = this.#u16() * 65_536 + this.#u16();
    const length = this.#u16();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Malformed();
    const data = this.#data(type, length);
    this.#at = end;
    return { name, type, class: klass, ttl, data };
  }

  #data(type: number, length: number): RecordData | undefined {
    if (type === typeOf.CNAME) return { type: 'CNAME', target: this.#name() };
    if (type !== typeOf.A && type !== typeOf.AAAA) return undefined;
    const bits = type === typeOf.A ? 32 : 128;
    if (length * 8 !== bits) throw new Malformed();
    let value = 0n;
    for (const byte of this.#bytes.subarray(this.#at, this.#at + length)) value = (value << 8n) | BigInt(byte);
    return { type: bits === 32 ? 'A' : 'AAAA', address: formatAddress({ bits, value }) };
  }

  #u16(): number {
    if (this.#at + 2 > this.#bytes.length) throw new Malformed();
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2);
  }

  /** A pointer leads back only, so every name ends. */
  #name(): Name {
    const labels: string[] = [];
    let at = this.#at;
    let end: number | undefined;
    let bytes = 1;
    for (;;) {
      const length = this.#bytes[at];
      if (length === undefined) throw new Malformed();
      if (length >= 0xc0) {
        const target = (length & 0x3f) * 256 + (this.#bytes[at + 1] ?? 0);
        end ??= at + 2;
        if (target >= at) throw new Malformed();
        at = target;
        continue;
      }
      at++;
      if (length === 0) break;
      bytes += length + 1;
      if (length > labelBytesMax || bytes > nameBytesMax || at + length > this.#bytes.length) throw new Malformed();
      labels.push(Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + at, length).toString('latin1'));
      at += length;
    }
    this.#at = end ?? at;
    if (this.#at > this.#bytes.length) throw new Malformed();
    return labels;
  }
}

/**
 * A reply in at most `bytesMax`. When the answers do not all fit, as many as do, marked as truncated: a client that
 * knows no TCP can use them. Additional records are a favour and left out without a word.
 */
export function writeReply(query: Query, reply: Reply, bytesMax: number): Uint8Array {
  const writer = new Writer();
  const ednsBytes = query.edns === undefined ? 0 : 11;
  const room = bytesMax - ednsBytes;
  writer.header(query.id);
  writer.question(query.question);
  const counts = [0, 0, 0];
  let truncated = false;
  for (const [section, records] of [reply.answers, reply.authority, reply.additional].entries()) {
    for (const record of truncated ? [] : records) {
      const before = writer.length;
      writer.record(record);
      if (writer.length > room) {
        writer.rewind(before);
        truncated = section < 2;
        break;
      }
      counts[section]!++;
    }
  }
  if (query.edns !== undefined) {
    writer.edns(reply.rcode >> 4, query.edns.dnssecOk);
    counts[2]!++;
  }
  const flags =
    0x8000 |
    (reply.authoritative ? 0x400 : 0) |
    (truncated ? 0x200 : 0) |
    (query.recursionDesired ? 0x100 : 0) |
    (reply.recursionAvailable ? 0x80 : 0) |
    (query.checkingDisabled ? 0x10 : 0) |
    (reply.rcode & 0xf);
  return writer.finish(flags, [1, ...counts]);
}

/** Of a message that could not be read: only its id can be said. */
export function writeProblem(id: number, rcode: number): Uint8Array {
  const writer = new Writer();
  writer.header(id);
  return writer.finish(0x8000 | rcode, [0, 0, 0, 0]);
}

/** For an upstream: one question, with recursion. */
export function writeQuery(id: number, question: Question): Uint8Array {
  const writer = new Writer();
  writer.header(id);
  writer.question(question);
  writer.edns(0, false);
  return writer.finish(0x100, [1, 0, 0, 1]);
}

/** The same message under another id. */
export function withId(bytes: Uint8Array, id: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  new DataView(copy.buffer).setUint16(0, id);
  return copy;
}

class Writer {
  readonly #bytes: number[] = [];
  /** Where each end of a name was written, by its exact letters: a pointer must not change their case. */
  readonly #names = new Map<string, number>();

  get length(): number {
    return this.#bytes.length;
  }

  header(id: number): void {
    this.#u16(id, 0, 0, 0, 0, 0);
  }

  question(question: Question): void {
    this.#name(question.name);
    this.#u16(question.type, question.class);
  }

  record(record: DnsRecord): void {
    this.#name(record.name);
    this.#u16(typeOf[record.type], classOf.IN, record.ttl >>> 16, record.ttl & 0xffff, 0);
    const start = this.length;
    this.#data(record);
    const length = this.length - start;
    this.#bytes[start - 2] = length >> 8;
    this.#bytes[start - 1] = length & 255;
  }

  edns(rcodeHigh: number, dnssecOk: boolean): void {
    this.#bytes.push(0);
    this.#u16(typeOf.OPT, udpBytesMax, rcodeHigh << 8, dnssecOk ? 0x8000 : 0, 0);
  }

  rewind(length: number): void {
    this.#bytes.length = length;
    for (const [name, at] of this.#names) if (at >= length) this.#names.delete(name);
  }

  finish(flags: number, counts: readonly number[]): Uint8Array {
    const bytes = Uint8Array.from(this.#bytes);
    const view = new DataView(bytes.buffer);
    for (const [index, value] of [flags, ...counts].entries()) view.setUint16(2 + 2 * index, value);
    return bytes;
  }

  #data(data: RecordData): void {
    switch (data.type) {
      case 'A':
      case 'AAAA':
        this.#address(data.address);
        break;
      case 'CNAME':
      case 'PTR':
      case 'NS':
        this.#name(data.target);
        break;
      case 'SRV':
        this.#u16(0, data.weight, data.port);
        // RFC 2782: not compressed.
        this.#labels(data.target);
        break;
      case 'TXT':
        this.#bytes.push(data.text.length, ...Buffer.from(data.text, 'latin1'));
        break;
      case 'SOA':
        this.#name(data.server);
        this.#name(data.mailbox);
        for (const value of [data.serial, ...soaTimes]) this.#u16((value >>> 16) & 0xffff, value & 0xffff);
    }
  }

  #address(text: string): void {
    const { bits, value } = parseAddress(text)!;
    for (let shift = bits - 8; shift >= 0; shift -= 8) this.#bytes.push(Number((value >> BigInt(shift)) & 255n));
  }

  #name(name: Name): void {
    for (let start = 0; start < name.length; start++) {
      const rest = JSON.stringify(name.slice(start));
      const known = this.#names.get(rest);
      if (known !== undefined) {
        this.#u16(0xc000 | known);
        return;
      }
      // A pointer has 14 bits.
      if (this.length < 0x4000) this.#names.set(rest, this.length);
      this.#label(name[start]!);
    }
    this.#bytes.push(0);
  }

  #labels(name: Name): void {
    for (const label of name) this.#label(label);
    this.#bytes.push(0);
  }

  #label(label: string): void {
    this.#bytes.push(label.length, ...Buffer.from(label, 'latin1'));
  }

  #u16(...values: readonly number[]): void {
    for (const value of values) this.#bytes.push(value >> 8, value & 255);
  }
}
