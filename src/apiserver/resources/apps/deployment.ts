/** Deployments. */

import { isDeepStrictEqual } from 'node:util';
import type { Deployment, DeploymentSpec } from '#api/apps/deployment.ts';
import { DeploymentStrategy, deployments } from '#api/apps/deployment.ts';
import {
  ageColumn,
  containerColumns,
  countColumn,
  nameColumn,
  selectorColumn,
  textColumn,
} from '#apiserver/resources/columns.ts';
import { preparePodTemplate } from '#apiserver/resources/core/pod-preparation.ts';
import { nameWarnings, podTemplateWarnings, updatedTemplateWarnings } from '#apiserver/resources/core/pod-warnings.ts';
import { amountOf, inspectAtMostAll, inspectIntOrPercent } from '#apiserver/resources/int-or-percent.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { immutable, inspectAtLeastZero, notSupportedShown } from '#apiserver/resources/messages.ts';
import { inspectRunningTemplate } from '#apiserver/resources/running-template.ts';
import { inspectSelector, inspectSelectsOwn, invalidSelector, selectorWorks } from '#apiserver/resources/selectors.ts';
import {
  keepStatus,
  statusRules,
  validateCollisions,
  validateCounts,
} from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, invalid, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';

const templateOf = (deployment: Deployment) => deployment.spec?.template;

export const deploymentStrategy: Strategy<Deployment> = {
  resource: deployments,
  hasGeneration: true,
  prepareCreate(deployment) {
    delete deployment.status;
    preparePodTemplate(templateOf(deployment));
  },
  validateCreate: deployment => validateSpec(deployment.spec as DeploymentSpec),
  warnOnCreate: deployment => [
    ...nameWarnings(deployment.metadata?.name ?? ''),
    ...podTemplateWarnings(templateOf(deployment), 'spec.template'),
  ],
  warnOnUpdate: updatedTemplateWarnings,
  prepareUpdate(deployment, old) {
    keepStatus(deployment, old);
    preparePodTemplate(templateOf(deployment));
    // An annotation may be an order to the controller: it counts as a change of what is wanted.
    const annotations = deployment.metadata?.annotations ?? {};
    if (deployment.metadata && !isDeepStrictEqual(annotations, old.metadata?.annotations ?? {})) {
      deployment.metadata.generation = (old.metadata?.generation ?? 0) + 1;
    }
  },
  validateUpdate: (deployment, old) => [
    ...validateSpec(deployment.spec as DeploymentSpec),
    ...(isDeepStrictEqual(deployment.spec?.selector, old.spec?.selector)
      ? []
      : [invalid('spec.selector', deployment.spec?.selector, immutable)]),
  ],
  subresources: { status: statusRules(validateStatus, { keepsLabels: true }) },
  resetFields: subresource => (subresource === 'status' ? [['spec'], ['metadata', 'labels']] : [['status']]),
  columns: [
    nameColumn,
    textColumn('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    countColumn('Up-to-date', ({ status }) => status?.updatedReplicas),
    countColumn('Available', ({ status }) => status?.availableReplicas),
    ageColumn,
    ...containerColumns(templateOf),
    selectorColumn(({ spec }) => spec?.selector),
  ],
};

function validateSpec(spec: DeploymentSpec): FieldError[] {
  const errors: FieldError[] = [];
  inspectAtLeastZero(spec.replicas, 'spec.replicas', errors);
  inspectSelector(spec.selector, 'deployment', 'spec.selector', errors);
  if (selectorWorks(spec.selector, 'spec.selector')) {
    inspectSelectsOwn(spec.selector, spec.template, 'spec.template', errors);
    inspectRunningTemplate(spec.template, 'ReplicaSet', 'spec.template', errors);
  } else errors.push(invalidSelector('spec.selector', spec.selector, 'invalid label selector'));
  inspectStrategy(spec.strategy ?? {}, 'spec.strategy', errors);
  inspectAtLeastZero(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  inspectAtLeastZero(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', errors);
  const deadline = spec.progressDeadlineSeconds;
  if (deadline !== undefined) {
    inspectAtLeastZero(deadline, 'spec.progressDeadlineSeconds', errors);
    if (deadline <= (spec.minReadySeconds ?? 0)) {
      errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
    }
  }
  return errors;
}

function inspectStrategy(strategy: DeploymentStrategy, path: FieldPath, errors: FieldError[]): void {
  const at = `${path}.rollingUpdate`;
  const { type, rollingUpdate } = strategy;
  if (type === 'Recreate') {
    if (rollingUpdate) {
      errors.push(forbidden(at, "may not be specified when strategy `type` is 'Recreate'"));
    }
  } else if (type !== 'RollingUpdate') {
    const shown = internalJson(DeploymentStrategy, strategy);
    errors.push(notSupportedShown(path, shown, ['Recreate', 'RollingUpdate']));
  } else if (!rollingUpdate) errors.push(required(at, 'this should be defaulted and never be nil'));
  else {
    const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
    inspectIntOrPercent(maxUnavailable, `${at}.maxUnavailable`, errors);
    inspectIntOrPercent(maxSurge, `${at}.maxSurge`, errors);
    if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
      errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
    }
    inspectAtMostAll(maxUnavailable, `${at}.maxUnavailable`, errors);
  }
}

function validateStatus(deployment: Deployment, old: Deployment): FieldError[] {
  return [
    ...validateCounts(deployment.status, {
      counts: [
        'observedGeneration',
        'replicas',
        'updatedReplicas',
        'readyReplicas',
        'availableReplicas',
        'unavailableReplicas',
        'terminatingReplicas',
        'collisionCount',
      ],
      atMost: [
        ['updatedReplicas', 'replicas', 'status.replicas'],
        ['readyReplicas', 'replicas', 'status.replicas'],
        ['availableReplicas', 'replicas', 'status.replicas'],
        ['availableReplicas', 'readyReplicas', 'readyReplicas'],
      ],
    }),
    ...validateCollisions(deployment.status, old.status),
  ];
}
