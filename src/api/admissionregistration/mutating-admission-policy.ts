import { MatchCondition, MatchResources, ParamKind, Variable } from '#api/admissionregistration/matching.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, optional, string, struct } from '#machinery/schema.ts';

export const ApplyConfiguration = struct(
  'io.k8s.api.admissionregistration.v1.ApplyConfiguration',
  {
    expression: field(1, string, { doc: 'Expression in CEL for the fields to apply.' }),
  },
  { doc: 'A change by server-side apply.' },
);
export interface ApplyConfiguration extends TypeOf<typeof ApplyConfiguration> {}

export const JSONPatch = struct(
  'io.k8s.api.admissionregistration.v1.JSONPatch',
  {
    expression: field(1, string, { doc: 'Expression in CEL for the list of operations.' }),
  },
  { doc: 'A change by a JSON patch.' },
);
export interface JSONPatch extends TypeOf<typeof JSONPatch> {}

export const Mutation = struct(
  'io.k8s.api.admissionregistration.v1.Mutation',
  {
    patchType: always(2, string, {
      required: true,
      enum: ['ApplyConfiguration', 'JSONPatch'],
      doc: 'ApplyConfiguration or JSONPatch.',
    }),
    applyConfiguration: optional(3, ApplyConfiguration, { doc: 'A change by server-side apply.' }),
    jsonPatch: optional(4, JSONPatch, { doc: 'A change by a JSON patch.' }),
  },
  { doc: 'One change. The field for patchType is set.' },
);
export interface Mutation extends TypeOf<typeof Mutation> {}

export const MutatingAdmissionPolicySpec = struct(
  'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec',
  {
    paramKind: optional(1, ParamKind, { doc: 'Kind of its parameters. It has none if absent.' }),
    matchConstraints: optional(2, MatchResources, { doc: 'Requests that it looks at.' }),
    variables: field(3, list(Variable), { doc: 'Values that expressions can use. Later ones know earlier ones.' }),
    mutations: field(4, list(Mutation), { doc: 'Changes, one after another.' }),
    failurePolicy: optional(5, string, {
      default: 'Fail',
      enum: ['Ignore', 'Fail'],
      doc: 'Fail or Ignore when an expression fails to run. Fail if absent.',
    }),
    matchConditions: field(
      6,
      list(MatchCondition, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
      { doc: 'Conditions, all of which a request must meet to be looked at.' },
    ),
    reinvocationPolicy: field(7, string, {
      enum: ['Never', 'IfNeeded'],
      doc: 'IfNeeded runs it again after later changes. Never does not.',
    }),
  },
  { doc: 'What the policy looks at and changes.' },
);
export interface MutatingAdmissionPolicySpec extends TypeOf<typeof MutatingAdmissionPolicySpec> {}

export const MutatingAdmissionPolicy = struct(
  'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, MutatingAdmissionPolicySpec),
  },
  {
    doc: 'Changes objects by expressions in CEL. Needs a binding.',
    gvk: { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingAdmissionPolicy' },
  },
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
