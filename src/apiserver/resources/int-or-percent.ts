/** A number of Pods, or a percentage of them: `maxSurge: 1`, `maxUnavailable: 25%`. */

import { atLeastZero } from '#apiserver/resources/messages.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkPercent } from '#machinery/validation/names.ts';

export type IntOrPercent = number | string;

export function inspectIntOrPercent(value: IntOrPercent, path: FieldPath, errors: FieldError[]): void {
  if (typeof value === 'number') {
    if (value < 0) errors.push(invalid(path, value, atLeastZero));
    return;
  }
  for (const problem of checkPercent(value)) errors.push(invalid(path, value, problem));
}

/** The number before `%`; undefined when it is no percentage. */
function percentOf(value: IntOrPercent): number | undefined {
  return typeof value === 'string' && checkPercent(value).length === 0 ? Number(value.slice(0, -1)) : undefined;
}

export function inspectAtMostAll(value: IntOrPercent, path: FieldPath, errors: FieldError[]): void {
  if ((percentOf(value) ?? 0) > 100) errors.push(invalid(path, value, 'must not be greater than 100%'));
}

/** 0 for what cannot be read. */
export function amountOf(value: IntOrPercent): number {
  if (typeof value === 'number') return value;
  return percentOf(value) ?? (/^-?\d+$/.test(value) ? Number(value) : 0);
}
