/** Objects to JSON text. */

import type { AnyJson } from '#machinery/schema.ts';

/** JSON.rawJSON prints an int64 beyond 2^53, which is a bigint in memory, digit by digit. */
interface JsonWithRaw {
  rawJSON(text: string): unknown;
}

/** Like JSON.stringify; an int64 that is a bigint is printed as the number it is. */
export function stringify(value: AnyJson, indent?: number): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const raw = (JSON as unknown as JsonWithRaw).rawJSON;
    return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? raw(String(each)) : each), indent);
  }
}
