import { MatchCondition, MatchResources, ParamKind, Variable } from '#api/admissionregistration/matching.ts';
import { Condition, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int64, list, optional, string, struct } from '#machinery/schema.ts';

export const AuditAnnotation = struct(
  'io.k8s.api.admissionregistration.v1.AuditAnnotation',
  {
    key: always(1, string, { required: true, doc: 'Key of the note, after the name of the policy.' }),
    valueExpression: always(2, string, { required: true, doc: 'Expression in CEL for its text. No note if null.' }),
  },
  { doc: 'A note for the audit log.' },
);
export interface AuditAnnotation extends TypeOf<typeof AuditAnnotation> {}

export const Validation = struct(
  'io.k8s.api.admissionregistration.v1.Validation',
  {
    expression: always(1, string, { required: true, doc: 'Expression in CEL that must be true.' }),
    message: field(2, string, { doc: 'What to say when it is not.' }),
    reason: optional(3, string, { doc: 'Kind of the refusal. Invalid if absent.' }),
    messageExpression: field(4, string, { doc: 'Expression in CEL for the message. Goes before message.' }),
  },
  { doc: 'An expression that a request must meet.' },
);
export interface Validation extends TypeOf<typeof Validation> {}

export const ValidatingAdmissionPolicySpec = struct(
  'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec',
  {
    paramKind: optional(1, ParamKind, { doc: 'Kind of its parameters. It has none if absent.' }),
    matchConstraints: optional(2, MatchResources, { doc: 'Requests that it looks at.' }),
    validations: field(3, list(Validation), { doc: 'What a request must meet.' }),
    failurePolicy: optional(4, string, {
      default: 'Fail',
      enum: ['Ignore', 'Fail'],
      doc: 'Fail or Ignore when an expression fails to run. Fail if absent.',
    }),
    auditAnnotations: field(5, list(AuditAnnotation), { doc: 'Notes for the audit log.' }),
    matchConditions: field(
      6,
      list(MatchCondition, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
      { doc: 'Conditions, all of which a request must meet to be looked at.' },
    ),
    variables: field(7, list(Variable, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }), {
      doc: 'Values that expressions can use. Later ones know earlier ones.',
    }),
  },
  { doc: 'What the policy looks at and asks for.' },
);
export interface ValidatingAdmissionPolicySpec extends TypeOf<typeof ValidatingAdmissionPolicySpec> {}

export const ExpressionWarning = struct(
  'io.k8s.api.admissionregistration.v1.ExpressionWarning',
  {
    fieldRef: always(2, string, { required: true, doc: 'Path of the expression.' }),
    warning: always(3, string, { required: true, doc: 'What is odd, for people.' }),
  },
  { doc: 'Something odd in an expression.' },
);
export interface ExpressionWarning extends TypeOf<typeof ExpressionWarning> {}

export const TypeChecking = struct(
  'io.k8s.api.admissionregistration.v1.TypeChecking',
  {
    expressionWarnings: field(1, list(ExpressionWarning), { doc: 'Warnings, by expression.' }),
  },
  { doc: 'What was found when the types of expressions were checked.' },
);
export interface TypeChecking extends TypeOf<typeof TypeChecking> {}

export const ValidatingAdmissionPolicyStatus = struct(
  'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus',
  {
    observedGeneration: field(1, int64, { doc: 'The metadata.generation that the controller has seen.' }),
    typeChecking: optional(2, TypeChecking, {
      doc: 'What was found when types were checked. Absent until it is done.',
    }),
    conditions: field(3, list(Condition, { type: 'map', keys: ['type'] }), {
      doc: 'What is true of it now, one entry for each type.',
    }),
  },
  { doc: 'What is observed of the policy.' },
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
  {
    doc: 'Allows or refuses requests by expressions in CEL. Needs a binding.',
    gvk: { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingAdmissionPolicy' },
  },
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
