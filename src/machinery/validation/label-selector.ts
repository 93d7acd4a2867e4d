/** The rules of a LabelSelector inside an object (k8s.io/apimachinery/pkg/apis/meta/v1/validation). */

import type { LabelSelector, LabelSelectorRequirement } from '#machinery/meta.ts';
import type { FieldError, FieldErrors } from '#machinery/validation/field-error.ts';
import { fieldErrorsMax, forbidden, invalid, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { child, index } from '#machinery/validation/field-path.ts';
import { checkLabelValue } from '#machinery/validation/names.ts';
import { validateLabelName, validateLabels } from '#machinery/validation/object-meta.ts';

export interface LabelSelectorRules {
  /** Values of expressions that no label can have: allowed where such objects were let in before. */
  readonly anyValues?: boolean;
}

export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: FieldPath,
  rules: LabelSelectorRules = {},
): FieldErrors {
  if (selector === undefined) return [];
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return [
    ...validateLabels(matchLabels, child(path, 'matchLabels')),
    ...matchExpressions.flatMap((requirement, position) =>
      validateLabelRequirement(requirement, index(child(path, 'matchExpressions'), position), rules),
    ),
  ].slice(0, fieldErrorsMax);
}

export function validateLabelRequirement(
  requirement: LabelSelectorRequirement,
  path: FieldPath,
  rules: LabelSelectorRules = {},
): FieldErrors {
  const { key = '', operator = '', values = [] } = requirement;
  const errors: FieldError[] = [];
  const at = child(path, 'values');
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(at, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      errors.push(forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    }
  } else errors.push(invalid(child(path, 'operator'), operator, 'not a valid selector operator'));
  errors.push(...validateLabelName(key, child(path, 'key')));
  if (rules.anyValues) return errors;
  for (const [position, value] of values.entries()) {
    for (const problem of checkLabelValue(value)) errors.push(invalid(index(at, position), value, problem));
  }
  return errors;
}
