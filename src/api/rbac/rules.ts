import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, string, struct } from '#machinery/schema.ts';

export const RoleRef = struct(
  'io.k8s.api.rbac.v1.RoleRef',
  {
    apiGroup: field(1, string, { default: 'rbac.authorization.k8s.io' }),
    kind: always(2, string, { required: true }),
    name: always(3, string, { required: true }),
  },
  { atomic: true },
);
export interface RoleRef extends TypeOf<typeof RoleRef> {}

export const Subject = struct(
  'io.k8s.api.rbac.v1.Subject',
  {
    kind: always(1, string, { required: true }),
    apiGroup: field(2, string),
    name: always(3, string, { required: true }),
    namespace: field(4, string),
  },
  {
    atomic: true,
    /** Users and groups are RBAC's own; service accounts are of the core group. */
    defaults: subject => {
      if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= 'rbac.authorization.k8s.io';
    },
  },
);
export interface Subject extends TypeOf<typeof Subject> {}

export const PolicyRule = struct('io.k8s.api.rbac.v1.PolicyRule', {
  verbs: always(1, list(string), { required: true }),
  apiGroups: field(2, list(string)),
  resources: field(3, list(string)),
  resourceNames: field(4, list(string)),
  nonResourceURLs: field(5, list(string)),
});
export interface PolicyRule extends TypeOf<typeof PolicyRule> {}
