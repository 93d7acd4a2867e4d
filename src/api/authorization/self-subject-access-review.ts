import { NonResourceAttributes, ResourceAttributes, SubjectAccessReviewStatus } from '#api/authorization/access.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, optional, string, struct } from '#machinery/schema.ts';

export const SelfSubjectAccessReviewSpec = struct(
  'io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec',
  {
    resourceAttributes: optional(1, ResourceAttributes, { doc: 'A request for a resource.' }),
    nonResourceAttributes: optional(2, NonResourceAttributes, { doc: 'A request for a path.' }),
  },
  { doc: 'What you want to do. One of the attributes is set.' },
);
export interface SelfSubjectAccessReviewSpec extends TypeOf<typeof SelfSubjectAccessReviewSpec> {}

export const SelfSubjectAccessReview = struct(
  'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, SelfSubjectAccessReviewSpec, { required: true }),
    status: always(3, SubjectAccessReviewStatus),
  },
  {
    doc: 'Asks whether you may do something.',
    gvk: { group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectAccessReview' },
  },
);
export interface SelfSubjectAccessReview extends TypeOf<typeof SelfSubjectAccessReview> {}

export const selfSubjectAccessReviews = defineResource({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  singular: 'selfsubjectaccessreview',
  namespaced: false,
  verbs: ['create'],
  schema: SelfSubjectAccessReview,
});
