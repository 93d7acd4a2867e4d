/**
 * One pass over the bytes of a JSON text that was parsed already, for what JSON.parse does not tell: how many keys it has
 * (more than the value: one came twice), numbers that a double may not hold exactly, and how deep it nests.
 */

export interface JsonScan {
  readonly keyCount: number;
  /** A fraction, an exponent, or more than 15 digits. */
  readonly unusualNumbers: boolean;
  readonly depth: number;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const digitsExact = 15;

export function scanJson(body: Uint8Array): JsonScan {
  let keyCount = 0;
  let unusualNumbers = false;
  let depth = 0;
  let depthNow = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === quote) at = endOfString(body, at);
    else if (byte === colon) keyCount++;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depthNow > depth) depth = depthNow;
    } else if (byte === 0x7d || byte === 0x5d) depthNow--;
    else if (byte >= 0x30 && byte <= 0x39) {
      const end = endOfDigits(body, at);
      if (end - at > digitsExact || isFraction(body[end])) unusualNumbers = true;
      at = end - 1;
    }
  }
  return { keyCount, unusualNumbers, depth };
}

/** How many keys the value has, all in all: fewer than its text when one came twice. `scalar`: of this class nothing counts. */
export function keyCountOf(value: unknown, scalar?: new (...parts: never[]) => unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += keyCountOf(item, scalar);
    return count;
  }
  if (scalar !== undefined && value instanceof scalar) return 0;
  for (const key of Object.keys(value)) count += 1 + keyCountOf((value as Record<string, unknown>)[key], scalar);
  return count;
}

/** Where the closing quote is. */
function endOfString(body: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < body.length) {
    const byte = body[at]!;
    if (byte === quote) return at;
    at += byte === backslash ? 2 : 1;
  }
  return at;
}

function endOfDigits(body: Uint8Array, start: number): number {
  let at = start;
  while (body[at]! >= 0x30 && body[at]! <= 0x39) at++;
  return at;
}

/** `.`, `e` or `E`. */
function isFraction(byte: number | undefined): boolean {
  return byte === 0x2e || byte === 0x65 || byte === 0x45;
}
