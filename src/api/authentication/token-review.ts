import { UserInfo } from '#api/authentication/user-info.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, list, string, struct } from '#machinery/schema.ts';

export const TokenReviewSpec = struct(
  'io.k8s.api.authentication.v1.TokenReviewSpec',
  {
    token: always(1, string, { required: true, doc: 'The token itself.' }),
    audiences: field(2, list(string), { doc: 'Who is asking. The API server if empty.' }),
  },
  { doc: 'The token to look at.' },
);
export interface TokenReviewSpec extends TypeOf<typeof TokenReviewSpec> {}

export const TokenReviewStatus = struct(
  'io.k8s.api.authentication.v1.TokenReviewStatus',
  {
    authenticated: field(1, boolean, { doc: 'Whether it is a token of a known user.' }),
    user: always(2, UserInfo, { doc: 'The user.' }),
    error: field(3, string, { doc: 'Why it could not be checked.' }),
    audiences: field(4, list(string), { doc: 'Those of the asked audiences that it is for.' }),
  },
  { doc: 'What the token is worth.' },
);
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
  { doc: 'Asks whose token it is.', gvk: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenReview' } },
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
