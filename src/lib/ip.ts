/** IP addresses and ranges as numbers. */

export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export interface ParsedAddress extends Address {
  /** Written as `::ffff:1.2.3.4`; `bits` and `value` are then those of the IPv4 address. */
  readonly mapped: boolean;
  /** Written with zeros in front of an IPv4 part, as in `010.0.0.1`: read as decimal, octal elsewhere. */
  readonly leadingZeros: boolean;
}

export interface Range {
  /** The first address. */
  readonly first: Address;
  readonly prefix: number;
}

const ipv4Parts = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/;
const hexGroup = /^[0-9a-fA-F]{1,4}$/;
const mappedPrefix = 0xffffn << 32n;

/** Undefined when the text is no address. A zone (`fe80::1%eth0`) is not accepted. */
export function parseAddress(text: string): ParsedAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): ParsedAddress | undefined {
  const match = ipv4Parts.exec(text);
  if (match === null) return undefined;
  let value = 0;
  let leadingZeros = false;
  for (let part = 1; part <= 4; part++) {
    const octet = Number(match[part]);
    if (octet > 255) return undefined;
    if (match[part]!.length > 1 && match[part]!.startsWith('0')) leadingZeros = true;
    value = value * 256 + octet;
  }
  return { bits: 32, value: BigInt(value), mapped: false, leadingZeros };
}

function parseIpv6(text: string): ParsedAddress | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const embedded = embeddedIpv4(text);
  if (embedded === null) return undefined;
  const head = groupsOf(halves[0]!, embedded);
  const tail = halves.length === 2 ? groupsOf(halves[1]!, embedded) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...new Array<number>(missing).fill(0), ...tail]) value = (value << 16n) | BigInt(group);
  const leadingZeros = embedded?.leadingZeros ?? false;
  if (value >> 32n !== 0xffffn) return { bits: 128, value, mapped: false, leadingZeros };
  return { bits: 32, value: value & 0xffff_ffffn, mapped: true, leadingZeros };
}

/** The dotted end of `::1.2.3.4`; null when there is one that is malformed. */
function embeddedIpv4(text: string): ParsedAddress | undefined | null {
  const end = text.slice(text.lastIndexOf(':') + 1);
  return end.includes('.') ? (parseIpv4(end) ?? null) : undefined;
}

function groupsOf(text: string, embedded: ParsedAddress | undefined): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [position, part] of parts.entries()) {
    if (part.includes('.') && embedded !== undefined && position === parts.length - 1) {
      groups.push(Number(embedded.value >> 16n), Number(embedded.value & 0xffffn));
    } else if (hexGroup.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** As RFC 5952 writes it: `10.0.0.1`, `2001:db8::1`. */
export function formatAddress({ bits, value }: Address): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, group) => Number((value >> BigInt(16 * (7 - group))) & 0xffffn));
  const { start, length } = longestZeros(groups);
  const hex = (part: readonly number[]) => part.map(group => group.toString(16)).join(':');
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (start + length < groups.length && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

export interface ParsedRange extends Range {
  /** The address as written, which may lie inside the range: `10.0.0.5/24`. */
  readonly address: ParsedAddress;
  readonly leadingZeros: boolean;
}

/** `10.96.0.0/16`. Of `::ffff:10.0.0.0/104` the range is IPv4's `10.0.0.0/8`. */
export function parseRange(text: string): ParsedRange | undefined {
  const slash = text.indexOf('/');
  const length = text.slice(slash + 1);
  const address = slash < 0 || !/^\d{1,9}$/.test(length) ? undefined : parseAddress(text.slice(0, slash));
  if (address === undefined) return undefined;
  const prefix = Number(length) - (address.mapped ? 96 : 0);
  if (prefix > address.bits || prefix < 0) return undefined;
  const leadingZeros = address.leadingZeros || (length.length > 1 && length.startsWith('0'));
  const hostBits = BigInt(address.bits - prefix);
  const first = { bits: address.bits, value: (address.value >> hostBits) << hostBits };
  return { first, prefix, address, leadingZeros };
}

export function formatRange({ first, prefix }: Range): string {
  return `${formatAddress(first)}/${prefix}`;
}

export function rangeHas({ first, prefix }: Range, address: Address): boolean {
  const hostBits = BigInt(first.bits - prefix);
  return first.bits === address.bits && first.value >> hostBits === address.value >> hostBits;
}

/** The address as 128 bits, IPv4 in the mapped form: one order over both families. */
export function asIpv6(address: Address): bigint {
  return address.bits === 32 ? mappedPrefix | address.value : address.value;
}
