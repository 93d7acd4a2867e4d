import { MatchCondition, MatchResources, ParamKind, Variable } from '#api/admissionregistration/matching.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, optional, string, struct } from '#machinery/schema.ts';

export const ApplyConfiguration = struct('io.k8s.api.admissionregistration.v1.ApplyConfiguration', {
  expression: field(1, string),
});
export interface ApplyConfiguration extends TypeOf<typeof ApplyConfiguration> {}

export const JSONPatch = struct('io.k8s.api.admissionregistration.v1.JSONPatch', {
  expression: field(1, string),
});
export interface JSONPatch extends TypeOf<typeof JSONPatch> {}

export const Mutation = struct('io.k8s.api.admissionregistration.v1.Mutation', {
  patchType: always(2, string, { required: true, enum: ['ApplyConfiguration', 'JSONPatch'] }),
  applyConfiguration: optional(3, ApplyConfiguration),
  jsonPatch: optional(4, JSONPatch),
});
export interface Mutation extends TypeOf<typeof Mutation> {}

export const MutatingAdmissionPolicySpec = struct('io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec', {
  paramKind: optional(1, ParamKind),
  matchConstraints: optional(2, MatchResources),
  variables: field(3, list(Variable)),
  mutations: field(4, list(Mutation)),
  failurePolicy: optional(5, string, { default: 'Fail', enum: ['Ignore', 'Fail'] }),
  matchConditions: field(6, list(MatchCondition, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' })),
  reinvocationPolicy: field(7, string, { enum: ['Never', 'IfNeeded'] }),
});
export interface MutatingAdmissionPolicySpec extends TypeOf<typeof MutatingAdmissionPolicySpec> {}

export const MutatingAdmissionPolicy = struct(
  'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, MutatingAdmissionPolicySpec),
  },
  { gvk: { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingAdmissionPolicy' } },
);
export interface MutatingAdmissionPolicy extends TypeOf<typeof MutatingAdmissionPolicy> {}

export const mutatingAdmissionPolicies = defineResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  singular: 'mutatingadmissionpolicy',
  namespaced: false,
  verbs: allVerbs,
  categories: ['api-extensions'],
  schema: MutatingAdmissionPolicy,
});
