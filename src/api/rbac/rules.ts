import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, string, struct } from '#machinery/schema.ts';

export const RoleRef = struct(
  'io.k8s.api.rbac.v1.RoleRef',
  {
    apiGroup: field(1, string, { default: 'rbac.authorization.k8s.io', doc: 'rbac.authorization.k8s.io.' }),
    kind: always(2, string, { required: true, doc: 'Role or ClusterRole.' }),
    name: always(3, string, { required: true, doc: 'Name of the role.' }),
  },
  { doc: 'The role that is given.', atomic: true },
);
export interface RoleRef extends TypeOf<typeof RoleRef> {}

export const Subject = struct(
  'io.k8s.api.rbac.v1.Subject',
  {
    kind: always(1, string, { required: true, doc: 'User, Group or ServiceAccount.' }),
    apiGroup: field(2, string, { doc: 'Empty for ServiceAccount, else rbac.authorization.k8s.io.' }),
    name: always(3, string, { required: true, doc: 'Name of the user, group or ServiceAccount.' }),
    namespace: field(4, string, { doc: 'Namespace of a ServiceAccount. Empty for others.' }),
  },
  {
    doc: 'Who is given a role.',
    atomic: true,
    /** Users and groups are RBAC's own; service accounts are of the core group. */
    defaults: subject => {
      if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= 'rbac.authorization.k8s.io';
    },
  },
);
export interface Subject extends TypeOf<typeof Subject> {}

export const PolicyRule = struct(
  'io.k8s.api.rbac.v1.PolicyRule',
  {
    verbs: always(1, list(string), { required: true, doc: 'What may be done, such as get or list. * is everything.' }),
    apiGroups: field(2, list(string), { doc: 'Groups of the resources. "" is core, * is all.' }),
    resources: field(3, list(string), { doc: 'Resources, such as pods or pods/log. * is all.' }),
    resourceNames: field(4, list(string), { doc: 'Names of objects. All if empty.' }),
    nonResourceURLs: field(5, list(string), {
      doc: 'Paths such as /healthz, with * at the end for all below. Only in a ClusterRole.',
    }),
  },
  { doc: 'What may be done to what.' },
);
export interface PolicyRule extends TypeOf<typeof PolicyRule> {}
