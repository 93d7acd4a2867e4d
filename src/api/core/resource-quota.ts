import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, map, optional, quantity, string, struct } from '#machinery/schema.ts';

export const ScopedResourceSelectorRequirement = struct('io.k8s.api.core.v1.ScopedResourceSelectorRequirement', {
  scopeName: always(1, string, {
    required: true,
    enum: [
      'Terminating',
      'NotTerminating',
      'BestEffort',
      'NotBestEffort',
      'PriorityClass',
      'CrossNamespacePodAffinity',
      'VolumeAttributesClass',
    ],
  }),
  operator: always(2, string, { required: true, enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] }),
  values: field(3, list(string)),
});
export interface ScopedResourceSelectorRequirement extends TypeOf<typeof ScopedResourceSelectorRequirement> {}

export const ScopeSelector = struct(
  'io.k8s.api.core.v1.ScopeSelector',
  {
    matchExpressions: field(1, list(ScopedResourceSelectorRequirement)),
  },
  { atomic: true },
);
export interface ScopeSelector extends TypeOf<typeof ScopeSelector> {}

export const ResourceQuotaSpec = struct('io.k8s.api.core.v1.ResourceQuotaSpec', {
  hard: field(1, map(quantity)),
  scopes: field(2, list(string), {
    enum: [
      'Terminating',
      'NotTerminating',
      'BestEffort',
      'NotBestEffort',
      'PriorityClass',
      'CrossNamespacePodAffinity',
      'VolumeAttributesClass',
    ],
  }),
  scopeSelector: optional(3, ScopeSelector),
});
export interface ResourceQuotaSpec extends TypeOf<typeof ResourceQuotaSpec> {}

export const ResourceQuotaStatus = struct('io.k8s.api.core.v1.ResourceQuotaStatus', {
  hard: field(1, map(quantity)),
  used: field(2, map(quantity)),
});
export interface ResourceQuotaStatus extends TypeOf<typeof ResourceQuotaStatus> {}

export const ResourceQuota = struct(
  'io.k8s.api.core.v1.ResourceQuota',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, ResourceQuotaSpec),
    status: always(3, ResourceQuotaStatus),
  },
  { gvk: { group: '', version: 'v1', kind: 'ResourceQuota' } },
);
export interface ResourceQuota extends TypeOf<typeof ResourceQuota> {}

export const resourceQuotas = defineResource({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  singular: 'resourcequota',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['quota'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: ResourceQuota,
});
