import { MatchResources, ParamRef } from '#api/admissionregistration/matching.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, optional, string, struct } from '#machinery/schema.ts';

export const ValidatingAdmissionPolicyBindingSpec = struct(
  'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec',
  {
    policyName: always(1, string, { required: true, doc: 'Name of the policy.' }),
    paramRef: optional(2, ParamRef, { doc: 'Objects that hold its parameters.' }),
    matchResources: optional(3, MatchResources, {
      doc: 'Requests that it looks at, of those that the policy does. All if absent.',
    }),
    validationActions: field(4, list(string, { type: 'set' }), {
      required: true,
      enum: ['Deny', 'Warn', 'Audit'],
      doc: 'What a refusal does: Deny, Warn or Audit.',
    }),
  },
  { doc: 'Where a policy is in force and what it does.' },
);
export interface ValidatingAdmissionPolicyBindingSpec extends TypeOf<typeof ValidatingAdmissionPolicyBindingSpec> {}

export const ValidatingAdmissionPolicyBinding = struct(
  'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, ValidatingAdmissionPolicyBindingSpec, { required: true }),
  },
  {
    doc: 'Puts a policy in force.',
    gvk: { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingAdmissionPolicyBinding' },
  },
);
export interface ValidatingAdmissionPolicyBinding extends TypeOf<typeof ValidatingAdmissionPolicyBinding> {}

export const validatingAdmissionPolicyBindings = defineResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  singular: 'validatingadmissionpolicybinding',
  namespaced: false,
  verbs: allVerbs,
  categories: ['api-extensions'],
  schema: ValidatingAdmissionPolicyBinding,
});
