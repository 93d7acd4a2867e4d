/** Role and ClusterRole. */

import { type ClusterRole, clusterRoles } from '#api/rbac/cluster-role.ts';
import { type Role, roles } from '#api/rbac/role.ts';
import type { PolicyRule } from '#api/rbac/rules.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { type FieldError, invalid, required } from '#machinery/validation/field-error.ts';
import { child, type FieldPath, index } from '#machinery/validation/field-path.ts';
import { validateLabelSelector } from '#machinery/validation/label-selector.ts';
import { checkPathSegmentName } from '#machinery/validation/names.ts';

export const roleStrategy: Strategy<Role> = {
  resource: roles,
  validateName: checkPathSegmentName,
  allowCreateOnUpdate: true,
  validateCreate: role => ruleErrors(role.rules, true),
  validateUpdate: role => ruleErrors(role.rules, true),
};

export const clusterRoleStrategy: Strategy<ClusterRole> = {
  resource: clusterRoles,
  validateName: checkPathSegmentName,
  allowCreateOnUpdate: true,
  validateCreate: clusterRoleErrors,
  validateUpdate: clusterRoleErrors,
};

function clusterRoleErrors({ rules, aggregationRule }: ClusterRole): FieldError[] {
  const errors = ruleErrors(rules, false);
  if (aggregationRule == null) return errors;
  const path = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  }
  for (const [at, selector] of selectors.entries()) {
    const found = validateLabelSelector(selector, index(path, at));
    errors.push(...found);
    if (found.length > 0) errors.push(invalid(index(path, at), null, 'invalid label selector.'));
  }
  return errors;
}

function ruleErrors(rules: readonly PolicyRule[] | null | undefined, namespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, at) => errorsOfRule(rule, index('rules', at), namespaced));
}

/** A rule is about resources or about paths, never about both; paths are the cluster's. */
function errorsOfRule(rule: PolicyRule, path: FieldPath, namespaced: boolean): FieldError[] {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule;
  const errors: FieldError[] = [];
  if (!verbs?.length) errors.push(required(child(path, 'verbs'), 'verbs must contain at least one value'));
  if (nonResourceURLs?.length) {
    const at = child(path, 'nonResourceURLs');
    if (namespaced) errors.push(invalid(at, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups?.length || resources?.length || resourceNames?.length) {
      const why = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(invalid(at, nonResourceURLs, why));
    }
    return errors;
  }
  if (!apiGroups?.length) {
    errors.push(required(child(path, 'apiGroups'), 'resource rules must supply at least one api group'));
  }
  if (!resources?.length) {
    errors.push(required(child(path, 'resources'), 'resource rules must supply at least one resource'));
  }
  return errors;
}
