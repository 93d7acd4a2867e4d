import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoleBinding } from '#api/rbac/role-binding.ts';
import { clusterRole, paths, role, rule } from '#apiserver/authz/bootstrap/rules.ts';
import { clusterRoleBindingStrategy, roleBindingStrategy } from '#apiserver/resources/rbac/bindings.ts';
import { clusterRoleStrategy, roleStrategy } from '#apiserver/resources/rbac/roles.ts';
import type { RequestContext } from '#apiserver/resources/strategy.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldErrors } from '#machinery/validation/field-error.ts';

const context: RequestContext = { nowMs: 0, user: { name: 'jane', groups: [] }, dryRun: false };
const shown = (errors: FieldErrors = []) => errors.map(({ path, message }) => `${path}: ${message}`);

test('a rule says what may be done to what', () => {
  const ofRole = (...rules: AnyJson[]) => shown(roleStrategy.validateCreate?.(role('a', 'r', ...rules), context));
  assert.deepEqual(ofRole(rule('get', 'core', 'pods')), []);
  assert.deepEqual(ofRole({}), [
    'rules[0].verbs: Required value: verbs must contain at least one value',
    'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
    'rules[0].resources: Required value: resource rules must supply at least one resource',
  ]);
  assert.deepEqual(ofRole(paths('get', '/x')), [
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ]);
  const mixed = clusterRole('r', { ...rule('get', 'core', 'pods'), nonResourceURLs: ['/x'] });
  assert.deepEqual(shown(clusterRoleStrategy.validateCreate?.(mixed, context)), [
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
  ]);
});

test('an aggregation rule selects something, by a selector that can be read', () => {
  const of = (clusterRoleSelectors: AnyJson[]) =>
    shown(
      clusterRoleStrategy.validateCreate?.({ ...clusterRole('r'), aggregationRule: { clusterRoleSelectors } }, context),
    );
  assert.deepEqual(of([]), [
    'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  ]);
  assert.deepEqual(of([{ matchExpressions: [{ key: 'a', operator: 'Has' }] }]), [
    'aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: Invalid value: "Has": not a valid selector operator',
    'aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.',
  ]);
});

const group = 'rbac.authorization.k8s.io';
const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'view' };
const binding = (subject: AnyJson, ref: AnyJson = roleRef): RoleBinding => ({ roleRef: ref, subjects: [subject] });

test('a binding names a role and whom', () => {
  const of = (subject: AnyJson, ref?: AnyJson) =>
    shown(roleBindingStrategy.validateCreate?.(binding(subject, ref), context));
  const user = { kind: 'User', apiGroup: group, name: 'x' };
  assert.deepEqual(of(user), []);
  assert.deepEqual(of(user, { apiGroup: group }), [
    'roleRef.kind: Unsupported value: "": supported values: "Role", "ClusterRole"',
    'roleRef.name: Required value',
  ]);
  assert.deepEqual(of(user, { ...roleRef, apiGroup: 'x' }), [
    `roleRef.apiGroup: Unsupported value: "x": supported values: "${group}"`,
  ]);
  assert.deepEqual(of({ kind: 'Robot', name: 'x' }), [
    'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
  ]);
  assert.deepEqual(of({ kind: 'ServiceAccount', apiGroup: group, name: 'x' }), [
    `subjects[0].apiGroup: Unsupported value: "${group}": supported values: ""`,
  ]);
  assert.match(
    of({ kind: 'ServiceAccount', name: 'A b' })[0]!,
    /^subjects\[0\]\.name: Invalid value: "A b": a lowercase RFC 1123/,
  );
  const cluster = clusterRoleBindingStrategy.validateCreate?.(
    binding({ kind: 'ServiceAccount', name: 'x' }, { ...roleRef, kind: 'Role' }),
    context,
  );
  assert.deepEqual(shown(cluster), [
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    'subjects[0].namespace: Required value',
  ]);
});

test('what a binding refers to never changes', () => {
  const user = { kind: 'User', apiGroup: group, name: 'x' };
  const other = binding(user, { ...roleRef, name: 'cluster-admin' });
  assert.deepEqual(shown(roleBindingStrategy.validateUpdate?.(other, binding(user), context)), [
    `roleRef: Invalid value: {"APIGroup":"${group}","Kind":"ClusterRole","Name":"cluster-admin"}: cannot change roleRef`,
  ]);
});

test('the columns of a binding', () => {
  const subjects = [
    { kind: 'User', name: 'u' },
    { kind: 'Group', name: 'g' },
    { kind: 'Group', name: 'h' },
    { kind: 'ServiceAccount', namespace: 'a', name: 's' },
  ];
  const cells = roleBindingStrategy.columns?.map(column =>
    column.cell({ metadata: { name: 'b' }, roleRef, subjects }, 0),
  );
  assert.deepEqual(cells, ['b', 'ClusterRole/view', '<unknown>', 'u', 'g, h', 'a/s']);
});
