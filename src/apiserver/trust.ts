/**
 * Whom the server believes and what it lets them do, put together from the caches: authentication, authorization,
 * admission, tokens and reviews.
 */

import type { KeyObject } from 'node:crypto';
import { nodes } from '#api/core/node.ts';
import { persistentVolumes } from '#api/core/persistent-volume.ts';
import { pods } from '#api/core/pod.ts';
import { secrets } from '#api/core/secret.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import { clusterRoles } from '#api/rbac/cluster-role.ts';
import { clusterRoleBindings } from '#api/rbac/cluster-role-binding.ts';
import { roles } from '#api/rbac/role.ts';
import { roleBindings } from '#api/rbac/role-binding.ts';
import { resourceSlices } from '#api/resource/resource-slice.ts';
import { volumeAttachments } from '#api/storage/volume-attachment.ts';
import type { Admission } from '#apiserver/admission/admission.ts';
import { type AdmissionDeps, admissionResources, builtInAdmission } from '#apiserver/admission/all.ts';
import type { Authenticator } from '#apiserver/authn/authenticator.ts';
import { bearerAuthenticator, type TokenAuthenticator, unionTokens } from '#apiserver/authn/bearer.ts';
import { bootstrapTokens } from '#apiserver/authn/bootstrap-tokens.ts';
import { clientCertificateAuthenticator } from '#apiserver/authn/client-certificate.ts';
import { frontProxyAuthenticator } from '#apiserver/authn/front-proxy.ts';
import { impersonator } from '#apiserver/authn/impersonation.ts';
import { ServiceAccountTokens, type TokenLookups } from '#apiserver/authn/service-account-tokens.ts';
import { unionAuthenticator } from '#apiserver/authn/union.ts';
import type { User } from '#apiserver/authn/user.ts';
import type { Authorizer } from '#apiserver/authz/authorizer.ts';
import { unionAuthorizer } from '#apiserver/authz/authorizer.ts';
import { nodeAuthorizer } from '#apiserver/authz/node/node-authorizer.ts';
import { NodeGraph } from '#apiserver/authz/node/node-graph.ts';
import { Bindings } from '#apiserver/authz/rbac/bindings.ts';
import { rbacAuthorizer } from '#apiserver/authz/rbac/rbac-authorizer.ts';
import type { Exchange } from '#lib/http/exchange.ts';
import type { Resource } from '#machinery/resource.ts';

export interface TrustOptions extends Pick<AdmissionDeps, 'objects' | 'clock' | 'random'> {
  readonly issuer: string;
  /** The CA whose certificates name users, in DER. */
  readonly clientAuthority: Uint8Array;
  readonly frontProxyAuthority: Uint8Array;
  /** The first signs tokens of service accounts; all verify. */
  readonly serviceAccountKeys: readonly KeyObject[];
}

export interface Trust {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly impersonate: (exchange: Exchange, user: User) => User;
  readonly admission: readonly Admission[];
  readonly bindings: Bindings;
  /** Of service accounts: what issues them. */
  readonly serviceAccountTokens: ServiceAccountTokens;
  /** Of every kind: what TokenReview asks. */
  readonly tokens: TokenAuthenticator;
  readonly lookups: TokenLookups;
}

/** Whose caches must be full before the first request is answered. */
export const trustResources: readonly Resource[] = [
  ...new Set<Resource>([
    ...admissionResources,
    secrets,
    roles,
    roleBindings,
    clusterRoles,
    clusterRoleBindings,
    volumeAttachments,
    resourceSlices,
  ]),
];

export function makeTrust(options: TrustOptions): Trust {
  const { objects, clock, random, issuer } = options;
  const audiences = [issuer];
  const bindings = new Bindings({
    roles: objects(roles),
    roleBindings: objects(roleBindings),
    clusterRoles: objects(clusterRoles),
    clusterRoleBindings: objects(clusterRoleBindings),
  });
  const graph = new NodeGraph({
    pods: objects(pods),
    persistentVolumes: objects(persistentVolumes),
    volumeAttachments: objects(volumeAttachments),
    resourceSlices: objects(resourceSlices),
  });
  const authorizer = unionAuthorizer([nodeAuthorizer(graph), rbacAuthorizer(bindings)]);
  const lookups: TokenLookups = {
    serviceAccounts: objects(serviceAccounts),
    pods: objects(pods),
    secrets: objects(secrets),
    nodes: objects(nodes),
  };
  const keys = options.serviceAccountKeys;
  const serviceAccountTokens = new ServiceAccountTokens({ issuer, audiences, keys, lookups, clock, random });
  const tokens = unionTokens([serviceAccountTokens, bootstrapTokens({ secrets: lookups.secrets, audiences, clock })]);
  const authenticator = unionAuthenticator([
    frontProxyAuthenticator({ authority: options.frontProxyAuthority, allowedNames: ['front-proxy-client'], clock }),
    clientCertificateAuthenticator(options.clientAuthority, clock),
    bearerAuthenticator(tokens),
  ]);
  return {
    authenticator,
    authorizer,
    impersonate: impersonator(authorizer),
    admission: builtInAdmission({ objects, authorizer, bindings, clock, random }),
    bindings,
    serviceAccountTokens,
    tokens,
    lookups,
  };
}
