import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { Node } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Secret } from '#api/core/secret.ts';
import type { ServiceAccount } from '#api/core/service-account.ts';
import type { ClusterRole } from '#api/rbac/cluster-role.ts';
import type { ClusterRoleBinding } from '#api/rbac/cluster-role-binding.ts';
import type { Role } from '#api/rbac/role.ts';
import type { RoleBinding } from '#api/rbac/role-binding.ts';
import { unionTokens } from '#apiserver/authn/bearer.ts';
import { ServiceAccountTokens } from '#apiserver/authn/service-account-tokens.ts';
import { makeUser } from '#apiserver/authn/user.ts';
import { unionAuthorizer } from '#apiserver/authz/authorizer.ts';
import { clusterRoleBindings } from '#apiserver/authz/bootstrap/cluster-role-bindings.ts';
import { userRoles } from '#apiserver/authz/bootstrap/cluster-roles.ts';
import { role, roleBinding, rule } from '#apiserver/authz/bootstrap/rules.ts';
import { Bindings } from '#apiserver/authz/rbac/bindings.ts';
import { rbacAuthorizer } from '#apiserver/authz/rbac/rbac-authorizer.ts';
import { selfSubjectReview, tokenReview } from '#apiserver/resources/authentication/reviews.ts';
import { issueToken, prepareTokenRequest } from '#apiserver/resources/authentication/token-request.ts';
import {
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
} from '#apiserver/resources/authorization/access-review.ts';
import type { Clock } from '#lib/clock.ts';
import { systemRandom } from '#lib/random.ts';
import { memoryObjects } from '#testing/objects.ts';

const bindings = new Bindings({
  roles: memoryObjects<Role>(role('a', 'r', rule('get list', 'core', 'pods pods/log'))),
  roleBindings: memoryObjects<RoleBinding>(roleBinding('a', 'b', 'r', 'User:jane')),
  clusterRoles: memoryObjects<ClusterRole>(...userRoles),
  clusterRoleBindings: memoryObjects<ClusterRoleBinding>(...clusterRoleBindings),
});
const deps = { bindings, authorizer: unionAuthorizer([rbacAuthorizer(bindings)]) };
const jane = makeUser({ name: 'jane', groups: ['system:authenticated'] });
const resourceAttributes = { namespace: 'a', verb: 'get', resource: 'pods' };

test('access reviews answer as the authorizers do', () => {
  const about = (spec: object) => subjectAccessReview({ spec }, deps).status;
  const reason = 'RBAC: allowed by RoleBinding "b/a" of Role "r" to User "jane"';
  assert.deepEqual(about({ user: 'jane', resourceAttributes }), { allowed: true, reason });
  assert.deepEqual(about({ user: 'joe', resourceAttributes }), { allowed: false });
  assert.deepEqual(about({ groups: ['system:masters'], resourceAttributes }), { allowed: true });
  const path = { nonResourceAttributes: { path: '/healthz', verb: 'get' } };
  assert.deepEqual(selfSubjectAccessReview({ spec: path }, jane, deps).status, {
    allowed: true,
    reason:
      'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
  });
});

test('what is wrong with a review is said as recorded', () => {
  const fails = (review: () => unknown, message: string) => assert.throws(review, { reason: 'Invalid', message });
  fails(
    () => selfSubjectAccessReview({ spec: {} }, jane, deps),
    '.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
  );
  fails(
    () => subjectAccessReview({ spec: { resourceAttributes } }, deps),
    '.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified',
  );
  const local = (spec: object) => () =>
    localSubjectAccessReview({ metadata: { namespace: 'a' }, spec: { user: 'x', ...spec } }, deps);
  fails(
    local({ resourceAttributes: { ...resourceAttributes, namespace: 'other' } }),
    '.authorization.k8s.io "" is invalid: spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace',
  );
  fails(
    local({ nonResourceAttributes: { path: '/x', verb: 'get' } }),
    '.authorization.k8s.io "" is invalid: spec.nonResourceAttributes: Invalid value: {"Path":"/x","Verb":"get"}: disallowed on this kind of request',
  );
});

test('the rules of oneself', () => {
  const { status, spec, metadata } = selfSubjectRulesReview({ spec: { namespace: 'a' } }, jane, deps);
  assert.deepEqual([spec, metadata, status.incomplete], [{}, {}, false]);
  assert.deepEqual(status.resourceRules.map((each: { resources: string[] }) => each.resources.join()).sort(), [
    'pods,pods/log',
    'selfsubjectaccessreviews,selfsubjectrulesreviews',
    'selfsubjectreviews',
  ]);
  assert.equal(status.nonResourceRules.length, 2);
  assert.throws(() => selfSubjectRulesReview({ spec: {} }, jane, deps), {
    reason: 'BadRequest',
    message: 'no namespace on request',
  });
  const node = makeUser({ name: 'system:node:n', groups: ['system:nodes'] });
  assert.equal(selfSubjectRulesReview({ spec: { namespace: 'a' } }, node, deps).status.incomplete, true);
});

test('who one is', () => {
  const user = makeUser({ name: 'joe', groups: ['devs'], extra: { 'example.com/project': ['a'] } });
  assert.deepEqual(selfSubjectReview({ kind: 'SelfSubjectReview' }, user, 0).status, {
    userInfo: { username: 'joe', groups: ['devs'], extra: { 'example.com/project': ['a'] } },
  });
});

const issuer = 'https://issuer';

function tokenWorld() {
  const lookups = {
    serviceAccounts: memoryObjects<ServiceAccount>({ metadata: { namespace: 'a', name: 'default', uid: 'sa-1' } }),
    pods: memoryObjects<Pod>(
      {
        metadata: { namespace: 'a', name: 'p', uid: 'pod-1' },
        spec: { serviceAccountName: 'default', nodeName: 'n' },
      } as Pod,
      { metadata: { namespace: 'a', name: 'q', uid: 'pod-2' }, spec: { serviceAccountName: 'other' } } as Pod,
    ),
    secrets: memoryObjects<Secret>(),
    nodes: memoryObjects<Node>({ metadata: { name: 'n', uid: 'node-1' } }),
  };
  const keys = [generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey];
  const clock = { nowMs: () => Date.UTC(2026, 10, 21) } as Clock;
  const tokens = new ServiceAccountTokens({ issuer, audiences: [issuer], keys, lookups, clock, random: systemRandom });
  const request = (spec: object, name = 'default', metadata = {}) => {
    const asked = { metadata, spec: { ...spec } };
    return issueToken(asked, prepareTokenRequest(asked, 'a', name, { tokens, lookups }), { tokens, lookups });
  };
  const claims = (answer: { status: { token: string } }) =>
    JSON.parse(Buffer.from(answer.status.token.split('.')[1]!, 'base64url').toString());
  return { tokens, lookups, request, claims };
}

test('a token request is answered with what was decided', () => {
  const { request, claims } = tokenWorld();
  const answer = request({});
  assert.deepEqual(answer.spec, { audiences: [issuer], expirationSeconds: 3600, boundObjectRef: null });
  assert.deepEqual(answer.metadata, {
    name: 'default',
    namespace: 'a',
    uid: 'sa-1',
    creationTimestamp: '2026-11-21T00:00:00Z',
  });
  assert.equal(answer.status.expirationTimestamp, '2026-11-21T01:00:00Z');
  assert.equal(claims(answer)['kubernetes.io'].pod, undefined);
});

test('only the token of a projected volume lives longer than it says', () => {
  const { request, claims } = tokenWorld();
  const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'p' };
  const life = (answer: { status: { token: string } }) => claims(answer).exp - claims(answer).iat;
  const projected = request({ expirationSeconds: 3607, boundObjectRef });
  assert.equal(life(projected), 365 * 24 * 3600);
  assert.equal(claims(projected)['kubernetes.io'].warnafter - claims(projected).iat, 3607);
  assert.deepEqual(claims(projected)['kubernetes.io'].node, { name: 'n', uid: 'node-1' });
  assert.equal(projected.status.expirationTimestamp, '2026-11-21T01:00:07Z');
  assert.equal(life(request({ expirationSeconds: 3607 })), 3607);
  assert.equal(life(request({ expirationSeconds: 3607, boundObjectRef, audiences: ['vault'] })), 3607);
  assert.equal(life(request({ expirationSeconds: 3600, boundObjectRef })), 3600);
});

test('mistakes in token requests', () => {
  const { request } = tokenWorld();
  const bound = (ref: object) => ({ boundObjectRef: { apiVersion: 'v1', ...ref } });
  const cases: [() => unknown, string][] = [
    [
      () => request({ expirationSeconds: 10 }),
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes',
    ],
    [
      () => request({ expirationSeconds: 8589934592 }),
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 8589934592: may not specify a duration larger than 2^32 seconds',
    ],
    [
      () => request({}, 'default', { name: 'x' }),
      'TokenRequest.authentication.k8s.io "default" is invalid: metadata.name: Invalid value: "x": must match the service account name if specified',
    ],
    [() => request({}, 'none'), 'serviceaccounts "none" not found'],
    [() => request(bound({ kind: 'Pod', name: 'none' })), 'pods "none" not found'],
    [() => request(bound({ kind: 'ConfigMap', name: 'x' })), 'cannot bind token to object of type /v1, Kind=ConfigMap'],
    [
      () => request(bound({ kind: 'Pod', name: 'q' })),
      'cannot bind token for serviceaccount "default" to pod running with different serviceaccount name.',
    ],
    [
      () => request(bound({ kind: 'Pod', name: 'p', uid: '0' })),
      'Operation cannot be fulfilled on Pod "p": the UID in the bound object reference (0) does not match the UID in record. The object might have been deleted and then recreated',
    ],
  ];
  for (const [ask, message] of cases) assert.throws(ask, { message });
});

test('token reviews', () => {
  const { tokens, request } = tokenWorld();
  const { token } = request({ audiences: ['a', 'b'] }).status;
  const review = (spec: object) => tokenReview({ spec }, unionTokens([tokens])).status;
  const good = review({ token, audiences: ['b', 'c'] });
  assert.deepEqual(
    [good.authenticated, good.audiences, good.user.groups.at(-1)],
    [true, ['b'], 'system:authenticated'],
  );
  assert.deepEqual(review({ token }), {
    user: {},
    error: `[invalid bearer token, token audiences ["a" "b"] is invalid for the target audiences ["${issuer}"]]`,
  });
  assert.deepEqual(review({ token: 'nonsense' }), { user: {}, error: 'invalid bearer token' });
  assert.throws(() => review({ token: '' }), { message: 'token is required for TokenReview in authentication' });
});
