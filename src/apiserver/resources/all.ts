/** The rules of every kind: the table of contents of `resources/`. A kind that is not here has the plain ones. */

import { certificateSigningRequestStrategy } from '#apiserver/resources/certificates/certificate-signing-request.ts';
import { namespaceStrategy } from '#apiserver/resources/core/namespace.ts';
import { podStrategy } from '#apiserver/resources/core/pod.ts';
import { clusterRoleBindingStrategy, roleBindingStrategy } from '#apiserver/resources/rbac/bindings.ts';
import { clusterRoleStrategy, roleStrategy } from '#apiserver/resources/rbac/roles.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';

export const strategies: readonly Strategy[] = [
  namespaceStrategy,
  podStrategy,
  roleStrategy,
  clusterRoleStrategy,
  roleBindingStrategy,
  clusterRoleBindingStrategy,
  certificateSigningRequestStrategy,
];
