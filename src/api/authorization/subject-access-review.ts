import { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from '#api/authorization/access.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, string, struct } from '#machinery/schema.ts';

export const SubjectAccessReview = struct(
  'io.k8s.api.authorization.v1.SubjectAccessReview',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, SubjectAccessReviewSpec, { required: true }),
    status: always(3, SubjectAccessReviewStatus),
  },
  {
    doc: 'Asks whether someone may do something.',
    gvk: { group: 'authorization.k8s.io', version: 'v1', kind: 'SubjectAccessReview' },
  },
);
export interface SubjectAccessReview extends TypeOf<typeof SubjectAccessReview> {}

export const subjectAccessReviews = defineResource({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  singular: 'subjectaccessreview',
  namespaced: false,
  verbs: ['create'],
  schema: SubjectAccessReview,
});
