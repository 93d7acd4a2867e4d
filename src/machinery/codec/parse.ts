/**
 * The text of a body to values. Fast where all is well: native JSON.parse and one scan. Where the scan finds a number that
 * needs exactness (a fraction, an exponent, more than 15 digits), numbers stay literals; where it finds a key twice, or the
 * text is none, the slow positional parser says so in upstream's words.
 */

import { NumberLiteral, parseWithLiterals } from '#machinery/codec/problems.ts';
import { JsonSyntaxError, jsonDepthMax, parsePositional } from '#machinery/json/positional.ts';
import { keyCountOf, scanJson } from '#machinery/json/scan.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { ParsedYaml } from '#machinery/yaml.ts';

/** The body is no JSON or YAML; the message is upstream's. */
export class BodySyntaxError extends Error {
  override name = 'BodySyntaxError';
}

export interface ParsedBody {
  /** With NumberLiterals instead of numbers when `exact`. */
  readonly value: AnyJson;
  readonly exact: boolean;
  /** Paths of keys given twice, in the order of the text. */
  repeated(): readonly string[];
  /** Strict errors: these unknown fields and the repeated ones (unless unknown themselves), in the order of the text. */
  ordered(unknown: readonly string[]): string[];
}

const nothingRepeated = { repeated: () => [], ordered: () => [] };

export function parseJsonBody(body: Buffer): ParsedBody {
  const text = body.toString('utf8');
  const scan = scanJson(body);
  if (scan.depth > jsonDepthMax) throw jsonError(text);
  let value: AnyJson;
  try {
    value = JSON.parse(text, loneSurrogate.test(text) ? wellFormed : undefined);
  } catch {
    throw jsonError(text);
  }
  const exact = scan.unusualNumbers;
  if (exact) value = parseWithLiterals(text);
  if (scan.keyCount === keyCountOf(value, NumberLiteral)) return { value, exact, ...nothingRepeated };
  return { value, exact, ...repeats(text) };
}

/** An escape that may be half a character: Go puts the replacement character in its place. */
const loneSurrogate = /\\u[dD][89a-fA-F]/;

function wellFormed(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

function jsonError(text: string): BodySyntaxError {
  try {
    parsePositional(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return new BodySyntaxError(`couldn't get version/kind; json parse error: ${error.message}`);
  }
  return new BodySyntaxError("couldn't get version/kind; json parse error: the text is not JSON");
}

function repeats(text: string): Pick<ParsedBody, 'repeated' | 'ordered'> {
  const { keys, duplicates } = parsePositional(text);
  return {
    repeated: () => duplicates,
    ordered(unknown) {
      const unknownPaths = new Set(unknown);
      const duplicatePaths = new Set(duplicates);
      const out = new Set<string>();
      const seen = new Set<string>();
      for (const path of keys) {
        if (unknownPaths.has(path)) out.add(`unknown field ${JSON.stringify(path)}`);
        else if (duplicatePaths.has(path) && seen.has(path)) out.add(`duplicate field ${JSON.stringify(path)}`);
        seen.add(path);
      }
      return [...out];
    },
  };
}

export function yamlBody({ value, duplicates }: ParsedYaml): ParsedBody {
  return {
    value,
    exact: false,
    repeated: () => duplicates,
    ordered: unknown => [...duplicates, ...unknown.map(path => `unknown field ${JSON.stringify(path)}`)],
  };
}
