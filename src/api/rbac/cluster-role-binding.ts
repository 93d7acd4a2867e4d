import { RoleRef, Subject } from '#api/rbac/rules.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, string, struct } from '#machinery/schema.ts';

export const ClusterRoleBinding = struct(
  'io.k8s.api.rbac.v1.ClusterRoleBinding',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    subjects: field(2, list(Subject), { doc: 'Who is given the role.' }),
    roleRef: always(3, RoleRef, { required: true, doc: 'The ClusterRole. Cannot change.' }),
  },
  {
    doc: 'Gives a role to someone in the whole cluster.',
    gvk: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRoleBinding' },
  },
);
export interface ClusterRoleBinding extends TypeOf<typeof ClusterRoleBinding> {}

export const clusterRoleBindings = defineResource({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
  verbs: allVerbs,
  schema: ClusterRoleBinding,
});
