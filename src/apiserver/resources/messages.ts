/** What many rules share: sentences, and adding what is wrong with one value to a list. */

import type { ObjectMeta } from '#machinery/meta.ts';
import type { FieldError, FieldErrors } from '#machinery/validation/field-error.ts';
import { invalid } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { validateObjectMeta } from '#machinery/validation/object-meta.ts';

export const atLeastZero = 'must be greater than or equal to 0';
export const aboveZero = 'must be greater than zero';
export const immutable = 'field is immutable';

/** Functions called `inspect…` add what they find to `errors`; so the order of upstream's errors is the order of the calls. */
export type Inspect<T> = (value: T, path: FieldPath, errors: FieldError[]) => void;

/** One error for each problem of one value. */
export function addProblems(errors: FieldError[], path: FieldPath, value: unknown, problems: readonly string[]): void {
  for (const problem of problems) errors.push(invalid(path, value, problem));
}

/**
 * A few of upstream's kinds look at metadata once more on an update than the server does for all of them. Messages show
 * it once; the causes of a Status count it.
 */
export function metadataAgain(metadata: ObjectMeta | undefined, namespaced: boolean): FieldErrors {
  return metadata ? validateObjectMeta(metadata, { namespaced, update: true }) : [];
}

export function inspectAtLeastZero(value: number | undefined, path: FieldPath, errors: FieldError[]): void {
  if (value !== undefined && value < 0) errors.push(invalid(path, value, atLeastZero));
}

/** Like `notSupported`, for a value that is shown as a whole. */
export function notSupportedShown(path: FieldPath, shown: string, supported: readonly string[]): FieldError {
  const list = supported.map(value => JSON.stringify(value)).join(', ');
  return { type: 'FieldValueNotSupported', path, message: `Unsupported value: ${shown}: supported values: ${list}` };
}
