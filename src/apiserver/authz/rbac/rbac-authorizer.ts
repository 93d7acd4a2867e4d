/** The RBAC authorizer, and what reviews and escalation checks ask of it: all rules that a user has. */

import type { PolicyRule } from '#api/rbac/rules.ts';
import type { User } from '#apiserver/authn/user.ts';
import type { Access, Authorizer, Verdict } from '#apiserver/authz/authorizer.ts';
import type { Bindings, Grant } from '#apiserver/authz/rbac/bindings.ts';
import { ruleAllows } from '#apiserver/authz/rbac/rules.ts';
import { quote } from '#machinery/validation/field-error.ts';

export interface UserRules {
  readonly rules: readonly PolicyRule[];
  /** Roles that are bound and not there. */
  readonly errors: readonly string[];
}

export function rbacAuthorizer(bindings: Bindings): Authorizer {
  return {
    authorize(user, access) {
      const errors: string[] = [];
      const verdict = firstAllowing(bindings, user, access, errors);
      if (verdict !== undefined) return verdict;
      const reason = errors.length === 0 ? '' : `RBAC: ${aggregate(errors)}`;
      return { decision: 'no-opinion', reason };
    },
  };
}

function firstAllowing(bindings: Bindings, user: User, access: Access, errors: string[]): Verdict | undefined {
  for (const grant of bindings.grantsOf(user, access.namespace)) {
    const rules = bindings.rulesOf(grant.namespace, grant.roleRef);
    if ('error' in rules) errors.push(rules.error);
    else if (rules.some(rule => ruleAllows(rule, access))) {
      return { decision: 'allow', reason: `RBAC: allowed by ${describe(grant)}` };
    }
  }
  return undefined;
}

/** Everything the user may do in a namespace, or in the whole cluster when it is empty. */
export function rulesFor(bindings: Bindings, user: User, namespace: string): UserRules {
  const rules: PolicyRule[] = [];
  const errors: string[] = [];
  for (const grant of bindings.grantsOf(user, namespace)) {
    const found = bindings.rulesOf(grant.namespace, grant.roleRef);
    if ('error' in found) errors.push(found.error);
    else rules.push(...found);
  }
  return { rules, errors };
}

/** Several errors as Go's aggregate prints them: each once, in brackets. */
export function aggregate(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`;
}

/** `RoleBinding "b/ns" of Role "r" to ServiceAccount "name/ns"`. */
function describe({ namespace, bindingName, roleRef, subject }: Grant): string {
  const binding =
    namespace === ''
      ? `ClusterRoleBinding ${quote(bindingName)}`
      : `RoleBinding ${quote(`${bindingName}/${namespace}`)}`;
  const name = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace || namespace}` : subject.name;
  return `${binding} of ${roleRef.kind} ${quote(roleRef.name)} to ${subject.kind} ${quote(name)}`;
}
