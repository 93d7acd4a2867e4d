/**
 * A short notation for RBAC objects: lists are words apart by blanks, `core` is the group without a name.
 *
 *   rule('get list', 'core', 'pods pods/log')   paths('get', '/healthz /livez')
 */

import type { ClusterRole } from '#api/rbac/cluster-role.ts';
import type { ClusterRoleBinding } from '#api/rbac/cluster-role-binding.ts';
import type { Role } from '#api/rbac/role.ts';
import type { RoleBinding } from '#api/rbac/role-binding.ts';
import type { PolicyRule, Subject } from '#api/rbac/rules.ts';

const rbacGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${rbacGroup}/v1`;

/** What marks an object as ours to keep up to date. */
const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };

function words(text: string): string[] {
  return text.split(' ');
}

export function rule(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  return {
    verbs: words(verbs),
    apiGroups: words(groups).map(group => (group === 'core' ? '' : group)),
    resources: words(resources),
    ...(names === undefined ? {} : { resourceNames: words(names) }),
  };
}

export function paths(verbs: string, urls: string): PolicyRule {
  return { verbs: words(verbs), nonResourceURLs: words(urls) };
}

function metadata(name: string, more: { namespace?: string; labels?: Record<string, string> } = {}) {
  return {
    name,
    ...(more.namespace === undefined ? {} : { namespace: more.namespace }),
    labels: { ...labels, ...more.labels },
    annotations: { ...annotations },
  };
}

export function clusterRole(name: string, ...rules: PolicyRule[]): ClusterRole {
  return { apiVersion, kind: 'ClusterRole', metadata: metadata(name), rules };
}

/** A part of `admin`, `edit` or `view`. */
export function aggregatedRole(name: string, into: string, ...rules: PolicyRule[]): ClusterRole {
  return { apiVersion, kind: 'ClusterRole', metadata: metadata(name, { labels: aggregateTo(into) }), rules };
}

/** The sum of the roles labelled for it, which a controller fills in; it may be part of a larger one itself. */
export function aggregatingRole(name: string, into?: string): ClusterRole {
  return {
    apiVersion,
    kind: 'ClusterRole',
    metadata: metadata(name, into === undefined ? {} : { labels: aggregateTo(into) }),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregateTo(name) }] },
  };
}

function aggregateTo(name: string): Record<string, string> {
  return { [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true' };
}

export function role(namespace: string, name: string, ...rules: PolicyRule[]): Role {
  return { apiVersion, kind: 'Role', metadata: metadata(name, { namespace }), rules };
}

/** `User:system:kube-scheduler`, `Group:system:masters`, `ServiceAccount:kube-system/kube-dns`. */
function subject(text: string): Subject {
  const colon = text.indexOf(':');
  const kind = text.slice(0, colon);
  const name = text.slice(colon + 1);
  if (kind !== 'ServiceAccount') return { kind, apiGroup: rbacGroup, name };
  const slash = name.indexOf('/');
  return { kind, name: name.slice(slash + 1), namespace: name.slice(0, slash) };
}

export function clusterRoleBinding(name: string, roleName: string, ...subjects: string[]): ClusterRoleBinding {
  return {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: metadata(name),
    ...(subjects.length === 0 ? {} : { subjects: subjects.map(subject) }),
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: roleName },
  };
}

export function roleBinding(namespace: string, name: string, roleName: string, ...subjects: string[]): RoleBinding {
  return {
    apiVersion,
    kind: 'RoleBinding',
    metadata: metadata(name, { namespace }),
    subjects: subjects.map(subject),
    roleRef: { apiGroup: rbacGroup, kind: 'Role', name: roleName },
  };
}
