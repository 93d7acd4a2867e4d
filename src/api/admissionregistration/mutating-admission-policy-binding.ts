import { MatchResources, ParamRef } from '#api/admissionregistration/matching.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, optional, string, struct } from '#machinery/schema.ts';

export const MutatingAdmissionPolicyBindingSpec = struct(
  'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec',
  {
    policyName: field(1, string, { doc: 'Name of the policy.' }),
    paramRef: optional(2, ParamRef, { doc: 'Objects that hold its parameters.' }),
    matchResources: optional(3, MatchResources, {
      doc: 'Requests that it looks at, of those that the policy does. All if absent.',
    }),
  },
  { doc: 'Where a policy is in force.' },
);
export interface MutatingAdmissionPolicyBindingSpec extends TypeOf<typeof MutatingAdmissionPolicyBindingSpec> {}

export const MutatingAdmissionPolicyBinding = struct(
  'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, MutatingAdmissionPolicyBindingSpec),
  },
  {
    doc: 'Puts a policy in force.',
    gvk: { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingAdmissionPolicyBinding' },
  },
);
export interface MutatingAdmissionPolicyBinding extends TypeOf<typeof MutatingAdmissionPolicyBinding> {}

export const mutatingAdmissionPolicyBindings = defineResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  singular: 'mutatingadmissionpolicybinding',
  namespaced: false,
  verbs: allVerbs,
  categories: ['api-extensions'],
  schema: MutatingAdmissionPolicyBinding,
});
