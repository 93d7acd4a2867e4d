/**
 * YAML as the API answers it: what sigs.k8s.io/yaml prints, byte by byte (go-yaml v2: keys in natural order, long scalars
 * folded at column 80, lists not indented below their key). No library breaks lines where it does.
 */

import { chooseStyle, isPrintable, type ScalarStyle } from '#machinery/yaml-style.ts';

const foldColumn = 80;
const indentWidth = 2;
/** A longer key is written as `? key` and its value on the next line. */
const simpleKeyBytesMax = 128;

/** JSON values only; what is undefined is left out. */
export function toYaml(value: unknown): string {
  const writer = new Writer();
  writer.node(value, { indent: -indentWidth, isHere: true });
  return `${writer.text}\n`;
}

interface Place {
  /** Columns before the collection that holds the node; before zero for the whole document. */
  readonly indent: number;
  /** The first entry of a collection follows on the same line, as after `- `. */
  readonly isHere: boolean;
}

class Writer {
  text = '';
  #column = 0;

  node(value: unknown, place: Place): void {
    if (!isFilled(value)) return this.#scalar(value, place.indent + indentWidth, false);
    // A list that is the value of a key stands in the key's own column.
    const indent = Array.isArray(value) && !place.isHere ? place.indent : place.indent + indentWidth;
    const entries = Array.isArray(value) ? value : Object.entries(value).filter(([, each]) => each !== undefined);
    if (!Array.isArray(value)) entries.sort(([one], [other]) => naturally(one, other));
    for (const [at, entry] of entries.entries()) {
      if (at > 0 || !place.isHere) this.#newLine(indent);
      if (Array.isArray(value)) {
        this.#put('- ');
        this.node(entry, { indent, isHere: true });
      } else this.#pair(entry[0], entry[1], indent);
    }
  }

  #pair(name: string, value: unknown, indent: number): void {
    const isSimple = Buffer.byteLength(name) <= simpleKeyBytesMax && !name.includes('\n');
    if (!isSimple) this.#put('? ');
    this.#scalar(name, indent + indentWidth, isSimple);
    if (!isSimple) this.#newLine(indent);
    this.#put(isSimple && isFilled(value) ? ':' : ': ');
    this.node(value, { indent, isHere: !isSimple });
  }

  #put(text: string): void {
    this.text += text;
    this.#column += text.length;
  }

  #newLine(indent: number): void {
    this.text += `\n${' '.repeat(indent)}`;
    this.#column = indent;
  }

  #scalar(value: unknown, indent: number, isKey: boolean): void {
    if (typeof value !== 'string') return this.#put(plainText(value));
    const style = chooseStyle(value, isKey);
    const write: Record<ScalarStyle, () => void> = {
      plain: () => this.#folded(value, indent, isKey),
      single: () => this.#quoted(value, indent, isKey),
      double: () => this.#escaped(value, indent, isKey),
      literal: () => this.#literal(value, indent),
    };
    write[style]();
  }

  #mayFold(text: string, at: number, isKey: boolean): boolean {
    return !isKey && this.#column > foldColumn && text[at - 1] !== ' ' && text[at + 1] !== ' ';
  }

  #folded(text: string, indent: number, isKey: boolean): void {
    for (let at = 0; at < text.length; at++) {
      if (text[at] === ' ' && this.#mayFold(text, at, isKey)) this.#newLine(indent);
      else this.#put(text[at]!);
    }
  }

  #quoted(text: string, indent: number, isKey: boolean): void {
    this.#put("'");
    for (let at = 0; at < text.length; at++) {
      const isInside = at > 0 && at < text.length - 1;
      if (text[at] === ' ' && isInside && this.#mayFold(text, at, isKey)) this.#newLine(indent);
      else this.#put(text[at] === "'" ? "''" : text[at]!);
    }
    this.#put("'");
  }

  #escaped(text: string, indent: number, isKey: boolean): void {
    this.#put('"');
    const characters = [...text];
    for (const [at, character] of characters.entries()) {
      const isInside = at > 0 && at < characters.length - 1;
      const mayFold = !isKey && isInside && this.#column > foldColumn && characters[at - 1] !== ' ';
      if (character !== ' ' || !mayFold) this.#put(escaped(character));
      else {
        this.#newLine(indent);
        if (characters[at + 1] === ' ') this.#put('\\');
      }
    }
    this.#put('"');
  }

  #literal(text: string, indent: number): void {
    const hint = /^[ \n]/.test(text) ? String(indentWidth) : '';
    const chomp = !text.endsWith('\n') ? '-' : /^\n$|\n\n$/.test(text) ? '+' : '';
    this.#put(`|${hint}${chomp}`);
    const lines = text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const line of lines) {
      if (line === '') this.text += '\n';
      else {
        this.#newLine(indent);
        this.#put(line);
      }
    }
  }
}

function isFilled(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(each => each !== undefined);
  for (const name in value) if ((value as Record<string, unknown>)[name] !== undefined) return true;
  return false;
}

function plainText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'object') return Array.isArray(value) ? '[]' : '{}';
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  // Go turns to exponents earlier, and writes at least two digits of them.
  const text = Math.abs(value) < 1e-4 || Math.abs(value) >= 1e6 ? value.toExponential() : String(value);
  return text.replace(/e([-+])(\d)$/, 'e$10$2');
}

const escapes = new Map([
  ['\0', '0'],
  ['\x07', 'a'],
  ['\b', 'b'],
  ['\t', 't'],
  ['\n', 'n'],
  ['\v', 'v'],
  ['\f', 'f'],
  ['\r', 'r'],
  ['\x1b', 'e'],
  ['"', '"'],
  ['\\', '\\'],
  ['\x85', 'N'],
  ['\xa0', '_'],
  ['\u2028', 'L'],
  ['\u2029', 'P'],
]);

function escaped(character: string): string {
  if (isPrintable(character) && !/[\n"\\\u2028\u2029]/.test(character)) return character;
  const short = escapes.get(character);
  if (short !== undefined) return `\\${short}`;
  const code = character.codePointAt(0)!;
  const [letter, width] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8];
  return `\\${letter}${code
    .toString(16)
    .toUpperCase()
    .padStart(width as number, '0')}`;
}

/** Names with numbers in them are sorted by the numbers: `a2` before `a10`; letters come after everything else. */
function naturally(one: string, other: string): number {
  const at = firstDifference(one, other);
  if (at === one.length || at === other.length) return one.length - other.length;
  const [first, second] = [characterAt(one, at), characterAt(other, at)];
  const [isLetter, isOtherLetter] = [/\p{L}/u.test(first), /\p{L}/u.test(second)];
  if (isLetter !== isOtherLetter) return isLetter ? 1 : -1;
  if (!isLetter) {
    const [digits, otherDigits] = [digitsAt(one, at), digitsAt(other, at)];
    // 0 against 5 in `10` and `15`: what stands before decides how many digits count.
    const isInNumber = (first === '0' || second === '0') && /[1-9]\d*$/.test(one.slice(0, at));
    const lead = isInNumber ? '1' : '';
    const order = Number(`${lead}${digits}`) - Number(`${lead}${otherDigits}`) || digits.length - otherDigits.length;
    if (order !== 0) return order;
  }
  return first.codePointAt(0)! - second.codePointAt(0)!;
}

/** Where they begin to differ; a character of two units is one. */
function firstDifference(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one.charCodeAt(at) === other.charCodeAt(at)) at++;
  const isInside = at > 0 && (one.charCodeAt(at - 1) & 0xfc00) === 0xd800;
  return isInside ? at - 1 : at;
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

const someDigits = /\d*/y;

function digitsAt(text: string, at: number): string {
  someDigits.lastIndex = at;
  return someDigits.exec(text)![0];
}
