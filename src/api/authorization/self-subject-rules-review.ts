import { ObjectMeta } from '#machinery/meta.ts';
import { defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, list, string, struct } from '#machinery/schema.ts';

export const SelfSubjectRulesReviewSpec = struct(
  'io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec',
  {
    namespace: field(1, string, { doc: 'The namespace.' }),
  },
  { doc: 'Where you want to do something.' },
);
export interface SelfSubjectRulesReviewSpec extends TypeOf<typeof SelfSubjectRulesReviewSpec> {}

export const NonResourceRule = struct(
  'io.k8s.api.authorization.v1.NonResourceRule',
  {
    verbs: always(1, list(string), { required: true, doc: 'What may be done. * is everything.' }),
    nonResourceURLs: field(2, list(string), { doc: 'The paths. * is all.' }),
  },
  { doc: 'What may be done to paths.' },
);
export interface NonResourceRule extends TypeOf<typeof NonResourceRule> {}

export const ResourceRule = struct(
  'io.k8s.api.authorization.v1.ResourceRule',
  {
    verbs: always(1, list(string), { required: true, doc: 'What may be done. * is everything.' }),
    apiGroups: field(2, list(string), { doc: 'Groups of the resources. * is all.' }),
    resources: field(3, list(string), { doc: 'The resources. * is all.' }),
    resourceNames: field(4, list(string), { doc: 'Names of objects. All if empty.' }),
  },
  { doc: 'What may be done to resources.' },
);
export interface ResourceRule extends TypeOf<typeof ResourceRule> {}

export const SubjectRulesReviewStatus = struct(
  'io.k8s.api.authorization.v1.SubjectRulesReviewStatus',
  {
    resourceRules: always(1, list(ResourceRule), { required: true, doc: 'What may be done to resources.' }),
    nonResourceRules: always(2, list(NonResourceRule), { required: true, doc: 'What may be done to paths.' }),
    incomplete: always(3, boolean, { required: true, doc: 'Whether there may be more than is listed.' }),
    evaluationError: field(4, string, { doc: 'What went wrong; the list may still be of use.' }),
  },
  { doc: 'What you may do.' },
);
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
  {
    doc: 'Asks what you may do in a namespace.',
    gvk: { group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectRulesReview' },
  },
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
