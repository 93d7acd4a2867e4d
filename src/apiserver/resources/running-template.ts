/** The template of a kind that keeps its Pods running. */

import type { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { inspectPodTemplate } from '#apiserver/resources/core/pod-validation.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, notSupported } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';

/** The template holds as one of Pods, and its Pods restart always and have no end. */
export function inspectRunningTemplate(
  template: PodTemplateSpec,
  kind: string,
  path: FieldPath,
  errors: FieldError[],
): void {
  inspectPodTemplate(template, path, errors);
  inspectKeepsRunning(template, kind, path, errors);
}

export function inspectKeepsRunning(
  template: PodTemplateSpec,
  kind: string,
  path: FieldPath,
  errors: FieldError[],
): void {
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always') {
    errors.push(notSupported(`${path}.spec.restartPolicy`, restartPolicy ?? '', ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`));
  }
}
