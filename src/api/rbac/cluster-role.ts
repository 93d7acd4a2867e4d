import { PolicyRule } from '#api/rbac/rules.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, optional, string, struct } from '#machinery/schema.ts';

export const AggregationRule = struct('io.k8s.api.rbac.v1.AggregationRule', {
  clusterRoleSelectors: field(1, list(LabelSelector)),
});
export interface AggregationRule extends TypeOf<typeof AggregationRule> {}

export const ClusterRole = struct(
  'io.k8s.api.rbac.v1.ClusterRole',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    rules: always(2, list(PolicyRule)),
    aggregationRule: optional(3, AggregationRule),
  },
  { gvk: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' } },
);
export interface ClusterRole extends TypeOf<typeof ClusterRole> {}

export const clusterRoles = defineResource({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
  verbs: allVerbs,
  schema: ClusterRole,
});
