/** The `status` sub-resource of most kinds: status, labels and annotations are taken, the rest stays. */

import { atLeastZero } from '#apiserver/resources/messages.ts';
import type { UpdateRules } from '#apiserver/resources/strategy.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid } from '#machinery/validation/field-error.ts';

/** An object with a spec and a status. */
interface Described {
  metadata?: ObjectMeta | undefined;
  spec?: AnyJson;
  status?: AnyJson;
}

export type ValidateStatus<T> = (object: T, old: T) => FieldError[];

export function statusRules<T extends Described>(
  validate: ValidateStatus<T> = () => [],
  options: { keepsLabels?: boolean } = {},
): UpdateRules<T> {
  return {
    prepareUpdate(object, old) {
      if (old.spec === undefined) delete object.spec;
      else object.spec = old.spec;
      if (!options.keepsLabels || !object.metadata) return;
      if (old.metadata?.labels === undefined) delete object.metadata.labels;
      else object.metadata.labels = old.metadata.labels;
    },
    validateUpdate: validate,
  };
}

/** `resetFields` of a kind whose status writes leave the labels alone. */
export function resetsWithLabels(subresource: string): readonly (readonly string[])[] {
  return subresource === 'status' ? [['spec'], ['metadata', 'labels']] : [['status']];
}

/** What an update of the object itself may not touch. */
export function keepStatus<T extends Described>(object: T, old: T): void {
  if (old.status === undefined) delete object.status;
  else object.status = old.status;
}

export interface CountRules {
  /** None of them below zero. */
  readonly counts: readonly string[];
  /** Not more than there are: `[smaller, greater, how it is worded]`. */
  readonly atMost?: readonly (readonly [less: string, more: string, called: string])[];
}

/** Counts of Pods hang together. */
export function validateCounts(status: AnyJson, { counts, atMost = [] }: CountRules): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of counts) {
    const count = status?.[name];
    if (count < 0) errors.push(invalid(`status.${name}`, count, atLeastZero));
  }
  for (const [less, more, called] of atMost) {
    const count = status?.[less] ?? 0;
    if (count > (status?.[more] ?? 0))
      errors.push(invalid(`status.${less}`, count, `cannot be greater than ${called}`));
  }
  return errors;
}

/** A hash that collided once is not tried again. */
export function validateCollisions(status: AnyJson, old: AnyJson): FieldError[] {
  const now = status?.collisionCount;
  const then = old?.collisionCount;
  if (then === undefined || (now !== undefined && now >= then)) return [];
  return [invalid('status.collisionCount', now ?? 0, 'cannot be decremented')];
}
