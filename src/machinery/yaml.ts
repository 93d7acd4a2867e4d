/**
 * YAML bodies, read as upstream reads them (sigs.k8s.io/yaml over go-yaml v2): YAML 1.1, so `yes` and `on` are booleans and
 * `010` is eight; dates stay text; keys become strings; only the first document counts. The text is parsed by the `yaml`
 * package without any types, and the scalars are resolved here.
 */

import type { Document, Node, Pair, Scalar, YAMLError, YAMLMap } from 'yaml';
import { Composer, isAlias, isScalar, isSeq, LineCounter, Parser } from 'yaml';
import { setOwn } from '#machinery/codec/decode.ts';
import { keyCountOf, scanJson } from '#machinery/json/scan.ts';
import { resolveScalar, YamlScalarError } from '#machinery/yaml-scalar.ts';

export class YamlSyntaxError extends Error {
  override name = 'YamlSyntaxError';
}

export interface ParsedYaml {
  /** JSON values; integers beyond 2^53 as bigints. */
  readonly value: unknown;
  /** One strict error that names all keys that came twice in one mapping, or nothing. */
  readonly duplicates: readonly string[];
}

/** What `duplicates` begin with; one line for each key follows. */
export const unmarshalErrors = 'yaml: unmarshal errors:\n';

const depthMax = 1000;
/** Keys given twice that are named; whoever has more has heard enough. */
const duplicatesMax = 1000;
/** Characters of all scalars that aliases stand for: as much as a body may have without any. */
const aliasCharactersMax = 3 << 20;

/** All but what YAML counts as printable. */
const unreadable = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Throws a YamlSyntaxError. */
export function parseYaml(text: string): ParsedYaml {
  if (unreadable.test(text)) throw new YamlSyntaxError('yaml: control characters are not allowed');
  const json = plainJson(text);
  if (json !== undefined) return { value: json, duplicates: [] };
  const lines = new LineCounter();
  try {
    const document = firstDocument(text, lines);
    if (document === undefined || document.contents === null) return { value: null, duplicates: [] };
    const error = document.errors[0];
    if (error !== undefined) throw new YamlSyntaxError(syntaxMessage(error, lines, text));
    const decoder = new Decoder(lines);
    const value = decoder.decode(document.contents as Node, 0);
    const { duplicates } = decoder;
    return { value, duplicates: duplicates.length === 0 ? [] : [unmarshalErrors + duplicates.join('\n')] };
  } catch (error) {
    if (error instanceof YamlScalarError) throw new YamlSyntaxError(error.message);
    if (error instanceof RangeError) throw new YamlSyntaxError(`yaml: exceeded max depth of ${depthMax}`);
    throw error;
  }
}

/**
 * What most clients send as YAML is JSON, and JSON.parse reads it a hundred times faster. Undefined for what is none, and for
 * what only the long way tells: numbers that need exactness, keys given twice, depth.
 */
function plainJson(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const { keyCount, unusualNumbers, depth } = scanJson(Buffer.from(text));
    const isPlain = !unusualNumbers && depth <= depthMax && keyCount === keyCountOf(value);
    return isPlain && text.isWellFormed() && !/\\u[dD][89a-fA-F]/.test(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

function firstDocument(text: string, lines: LineCounter): Document | undefined {
  const options = { schema: 'failsafe', version: '1.1', uniqueKeys: false, logLevel: 'silent' } as const;
  const composer = new Composer(options);
  for (const document of composer.compose(new Parser(lines.addNewLine).parse(text))) return document as Document;
  return undefined;
}

/** Go-yaml's limits: how much of all that is decoded may come from aliases. */
const freeAliasCount = 100;
const freeDecodeCount = 1000;
const lowDecodeCount = 400_000;
const highDecodeCount = 4_000_000;

function aliasRatioMax(decodeCount: number): number {
  if (decodeCount <= lowDecodeCount) return 0.99;
  if (decodeCount >= highDecodeCount) return 0.1;
  return 0.99 - 0.89 * ((decodeCount - lowDecodeCount) / (highDecodeCount - lowDecodeCount));
}

class Decoder {
  readonly duplicates: string[] = [];
  readonly #lines: LineCounter;
  readonly #anchors = new Map<string, Node>();
  readonly #expanding = new Set<Node>();
  #decodeCount = 0;
  #aliasCount = 0;
  #aliasCharacters = 0;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  decode(node: Node | null, depth: number): unknown {
    this.#count();
    if (depth > depthMax) throw new YamlSyntaxError(`yaml: exceeded max depth of ${depthMax}`);
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node.source, depth);
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    if (isScalar(node)) return this.#scalar(node);
    if (isSeq(node)) return node.items.map(item => this.decode(item as Node, depth + 1));
    return this.#map(node as YAMLMap, depth);
  }

  #scalar(node: Scalar): unknown {
    if (this.#expanding.size > 0) this.#aliasCharacters += String(node.value ?? '').length;
    if (this.#aliasCharacters > aliasCharactersMax) {
      throw new YamlSyntaxError('yaml: document contains excessive aliasing');
    }
    return resolveScalar(scalarParts(node));
  }

  #count(): void {
    this.#decodeCount++;
    if (this.#expanding.size > 0) this.#aliasCount++;
    if (this.#aliasCount <= freeAliasCount || this.#decodeCount <= freeDecodeCount) return;
    if (this.#aliasCount / this.#decodeCount > aliasRatioMax(this.#decodeCount)) {
      throw new YamlSyntaxError('yaml: document contains excessive aliasing');
    }
  }

  #alias(name: string, depth: number): unknown {
    const target = this.#anchors.get(name);
    if (target === undefined) throw new YamlSyntaxError(`yaml: unknown anchor '${name}' referenced`);
    if (this.#expanding.has(target)) throw new YamlSyntaxError(`yaml: anchor '${name}' value contains itself`);
    this.#expanding.add(target);
    const value = this.decode(target, depth + 1);
    this.#expanding.delete(target);
    return value;
  }

  #map(node: YAMLMap, depth: number): unknown {
    const out: Record<string, unknown> = {};
    const names = new Set<string>();
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      if (isMergeKey(pair.key)) {
        this.#merge(out, this.decode(pair.value, depth + 1));
        continue;
      }
      const name = keyText(this.decode(pair.key, depth + 1));
      if (names.has(name) && this.duplicates.length < duplicatesMax) {
        const { line } = this.#lines.linePos(pair.key.range?.[0] ?? 0);
        this.duplicates.push(`  line ${line}: key ${JSON.stringify(name)} already set in map`);
      }
      names.add(name);
      setOwn(out, name, this.decode(pair.value, depth + 1));
    }
    return out;
  }

  #merge(out: Record<string, unknown>, value: unknown): void {
    const maps = Array.isArray(value) ? value.toReversed() : [value];
    for (const map of maps) {
      if (typeof map !== 'object' || map === null || Array.isArray(map)) {
        throw new YamlSyntaxError('yaml: map merge requires map or sequence of maps as the value');
      }
      for (const [name, part] of Object.entries(map)) setOwn(out, name, part);
    }
  }
}

function isMergeKey(key: Node): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.value === '<<' && key.tag === undefined;
}

function scalarParts(node: Scalar) {
  return { text: String(node.value ?? ''), isPlain: node.type === 'PLAIN', tag: node.tag };
}

function keyText(key: unknown): string {
  if (typeof key === 'object')
    throw new YamlSyntaxError(`unsupported map key of type: ${key === null ? 'nil' : 'map'}`);
  return String(key);
}

/** What the scanner of go-yaml finds is numbered from one, what its parser finds from zero; line zero is not named. */
const messages: Readonly<Record<string, { text: string; fromZero?: boolean }>> = {
  TAB_AS_INDENT: { text: 'found character that cannot start any token' },
  BAD_SCALAR_START: { text: 'found character that cannot start any token' },
  BLOCK_AS_IMPLICIT_KEY: { text: 'mapping values are not allowed in this context' },
  MULTILINE_IMPLICIT_KEY: { text: 'mapping values are not allowed in this context' },
  BLOCK_IN_FLOW: { text: 'mapping values are not allowed in this context' },
  BAD_DQ_ESCAPE: { text: 'found unknown escape character' },
  BAD_DIRECTIVE: { text: 'found unknown directive name' },
  DUPLICATE_ANCHOR: { text: 'found duplicate anchor', fromZero: true },
  BAD_INDENT: { text: 'did not find expected key', fromZero: true },
  UNEXPECTED_TOKEN: { text: 'did not find expected key', fromZero: true },
  MISSING_CHAR: { text: "could not find expected ':'" },
};

function syntaxMessage(error: YAMLError, lines: LineCounter, text: string): string {
  if (/^Flow/.test(error.message) && error.pos[0] >= text.trimEnd().length) return unfinished(error, text);
  const { text: problem, fromZero = false } = refined(error) ??
    messages[error.code] ?? { text: 'did not find expected key' };
  const { line } = lines.linePos(error.code === 'MULTILINE_IMPLICIT_KEY' ? error.pos[1] : error.pos[0]);
  const shown = fromZero ? line - 1 : line;
  return shown > (fromZero ? 0 : 1) ? `yaml: line ${shown}: ${problem}` : `yaml: ${problem}`;
}

/** The text ends inside a flow list or map: go-yaml counts a last line of its own. */
function unfinished({ message }: YAMLError, text: string): string {
  const line = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  const close = message.startsWith('Flow map') ? '}' : ']';
  const expected = /[{[,]$/.test(text.trimEnd()) ? 'node content' : `',' or '${close}'`;
  return `yaml: line ${line}: did not find expected ${expected}`;
}

/** Errors that the package gives one code and go-yaml several texts. */
function refined({ message }: YAMLError): { text: string; fromZero?: boolean } | undefined {
  if (message.startsWith('Missing closing')) return { text: 'found unexpected end of stream' };
  if (/^Flow map/.test(message)) return { text: "did not find expected ',' or '}'", fromZero: true };
  if (/^Flow sequence/.test(message)) return { text: "did not find expected ',' or ']'", fromZero: true };
  if (/in YAML stream|at node end/.test(message))
    return { text: 'did not find expected <document start>', fromZero: true };
  return undefined;
}
