/** RoleBinding and ClusterRoleBinding. */

import { type ClusterRoleBinding, clusterRoleBindings } from '#api/rbac/cluster-role-binding.ts';
import { type RoleBinding, roleBindings } from '#api/rbac/role-binding.ts';
import type { RoleRef, Subject } from '#api/rbac/rules.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import type { Column, Strategy } from '#apiserver/resources/strategy.ts';
import { type FieldError, invalid, invalidShown, notSupported, required } from '#machinery/validation/field-error.ts';
import { child, type FieldPath, index } from '#machinery/validation/field-path.ts';
import { checkPathSegmentName, nameIsDnsSubdomain } from '#machinery/validation/names.ts';

const group = 'rbac.authorization.k8s.io';

const columns: readonly Column<RoleBinding>[] = [
  nameColumn,
  textColumn('Role', ({ roleRef }) => `${roleRef?.kind ?? ''}/${roleRef?.name ?? ''}`),
  ageColumn,
  textColumn('Users', binding => names(binding, 'User'), 1),
  textColumn('Groups', binding => names(binding, 'Group'), 1),
  textColumn('ServiceAccounts', binding => names(binding, 'ServiceAccount'), 1),
];

function names({ subjects }: RoleBinding, kind: string): string {
  return (subjects ?? [])
    .filter(subject => subject.kind === kind)
    .map(({ name, namespace }) => (kind === 'ServiceAccount' && namespace ? `${namespace}/${name}` : name))
    .join(', ');
}

export const roleBindingStrategy: Strategy<RoleBinding> = {
  resource: roleBindings,
  validateName: checkPathSegmentName,
  allowCreateOnUpdate: true,
  validateCreate: binding => bindingErrors(binding, true),
  validateUpdate: (binding, old) => [...bindingErrors(binding, true), ...changeErrors(binding, old)],
  columns,
};

export const clusterRoleBindingStrategy: Strategy<ClusterRoleBinding> = {
  resource: clusterRoleBindings,
  validateName: checkPathSegmentName,
  allowCreateOnUpdate: true,
  validateCreate: binding => bindingErrors(binding, false),
  validateUpdate: (binding, old) => [...bindingErrors(binding, false), ...changeErrors(binding, old)],
  columns,
};

function bindingErrors({ roleRef, subjects }: RoleBinding, namespaced: boolean): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = roleRef ?? {};
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  const errors: FieldError[] = [];
  if (apiGroup !== group) errors.push(notSupported('roleRef.apiGroup', apiGroup, [group]));
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  if (name === '') errors.push(required('roleRef.name'));
  else for (const problem of checkPathSegmentName(name)) errors.push(invalid('roleRef.name', name, problem));
  for (const [at, subject] of (subjects ?? []).entries()) {
    errors.push(...subjectErrors(subject, index('subjects', at), namespaced));
  }
  return errors;
}

function subjectErrors(subject: Subject, path: FieldPath, namespaced: boolean): FieldError[] {
  const { kind, name = '', apiGroup = '', namespace = '' } = subject;
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(child(path, 'name')));
  if (kind === 'ServiceAccount') {
    if (name !== '') {
      for (const problem of nameIsDnsSubdomain(name, false)) errors.push(invalid(child(path, 'name'), name, problem));
    }
    if (apiGroup !== '') errors.push(notSupported(child(path, 'apiGroup'), apiGroup, ['']));
    if (!namespaced && namespace === '') errors.push(required(child(path, 'namespace')));
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== group) errors.push(notSupported(child(path, 'apiGroup'), apiGroup, [group]));
  } else errors.push(notSupported(child(path, 'kind'), kind ?? '', ['ServiceAccount', 'User', 'Group']));
  return errors;
}

/** Who may bind was decided for the role that was bound: another role is another binding. */
function changeErrors({ roleRef: now }: RoleBinding, { roleRef: before }: RoleBinding): FieldError[] {
  const same = now.apiGroup === before.apiGroup && now.kind === before.kind && now.name === before.name;
  return same ? [] : [invalidShown('roleRef', shownRef(now), 'cannot change roleRef')];
}

/** Go prints its own struct. */
function shownRef({ apiGroup = '', kind = '', name = '' }: RoleRef): string {
  return JSON.stringify({ APIGroup: apiGroup, Kind: kind, Name: name });
}
