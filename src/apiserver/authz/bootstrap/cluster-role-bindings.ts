/** Who has which cluster role from the beginning. */

import type { ClusterRoleBinding } from '#api/rbac/cluster-role-binding.ts';
import { controllerRoles } from '#apiserver/authz/bootstrap/controller-roles.ts';
import { clusterRoleBinding } from '#apiserver/authz/bootstrap/rules.ts';

export const clusterRoleBindings: readonly ClusterRoleBinding[] = [
  clusterRoleBinding('cluster-admin', 'cluster-admin', 'Group:system:masters'),
  clusterRoleBinding('system:basic-user', 'system:basic-user', 'Group:system:authenticated'),
  clusterRoleBinding('system:discovery', 'system:discovery', 'Group:system:authenticated'),
  clusterRoleBinding(
    'system:kube-controller-manager',
    'system:kube-controller-manager',
    'User:system:kube-controller-manager',
  ),
  clusterRoleBinding('system:kube-dns', 'system:kube-dns', 'ServiceAccount:kube-system/kube-dns'),
  clusterRoleBinding('system:kube-scheduler', 'system:kube-scheduler', 'User:system:kube-scheduler'),
  clusterRoleBinding('system:monitoring', 'system:monitoring', 'Group:system:monitoring'),
  clusterRoleBinding('system:node', 'system:node'),
  clusterRoleBinding('system:node-proxier', 'system:node-proxier', 'User:system:kube-proxy'),
  clusterRoleBinding(
    'system:public-info-viewer',
    'system:public-info-viewer',
    'Group:system:authenticated',
    'Group:system:unauthenticated',
  ),
  clusterRoleBinding(
    'system:service-account-issuer-discovery',
    'system:service-account-issuer-discovery',
    'Group:system:serviceaccounts',
  ),
  clusterRoleBinding('system:volume-scheduler', 'system:volume-scheduler', 'User:system:kube-scheduler'),
  ...controllerRoles.map(({ metadata }) => {
    const name = metadata!.name!;
    return clusterRoleBinding(name, name, `ServiceAccount:kube-system/${name.slice('system:controller:'.length)}`);
  }),
];
