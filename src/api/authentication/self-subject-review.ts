import { UserInfo } from '#api/authentication/user-info.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, string, struct } from '#machinery/schema.ts';

export const SelfSubjectReviewStatus = struct(
  'io.k8s.api.authentication.v1.SelfSubjectReviewStatus',
  {
    userInfo: always(1, UserInfo, { doc: 'Your user.' }),
  },
  { doc: 'Who you are.' },
);
export interface SelfSubjectReviewStatus extends TypeOf<typeof SelfSubjectReviewStatus> {}

export const SelfSubjectReview = struct(
  'io.k8s.api.authentication.v1.SelfSubjectReview',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    status: always(2, SelfSubjectReviewStatus),
  },
  {
    doc: 'Asks the server who you are.',
    gvk: { group: 'authentication.k8s.io', version: 'v1', kind: 'SelfSubjectReview' },
  },
);
export interface SelfSubjectReview extends TypeOf<typeof SelfSubjectReview> {}

export const selfSubjectReviews = defineResource({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  singular: 'selfsubjectreview',
  namespaced: false,
  verbs: ['create'],
  schema: SelfSubjectReview,
});
