/** ReplicationControllers: ReplicaSets of old. */

import type { ReplicationController, ReplicationControllerSpec } from '#api/core/replication-controller.ts';
import { replicationControllers } from '#api/core/replication-controller.ts';
import { replicaCounts } from '#apiserver/resources/apps/replica-set.ts';
import {
  ageColumn,
  containerColumns,
  integerColumn,
  nameColumn,
  printedLabels,
  textColumn,
} from '#apiserver/resources/columns.ts';
import { preparePodTemplate } from '#apiserver/resources/core/pod-preparation.ts';
import { nameWarnings, podTemplateWarnings, updatedTemplateWarnings } from '#apiserver/resources/core/pod-warnings.ts';
import { inspectAtLeastZero } from '#apiserver/resources/messages.ts';
import { inspectRunningTemplate } from '#apiserver/resources/running-template.ts';
import { keepStatus, statusRules, validateCounts } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { fieldsOf } from '#machinery/selector/field-selector.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid, required } from '#machinery/validation/field-error.ts';
import { nameIsDnsSubdomain } from '#machinery/validation/names.ts';

const templateOf = (controller: ReplicationController) => controller.spec?.template;

export const replicationControllerStrategy: Strategy<ReplicationController> = {
  resource: replicationControllers,
  hasGeneration: true,
  // The one kind whose name is checked by newer code, which counts bytes.
  validateName: (name, isPrefix) =>
    nameIsDnsSubdomain(name, isPrefix).map(problem => problem.replace(/characters$/, 'bytes')),
  prepareCreate(controller) {
    delete controller.status;
    preparePodTemplate(templateOf(controller));
  },
  validateCreate: controller => validateSpec(controller.spec as ReplicationControllerSpec),
  warnOnCreate: controller => [
    ...nameWarnings(controller.metadata?.name ?? ''),
    ...podTemplateWarnings(templateOf(controller), 'spec.template'),
  ],
  warnOnUpdate: updatedTemplateWarnings,
  prepareUpdate(controller, old) {
    keepStatus(controller, old);
    preparePodTemplate(templateOf(controller));
  },
  validateUpdate: controller => validateSpec(controller.spec as ReplicationControllerSpec),
  subresources: { status: statusRules(controller => validateCounts(controller.status, replicaCounts)) },
  defaultPropagation: 'Orphan',
  fieldRules: fieldsOf(['status.replicas']),
  selectableFields: ({ status }) => ({ 'status.replicas': String(status?.replicas ?? 0) }),
  columns: [
    nameColumn,
    integerColumn('Desired', ({ spec }) => spec?.replicas),
    integerColumn('Current', ({ status }) => status?.replicas),
    integerColumn('Ready', ({ status }) => status?.readyReplicas),
    ageColumn,
    ...containerColumns(templateOf),
    textColumn('Selector', ({ spec }) => printedLabels(spec?.selector), 1),
  ],
};

function validateSpec(spec: ReplicationControllerSpec): FieldError[] {
  const errors: FieldError[] = [];
  inspectAtLeastZero(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  const selector = spec.selector ?? {};
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
  inspectAtLeastZero(spec.replicas, 'spec.replicas', errors);
  if (!spec.template) errors.push(required('spec.template'));
  else {
    const labels = spec.template.metadata?.labels;
    if (Object.entries(selector).some(([key, value]) => labels?.[key] !== value)) {
      errors.push(invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
    }
    inspectRunningTemplate(spec.template, 'ReplicationController', 'spec.template', errors);
  }
  return errors;
}
