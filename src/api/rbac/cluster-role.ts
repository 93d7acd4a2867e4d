import { PolicyRule } from '#api/rbac/rules.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, optional, string, struct } from '#machinery/schema.ts';

export const AggregationRule = struct(
  'io.k8s.api.rbac.v1.AggregationRule',
  {
    clusterRoleSelectors: field(1, list(LabelSelector), {
      doc: 'Selectors of ClusterRoles. One that matches is enough.',
    }),
  },
  { doc: 'Gathers the rules of other roles.' },
);
export interface AggregationRule extends TypeOf<typeof AggregationRule> {}

export const ClusterRole = struct(
  'io.k8s.api.rbac.v1.ClusterRole',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    rules: always(2, list(PolicyRule), {
      doc: 'What may be done. Filled in by the controller if there is an aggregationRule.',
    }),
    aggregationRule: optional(3, AggregationRule, { doc: 'Roles whose rules are gathered here.' }),
  },
  {
    doc: 'Rights in the whole cluster, or for use in namespaces.',
    gvk: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' },
  },
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
