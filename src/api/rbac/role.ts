import { PolicyRule } from '#api/rbac/rules.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, string, struct } from '#machinery/schema.ts';

export const Role = struct(
  'io.k8s.api.rbac.v1.Role',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    rules: always(2, list(PolicyRule), { doc: 'What may be done. Rights add up; nothing is forbidden.' }),
  },
  { doc: 'Rights within a namespace.', gvk: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'Role' } },
);
export interface Role extends TypeOf<typeof Role> {}

export const roles = defineResource({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  namespaced: true,
  verbs: allVerbs,
  schema: Role,
});
