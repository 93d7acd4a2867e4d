/** Objects to JSON text. */

import type { AnyJson } from '#machinery/schema.ts';

/** JSON.rawJSON prints an int64 beyond 2^53, which is a bigint in memory, digit by digit. */
interface JsonWithRaw {
  rawJSON(text: string): unknown;
}

/** Like JSON.stringify; an int64 that is a bigint is printed as the number it is. */
export function stringify(value: AnyJson, indent?: number): string {
  return escaped(plainText(value, indent));
}

function plainText(value: AnyJson, indent: number | undefined): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const raw = (JSON as unknown as JsonWithRaw).rawJSON;
    return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? raw(String(each)) : each), indent);
  }
}

const escapedByGo = /[<>&\u2028\u2029]/;
const allEscapedByGo = /[<>&\u2028\u2029]/g;

/** Go's encoder writes these characters as escapes, so that JSON can stand in a web page. They only occur in strings. */
function escaped(text: string): string {
  if (!escapedByGo.test(text)) return text;
  return text.replace(allEscapedByGo, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
