/** ReplicaSets. */

import { isDeepStrictEqual } from 'node:util';
import type { ReplicaSet, ReplicaSetSpec } from '#api/apps/replica-set.ts';
import { replicaSets } from '#api/apps/replica-set.ts';
import {
  ageColumn,
  containerColumns,
  integerColumn,
  nameColumn,
  selectorColumn,
} from '#apiserver/resources/columns.ts';
import { preparePodTemplate } from '#apiserver/resources/core/pod-preparation.ts';
import { nameWarnings, podTemplateWarnings, updatedTemplateWarnings } from '#apiserver/resources/core/pod-warnings.ts';
import { immutable, inspectAtLeastZero } from '#apiserver/resources/messages.ts';
import { inspectRunningTemplate } from '#apiserver/resources/running-template.ts';
import { inspectSelector, inspectSelectsOwn, invalidSelector, selectorWorks } from '#apiserver/resources/selectors.ts';
import type { CountRules } from '#apiserver/resources/status-subresource.ts';
import { keepStatus, statusRules, validateCounts } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid } from '#machinery/validation/field-error.ts';

/** Of ReplicaSets and ReplicationControllers. */
export const replicaCounts: CountRules = {
  counts: [
    'replicas',
    'fullyLabeledReplicas',
    'readyReplicas',
    'availableReplicas',
    'terminatingReplicas',
    'observedGeneration',
  ],
  atMost: [
    ['fullyLabeledReplicas', 'replicas', 'status.replicas'],
    ['readyReplicas', 'replicas', 'status.replicas'],
    ['availableReplicas', 'replicas', 'status.replicas'],
    ['availableReplicas', 'readyReplicas', 'readyReplicas'],
  ],
};

const templateOf = (set: ReplicaSet) => set.spec?.template;

export const replicaSetStrategy: Strategy<ReplicaSet> = {
  resource: replicaSets,
  hasGeneration: true,
  prepareCreate(set) {
    delete set.status;
    preparePodTemplate(templateOf(set));
  },
  validateCreate: set => validateSpec(set.spec as ReplicaSetSpec),
  warnOnCreate: set => [
    ...nameWarnings(set.metadata?.name ?? ''),
    ...podTemplateWarnings(templateOf(set), 'spec.template'),
  ],
  warnOnUpdate: updatedTemplateWarnings,
  prepareUpdate(set, old) {
    keepStatus(set, old);
    preparePodTemplate(templateOf(set));
  },
  validateUpdate: (set, old) => [
    ...validateSpec(set.spec as ReplicaSetSpec),
    ...(isDeepStrictEqual(set.spec?.selector, old.spec?.selector)
      ? []
      : [invalid('spec.selector', set.spec?.selector, immutable)]),
  ],
  subresources: { status: statusRules(set => validateCounts(set.status, replicaCounts)) },
  columns: [
    nameColumn,
    integerColumn('Desired', ({ spec }) => spec?.replicas),
    integerColumn('Current', ({ status }) => status?.replicas),
    integerColumn('Ready', ({ status }) => status?.readyReplicas),
    ageColumn,
    ...containerColumns(templateOf),
    selectorColumn(({ spec }) => spec?.selector),
  ],
};

function validateSpec(spec: ReplicaSetSpec): FieldError[] {
  const errors: FieldError[] = [];
  inspectAtLeastZero(spec.replicas, 'spec.replicas', errors);
  inspectAtLeastZero(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  inspectSelector(spec.selector, 'deployment', 'spec.selector', errors);
  if (!selectorWorks(spec.selector, 'spec.selector')) {
    errors.push(invalidSelector('spec.selector', spec.selector, 'invalid label selector'));
    return errors;
  }
  const template = spec.template ?? {};
  inspectSelectsOwn(spec.selector, template, 'spec.template', errors);
  inspectRunningTemplate(template, 'ReplicaSet', 'spec.template', errors);
  return errors;
}
