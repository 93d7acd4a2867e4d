/**
 * What is wrong with one field, worded as upstream words it (k8s.io/apimachinery/pkg/util/validation/field). Validation
 * returns lists of these; the API server turns them into a Status 422 with one cause each.
 */

import type { FieldPath } from '#machinery/validation/field-path.ts';

export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'InternalError'
  | 'FieldValueTypeInvalid';

export interface FieldError {
  readonly type: FieldErrorType;
  readonly path: FieldPath;
  /** `Invalid value: "x": must be y`: the message of the cause, without the path. */
  readonly message: string;
}

export type FieldErrors = readonly FieldError[];

/** Of one object no more are told. A body can hold a hundred thousand: what may find so many in one place stops here. */
export const fieldErrorsMax = 1000;

/** How upstream prints a bad value: strings quoted, numbers and booleans plain, objects as JSON, nothing as `null`. */
export function shownValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  return typeof value === 'string' ? quote(value) : JSON.stringify(value);
}

/** Go's `%q` of a string. JSON's quoting differs only for control characters and what is not printable. */
export function quote(text: string): string {
  const json = JSON.stringify(text);
  if (!/[\\\u007f-\uffff]/.test(json)) return json;
  return json
    .replace(/\\u00([01][0-9a-f])/g, (_, hex: string) => (hex === '07' ? '\\a' : hex === '0b' ? '\\v' : `\\x${hex}`))
    .replace(/\u007f/g, '\\x7f');
}

/** Go's `%q` of a list: `["a" "b"]`. */
export function quoteList(list: readonly string[]): string {
  return `[${list.map(quote).join(' ')}]`;
}

/**
 * A message with a value in it is written when somebody reads it: one that is a whole list, wrong once for each of its items,
 * would take memory as the square of the list.
 */
function showing(
  type: FieldErrorType,
  path: FieldPath,
  value: unknown,
  message: (shown: string) => string,
): FieldError {
  return {
    type,
    path,
    get message() {
      return message(shownValue(value));
    },
  };
}

export function invalid(path: FieldPath, value: unknown, detail: string): FieldError {
  return showing('FieldValueInvalid', path, value, shown => `Invalid value: ${shown}${tail(detail)}`);
}

/** For a value that may be anything but what it is, printed as given (a Go struct, say). */
export function invalidShown(path: FieldPath, shown: string, detail: string): FieldError {
  return { type: 'FieldValueInvalid', path, message: `Invalid value: ${shown}${tail(detail)}` };
}

export function typeInvalid(path: FieldPath, value: unknown, detail: string): FieldError {
  return showing('FieldValueTypeInvalid', path, value, shown => `Invalid value: ${shown}${tail(detail)}`);
}

export function required(path: FieldPath, detail = ''): FieldError {
  return { type: 'FieldValueRequired', path, message: `Required value${tail(detail)}` };
}

export function duplicate(path: FieldPath, value: unknown): FieldError {
  return showing('FieldValueDuplicate', path, value, shown => `Duplicate value: ${shown}`);
}

export function notFound(path: FieldPath, value: unknown): FieldError {
  return showing('FieldValueNotFound', path, value, shown => `Not found: ${shown}`);
}

/** The supported values are listed in the order given: upstream sorts most of its sets, not all. */
export function notSupported(path: FieldPath, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.length > 0 ? `: supported values: ${supported.map(quote).join(', ')}` : '';
  return showing('FieldValueNotSupported', path, value, shown => `Unsupported value: ${shown}${list}`);
}

export function forbidden(path: FieldPath, detail: string): FieldError {
  return { type: 'FieldValueForbidden', path, message: `Forbidden${tail(detail)}` };
}

export function tooLong(path: FieldPath, bytesMax: number): FieldError {
  const detail = bytesMax >= 0 ? `may not be more than ${bytesMax} bytes` : 'value is too long';
  return { type: 'FieldValueTooLong', path, message: `Too long: ${detail}` };
}

export function tooMany(path: FieldPath, count: number, countMax: number): FieldError {
  const detail = `must have at most ${countMax} ${countMax === 1 ? 'item' : 'items'}`;
  return { type: 'FieldValueTooMany', path, message: `Too many: ${count}: ${detail}` };
}

export function internal(path: FieldPath, detail: string): FieldError {
  return { type: 'InternalError', path, message: `Internal error${tail(detail)}` };
}

function tail(detail: string): string {
  return detail === '' ? '' : `: ${detail}`;
}
