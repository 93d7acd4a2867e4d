/** The roles of the machinery inside its own namespaces. */

import type { Role } from '#api/rbac/role.ts';
import type { RoleBinding } from '#api/rbac/role-binding.ts';
import { role, roleBinding, rule } from '#apiserver/authz/bootstrap/rules.ts';

const read = 'get list watch';
/** Every part that tells what it did. */
const recordEvents = rule('create patch update', 'core events.k8s.io', 'events');

export const namespacedRoles: readonly Role[] = [
  role(
    'kube-public',
    'system:controller:bootstrap-signer',
    rule(read, 'core', 'configmaps'),
    rule('update', 'core', 'configmaps', 'cluster-info'),
    recordEvents,
  ),
  role(
    'kube-system',
    'extension-apiserver-authentication-reader',
    rule(read, 'core', 'configmaps', 'extension-apiserver-authentication'),
  ),
  role(
    'kube-system',
    'system::leader-locking-kube-controller-manager',
    rule('create get list update watch', 'coordination.k8s.io', 'leases'),
    rule('create get list update watch', 'coordination.k8s.io', 'leasecandidates'),
  ),
  role(
    'kube-system',
    'system::leader-locking-kube-scheduler',
    rule('create get list update watch', 'coordination.k8s.io', 'leases'),
    rule('create get list update watch', 'coordination.k8s.io', 'leasecandidates'),
  ),
  role('kube-system', 'system:controller:bootstrap-signer', rule(read, 'core', 'secrets')),
  role('kube-system', 'system:controller:cloud-provider', rule('create get list watch', 'core', 'configmaps')),
  role(
    'kube-system',
    'system:controller:token-cleaner',
    rule('delete get list watch', 'core', 'secrets'),
    recordEvents,
  ),
];

export const roleBindings: readonly RoleBinding[] = [
  roleBinding(
    'kube-public',
    'system:controller:bootstrap-signer',
    'system:controller:bootstrap-signer',
    'ServiceAccount:kube-system/bootstrap-signer',
  ),
  roleBinding(
    'kube-system',
    'system::extension-apiserver-authentication-reader',
    'extension-apiserver-authentication-reader',
    'User:system:kube-controller-manager',
    'User:system:kube-scheduler',
  ),
  roleBinding(
    'kube-system',
    'system::leader-locking-kube-controller-manager',
    'system::leader-locking-kube-controller-manager',
    'User:system:kube-controller-manager',
    'ServiceAccount:kube-system/kube-controller-manager',
    'ServiceAccount:kube-system/leader-election-controller',
  ),
  roleBinding(
    'kube-system',
    'system::leader-locking-kube-scheduler',
    'system::leader-locking-kube-scheduler',
    'User:system:kube-scheduler',
    'ServiceAccount:kube-system/kube-scheduler',
  ),
  roleBinding(
    'kube-system',
    'system:controller:bootstrap-signer',
    'system:controller:bootstrap-signer',
    'ServiceAccount:kube-system/bootstrap-signer',
  ),
  roleBinding(
    'kube-system',
    'system:controller:cloud-provider',
    'system:controller:cloud-provider',
    'ServiceAccount:kube-system/cloud-provider',
  ),
  roleBinding(
    'kube-system',
    'system:controller:token-cleaner',
    'system:controller:token-cleaner',
    'ServiceAccount:kube-system/token-cleaner',
  ),
];
