import { UserInfo } from '#api/authentication/user-info.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, list, string, struct } from '#machinery/schema.ts';

export const TokenReviewSpec = struct('io.k8s.api.authentication.v1.TokenReviewSpec', {
  token: always(1, string, { required: true }),
  audiences: field(2, list(string)),
});
export interface TokenReviewSpec extends TypeOf<typeof TokenReviewSpec> {}

export const TokenReviewStatus = struct('io.k8s.api.authentication.v1.TokenReviewStatus', {
  authenticated: field(1, boolean),
  user: always(2, UserInfo),
  error: field(3, string),
  audiences: field(4, list(string)),
});
export interface TokenReviewStatus extends TypeOf<typeof TokenReviewStatus> {}

export const TokenReview = struct(
  'io.k8s.api.authentication.v1.TokenReview',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, TokenReviewSpec, { required: true }),
    status: always(3, TokenReviewStatus),
  },
  { gvk: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenReview' } },
);
export interface TokenReview extends TypeOf<typeof TokenReview> {}

export const tokenReviews = defineResource({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  singular: 'tokenreview',
  namespaced: false,
  verbs: ['create'],
  schema: TokenReview,
});
