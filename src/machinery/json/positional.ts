/**
 * The slow JSON reader, run only when something is wrong: it words errors as Go's encoding/json does, and lists the keys
 * of the text by path, in order, those that came twice among them. A stack of its own instead of recursion.
 */

export class JsonSyntaxError extends Error {
  override name = 'JsonSyntaxError';
}

export interface PositionalJson {
  readonly value: unknown;
  /** Every key of the text: `metadata`, `metadata.name`, `spec.containers[0].image`. */
  readonly keys: readonly string[];
  /** Those that came again in the same object, once each. */
  readonly duplicates: readonly string[];
}

/**
 * Deeper texts are refused. Go takes ten times as much, but all that follows a body from here to the store goes down into it
 * by recursion, and no object of the API is half as deep.
 */
export const jsonDepthMax = 1000;

/** Throws a JsonSyntaxError. */
export function parsePositional(text: string): PositionalJson {
  const { keys, duplicates } = new Reader(text).read();
  return { value: JSON.parse(text), keys, duplicates: [...duplicates] };
}

/** Why bytes that came from anywhere are not JSON; undefined when they are. */
export function jsonProblem(bytes: Uint8Array): string | undefined {
  try {
    new Reader(Buffer.from(bytes).toString('latin1'), true).read();
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
  return undefined;
}

interface Container {
  readonly isObject: boolean;
  readonly path: string;
  /** The keys so far. */
  readonly names: Set<string>;
  /** The path of the value that is read now. */
  valuePath: string;
  count: number;
}

class Reader {
  readonly #text: string;
  readonly #isBytes: boolean;
  #at = 0;
  readonly #stack: Container[] = [];
  readonly #keys: string[] = [];
  readonly #duplicates = new Set<string>();

  /** `isBytes`: each character of the text stands for one byte. */
  constructor(text: string, isBytes = false) {
    this.#text = text;
    this.#isBytes = isBytes;
  }

  read(): { keys: readonly string[]; duplicates: ReadonlySet<string> } {
    this.#value('');
    while (this.#stack.length > 0) this.#next(this.#stack.at(-1)!);
    this.#space();
    if (this.#at < this.#text.length) this.#fail('after top-level value');
    return { keys: this.#keys, duplicates: this.#duplicates };
  }

  /** The next member of the container, or its end. */
  #next(container: Container): void {
    this.#space();
    if (this.#text[this.#at] === (container.isObject ? '}' : ']')) {
      this.#at++;
      this.#stack.pop();
      return;
    }
    if (container.count > 0) {
      if (this.#text[this.#at] !== ',') {
        this.#fail(container.isObject ? 'after object key:value pair' : 'after array element');
      }
      this.#at++;
      this.#space();
    }
    if (container.isObject) this.#key(container);
    else container.valuePath = `${container.path}[${container.count}]`;
    container.count++;
    this.#value(container.valuePath);
  }

  #key(container: Container): void {
    if (this.#text[this.#at] !== '"') this.#fail('looking for beginning of object key string');
    const start = this.#at;
    this.#string();
    const name: string = JSON.parse(this.#text.slice(start, this.#at));
    const path = container.path === '' ? name : `${container.path}.${name}`;
    this.#keys.push(path);
    if (container.names.has(name)) this.#duplicates.add(path);
    container.names.add(name);
    container.valuePath = path;
    this.#space();
    if (this.#text[this.#at] !== ':') this.#fail('after object key');
    this.#at++;
  }

  /** A scalar, or the beginning of a container. */
  #value(path: string): void {
    this.#space();
    const first = this.#text[this.#at];
    if (first === '{' || first === '[') {
      if (this.#stack.length >= jsonDepthMax) this.#fail('exceeded max depth');
      this.#at++;
      this.#stack.push({ isObject: first === '{', path, names: new Set(), valuePath: path, count: 0 });
    } else if (first === '"') this.#string();
    else if (first === 't') this.#literal('true');
    else if (first === 'f') this.#literal('false');
    else if (first === 'n') this.#literal('null');
    else if (first === '-' || isDigit(first)) this.#number();
    else this.#fail('looking for beginning of value');
  }

  #literal(word: string): void {
    for (const character of word) {
      if (this.#text[this.#at] !== character) this.#fail(`in literal ${word} (expecting ${shown(character)})`);
      this.#at++;
    }
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at++;
    if (!isDigit(this.#text[this.#at])) this.#fail('in numeric literal');
    if (this.#text[this.#at] === '0') this.#at++;
    else this.#digits();
    if (this.#text[this.#at] === '.') {
      this.#at++;
      if (!isDigit(this.#text[this.#at])) this.#fail('after decimal point in numeric literal');
      this.#digits();
    }
    if (this.#text[this.#at] === 'e' || this.#text[this.#at] === 'E') {
      this.#at++;
      if (this.#text[this.#at] === '+' || this.#text[this.#at] === '-') this.#at++;
      if (!isDigit(this.#text[this.#at])) this.#fail('in exponent of numeric literal');
      this.#digits();
    }
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at])) this.#at++;
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined || character < ' ') this.#fail('in string literal');
      this.#at++;
      if (character === '"') return;
      if (character === '\\') this.#escape();
    }
  }

  #escape(): void {
    const character = this.#text[this.#at];
    if (character === undefined || !'"\\/bfnrtu'.includes(character)) this.#fail('in string escape code');
    this.#at++;
    if (character !== 'u') return;
    for (let digit = 0; digit < 4; digit++) {
      if (!/^[0-9a-fA-F]$/.test(this.#text[this.#at] ?? '')) this.#fail('in \\u hexadecimal character escape');
      this.#at++;
    }
  }

  #space(): void {
    for (;;) {
      const character = this.#text[this.#at];
      if (character !== ' ' && character !== '\n' && character !== '\t' && character !== '\r') return;
      this.#at++;
    }
  }

  #fail(where: string): never {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw new JsonSyntaxError('unexpected end of JSON input');
    // Go looks at bytes: of a letter beyond ASCII it shows the first byte of its UTF-8.
    const byte = this.#isBytes ? code : Buffer.from(String.fromCodePoint(code))[0]!;
    throw new JsonSyntaxError(`invalid character ${shown(String.fromCharCode(byte))} ${where}`);
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

const escapes: Readonly<Record<string, string>> = {
  "'": "\\'",
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function shown(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16).padStart(2, '0');
  const invisible = code < 0x20 || code === 0x7f;
  const latin = code >= 0x80 && (code < 0xa1 || code === 0xad);
  return `'${escapes[character] ?? (invisible ? `\\x${hex}` : latin ? `\\u00${hex}` : character)}'`;
}
