/** "Whose token is this?" and "who am I?". */

import type { TokenReviewStatus } from '#api/authentication/token-review.ts';
import type { TokenAuthenticator } from '#apiserver/authn/bearer.ts';
import { authenticated, type User, userInfo } from '#apiserver/authn/user.ts';
import { rfc3339 } from '#lib/clock.ts';
import { badRequestError } from '#machinery/api-error.ts';
import type { AnyJson } from '#machinery/schema.ts';

export function tokenReview(review: AnyJson, tokens: TokenAuthenticator): AnyJson {
  const { token = '', audiences = [] } = review.spec ?? {};
  if (token === '') throw badRequestError('token is required for TokenReview in authentication');
  const verdict = tokens.verify(token, audiences);
  const status: TokenReviewStatus =
    verdict.user === undefined
      ? { user: {}, error: verdict.error }
      : { authenticated: true, user: userInfo(authenticated(verdict.user)), audiences: [...verdict.audiences] };
  return { ...review, status };
}

export function selfSubjectReview(review: AnyJson, user: User, nowMs: number): AnyJson {
  const { kind, apiVersion } = review;
  return {
    kind,
    apiVersion,
    metadata: { creationTimestamp: rfc3339(nowMs) },
    status: { userInfo: userInfo(user) },
  };
}
