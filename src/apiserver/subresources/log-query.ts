/** The options of `pods/log`: read from a query, checked, and put as the kubelet takes them. Pure. */

import { badRequestError, invalidError } from '#machinery/api-error.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, invalid, quote } from '#machinery/validation/field-error.ts';

/** Throws 400 for what is no number or time, 422 for what is none that makes sense. */
export function logQuery(query: URLSearchParams, podName: string): URLSearchParams {
  const [sinceSeconds, tailLines, limitBytes] = ['sinceSeconds', 'tailLines', 'limitBytes'].map(name =>
    integer(query.get(name)),
  );
  const sinceTime = query.get('sinceTime') || undefined;
  if (sinceTime !== undefined) checkTime(sinceTime);
  const problems: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0)
    problems.push(invalid('tailLines', tailLines, 'must be greater than or equal to 0'));
  if (limitBytes !== undefined && limitBytes < 1)
    problems.push(invalid('limitBytes', limitBytes, 'must be greater than 0'));
  if (sinceSeconds !== undefined && sinceTime !== undefined)
    problems.push(forbidden('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    problems.push(invalid('sinceSeconds', sinceSeconds, 'must be greater than 0'));
  if (query.get('stream')) problems.push(forbidden('stream', 'may not be specified'));
  if (problems.length > 0) throw invalidError({ group: '', kind: 'PodLogOptions' }, podName, problems);

  const wanted = new URLSearchParams();
  for (const name of ['follow', 'previous', 'timestamps']) if (isTrue(query.get(name))) wanted.set(name, 'true');
  const values = { sinceSeconds, sinceTime, tailLines, limitBytes };
  for (const [name, value] of Object.entries(values)) if (value !== undefined) wanted.set(name, String(value));
  return wanted;
}

/** Upstream takes every word for true but these. */
function isTrue(text: string | null): boolean {
  return text !== null && text !== '0' && text.toLowerCase() !== 'false';
}

const largest = 2n ** 63n;

function integer(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequestError(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
  const value = BigInt(text.replace('+', ''));
  if (value >= largest || value < -largest)
    throw badRequestError(`strconv.ParseInt: parsing ${quote(text)}: value out of range`);
  return Number(value);
}

/** The parts of RFC 3339 as Go names them, and what each takes. */
const timeParts: readonly (readonly [string, RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d\d/],
  ['-', /^-/],
  ['02', /^\d\d/],
  ['T', /^T/],
  ['15', /^\d\d/],
  [':', /^:/],
  ['04', /^\d\d/],
  [':', /^:/],
  ['05', /^\d\d([.,]\d+)?/],
  ['Z07:00', /^(Z|[+-]\d\d:\d\d)/],
];

function checkTime(text: string): void {
  const told = `parsing time ${quote(text)} as "2006-01-02T15:04:05Z07:00"`;
  let rest = text;
  for (const [part, pattern] of timeParts) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) throw badRequestError(`${told}: cannot parse ${quote(rest)} as "${part}"`);
    rest = rest.slice(found.length);
  }
  if (rest !== '') throw badRequestError(`parsing time ${quote(text)}: extra text: ${quote(rest)}`);
}
