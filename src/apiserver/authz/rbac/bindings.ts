/**
 * All of RBAC in memory, indexed by subject: which bindings name this user or one of these groups, in the whole cluster
 * and in one namespace. It follows the changes of roles and bindings; a request looks at the bindings of its user alone.
 */

import type { ClusterRole } from '#api/rbac/cluster-role.ts';
import type { ClusterRoleBinding } from '#api/rbac/cluster-role-binding.ts';
import type { Role } from '#api/rbac/role.ts';
import type { RoleBinding } from '#api/rbac/role-binding.ts';
import type { PolicyRule, RoleRef, Subject } from '#api/rbac/rules.ts';
import type { User } from '#apiserver/authn/user.ts';
import { serviceAccountUserName } from '#apiserver/authn/user.ts';
import type { Objects } from '#apiserver/objects.ts';
import { quote } from '#machinery/validation/field-error.ts';

export interface RbacObjects {
  readonly roles: Objects<Role>;
  readonly roleBindings: Objects<RoleBinding>;
  readonly clusterRoles: Objects<ClusterRole>;
  readonly clusterRoleBindings: Objects<ClusterRoleBinding>;
}

/** One subject of one binding. */
export interface Grant {
  /** Empty: a ClusterRoleBinding. */
  readonly namespace: string;
  readonly bindingName: string;
  readonly roleRef: RoleRef;
  readonly subject: Subject;
}

/** A role that a binding names and that is not there. */
export interface MissingRole {
  readonly error: string;
}

type Grants = Map<string, Grant[]>;

export class Bindings {
  /** By namespace ('' for the cluster's own), then by subject: `u:jane`, `g:devs`. */
  readonly #grants = new Map<string, Grants>();
  /** By `<namespace>/<name>`; cluster roles have an empty namespace. */
  readonly #rules = new Map<string, readonly PolicyRule[]>();

  constructor(objects: RbacObjects) {
    objects.clusterRoles.onChange(({ before, after }) => this.#setRole('', before, after));
    objects.roles.onChange(({ before, after }) =>
      this.#setRole((after ?? before)!.metadata!.namespace!, before, after),
    );
    objects.clusterRoleBindings.onChange(({ before, after }) => this.#setBinding('', before, after));
    objects.roleBindings.onChange(({ before, after }) =>
      this.#setBinding((after ?? before)!.metadata!.namespace!, before, after),
    );
  }

  /** What the user has in the whole cluster and, when one is given, in a namespace. */
  *grantsOf(user: User, namespace: string): Iterable<Grant> {
    yield* this.#grantsIn('', user);
    if (namespace !== '') yield* this.#grantsIn(namespace, user);
  }

  rulesOf(namespace: string, roleRef: RoleRef): readonly PolicyRule[] | MissingRole {
    const cluster = roleRef.kind === 'ClusterRole';
    const rules = this.#rules.get(roleKey(cluster ? '' : namespace, roleRef.name));
    const kind = cluster ? 'clusterrole' : 'role';
    return rules ?? { error: `${kind}.rbac.authorization.k8s.io ${quote(roleRef.name)} not found` };
  }

  *#grantsIn(namespace: string, user: User): Iterable<Grant> {
    const grants = this.#grants.get(namespace);
    if (grants === undefined) return;
    yield* grants.get(`u:${user.name}`) ?? [];
    for (const group of user.groups) yield* grants.get(`g:${group}`) ?? [];
  }

  #setRole(namespace: string, before: Role | ClusterRole | undefined, after: Role | ClusterRole | undefined): void {
    const key = roleKey(namespace, (after ?? before)!.metadata!.name!);
    if (after === undefined) this.#rules.delete(key);
    else this.#rules.set(key, after.rules ?? []);
  }

  #setBinding(
    namespace: string,
    before: RoleBinding | ClusterRoleBinding | undefined,
    after: RoleBinding | ClusterRoleBinding | undefined,
  ): void {
    const bindingName = (after ?? before)!.metadata!.name!;
    for (const key of subjectsByKey(before, namespace).keys()) this.#drop(namespace, bindingName, key);
    for (const [key, subject] of subjectsByKey(after, namespace)) {
      this.#add(key, { namespace, bindingName, roleRef: after!.roleRef, subject });
    }
  }

  #add(key: string, grant: Grant): void {
    let grants = this.#grants.get(grant.namespace);
    if (grants === undefined) this.#grants.set(grant.namespace, (grants = new Map()));
    const list = grants.get(key) ?? [];
    list.splice(insertionIndex(list, grant.bindingName), 0, grant);
    grants.set(key, list);
  }

  #drop(namespace: string, bindingName: string, key: string): void {
    const grants = this.#grants.get(namespace);
    if (grants === undefined) return;
    const kept = (grants.get(key) ?? []).filter(each => each.bindingName !== bindingName);
    if (kept.length > 0) grants.set(key, kept);
    else grants.delete(key);
    if (grants.size === 0) this.#grants.delete(namespace);
  }
}

/** Whom a binding names, each once: one that names somebody ten thousand times would be looked at as often for each request. */
function subjectsByKey(
  binding: RoleBinding | ClusterRoleBinding | undefined,
  namespace: string,
): ReadonlyMap<string, Subject> {
  const found = new Map<string, Subject>();
  for (const subject of binding?.subjects ?? []) {
    const key = subjectKey(subject, namespace);
    if (key !== undefined && !found.has(key)) found.set(key, subject);
  }
  return found;
}

/** Sorted by name, so that the reason given does not depend on what was made first. */
function insertionIndex(grants: readonly Grant[], bindingName: string): number {
  let low = 0;
  let high = grants.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (grants[middle]!.bindingName < bindingName) low = middle + 1;
    else high = middle;
  }
  return low;
}

function roleKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** A service account is the user that its token says; one without a namespace means that of its binding. */
function subjectKey(subject: Subject, bindingNamespace: string): string | undefined {
  if (subject.kind === 'User') return `u:${subject.name}`;
  if (subject.kind === 'Group') return `g:${subject.name}`;
  const namespace = subject.namespace || bindingNamespace;
  if (subject.kind !== 'ServiceAccount' || namespace === '') return undefined;
  return `u:${serviceAccountUserName(namespace, subject.name)}`;
}
