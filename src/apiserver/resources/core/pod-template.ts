/** PodTemplates. */

import { isDeepStrictEqual } from 'node:util';
import type { PodTemplate } from '#api/core/pod-template.ts';
import { podTemplates } from '#api/core/pod-template.ts';
import { containerColumns, nameColumn, printedLabels, textColumn } from '#apiserver/resources/columns.ts';
import { preparePodTemplate } from '#apiserver/resources/core/pod-preparation.ts';
import { inspectPodTemplate } from '#apiserver/resources/core/pod-validation.ts';
import { podTemplateWarnings } from '#apiserver/resources/core/pod-warnings.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';

export const podTemplateStrategy: Strategy<PodTemplate> = {
  resource: podTemplates,
  hasGeneration: true,
  prepareCreate: podTemplate => preparePodTemplate(podTemplate.template),
  validateCreate: validate,
  warnOnCreate: ({ template }) => podTemplateWarnings(template, 'template'),
  prepareUpdate(podTemplate, old) {
    preparePodTemplate(podTemplate.template);
    if (podTemplate.metadata && !isDeepStrictEqual(podTemplate.template, old.template)) {
      podTemplate.metadata.generation = (old.metadata?.generation ?? 0) + 1;
    }
  },
  validateUpdate: validate,
  returnsDeleted: true,
  columns: [
    nameColumn,
    ...containerColumns<PodTemplate>(({ template }) => template).map(column => ({ ...column, priority: 0 })),
    textColumn('Pod Labels', ({ template }) => printedLabels(template?.metadata?.labels)),
  ],
};

function validate({ template = {} }: PodTemplate): FieldError[] {
  const errors: FieldError[] = [];
  inspectPodTemplate(template, 'template', errors);
  return errors;
}
