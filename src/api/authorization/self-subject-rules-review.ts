import { ObjectMeta } from '#machinery/meta.ts';
import { defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, list, string, struct } from '#machinery/schema.ts';

export const SelfSubjectRulesReviewSpec = struct('io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec', {
  namespace: field(1, string),
});
export interface SelfSubjectRulesReviewSpec extends TypeOf<typeof SelfSubjectRulesReviewSpec> {}

export const NonResourceRule = struct('io.k8s.api.authorization.v1.NonResourceRule', {
  verbs: always(1, list(string), { required: true }),
  nonResourceURLs: field(2, list(string)),
});
export interface NonResourceRule extends TypeOf<typeof NonResourceRule> {}

export const ResourceRule = struct('io.k8s.api.authorization.v1.ResourceRule', {
  verbs: always(1, list(string), { required: true }),
  apiGroups: field(2, list(string)),
  resources: field(3, list(string)),
  resourceNames: field(4, list(string)),
});
export interface ResourceRule extends TypeOf<typeof ResourceRule> {}

export const SubjectRulesReviewStatus = struct('io.k8s.api.authorization.v1.SubjectRulesReviewStatus', {
  resourceRules: always(1, list(ResourceRule), { required: true }),
  nonResourceRules: always(2, list(NonResourceRule), { required: true }),
  incomplete: always(3, boolean, { required: true }),
  evaluationError: field(4, string),
});
export interface SubjectRulesReviewStatus extends TypeOf<typeof SubjectRulesReviewStatus> {}

export const SelfSubjectRulesReview = struct(
  'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, SelfSubjectRulesReviewSpec, { required: true }),
    status: always(3, SubjectRulesReviewStatus),
  },
  { gvk: { group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectRulesReview' } },
);
export interface SelfSubjectRulesReview extends TypeOf<typeof SelfSubjectRulesReview> {}

export const selfSubjectRulesReviews = defineResource({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  singular: 'selfsubjectrulesreview',
  namespaced: false,
  verbs: ['create'],
  schema: SelfSubjectRulesReview,
});
