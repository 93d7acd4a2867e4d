/** The selector of a kind that makes Pods, and whether the Pods it makes are its own. */

import type { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { LabelSelector } from '#machinery/meta.ts';
import { compileLabelSelector, labelSelectorOf } from '#machinery/selector/label-selector.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { validateLabelSelector } from '#machinery/validation/label-selector.ts';

export const isEmptySelector = (selector: LabelSelector): boolean =>
  Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;

/** Shown as it is sent, without what is empty in it. */
export const invalidSelector = (path: FieldPath, selector: LabelSelector | undefined, detail: string): FieldError =>
  invalid(path, selector && canonical(LabelSelector, selector), detail);

/** Selects something, and something definite. Gives whether the selector can be used at all. */
export function inspectSelector(
  selector: LabelSelector | undefined,
  kind: string,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (!selector) errors.push(required(path));
  else {
    errors.push(...validateLabelSelector(selector, path));
    if (isEmptySelector(selector))
      errors.push(invalidSelector(path, selector, `empty selector is invalid for ${kind}`));
  }
}

export const selectorWorks = (selector: LabelSelector | undefined, path: FieldPath): boolean =>
  validateLabelSelector(selector, path).length === 0;

/** Absent selects nothing; empty selects everything and is not asked. */
export function inspectSelectsOwn(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec,
  path: FieldPath,
  errors: FieldError[],
): void {
  const labels = template.metadata?.labels;
  if (selector && isEmptySelector(selector)) return;
  if (compileLabelSelector(labelSelectorOf(selector))(labels)) return;
  errors.push(invalid(`${path}.metadata.labels`, labels, '`selector` does not match template `labels`'));
}
