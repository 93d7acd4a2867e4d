import { MatchCondition, MatchResources, ParamKind, Variable } from '#api/admissionregistration/matching.ts';
import { Condition, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int64, list, optional, string, struct } from '#machinery/schema.ts';

export const AuditAnnotation = struct('io.k8s.api.admissionregistration.v1.AuditAnnotation', {
  key: always(1, string, { required: true }),
  valueExpression: always(2, string, { required: true }),
});
export interface AuditAnnotation extends TypeOf<typeof AuditAnnotation> {}

export const Validation = struct('io.k8s.api.admissionregistration.v1.Validation', {
  expression: always(1, string, { required: true }),
  message: field(2, string),
  reason: optional(3, string),
  messageExpression: field(4, string),
});
export interface Validation extends TypeOf<typeof Validation> {}

export const ValidatingAdmissionPolicySpec = struct(
  'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec',
  {
    paramKind: optional(1, ParamKind),
    matchConstraints: optional(2, MatchResources),
    validations: field(3, list(Validation)),
    failurePolicy: optional(4, string, { default: 'Fail', enum: ['Ignore', 'Fail'] }),
    auditAnnotations: field(5, list(AuditAnnotation)),
    matchConditions: field(
      6,
      list(MatchCondition, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
    ),
    variables: field(7, list(Variable, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' })),
  },
);
export interface ValidatingAdmissionPolicySpec extends TypeOf<typeof ValidatingAdmissionPolicySpec> {}

export const ExpressionWarning = struct('io.k8s.api.admissionregistration.v1.ExpressionWarning', {
  fieldRef: always(2, string, { required: true }),
  warning: always(3, string, { required: true }),
});
export interface ExpressionWarning extends TypeOf<typeof ExpressionWarning> {}

export const TypeChecking = struct('io.k8s.api.admissionregistration.v1.TypeChecking', {
  expressionWarnings: field(1, list(ExpressionWarning)),
});
export interface TypeChecking extends TypeOf<typeof TypeChecking> {}

export const ValidatingAdmissionPolicyStatus = struct(
  'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus',
  {
    observedGeneration: field(1, int64),
    typeChecking: optional(2, TypeChecking),
    conditions: field(3, list(Condition, { type: 'map', keys: ['type'] })),
  },
);
export interface ValidatingAdmissionPolicyStatus extends TypeOf<typeof ValidatingAdmissionPolicyStatus> {}

export const ValidatingAdmissionPolicy = struct(
  'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, ValidatingAdmissionPolicySpec),
    status: always(3, ValidatingAdmissionPolicyStatus),
  },
  { gvk: { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingAdmissionPolicy' } },
);
export interface ValidatingAdmissionPolicy extends TypeOf<typeof ValidatingAdmissionPolicy> {}

export const validatingAdmissionPolicies = defineResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
  namespaced: false,
  verbs: allVerbs,
  categories: ['api-extensions'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: ValidatingAdmissionPolicy,
});
