/** How a text is written in YAML: bare, quoted or as a block, as libyaml (and go-yaml v2 after it) decides. */

import { resolveScalar, YamlScalarError } from '#machinery/yaml-scalar.ts';

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal';

export function chooseStyle(text: string, isKey: boolean): ScalarStyle {
  if (!isWritable(text) || (text.includes('\n') && isKey)) return 'double';
  if (text.includes('\n')) return text.endsWith(' ') ? 'double' : 'literal';
  if (!staysText(text)) return 'double';
  if (isPlain(text)) return 'plain';
  return 'single';
}

/** In quotes or as a block, without escapes. */
function isWritable(text: string): boolean {
  return printable.test(text) && !/ \n|[\u2028\u2029]/.test(text);
}

/** Go-yaml v2 takes characters beyond the basic plane for unprintable, and tabs too. */
export function isPrintable(character: string): boolean {
  return printable.test(character);
}

const printable = /^[\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/;

const dateOrTime = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|[-+]\d\d:\d\d)?)?$/;
const base60 = /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/;

/** Whether a reader would take it for text, were it written bare. */
function staysText(text: string): boolean {
  if (dateOrTime.test(text) || base60.test(text)) return false;
  try {
    return resolveScalar({ text, isPlain: true, tag: undefined }) === text;
  } catch (error) {
    if (error instanceof YamlScalarError) return false;
    throw error;
  }
}

/** No indicator of YAML where a reader would look for one. */
function isPlain(text: string): boolean {
  if (/^(---|\.\.\.)|^ | $/.test(text)) return false;
  if (/^[#,[\]{}&*!|>'"%@`]|^[?:-]( |$)/.test(text)) return false;
  return !/:( |$)| #/.test(text);
}
