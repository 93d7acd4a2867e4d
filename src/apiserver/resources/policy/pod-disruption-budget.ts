/** PodDisruptionBudgets (upstream: registry/policy/poddisruptionbudget). */

import { type PodDisruptionBudget, podDisruptionBudgets } from '#api/policy/pod-disruption-budget.ts';
import { ageColumn, integerColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { inspectAtMostAll, inspectIntOrPercent } from '#apiserver/resources/int-or-percent.ts';
import { inspectAtLeastZero, metadataAgain } from '#apiserver/resources/messages.ts';
import { keepStatus, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { type FieldError, type FieldErrors, invalid, notSupported } from '#machinery/validation/field-error.ts';
import { validateLabelSelector } from '#machinery/validation/label-selector.ts';
import { checkPathSegmentName } from '#machinery/validation/names.ts';

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget'];
const noStatus = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };

export const podDisruptionBudgetStrategy: Strategy<PodDisruptionBudget> = {
  resource: podDisruptionBudgets,
  validateName: checkPathSegmentName,
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  prepareCreate(budget) {
    budget.status = { ...noStatus };
  },
  prepareUpdate: keepStatus,
  validateCreate: validate,
  validateUpdate: budget => [...metadataAgain(budget.metadata, true), ...validate(budget)],
  subresources: { status: statusRules(validateStatus) },
  columns: [
    nameColumn,
    textColumn<PodDisruptionBudget>('Min Available', ({ spec }) => String(spec?.minAvailable ?? 'N/A')),
    textColumn<PodDisruptionBudget>('Max Unavailable', ({ spec }) => String(spec?.maxUnavailable ?? 'N/A')),
    integerColumn<PodDisruptionBudget>('Allowed Disruptions', ({ status }) => status?.disruptionsAllowed),
    ageColumn,
  ],
};

function validate({ spec = {} }: PodDisruptionBudget): FieldErrors {
  const errors: FieldError[] = [];
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.push(invalid('spec', describe(spec), 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const [field, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue;
    inspectIntOrPercent(value, `spec.${field}`, errors);
    inspectAtMostAll(value, `spec.${field}`, errors);
  }
  errors.push(...validateLabelSelector(selector, 'spec.selector'));
  if (policy !== undefined && !evictionPolicies.includes(policy)) {
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, evictionPolicies));
  }
  return errors;
}

/** Upstream shows its own structure. */
function describe(spec: NonNullable<PodDisruptionBudget['spec']>): object {
  return {
    MinAvailable: spec.minAvailable ?? null,
    Selector: spec.selector ?? null,
    MaxUnavailable: spec.maxUnavailable ?? null,
    UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
  };
}

function validateStatus({ status = {} }: PodDisruptionBudget): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const) {
    inspectAtLeastZero(status[field], `status.${field}`, errors);
  }
  return errors;
}
