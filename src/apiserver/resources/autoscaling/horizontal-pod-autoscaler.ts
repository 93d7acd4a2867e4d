/** HorizontalPodAutoscalers, in both of their versions (upstream: registry/autoscaling/horizontalpodautoscaler). */

import {
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerSpec,
  type HPAScalingRules,
  horizontalPodAutoscalers,
} from '#api/autoscaling/horizontal-pod-autoscaler-v2.ts';
import { printedTargets } from '#apiserver/resources/autoscaling/autoscaler-columns.ts';
import { inspectMetrics, inspectReference } from '#apiserver/resources/autoscaling/metrics-validation.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { aboveZero, atLeastZero, metadataAgain } from '#apiserver/resources/messages.ts';
import { keepStatus, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { quantityOf } from '#machinery/quantity.ts';
import { parseApiVersion } from '#machinery/resource.ts';
import {
  type FieldError,
  type FieldErrors,
  forbidden,
  invalid,
  notSupported,
  required,
} from '#machinery/validation/field-error.ts';

const windowSecondsMax = 3600;
const periodSecondsMax = 1800;
const minReplicasLeast = 1;

export const horizontalPodAutoscalerStrategy: Strategy<HorizontalPodAutoscaler> = {
  resource: horizontalPodAutoscalers,
  prepareCreate(scaler) {
    scaler.status = { currentReplicas: 0, desiredReplicas: 0 };
  },
  prepareUpdate: keepStatus,
  validateCreate: ({ spec }) => validate(spec),
  validateUpdate: scaler => [...metadataAgain(scaler.metadata, true), ...validate(scaler.spec)],
  subresources: { status: statusRules(validateStatus) },
  columns: [
    nameColumn,
    textColumn<HorizontalPodAutoscaler>('Reference', ({ spec }) => {
      const { kind = '', name = '' } = spec?.scaleTargetRef ?? {};
      return `${kind}/${name}`;
    }),
    textColumn<HorizontalPodAutoscaler>('Targets', printedTargets),
    textColumn<HorizontalPodAutoscaler>('MinPods', ({ spec }) => String(spec?.minReplicas ?? '<unset>')),
    { name: 'MaxPods', type: 'string', cell: ({ spec }) => spec?.maxReplicas ?? 0 },
    { name: 'Replicas', type: 'string', cell: ({ status }) => status?.currentReplicas ?? 0 },
    ageColumn,
  ],
};

function validateStatus({ status }: HorizontalPodAutoscaler): FieldError[] {
  return (['currentReplicas', 'desiredReplicas'] as const).flatMap(field => {
    const count = status?.[field] ?? 0;
    return count < 0 ? [invalid(`status.${field}`, count, atLeastZero)] : [];
  });
}

function validate(spec: HorizontalPodAutoscalerSpec | undefined): FieldErrors {
  const errors: FieldError[] = [];
  const { minReplicas: min, maxReplicas: max = 0, metrics = [], behavior } = spec ?? {};
  if (min !== undefined && min < minReplicasLeast) {
    errors.push(invalid('spec.minReplicas', min, `must be greater than or equal to ${minReplicasLeast}`));
  }
  if (max === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  else if (max < 0) errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to 1'));
  if (min !== undefined && max < min) {
    errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  }
  if (min === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    const why = 'must specify at least one Object or External metric to support scaling to zero replicas';
    errors.push(forbidden('spec.metrics', why));
  }
  inspectTarget(spec?.scaleTargetRef, errors);
  inspectMetrics(metrics, 'spec.metrics', errors);
  if (behavior?.scaleUp) inspectRules(behavior.scaleUp, 'spec.behavior.scaleUp', errors);
  if (behavior?.scaleDown) inspectRules(behavior.scaleDown, 'spec.behavior.scaleDown', errors);
  return errors;
}

function inspectTarget(target: HorizontalPodAutoscalerSpec['scaleTargetRef'] | undefined, errors: FieldError[]): void {
  const path = 'spec.scaleTargetRef';
  inspectReference(target?.kind, target?.name, path, errors);
  const apiVersion = target?.apiVersion ?? '';
  if (apiVersion.split('/').length > 2) {
    errors.push(invalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  } else if (parseApiVersion(apiVersion).group === '') {
    errors.push(invalid(`${path}.apiVersion`, apiVersion, 'apiVersion must specify API group'));
  }
}

function inspectRules(rules: HPAScalingRules, path: string, errors: FieldError[]): void {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  if (window !== undefined && window < 0) {
    errors.push(invalid(`${path}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'));
  }
  if (window !== undefined && window > windowSecondsMax) {
    const why = `must be less than or equal to ${windowSecondsMax}`;
    errors.push(invalid(`${path}.stabilizationWindowSeconds`, window, why));
  }
  if (selectPolicy !== undefined && !['Disabled', 'Max', 'Min'].includes(selectPolicy)) {
    errors.push(notSupported(`${path}.selectPolicy`, selectPolicy, ['Disabled', 'Max', 'Min']));
  }
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  for (const [at, { type = '', value = 0, periodSeconds = 0 }] of policies.entries()) {
    const own = `${path}.policies[${at}]`;
    if (type !== 'Pods' && type !== 'Percent') errors.push(notSupported(`${own}.type`, type, ['Percent', 'Pods']));
    if (value <= 0) errors.push(invalid(`${own}.value`, value, aboveZero));
    if (periodSeconds <= 0) errors.push(invalid(`${own}.periodSeconds`, periodSeconds, aboveZero));
    if (periodSeconds > periodSecondsMax) {
      const why = `must be less than or equal to ${periodSecondsMax}`;
      errors.push(invalid(`${own}.periodSeconds`, periodSeconds, why));
    }
  }
  if (tolerance !== undefined && (quantityOf(tolerance)?.sign ?? 0) < 0) {
    errors.push(invalid(`${path}.tolerance`, tolerance, atLeastZero));
  }
}
