/** PriorityClasses (upstream: registry/scheduling/priorityclass). */

import { type PriorityClass, priorityClasses } from '#api/scheduling/priority-class.ts';
import { ageColumn, integerColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { immutable, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import {
  type FieldError,
  type FieldErrors,
  forbidden,
  invalid,
  notSupported,
} from '#machinery/validation/field-error.ts';

const userValueMax = 1_000_000_000;
const systemPrefix = 'system-';
const systemValues: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};
const policies = ['PreemptLowerPriority', 'Never'];

export const priorityClassStrategy: Strategy<PriorityClass> = {
  resource: priorityClasses,
  hasGeneration: true,
  wantedOf: () => undefined,
  validateCreate: validate,
  validateUpdate: (object, old) => [
    ...metadataAgain(object.metadata, false),
    ...((object.value ?? 0) === (old.value ?? 0) ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...(object.preemptionPolicy === old.preemptionPolicy
      ? []
      : [invalid('preemptionPolicy', object.preemptionPolicy, immutable)]),
  ],
  columns: [
    nameColumn,
    integerColumn<PriorityClass>('Value', ({ value }) => value),
    { name: 'Global-Default', type: 'boolean', cell: ({ globalDefault }) => globalDefault ?? false },
    ageColumn,
    textColumn<PriorityClass>('PreemptionPolicy', ({ preemptionPolicy }) => preemptionPolicy),
  ],
};

function validate({ metadata, value = 0, globalDefault = false, preemptionPolicy }: PriorityClass): FieldErrors {
  const errors: FieldError[] = [];
  const name = metadata?.name ?? '';
  if (name.startsWith(systemPrefix)) {
    const problem = systemProblem(name, value, globalDefault);
    if (problem !== undefined) {
      const why = `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${problem}`;
      errors.push(forbidden('metadata.name', why));
    }
  } else if (value > userValueMax) {
    errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${userValueMax}`));
  }
  if (preemptionPolicy !== undefined && !policies.includes(preemptionPolicy)) {
    errors.push(notSupported('preemptionPolicy', preemptionPolicy, policies));
  }
  return errors;
}

function systemProblem(name: string, value: number, globalDefault: boolean): string | undefined {
  const known = Object.hasOwn(systemValues, name) ? systemValues[name] : undefined;
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}
