/** A field that cannot change (upstream: ValidateImmutableField). */

import { isDeepStrictEqual } from 'node:util';
import { immutable } from '#apiserver/resources/messages.ts';
import { canonical } from '#machinery/codec/decode.ts';
import type { AnyJson, Schema } from '#machinery/schema.ts';
import { type FieldError, type FieldErrors, invalid, invalidShown } from '#machinery/validation/field-error.ts';

/** Whether two values of a type say the same; absent and empty do. */
export function sameValue(schema: Schema, now: AnyJson, before: AnyJson): boolean {
  return isDeepStrictEqual(canonical(schema, now ?? {}), canonical(schema, before ?? {}));
}

/** `shown` where upstream prints its own structure. */
export function immutableErrors(path: string, now: unknown, before: unknown, shown?: string): FieldErrors {
  if (isDeepStrictEqual(now, before)) return [];
  const error: FieldError = shown === undefined ? invalid(path, now, immutable) : invalidShown(path, shown, immutable);
  return [error];
}
