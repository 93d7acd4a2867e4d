/** The kinds that are asked and never stored (reviews), and the tokens of service accounts: how they are answered. */

import { TokenRequest } from '#api/authentication/token-request.ts';
import type { ServiceAccount } from '#api/core/service-account.ts';
import type { TokenAuthenticator } from '#apiserver/authn/bearer.ts';
import { decodeAs, decodeBody } from '#apiserver/body.ts';
import { negotiate } from '#apiserver/negotiate.ts';
import { send } from '#apiserver/reply.ts';
import type { ResourceHandler, ResourceRequest, VerbHandlers } from '#apiserver/request.ts';
import { selfSubjectReview, tokenReview } from '#apiserver/resources/authentication/reviews.ts';
import {
  issueToken,
  prepareTokenRequest,
  type TokenRequestDeps,
} from '#apiserver/resources/authentication/token-request.ts';
import {
  type AccessReviewDeps,
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
} from '#apiserver/resources/authorization/access-review.ts';
import { admissionRequest } from '#apiserver/verbs/admit.ts';
import { trackWrite } from '#apiserver/verbs/managed-fields.ts';
import { agreeOnNamespace } from '#apiserver/verbs/metadata.ts';
import { managerName, type WriteOptions, writeOptions } from '#apiserver/verbs/options.ts';
import { trackUpdate } from '#machinery/apply/track.ts';
import { canonical } from '#machinery/codec/decode.ts';
import type { AnyJson } from '#machinery/schema.ts';

type Answer = (review: AnyJson, request: ResourceRequest) => AnyJson;

export interface ReviewDeps extends AccessReviewDeps {
  readonly tokens: TokenAuthenticator;
}

/** Reviews have no table and no other form. */
const plain = { transformations: [] } as const;

/** By qualified name. */
export function reviewHandlers(deps: ReviewDeps): Readonly<Record<string, VerbHandlers>> {
  const authorization = (plural: string) => `${plural}.authorization.k8s.io`;
  const authentication = (plural: string) => `${plural}.authentication.k8s.io`;
  return {
    [authorization('subjectaccessreviews')]: reviewing(review => subjectAccessReview(review, deps)),
    [authorization('localsubjectaccessreviews')]: reviewing(review => localSubjectAccessReview(review, deps)),
    [authorization('selfsubjectaccessreviews')]: reviewing((review, { user }) =>
      selfSubjectAccessReview(review, user, deps),
    ),
    [authorization('selfsubjectrulesreviews')]: reviewing((review, { user }) =>
      selfSubjectRulesReview(review, user, deps),
    ),
    [authentication('tokenreviews')]: reviewing(review => tokenReview(review, deps.tokens)),
    [authentication('selfsubjectreviews')]: reviewing((review, { user, server }) =>
      selfSubjectReview(review, user, server.clock.nowMs()),
    ),
  };
}

function reviewing(answer: Answer): VerbHandlers {
  return {
    async create(request) {
      const options = writeOptions(request.query, 'CreateOptions');
      const given = await decodeBody(request, options.fieldValidation);
      agreeOnNamespace(request, given);
      const review = trackWrite(request, undefined, given, options, '');
      await admit(request, review, options);
      const { schema } = request.served.resource;
      send(
        request,
        201,
        canonical(schema, answer(review, request)),
        schema,
        negotiate(request.exchange.headers, plain).media,
      );
    },
  };
}

async function admit(request: ResourceRequest, object: AnyJson, { dryRun }: WriteOptions): Promise<void> {
  const asked = admissionRequest(request, 'CREATE', object, undefined, dryRun);
  await request.server.admission.mutate(asked);
  await request.server.admission.validate(asked);
}

const tokenKind = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };

/** POST serviceaccounts/NAME/token. */
export function tokenHandler(deps: TokenRequestDeps): ResourceHandler {
  return async request => {
    const { info, server, exchange } = request;
    const options = writeOptions(request.query, 'CreateOptions');
    const expected = { schema: TokenRequest, gvk: tokenKind, isKnown: server.knowsKind };
    const given = await decodeAs(request, expected, options.fieldValidation);
    // Left out is as good as right; the answer says it in any case.
    if (given.metadata?.namespace) agreeOnNamespace(request, given);
    given.spec ??= {};
    given.spec.expirationSeconds ??= 3600;
    const asked = withManagedFields(request, given, options);
    // What a node may ask for depends on what it said itself, before anything is filled in.
    const admission = admissionRequest(request, 'CREATE', asked, undefined, options.dryRun);
    await server.admission.mutate(admission);
    const account: ServiceAccount = prepareTokenRequest(asked, info.namespace, info.name, deps);
    const token = issueToken(asked, account, deps);
    send(request, 201, token, TokenRequest, negotiate(exchange.headers, plain).media);
  };
}

function withManagedFields(request: ResourceRequest, next: AnyJson, options: WriteOptions): AnyJson {
  const { server, exchange } = request;
  const managedFields = trackUpdate({
    schema: TokenRequest,
    live: undefined,
    next,
    manager: managerName(options, String(exchange.headers['user-agent'] ?? '')),
    operation: 'Update',
    apiVersion: 'authentication.k8s.io/v1',
    subresource: 'token',
    nowMs: server.clock.nowMs(),
  });
  return { ...next, metadata: { ...next.metadata, ...(managedFields?.length && { managedFields }) } };
}
