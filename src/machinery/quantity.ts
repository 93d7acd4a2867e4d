/**
 * Amounts of a resource: exact decimals with a suffix. `500m`, `1536Mi`, `2`, `1e3`.
 *
 * A quantity prints with the largest suffix that needs no fraction, so `1000m` is `1` and `1.5Gi` is `1536Mi`. As with
 * upstream, a text that looks canonical already is kept as it is (`+1`, `1.500`), nothing is finer than a nano (the
 * rest is rounded away from zero), and binary amounts stop at 2^63-1.
 */

/** Which suffixes it prints with: `k M G`, `Ki Mi Gi` or `e3 e6 e9`. */
export type QuantityFormat = 'decimal' | 'binary' | 'exponent';

export class QuantityError extends Error {
  override name = 'QuantityError';
}

const formatMessage = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const suffixMessage = "unable to parse quantity's suffix";

const textCharactersMax = 1024;
/** Above it upstream spends memory on zeros; nothing real comes near. */
const exponentMax = 1000;
const nanoScale = -9;
const int64Max = 2n ** 63n - 1n;
/** The most digits that upstream handles without arbitrary precision; only there does it keep the given text. */
const plainDigitsMax = 18;

const decimalSuffixes = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const decimalSuffixOf = new Map([...decimalSuffixes].map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** `unscaled` times ten to the `scale`. Immutable. */
export class Quantity {
  readonly unscaled: bigint;
  readonly scale: number;
  readonly format: QuantityFormat;
  #text: string | undefined;
  #units: number | undefined;
  #milli: number | undefined;

  constructor(unscaled: bigint, scale: number, format: QuantityFormat, text?: string) {
    this.unscaled = unscaled;
    this.scale = scale;
    this.format = format;
    this.#text = text;
  }

  /** Whole units, rounded away from zero: bytes of memory, CPUs. */
  get units(): number {
    return (this.#units ??= Number(rescale(this, 0)));
  }

  /** Thousandths, rounded away from zero: what CPU is counted in. */
  get milli(): number {
    return (this.#milli ??= Number(rescale(this, -3)));
  }

  /** -1, 0 or 1. */
  get sign(): number {
    return this.unscaled < 0n ? -1 : this.unscaled > 0n ? 1 : 0;
  }

  /** As near as a double comes; for ratios. */
  toNumber(): number {
    return Number(`${this.unscaled}e${this.scale}`);
  }

  toString(): string {
    return (this.#text ??= canonicalText(this));
  }

  compare(other: Quantity): number {
    if (this.sign !== other.sign) return this.sign - other.sign > 0 ? 1 : -1;
    const [a, b] = aligned(this, other);
    return a < b ? -1 : a > b ? 1 : 0;
  }

  add(other: Quantity): Quantity {
    const [a, b] = aligned(this, other);
    return new Quantity(a + b, Math.min(this.scale, other.scale), this.#formatWith(other));
  }

  subtract(other: Quantity): Quantity {
    const [a, b] = aligned(this, other);
    return new Quantity(a - b, Math.min(this.scale, other.scale), this.#formatWith(other));
  }

  multiply(factor: number | bigint): Quantity {
    return new Quantity(this.unscaled * BigInt(factor), this.scale, this.format);
  }

  negate(): Quantity {
    return new Quantity(-this.unscaled, this.scale, this.format);
  }

  /** Nothing finer than ten to the `scale`, rounded away from zero; itself when it is coarse enough. */
  roundUp(scale: number): Quantity {
    return this.scale >= scale ? this : new Quantity(rescale(this, scale), scale, this.format);
  }

  /** A sum that starts from nothing prints as what was added. */
  #formatWith(other: Quantity): QuantityFormat {
    return this.unscaled === 0n ? other.format : this.format;
  }
}

export const zeroQuantity = new Quantity(0n, 0, 'decimal', '0');

/** Texts repeat: a cluster holds a few hundred different ones. Emptied when full. */
const parsedCountMax = 4096;
const parsed = new Map<string, Quantity>();
const cachedCharactersMax = 24;

/** Reads a quantity as it stands in JSON, spaces around it allowed; throws a QuantityError worded as upstream words it. */
export function parseQuantity(text: string): Quantity {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const quantity = parseFresh(text.trim());
  if (text.length > cachedCharactersMax) return quantity;
  if (parsed.size >= parsedCountMax) parsed.clear();
  parsed.set(text, quantity);
  return quantity;
}

/** The quantity, or undefined when the text is none. */
export function quantityOf(text: string): Quantity | undefined {
  try {
    return parseQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

/** What the API prints for a quantity that came in as `text`: `1000m` is `1`. */
export function canonicalQuantity(text: string): string {
  return parseQuantity(text).toString();
}

export function compareQuantities(a: string, b: string): number {
  return a === b ? 0 : parseQuantity(a).compare(parseQuantity(b));
}

export function addQuantities(a: string, b: string): string {
  return parseQuantity(a).add(parseQuantity(b)).toString();
}

export function subtractQuantities(a: string, b: string): string {
  return parseQuantity(a).subtract(parseQuantity(b)).toString();
}

/** A whole number of units in the given form: 1536 MiB as binary is `1536Mi`. */
export function quantityFromUnits(units: number | bigint, format: QuantityFormat): Quantity {
  return new Quantity(BigInt(units), 0, format);
}

/** Thousandths: 1500 is `1500m`. */
export function quantityFromMilli(milli: number | bigint): Quantity {
  return new Quantity(BigInt(milli), -3, 'decimal');
}

const shape = /^([+-]?)0*(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;

function parseFresh(text: string): Quantity {
  if (text === '0') return zeroQuantity;
  const match = text === '' || text.length > textCharactersMax ? null : shape.exec(text);
  if (match === null) throw new QuantityError(formatMessage);
  const whole = match[2] || '0';
  const fraction = match[3] ?? '';
  const digits = whole + fraction;
  const { format, exponent } = interpretSuffix(match[4]!);
  const magnitude = BigInt(digits);
  const signed = match[1] === '-' ? -magnitude : magnitude;
  if (format === 'binary') return parseBinary(text, { signed, whole, fraction, exponent });

  const scale = exponent - fraction.length;
  if (digits.length > plainDigitsMax || scale < nanoScale) return atLeastNano(signed, scale, format);
  const kept = scale % 3 === 0 && !digits.endsWith('000') && digits[0] !== '0';
  return new Quantity(signed, scale, format, kept ? text : undefined);
}

function interpretSuffix(suffix: string): { format: QuantityFormat; exponent: number } {
  const decimal = decimalSuffixes.get(suffix);
  if (decimal !== undefined) return { format: 'decimal', exponent: decimal };
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) return { format: 'binary', exponent: binary * 10 };
  if (!/^[eE][-+]?\d+$/.test(suffix)) throw new QuantityError(suffixMessage);
  const exponent = Number(suffix.slice(1));
  if (exponent > exponentMax) throw new QuantityError(suffixMessage);
  return { format: 'exponent', exponent };
}

interface BinaryParts {
  readonly signed: bigint;
  readonly whole: string;
  readonly fraction: string;
  readonly exponent: number;
}

function parseBinary(text: string, { signed, whole, fraction, exponent }: BinaryParts): Quantity {
  const amount = signed << BigInt(exponent);
  const plain = fraction === '' && 15 - whole.length - Math.trunc((exponent * 3) / 10) - 1 >= 0;
  if (plain) return new Quantity(amount, 0, 'binary', (signed & 7n) === 0n ? undefined : text);
  const rounded = atLeastNano(amount, -fraction.length, 'binary');
  const magnitude = rounded.unscaled < 0n ? rounded.negate() : rounded;
  const format = magnitude.unscaled > 0n && magnitude.compare(one) < 0 ? 'decimal' : 'binary';
  if (magnitude.compare(binaryMax) > 0) return new Quantity(signed < 0n ? -int64Max : int64Max, 0, 'binary');
  return new Quantity(rounded.unscaled, rounded.scale, format);
}

const one = new Quantity(1n, 0, 'decimal');
const binaryMax = new Quantity(int64Max, 0, 'binary');

/** "If you want some, you should get some": what is finer than a nano is rounded up to the next. */
function atLeastNano(unscaled: bigint, scale: number, format: QuantityFormat): Quantity {
  const quantity = new Quantity(unscaled, scale, format);
  return scale >= nanoScale ? quantity : new Quantity(rescale(quantity, nanoScale), nanoScale, format);
}

/** The unscaled value at another scale, rounded away from zero. */
function rescale({ unscaled, scale }: Quantity, target: number): bigint {
  if (scale >= target) return unscaled * 10n ** BigInt(scale - target);
  const magnitude = unscaled < 0n ? -unscaled : unscaled;
  if (magnitude === 0n) return 0n;
  const dropped = target - scale;
  const divisor = dropped > textCharactersMax ? magnitude + 1n : 10n ** BigInt(dropped);
  const rounded = (magnitude + divisor - 1n) / divisor;
  return unscaled < 0n ? -rounded : rounded;
}

/** Both at the finer of the two scales. */
function aligned(a: Quantity, b: Quantity): [bigint, bigint] {
  const scale = Math.min(a.scale, b.scale);
  return [rescale(a, scale), rescale(b, scale)];
}

function canonicalText(quantity: Quantity): string {
  if (quantity.unscaled === 0n) return '0';
  return (quantity.format === 'binary' && binaryText(quantity)) || decimalText(quantity);
}

/** Undefined when there is a fraction, or too little for a suffix: those print as decimals. */
function binaryText({ unscaled, scale }: Quantity): string | undefined {
  let amount = unscaled;
  if (scale > 0) amount *= 10n ** BigInt(scale);
  else if (scale < 0) {
    const divisor = 10n ** BigInt(-scale);
    if (unscaled % divisor !== 0n) return undefined;
    amount = unscaled / divisor;
  }
  if (amount > -1024n && amount < 1024n) return undefined;
  let power = 0;
  while ((amount & 1023n) === 0n && power < binarySuffixes.length - 1) {
    amount >>= 10n;
    power++;
  }
  return `${amount}${binarySuffixes[power]}`;
}

function decimalText({ unscaled, scale, format }: Quantity): string {
  let digits = unscaled.toString();
  let exponent = scale;
  const significant = digits.replace(/0+$/, '');
  exponent += digits.length - significant.length;
  digits = significant;
  const over = ((exponent % 3) + 3) % 3;
  digits += '0'.repeat(over);
  exponent -= over;
  if (exponent === 0) return digits;
  const suffix = format === 'exponent' ? undefined : decimalSuffixOf.get(exponent);
  return digits + (suffix ?? `e${exponent}`);
}
