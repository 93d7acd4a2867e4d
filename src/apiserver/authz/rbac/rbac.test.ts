import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterRole } from '#api/rbac/cluster-role.ts';
import type { ClusterRoleBinding } from '#api/rbac/cluster-role-binding.ts';
import type { Role } from '#api/rbac/role.ts';
import type { RoleBinding } from '#api/rbac/role-binding.ts';
import type { AdmissionRequest } from '#apiserver/admission/admission.ts';
import type { User } from '#apiserver/authn/user.ts';
import { makeUser } from '#apiserver/authn/user.ts';
import type { Access } from '#apiserver/authz/authorizer.ts';
import { resourceAccess, unionAuthorizer } from '#apiserver/authz/authorizer.ts';
import { clusterRole, clusterRoleBinding, paths, role, roleBinding, rule } from '#apiserver/authz/bootstrap/rules.ts';
import { accessForbidden } from '#apiserver/authz/forbidden.ts';
import { Bindings } from '#apiserver/authz/rbac/bindings.ts';
import { rbacEscalation } from '#apiserver/authz/rbac/escalation.ts';
import { rbacAuthorizer, rulesFor } from '#apiserver/authz/rbac/rbac-authorizer.ts';
import { memoryObjects } from '#testing/objects.ts';

const group = 'rbac.authorization.k8s.io';
const jane = makeUser({ name: 'jane', groups: ['devs', 'system:authenticated'] });

function world() {
  const objects = {
    roles: memoryObjects<Role>(),
    roleBindings: memoryObjects<RoleBinding>(),
    clusterRoles: memoryObjects<ClusterRole>(),
    clusterRoleBindings: memoryObjects<ClusterRoleBinding>(),
  };
  const bindings = new Bindings(objects);
  const authorizer = unionAuthorizer([rbacAuthorizer(bindings)]);
  const escalation = rbacEscalation(bindings, authorizer);
  const may = (user: User, parts: Partial<Access>) =>
    authorizer.authorize(user, resourceAccess(parts)).decision === 'allow';
  return { ...objects, bindings, authorizer, escalation, may };
}

test('nothing is allowed until a binding says so, and no longer than it does', () => {
  const { roles, roleBindings, may } = world();
  const get = { verb: 'get', resource: 'configmaps', namespace: 'a', name: 'x' };
  assert.ok(!may(jane, get));
  roles.put(role('a', 'r', rule('get', 'core', 'configmaps')));
  assert.ok(!may(jane, get));
  roleBindings.put(roleBinding('a', 'b', 'r', 'User:jane'));
  assert.ok(may(jane, get));
  assert.ok(!may(jane, { ...get, namespace: 'b' }));
  assert.ok(!may(jane, { ...get, namespace: '' }));
  assert.ok(!may(jane, { ...get, verb: 'list' }));
  assert.ok(!may(jane, { ...get, group: 'apps' }));
  assert.ok(!may(jane, { ...get, subresource: 'status' }));
  assert.ok(!may(makeUser({ name: 'Jane' }), get));
  roles.put(role('a', 'r', rule('list', 'core', 'configmaps')));
  assert.ok(!may(jane, get));
  roles.put(role('a', 'r', rule('get', 'core', 'configmaps')));
  roleBindings.put(roleBinding('a', 'b', 'r', 'User:joe'));
  assert.ok(!may(jane, get));
  assert.ok(may(makeUser({ name: 'joe' }), get));
  roleBindings.remove('a', 'b');
  assert.ok(!may(makeUser({ name: 'joe' }), get));
});

test('wildcards, sub-resources and names', () => {
  const { clusterRoles, clusterRoleBindings, may } = world();
  const give = (...rules: ReturnType<typeof rule>[]) => clusterRoles.put(clusterRole('r', ...rules));
  clusterRoleBindings.put(clusterRoleBinding('b', 'r', 'Group:devs'));
  give(rule('get', 'core', 'pods/log'));
  assert.ok(may(jane, { verb: 'get', resource: 'pods', subresource: 'log', namespace: 'a', name: 'p' }));
  assert.ok(!may(jane, { verb: 'get', resource: 'pods', namespace: 'a', name: 'p' }));
  give(rule('get', '*', '*/scale'));
  assert.ok(may(jane, { verb: 'get', group: 'apps', resource: 'deployments', subresource: 'scale' }));
  assert.ok(!may(jane, { verb: 'get', group: 'apps', resource: 'deployments' }));
  give(rule('*', 'core', '*'));
  assert.ok(may(jane, { verb: 'impersonate', resource: 'users', name: 'x' }));
  assert.ok(may(jane, { verb: 'create', resource: 'pods', subresource: 'exec' }));
  give(rule('get', 'core', 'secrets', 'one'));
  assert.ok(may(jane, { verb: 'get', resource: 'secrets', name: 'one' }));
  assert.ok(!may(jane, { verb: 'get', resource: 'secrets', name: 'two' }));
  assert.ok(!may(jane, { verb: 'get', resource: 'secrets', name: '' }));
  // A resource called like a path, or a rule for paths, gives nothing on the other side.
  give(paths('get', '*'));
  assert.ok(!may(jane, { verb: 'get', resource: 'secrets', name: 'one' }));
});

test('paths', () => {
  const { clusterRoles, clusterRoleBindings, authorizer } = world();
  clusterRoleBindings.put(clusterRoleBinding('b', 'r', 'User:jane'));
  clusterRoles.put(clusterRole('r', paths('get', '/healthz /api/*')));
  const may = (path: string, verb = 'get') =>
    authorizer.authorize(jane, { ...resourceAccess({ verb }), isResource: false, path }).decision === 'allow';
  assert.ok(may('/healthz') && may('/api/v1') && may('/api/'));
  assert.ok(!may('/api') && !may('/healthz/ping') && !may('/apis') && !may('/healthz', 'post'));
});

test('reasons name the binding, and missing roles show in the refusal', () => {
  const { roles, roleBindings, clusterRoleBindings, clusterRoles, authorizer } = world();
  clusterRoles.put(clusterRole('y', rule('get', 'core', 'nodes')));
  clusterRoleBindings.put(clusterRoleBinding('x', 'y', 'Group:devs'));
  const nodes = resourceAccess({ verb: 'get', resource: 'nodes', name: 'n' });
  assert.equal(
    authorizer.authorize(jane, nodes).reason,
    'RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to Group "devs"',
  );
  const account = makeUser({ name: 'system:serviceaccount:a:sa' });
  roles.put(role('a', 'r', rule('get', 'core', 'pods')));
  roleBindings.put({ ...roleBinding('a', 'b', 'r'), subjects: [{ kind: 'ServiceAccount', name: 'sa' }] });
  assert.equal(
    authorizer.authorize(account, resourceAccess({ verb: 'get', resource: 'pods', namespace: 'a' })).reason,
    'RBAC: allowed by RoleBinding "b/a" of Role "r" to ServiceAccount "sa/a"',
  );
  clusterRoles.remove('', 'y');
  const refusal = authorizer.authorize(jane, nodes);
  assert.equal(
    accessForbidden(jane, nodes, refusal.reason).message,
    'nodes "n" is forbidden: User "jane" cannot get resource "nodes" in API group "" at the cluster scope: ' +
      'RBAC: clusterrole.rbac.authorization.k8s.io "y" not found',
  );
});

test('refusals read as recorded', () => {
  const message = (parts: Partial<Access>) => accessForbidden(jane, resourceAccess(parts), '').status;
  assert.deepEqual(
    message({ verb: 'get', group: 'apps', resource: 'deployments', subresource: 'scale', namespace: 'a', name: 'd' }),
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'deployments.apps "d" is forbidden: User "jane" cannot get resource "deployments/scale" in API group "apps" in the namespace "a"',
      reason: 'Forbidden',
      details: { name: 'd', group: 'apps', kind: 'deployments' },
      code: 403,
    },
  );
  const path = { ...resourceAccess({ verb: 'get' }), isResource: false, path: '/metrics' };
  assert.equal(accessForbidden(jane, path, '').message, 'forbidden: User "jane" cannot get path "/metrics"');
  assert.deepEqual(accessForbidden(jane, path, '').details, {});
});

test('masters may do everything without any binding', () => {
  const { may } = world();
  assert.ok(may(makeUser({ name: 'x', groups: ['system:masters'] }), { verb: 'delete', resource: 'nodes' }));
  assert.ok(!may(makeUser({ name: 'system:masters' }), { verb: 'delete', resource: 'nodes' }));
});

function write(
  resource: string,
  object: Role | RoleBinding | ClusterRole,
  more: Partial<AdmissionRequest> = {},
): AdmissionRequest {
  return {
    operation: 'CREATE',
    group,
    version: 'v1',
    resource,
    subresource: '',
    kind: object.kind!,
    namespace: object.metadata?.namespace ?? '',
    name: object.metadata?.name ?? '',
    object,
    old: undefined,
    user: jane,
    dryRun: false,
    warn: () => {},
    ...more,
  };
}

test('nobody grants more than he holds', () => {
  const { roles, roleBindings, clusterRoles, escalation } = world();
  roles.put(role('a', 'r', rule('get list', 'core', 'configmaps')));
  roleBindings.put(roleBinding('a', 'b', 'r', 'User:jane'));
  clusterRoles.put(clusterRole('cluster-admin', rule('*', '*', '*'), paths('*', '*')));
  const refused = (request: AdmissionRequest, ...lines: string[]) =>
    assert.throws(() => escalation.validate?.(request), {
      reason: 'Forbidden',
      message:
        `${request.resource}.${group} "${request.name}" is forbidden: user "jane" (groups=["devs" "system:authenticated"]) ` +
        `is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`,
    });
  escalation.validate?.(write('roles', role('a', 'same', rule('get', 'core', 'configmaps'))));
  refused(
    write('roles', role('a', 'more', rule('get delete', 'core', 'configmaps'))),
    '{APIGroups:[""], Resources:["configmaps"], Verbs:["delete"]}',
  );
  refused(
    write('roles', role('b', 'elsewhere', rule('get', 'core', 'configmaps'))),
    '{APIGroups:[""], Resources:["configmaps"], Verbs:["get"]}',
  );
  refused(
    write(
      'roles',
      role('a', 'many', rule('get create', 'core', 'pods secrets'), rule('list', 'apps', 'deployments', 'x')),
    ),
    '{APIGroups:[""], Resources:["pods"], Verbs:["get" "create"]}',
    '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "create"]}',
    '{APIGroups:["apps"], Resources:["deployments"], ResourceNames:["x"], Verbs:["list"]}',
  );
  const admin = {
    ...roleBinding('a', 'z', 'x', 'User:jane'),
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' },
  };
  refused(
    write('rolebindings', admin),
    '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}',
    '{NonResourceURLs:["*"], Verbs:["*"]}',
  );
  escalation.validate?.(write('rolebindings', admin, { user: makeUser({ name: 'root', groups: ['system:masters'] }) }));
  assert.throws(() => escalation.validate?.(write('rolebindings', roleBinding('a', 'z', 'gone', 'User:jane'))), {
    reason: 'NotFound',
    message: 'role.rbac.authorization.k8s.io "gone" not found',
  });
});

test('the verbs bind and escalate lift it, for what they name', () => {
  const { roles, roleBindings, escalation } = world();
  roles.put(role('a', 'r', rule('bind', group, 'roles', 'strong'), rule('escalate', group, 'roles', 'mine')));
  roles.put(role('a', 'strong', rule('delete', 'core', 'secrets')));
  roles.put(role('a', 'stronger', rule('*', 'core', '*')));
  roleBindings.put(roleBinding('a', 'b', 'r', 'User:jane'));
  escalation.validate?.(write('rolebindings', roleBinding('a', 'x', 'strong', 'User:jane')));
  assert.throws(() => escalation.validate?.(write('rolebindings', roleBinding('a', 'x', 'stronger', 'User:jane'))));
  const wild = role('a', 'mine', rule('*', '*', '*'));
  assert.throws(() => escalation.validate?.(write('roles', wild)), 'a name in escalate does not reach a create');
  escalation.validate?.(write('roles', wild, { operation: 'UPDATE', old: role('a', 'mine') }));
});

test('an aggregation rule needs everything', () => {
  const { clusterRoles, clusterRoleBindings, escalation } = world();
  const aggregating = { ...clusterRole('agg'), aggregationRule: { clusterRoleSelectors: [{}] } };
  assert.throws(() => escalation.validate?.(write('clusterroles', aggregating)), /must have cluster-admin privileges/);
  clusterRoles.put(clusterRole('all', rule('*', '*', '*'), paths('*', '*')));
  clusterRoleBindings.put(clusterRoleBinding('all', 'all', 'User:jane'));
  escalation.validate?.(write('clusterroles', aggregating));
});

test('an update that only touches owner references or finalizers passes; rules cannot ride along', () => {
  const { escalation } = world();
  const old = role('a', 'r', rule('*', '*', '*'));
  const released: Role = { ...old, metadata: { ...old.metadata, finalizers: [] } };
  escalation.validate?.(write('roles', released, { operation: 'UPDATE', old }));
  const more: Role = { ...released, rules: [rule('get', 'core', 'pods')] };
  assert.throws(() => escalation.validate?.(write('roles', more, { operation: 'UPDATE', old })));
});

test('the rules of a user, with what is in the way', () => {
  const { clusterRoles, clusterRoleBindings, bindings } = world();
  clusterRoles.put(clusterRole('y', rule('get', 'core', 'nodes')));
  clusterRoleBindings.put(clusterRoleBinding('x', 'y', 'Group:devs'));
  clusterRoleBindings.put(clusterRoleBinding('z', 'gone', 'User:jane'));
  assert.deepEqual(rulesFor(bindings, jane, 'a'), {
    rules: [rule('get', 'core', 'nodes')],
    errors: ['clusterrole.rbac.authorization.k8s.io "gone" not found'],
  });
});

test('what somebody writes into roles and bindings does not slow the requests of others', () => {
  const { roles, roleBindings, bindings, escalation, may } = world();
  roles.put(role('a', 'r', ...Array.from({ length: 300 }, (_, i) => rule('get', `g${i}`, 'configmaps'))));
  const binding = roleBinding('a', 'b', 'r', 'User:jane');
  roleBindings.put({ ...binding, subjects: new Array(10_000).fill(binding.subjects![0]) });
  assert.equal([...bindings.grantsOf(jane, 'a')].length, 1, 'who is named many times is bound once');
  const verbs = Array.from({ length: 450 }, (_, i) => `verb${i}`).join(' ');
  const resources = Array.from({ length: 400 }, (_, i) => `resource${i}`).join(' ');
  assert.throws(() => escalation.validate?.(write('roles', role('a', 'wide', rule(verbs, 'core', resources)))), {
    message: `roles.${group} "wide" is forbidden: cannot check a grant of 180000 rights against 300 rules of one's own`,
  });
  roleBindings.remove('a', 'b');
  assert.ok(!may(jane, { verb: 'get', group: 'g1', resource: 'configmaps', namespace: 'a' }));
});
