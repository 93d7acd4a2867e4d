/** What FlowSchemas and priority levels have in common: two of each are fixed, and conditions are named once. */

import { duplicate, type FieldError, required } from '#machinery/validation/field-error.ts';

const mandatory = ['catch-all', 'exempt'];

export const isMandatory = (name = ''): boolean => mandatory.includes(name);

export const mustEqualFixed = (name: string): string => `spec of '${name}' must equal the fixed value`;

export function conditionErrors(conditions: readonly { readonly type?: string | undefined }[] = []): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [at, { type = '' }] of conditions.entries()) {
    const path = `status.conditions[${at}].type`;
    if (seen.has(type)) errors.push(duplicate(path, type));
    seen.add(type);
    if (type === '') errors.push(required(path));
  }
  return errors;
}
