import assert from 'node:assert/strict';
import { test } from 'node:test';
import { impersonator } from '#apiserver/authn/impersonation.ts';
import { makeUser, type User } from '#apiserver/authn/user.ts';
import type { Authorizer } from '#apiserver/authz/authorizer.ts';
import type { Exchange, HeaderValues } from '#lib/http/exchange.ts';

/** Allows what the list names: `verb group/resource name`, `*` for any name. */
function allowing(...allowed: string[]): Authorizer {
  return {
    authorize(_, { verb, group, resource, subresource, name, namespace }) {
      const full = subresource === '' ? resource : `${resource}/${subresource}`;
      const where = namespace === '' ? '' : ` in ${namespace}`;
      const may = [`${verb} ${group}/${full} ${name}${where}`, `${verb} ${group}/${full} *`].some(each =>
        allowed.includes(each),
      );
      return { decision: may ? 'allow' : 'no-opinion', reason: '' };
    },
  };
}

const sa = makeUser({ name: 'system:serviceaccount:a:default', groups: ['system:authenticated'] });
const target = '/api/v1/namespaces/a/configmaps';

function impersonate(authorizer: Authorizer, headers: HeaderValues, requestor: User = sa, path = target): User {
  return impersonator(authorizer)({ headers, method: 'GET', target: path } as Exchange, requestor);
}

const forbidden = (message: string) => ({ reason: 'Forbidden', message });
const who = 'User "system:serviceaccount:a:default" cannot';

test('without headers one is oneself; headers without a user are a mistake', () => {
  assert.equal(impersonate(allowing(), {}), sa);
  const mistakes: [HeaderValues, string][] = [
    [{ 'impersonate-group': 'devs' }, 'Name:"", UID:"", Groups:[]string{"devs"}, Extra:map[string][]string(nil)'],
    [{ 'impersonate-uid': 'u1' }, 'Name:"", UID:"u1", Groups:[]string(nil), Extra:map[string][]string(nil)'],
    [
      { 'impersonate-extra-scopes': 'x' },
      'Name:"", UID:"", Groups:[]string(nil), Extra:map[string][]string{"scopes":[]string{"x"}}',
    ],
  ];
  for (const [headers, shown] of mistakes) {
    const message = `requested &user.DefaultInfo{${shown}} without impersonating a user name`;
    assert.throws(() => impersonate(allowing(), headers), { reason: 'BadRequest', message });
  }
});

test('refusals are worded by the first mode made for the user', () => {
  const cases: [string, string][] = [
    ['joe', 'user-info'],
    ['system:serviceaccount:a:other', 'serviceaccount'],
    ['system:node:n', 'arbitrary-node'],
    ['system:anonymous', 'user-info'],
  ];
  for (const [name, mode] of cases) {
    const what = `${who} impersonate-on:${mode}:list resource "configmaps" in API group "" in the namespace "a"`;
    assert.throws(
      () => impersonate(allowing(), { 'impersonate-user': name }),
      forbidden(`configmaps is forbidden: ${what}`),
    );
  }
});

test('the old way: everything that is claimed must be granted, and its refusal shows once it worked', () => {
  const act = impersonator(allowing('impersonate /users joe'));
  const as = (headers: HeaderValues) =>
    act({ headers: { 'impersonate-user': 'joe', ...headers }, method: 'GET', target } as unknown as Exchange, sa);
  assert.deepEqual(as({}).groups, ['system:authenticated']);
  const scope = 'at the cluster scope';
  assert.throws(
    () => as({ 'impersonate-group': 'devs' }),
    forbidden(`groups "devs" is forbidden: ${who} impersonate resource "groups" in API group "" ${scope}`),
  );
  assert.throws(
    () => as({ 'impersonate-uid': 'u1' }),
    forbidden(
      `uids.authentication.k8s.io "u1" is forbidden: ${who} impersonate resource "uids" in API group "authentication.k8s.io" ${scope}`,
    ),
  );
  assert.throws(
    () => as({ 'impersonate-extra-scopes': 'view' }),
    forbidden(
      `userextras.authentication.k8s.io "view" is forbidden: ${who} impersonate resource "userextras/scopes" in API group "authentication.k8s.io" ${scope}`,
    ),
  );
});

test('a service account gets its groups, anonymous its own', () => {
  const all = allowing('impersonate /serviceaccounts x in b', 'impersonate /users *', 'impersonate /groups *');
  assert.deepEqual(impersonate(all, { 'impersonate-user': 'system:serviceaccount:b:x' }).groups, [
    'system:serviceaccounts',
    'system:serviceaccounts:b',
    'system:authenticated',
  ]);
  assert.deepEqual(impersonate(all, { 'impersonate-user': 'system:anonymous' }).groups, ['system:unauthenticated']);
  const joe = { 'impersonate-user': 'joe', 'impersonate-group': ['system:unauthenticated'] };
  assert.deepEqual(impersonate(all, joe).groups, ['system:unauthenticated']);
});

test('the constrained way needs both the user and the deed, and never gives system:masters', () => {
  const user = 'impersonate:user-info authentication.k8s.io/users joe';
  const deed = 'impersonate-on:user-info:list /configmaps *';
  const joe = { 'impersonate-user': 'joe' };
  assert.equal(impersonate(allowing(user, deed), joe).name, 'joe');
  assert.throws(() => impersonate(allowing(user), joe));
  assert.throws(() => impersonate(allowing(deed), joe));
  assert.throws(() => impersonate(allowing(user, deed), joe, sa, `${target}/x`), 'another deed');
  const masters = allowing(user, deed, 'impersonate:user-info authentication.k8s.io/groups *');
  assert.throws(
    () => impersonate(masters, { ...joe, 'impersonate-group': 'system:masters' }),
    /impersonating the system:masters group is not allowed/,
  );
});

test('an agent may act as the node it runs on, and no other', () => {
  const may = allowing(
    'impersonate:associated-node authentication.k8s.io/nodes *',
    'impersonate-on:associated-node:list /configmaps *',
  );
  const agent = makeUser({ ...sa, extra: { 'authentication.kubernetes.io/node-name': ['n'] } });
  assert.deepEqual(impersonate(may, { 'impersonate-user': 'system:node:n' }, agent).groups, [
    'system:nodes',
    'system:authenticated',
  ]);
  assert.throws(() => impersonate(may, { 'impersonate-user': 'system:node:m' }, agent));
  assert.throws(() => impersonate(may, { 'impersonate-user': 'system:node:n' }, sa));
});
