import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, map, optional, quantity, string, struct } from '#machinery/schema.ts';

export const ScopedResourceSelectorRequirement = struct(
  'io.k8s.api.core.v1.ScopedResourceSelectorRequirement',
  {
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
      doc: 'Scope that is looked at, such as PriorityClass.',
    }),
    operator: always(2, string, {
      required: true,
      enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'],
      doc: 'In, NotIn, Exists or DoesNotExist.',
    }),
    values: field(3, list(string), { doc: 'Values to compare with. Empty for Exists and DoesNotExist.' }),
  },
  { doc: 'A condition on what is counted.' },
);
export interface ScopedResourceSelectorRequirement extends TypeOf<typeof ScopedResourceSelectorRequirement> {}

export const ScopeSelector = struct(
  'io.k8s.api.core.v1.ScopeSelector',
  {
    matchExpressions: field(1, list(ScopedResourceSelectorRequirement), { doc: 'Conditions, all of which must hold.' }),
  },
  { doc: 'What is counted, by scope.', atomic: true },
);
export interface ScopeSelector extends TypeOf<typeof ScopeSelector> {}

export const ResourceQuotaSpec = struct(
  'io.k8s.api.core.v1.ResourceQuotaSpec',
  {
    hard: field(1, map(quantity), { doc: 'The most of each resource.' }),
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
      doc: 'Scopes that all must hold for what is counted. Everything if absent.',
    }),
    scopeSelector: optional(3, ScopeSelector, { doc: 'Further conditions on what is counted.' }),
  },
  { doc: 'How much a namespace may use.' },
);
export interface ResourceQuotaSpec extends TypeOf<typeof ResourceQuotaSpec> {}

export const ResourceQuotaStatus = struct(
  'io.k8s.api.core.v1.ResourceQuotaStatus',
  {
    hard: field(1, map(quantity), { doc: 'The most of each resource, as enforced.' }),
    used: field(2, map(quantity), { doc: 'What is used of each resource.' }),
  },
  { doc: 'How much is used.' },
);
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
  { doc: 'Limits how much a namespace may use in all.', gvk: { group: '', version: 'v1', kind: 'ResourceQuota' } },
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
