/** Objects to JSON text. */

import type { AnyJson } from '#machinery/schema.ts';

interface JsonWithRaw {
  rawJSON(text: string): unknown;
}

/**
 * An integer beyond 2^53 is a bigint in memory. It may stand in any object that came from a client, in fields that hold what
 * they like too, and such objects are shown in messages and compared as text all over: so every JSON.stringify prints it,
 * digit by digit, instead of throwing.
 */
Object.defineProperty(BigInt.prototype, 'toJSON', {
  value(this: bigint) {
    return (JSON as unknown as JsonWithRaw).rawJSON(String(this));
  },
  configurable: true,
  writable: true,
});

/** Like JSON.stringify, with the characters escaped that Go escapes. */
export function stringify(value: AnyJson, indent?: number): string {
  return escaped(JSON.stringify(value, undefined, indent));
}

const escapedByGo = /[<>&\u2028\u2029]/;
const allEscapedByGo = /[<>&\u2028\u2029]/g;

/** Go's encoder writes these characters as escapes, so that JSON can stand in a web page. They only occur in strings. */
function escaped(text: string): string {
  if (!escapedByGo.test(text)) return text;
  return text.replace(allEscapedByGo, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
