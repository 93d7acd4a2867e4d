/** ResourceQuotas (upstream: registry/core/resourcequota). */

import { isHugePages } from '#api/core/pod-resources.ts';
import {
  type ResourceQuota,
  type ResourceQuotaSpec,
  resourceQuotas,
  type ScopedResourceSelectorRequirement,
  ScopeSelector,
} from '#api/core/resource-quota.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { inspectAmount, inspectResourceName } from '#apiserver/resources/core/pod-resources.ts';
import { immutableErrors } from '#apiserver/resources/immutable.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { metadataAgain } from '#apiserver/resources/messages.ts';
import { keepStatus, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import {
  type FieldError,
  type FieldErrors,
  invalid,
  invalidShown,
  required,
} from '#machinery/validation/field-error.ts';

const podScopes = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'CrossNamespacePodAffinity',
]);
const scopes = new Set([...podScopes, 'PriorityClass', 'VolumeAttributesClass']);
const computeResources = [
  'cpu',
  'memory',
  'limits.cpu',
  'limits.memory',
  'requests.cpu',
  'requests.memory',
  'ephemeral-storage',
  'limits.ephemeral-storage',
  'requests.ephemeral-storage',
];
const standardResources = new Set([
  ...computeResources,
  'requests.storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);
const podResources = new Set([...computeResources, 'pods']);
const bestEffortResources = new Set(['pods']);
const claimResources = new Set(['persistentvolumeclaims', 'requests.storage']);

export const resourceQuotaStrategy: Strategy<ResourceQuota> = {
  resource: resourceQuotas,
  returnsDeleted: true,
  prepareCreate(quota) {
    quota.status = {};
  },
  prepareUpdate: keepStatus,
  validateCreate: ({ spec = {} }) => validate(spec),
  validateUpdate: (quota, old) => [
    ...metadataAgain(quota.metadata, true),
    ...validate(quota.spec ?? {}),
    ...immutableErrors('spec.scopes', quota.spec?.scopes, old.spec?.scopes),
  ],
  subresources: { status: statusRules(validateStatus) },
  columns: [
    nameColumn,
    textColumn<ResourceQuota>('Request', quota => printedUse(quota, false)),
    textColumn<ResourceQuota>('Limit', quota => printedUse(quota, true)),
    ageColumn,
  ],
};

function printedUse({ status }: ResourceQuota, limits: boolean): string {
  return Object.entries(status?.hard ?? {})
    .filter(([name]) => name.startsWith('limits.') === limits)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => `${name}: ${status?.used?.[name] ?? '0'}/${hard}`)
    .join(', ');
}

function inspectAmounts(amounts: Readonly<Record<string, string>>, path: string, errors: FieldError[]): void {
  for (const [name, amount] of Object.entries(amounts)) {
    inspectQuotaName(name, `${path}[${name}]`, errors);
    inspectAmount(name, amount, `${path}[${name}]`, errors);
  }
}

const isQuotaResource = (name: string): boolean =>
  standardResources.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');

function inspectQuotaName(name: string, path: string, errors: FieldError[]): void {
  inspectResourceName(name, path, errors);
  if (name.includes('/')) return;
  if (!isQuotaResource(name)) errors.push(invalid(path, name, 'must be a standard resource for quota'));
}

function validateStatus({ status = {} }: ResourceQuota): FieldError[] {
  const errors: FieldError[] = [];
  inspectAmounts(status.hard ?? {}, 'status.hard', errors);
  inspectAmounts(status.used ?? {}, 'status.used', errors);
  return errors;
}

function validate(spec: ResourceQuotaSpec): FieldErrors {
  const errors: FieldError[] = [];
  inspectAmounts(spec.hard ?? {}, 'spec.hard', errors);
  inspectScopes(spec, errors);
  inspectSelector(spec, errors);
  return errors;
}

function appliesTo(scope: string, resource: string): boolean {
  if (!isQuotaResource(resource)) return true;
  switch (scope) {
    case 'BestEffort':
      return bestEffortResources.has(resource);
    case 'VolumeAttributesClass':
      return claimResources.has(resource) || resource.includes('storageclass');
    default:
      return podResources.has(resource) || isHugePages(resource) || resource.startsWith('requests.hugepages-');
  }
}

function inspectScopes({ scopes: own = [], hard = {} }: ResourceQuotaSpec, errors: FieldError[]): void {
  const seen = new Set(own);
  for (const scope of own) {
    if (!scopes.has(scope)) errors.push(invalid('spec.scopes', own, 'unsupported scope'));
    else if (Object.keys(hard).some(name => !appliesTo(scope, name))) {
      errors.push(invalid('spec.scopes', own, 'unsupported scope applied to resource'));
    }
  }
  for (const [one, other] of [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ] as const) {
    if (seen.has(one) && seen.has(other)) errors.push(invalid('spec.scopes', own, 'conflicting scopes'));
  }
}

function inspectSelector({ scopeSelector, hard = {} }: ResourceQuotaSpec, errors: FieldError[]): void {
  if (scopeSelector === undefined) return;
  const path = 'spec.scopeSelector.matchExpressions';
  const shown = internalJson(ScopeSelector, scopeSelector);
  const seen = new Set<string>();
  for (const each of scopeSelector.matchExpressions ?? []) {
    const { scopeName = '' } = each;
    if (!scopes.has(scopeName)) errors.push(invalid(`${path}.scopeName`, scopeName, 'unsupported scope'));
    else {
      for (const name of Object.keys(hard)) {
        if (!appliesTo(scopeName, name))
          errors.push(invalidShown(path, shown, 'unsupported scope applied to resource'));
      }
    }
    inspectExpression(each, path, errors);
    seen.add(scopeName);
  }
  for (const [one, other] of [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ] as const) {
    if (seen.has(one) && seen.has(other)) errors.push(invalidShown(path, shown, 'conflicting scopes'));
  }
}

function inspectExpression(each: ScopedResourceSelectorRequirement, path: string, errors: FieldError[]): void {
  const { scopeName = '', operator = '', values = [] } = each;
  if (podScopes.has(scopeName) && operator !== 'Exists') {
    const why =
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    errors.push(invalid(`${path}.operator`, operator, why));
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      const why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      errors.push(required(`${path}.values`, why));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      errors.push(invalid(`${path}.values`, values, why));
    }
  } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
}
