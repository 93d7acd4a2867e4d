/** A field that cannot change (upstream: ValidateImmutableField). */

import { isDeepStrictEqual } from 'node:util';
import { immutable } from '#apiserver/resources/messages.ts';
import { type FieldError, type FieldErrors, invalid, invalidShown } from '#machinery/validation/field-error.ts';

/** `shown` where upstream prints its own structure. */
export function immutableErrors(path: string, now: unknown, before: unknown, shown?: string): FieldErrors {
  if (isDeepStrictEqual(now, before)) return [];
  const error: FieldError = shown === undefined ? invalid(path, now, immutable) : invalidShown(path, shown, immutable);
  return [error];
}
