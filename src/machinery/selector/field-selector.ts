/** Selecting objects by field: `metadata.name=a,status.phase!=Running`. Values escape `\`, `,` and `=` with `\`. */

import { badRequestError } from '#machinery/api-error.ts';

export interface FieldTerm {
  readonly field: string;
  readonly value: string;
  readonly negated: boolean;
}

export interface FieldSelector {
  readonly terms: readonly FieldTerm[];
  /** As upstream prints it; equal texts select the same. Empty: everything. */
  readonly text: string;
  /** The one value that the field must have for the selector to hold. */
  exactly(field: string): string | undefined;
}

/**
 * Which fields a kind can be selected by. Gives the name under which the field is indexed (an older name may stand for
 * a newer one), or throws a 400.
 */
export type FieldRules = (field: string) => string;

const everyKind: readonly string[] = ['metadata.name', 'metadata.namespace'];

/** For a kind without fields of its own. */
export const metadataFields: FieldRules = field => {
  if (everyKind.includes(field)) return field;
  throw badRequestError(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
};

/** For a kind with fields of its own beside name and namespace, and how it words that another is not among them. */
export function fieldsOf(fields: readonly string[], notSupported = fieldNotSupported): FieldRules {
  return knownFields([...everyKind, ...fields], notSupported);
}

/** The same for a kind that has no namespaces. */
export function clusterFieldsOf(fields: readonly string[], notSupported = fieldNotSupported): FieldRules {
  return knownFields(['metadata.name', ...fields], notSupported);
}

function fieldNotSupported(field: string): string {
  return `field label not supported: ${field}`;
}

function knownFields(fields: readonly string[], notSupported: (field: string) => string): FieldRules {
  const known = new Set(fields);
  return field => {
    if (known.has(field)) return field;
    throw badRequestError(notSupported(field));
  };
}

/** Reads the query parameter `fieldSelector`; throws a 400 worded as upstream words it. */
export function parseFieldSelector(text: string, rules: FieldRules = metadataFields): FieldSelector {
  const terms = splitTerms(text)
    .sort()
    .filter(term => term !== '')
    .map(term => parseTerm(text, term))
    .map(term => ({ ...term, field: rules(term.field) }));
  return {
    terms,
    text: terms.map(({ field, value, negated }) => `${field}${negated ? '!=' : '='}${escapeValue(value)}`).join(','),
    exactly: field => terms.find(term => term.field === field && !term.negated)?.value,
  };
}

/** An absent field is the empty text. */
export function compileFieldSelector(selector: FieldSelector): (fields: Readonly<Record<string, string>>) => boolean {
  const checks = selector.terms.map(({ field, value, negated }) => {
    const wanted = !negated;
    return (fields: Readonly<Record<string, string>>) => ((fields[field] ?? '') === value) === wanted;
  });
  if (checks.length === 1) return checks[0]!;
  return fields => {
    for (const holds of checks) if (!holds(fields)) return false;
    return true;
  };
}

/** At the commas that no backslash stands before. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === ',') {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function parseTerm(selector: string, term: string): FieldTerm {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
  if (match === null) throw badRequestError(`invalid selector: '${selector}'; can't understand '${term}'`);
  return { field: match[1]!, value: unescapeValue(match[3]!), negated: match[2] === '!=' };
}

function unescapeValue(text: string): string {
  if (!/[\\,=]/.test(text)) return text;
  let value = '';
  const characters = [...text];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!;
    if (character === ',' || character === '=') {
      throw badRequestError(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    }
    if (character !== '\\') value += character;
    else {
      const escaped = characters[++at] ?? '';
      if (!/^[\\,=]$/.test(escaped))
        throw badRequestError(`invalid field selector: invalid escape sequence: \\${escaped}`);
      value += escaped;
    }
  }
  return value;
}

/** Makes any text safe as a value: `a,b` is `a\,b`. */
export function escapeValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}
