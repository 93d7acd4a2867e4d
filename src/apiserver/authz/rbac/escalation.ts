/**
 * Nobody gives what he does not have: who writes a role must hold every right in it, or the verb `escalate` on it; who binds
 * a role must hold every right in it, or the verb `bind` on the role (upstream: registry/rbac, "policybased").
 */

import type { ClusterRole } from '#api/rbac/cluster-role.ts';
import type { Role } from '#api/rbac/role.ts';
import type { RoleBinding } from '#api/rbac/role-binding.ts';
import type { PolicyRule } from '#api/rbac/rules.ts';
import type { Admission, AdmissionRequest } from '#apiserver/admission/admission.ts';
import { resourceOf } from '#apiserver/admission/admission.ts';
import type { User } from '#apiserver/authn/user.ts';
import { mastersGroup } from '#apiserver/authn/user.ts';
import type { Authorizer } from '#apiserver/authz/authorizer.ts';
import { resourceAccess } from '#apiserver/authz/authorizer.ts';
import type { Bindings } from '#apiserver/authz/rbac/bindings.ts';
import { rulesFor } from '#apiserver/authz/rbac/rbac-authorizer.ts';
import { compactRules, missingRights, rightsCount, ruleText } from '#apiserver/authz/rbac/rules.ts';
import { forbiddenError, notFoundError } from '#machinery/api-error.ts';
import { quote, quoteList } from '#machinery/validation/field-error.ts';

const group = 'rbac.authorization.k8s.io';
const version = 'v1';

/** What an aggregation rule may gather, so what one must hold to set one or to take one away. */
const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

export function rbacEscalation(bindings: Bindings, authorizer: Authorizer): Admission {
  return {
    name: 'RBACEscalation',
    handles: request =>
      request.group === group &&
      request.subresource === '' &&
      (request.operation === 'CREATE' || request.operation === 'UPDATE'),
    validate(request) {
      if (request.user.groups.includes(mastersGroup)) return;
      if (request.operation === 'UPDATE' && onlyForCollection(request.object, request.old)) return;
      const isBinding = request.resource === 'rolebindings' || request.resource === 'clusterrolebindings';
      if (isBinding) checkBinding(bindings, authorizer, request);
      else checkRole(bindings, authorizer, request);
    },
  };
}

function checkRole(bindings: Bindings, authorizer: Authorizer, request: AdmissionRequest): void {
  const role = request.object as Role & ClusterRole;
  const { namespace, resource } = request;
  const name = role.metadata?.name ?? '';
  // A create is on the collection: a right to escalate one named role does not reach it.
  const asked = request.operation === 'CREATE' ? '' : name;
  const access = resourceAccess({ verb: 'escalate', group, version, resource, namespace, name: asked });
  if (authorizer.authorize(request.user, access).decision === 'allow') return;
  refuseUnheld(bindings, request, namespace, role.rules ?? [], name);
  const aggregates = gathers(role) || (request.operation === 'UPDATE' && gathers(request.old));
  if (aggregates && notHeld(bindings, request.user, '', everything) !== undefined) {
    throw forbiddenError(resourceOf(request), name, 'must have cluster-admin privileges to use the aggregationRule');
  }
}

function gathers({ aggregationRule }: ClusterRole): boolean {
  return (aggregationRule?.clusterRoleSelectors?.length ?? 0) > 0;
}

function checkBinding(bindings: Bindings, authorizer: Authorizer, request: AdmissionRequest): void {
  const binding = request.object as RoleBinding;
  const { namespace } = request;
  const { kind, name } = binding.roleRef ?? { kind: '', name: '' };
  const resource = kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  const access = resourceAccess({ verb: 'bind', group, version, resource, namespace, name });
  if (authorizer.authorize(request.user, access).decision === 'allow') return;
  const rules = bindings.rulesOf(namespace, binding.roleRef);
  if ('error' in rules) throw notFoundError({ group, resource: resource.slice(0, -1) }, name);
  refuseUnheld(bindings, request, namespace, rules, binding.metadata?.name ?? '');
}

function refuseUnheld(
  bindings: Bindings,
  request: AdmissionRequest,
  namespace: string,
  rules: readonly PolicyRule[],
  name: string,
): void {
  const missing = notHeld(bindings, request.user, namespace, rules);
  if (missing !== undefined) throw forbiddenError(resourceOf(request), name, missing);
}

/** A role may name so many combinations that comparing them would stop the server; nobody needs that many. */
const rightsMax = 200_000;
/** Each right may be held against each rule of the user, which stops the server for as long: about two seconds. */
const comparisonsMax = 50_000_000;

function notHeld(bindings: Bindings, user: User, namespace: string, rules: readonly PolicyRule[]): string | undefined {
  const count = rightsCount(rules);
  if (count > rightsMax) return `cannot check a grant of more than ${rightsMax} rights at once`;
  const held = rulesFor(bindings, user, namespace);
  if (count * held.rules.length > comparisonsMax) {
    return `cannot check a grant of ${count} rights against ${held.rules.length} rules of one's own`;
  }
  const missing = missingRights(held.rules, rules);
  if (missing.length === 0) return undefined;
  const lines = [...new Set(compactRules(missing).map(ruleText))].sort();
  const errors = held.errors.length === 0 ? '' : `; resolution errors: [${held.errors.join(' ')}]`;
  const who = `user ${quote(user.name)} (groups=${quoteList(user.groups)})`;
  return `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${errors}`;
}

/** The garbage collector changes references and finalizers of roles it could never grant. */
function onlyForCollection(object: Role, old: Role): boolean {
  const rest = ({ metadata, ...others }: Role) => {
    const { ownerReferences, finalizers, managedFields, resourceVersion, generation, ...kept } = metadata ?? {};
    return JSON.stringify([kept, others]);
  };
  return rest(object) === rest(old);
}
