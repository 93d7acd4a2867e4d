/** What a scalar of YAML 1.1 means, as go-yaml v2 resolves it. */

export class YamlScalarError extends Error {
  override name = 'YamlScalarError';
}

export interface YamlScalar {
  readonly text: string;
  /** Without quotes: only then it may be something else than text. */
  readonly isPlain: boolean;
  readonly tag: string | undefined;
}

const words = new Map<string, boolean | null>();
for (const word of ['y', 'yes', 'true', 'on']) addWord(word, true);
for (const word of ['n', 'no', 'false', 'off']) addWord(word, false);
for (const word of ['', '~']) words.set(word, null);
addWord('null', null);

/** `yes`, `Yes` and `YES`, but not `yEs`. */
function addWord(word: string, value: boolean | null): void {
  words.set(word, value);
  words.set(word.toUpperCase(), value);
  words.set(word.charAt(0).toUpperCase() + word.slice(1), value);
}

const prefix = 'tag:yaml.org,2002:';
const decimalFloat = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

export function resolveScalar({ text, isPlain, tag }: YamlScalar): unknown {
  const known = tag?.startsWith(prefix) ? tag.slice(prefix.length) : undefined;
  if (known === 'binary') return Buffer.from(text, 'base64').toString('utf8');
  if (known === 'str' || (tag !== undefined && known === undefined) || (tag === undefined && !isPlain)) return text;
  const value = meaningOf(text);
  if (known === undefined || known === 'timestamp' || typeOf(value) === known) return value;
  if (known === 'float' && typeOf(value) === 'int') return value;
  throw new YamlScalarError(`yaml: cannot decode !!${typeOf(value)} \`${text}\` as a !!${known}`);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  return typeof value === 'bigint' || Number.isInteger(value) ? 'int' : 'float';
}

function meaningOf(text: string): unknown {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  if (/^[-+]?\.(inf|Inf|INF)$/.test(text) || /^\.(nan|NaN|NAN)$/.test(text)) {
    const shown = /nan/i.test(text) ? 'NaN' : text.startsWith('-') ? '-Inf' : '+Inf';
    throw new YamlScalarError(`json: unsupported value: ${shown}`);
  }
  const plain = text.replaceAll('_', '');
  const integer = integerOf(plain);
  if (integer !== undefined) return integer;
  return decimalFloat.test(plain) && Number.isFinite(Number(plain)) ? Number(plain) : text;
}

/** `12`, `0x1f`, `0o17`, `017`, `0b11`; undefined when it is none, or more than 64 bits. */
function integerOf(text: string): number | bigint | undefined {
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]+|0|[1-9]\d*)$/.exec(text);
  if (match === null || text.length > 80) return undefined;
  const digits = match[2]!;
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = match[1] === '-' ? -magnitude : magnitude;
  if (value >= 2n ** 64n || value < -(2n ** 63n)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
