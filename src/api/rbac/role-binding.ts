import { RoleRef, Subject } from '#api/rbac/rules.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, string, struct } from '#machinery/schema.ts';

export const RoleBinding = struct(
  'io.k8s.api.rbac.v1.RoleBinding',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    subjects: field(2, list(Subject), { doc: 'Who is given the role.' }),
    roleRef: always(3, RoleRef, { required: true, doc: 'A Role of the namespace or a ClusterRole. Cannot change.' }),
  },
  {
    doc: 'Gives a role to someone within a namespace.',
    gvk: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'RoleBinding' },
  },
);
export interface RoleBinding extends TypeOf<typeof RoleBinding> {}

export const roleBindings = defineResource({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  namespaced: true,
  verbs: allVerbs,
  schema: RoleBinding,
});
