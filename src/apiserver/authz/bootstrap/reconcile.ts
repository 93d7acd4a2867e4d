/**
 * Brings the cluster's own objects into being and keeps them up to date: what is missing is added, nothing that somebody
 * added is taken away, and an object whose owner said "do not touch" is left alone.
 */

import { namespaces } from '#api/core/namespace.ts';
import { flowSchemas as flowSchemaResource } from '#api/flowcontrol/flow-schema.ts';
import { priorityLevelConfigurations } from '#api/flowcontrol/priority-level-configuration.ts';
import type { ClusterRole } from '#api/rbac/cluster-role.ts';
import { clusterRoles } from '#api/rbac/cluster-role.ts';
import type { ClusterRoleBinding } from '#api/rbac/cluster-role-binding.ts';
import { clusterRoleBindings as clusterRoleBindingResource } from '#api/rbac/cluster-role-binding.ts';
import { roles } from '#api/rbac/role.ts';
import { roleBindings as roleBindingResource } from '#api/rbac/role-binding.ts';
import type { Subject } from '#api/rbac/rules.ts';
import { priorityClasses } from '#api/scheduling/priority-class.ts';
import { clusterRoleBindings } from '#apiserver/authz/bootstrap/cluster-role-bindings.ts';
import { userRoles } from '#apiserver/authz/bootstrap/cluster-roles.ts';
import { controllerRoles } from '#apiserver/authz/bootstrap/controller-roles.ts';
import { flowSchemas, priorityLevels } from '#apiserver/authz/bootstrap/flow-control.ts';
import { namespacedRoles, roleBindings } from '#apiserver/authz/bootstrap/namespaced-roles.ts';
import { systemNamespaces, systemPriorityClasses } from '#apiserver/authz/bootstrap/objects.ts';
import { compactRules, missingRights } from '#apiserver/authz/rbac/rules.ts';
import { ApiError } from '#machinery/api-error.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';

/** Reads and writes as the server itself: no authorization, no admission. */
export interface ObjectWriter {
  get(resource: Resource, namespace: string, name: string): Promise<AnyJson | undefined>;
  /** Throws an ApiError `AlreadyExists` when somebody was faster. */
  create(resource: Resource, object: AnyJson): Promise<void>;
  /** With the object's resourceVersion: throws an ApiError `Conflict` when somebody was faster. */
  update(resource: Resource, object: AnyJson): Promise<void>;
  delete(resource: Resource, namespace: string, name: string): Promise<void>;
}

export interface StatusWriter {
  /** As `update`, of the sub-resource `status`. */
  updateStatus(resource: Resource, object: AnyJson): Promise<void>;
}

export interface StatusApplier {
  /** Applies what `manager` says in the status, and nothing else; whoever else said it lets go. */
  applyStatus(resource: Resource, manager: string, config: AnyJson): Promise<void>;
}

type Wanted = { metadata?: ObjectMeta };

/** What is to be done about one object; undefined: nothing. */
export type Step<T> = { readonly create: T } | { readonly update: T } | { readonly replace: T } | undefined;

const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate';
const autoupdateSpec = 'apf.kubernetes.io/autoupdate-spec';
/** How often a lost race is run again. */
const attemptsMax = 3;

/** Namespaces first: the rest lives in them, or stands beside them. */
export async function bootstrap(writer: ObjectWriter): Promise<void> {
  await each(writer, namespaces, systemNamespaces, planOnce);
  await Promise.all([
    each(writer, clusterRoles, [...userRoles, ...controllerRoles], planRole),
    each(writer, clusterRoleBindingResource, clusterRoleBindings, planBinding),
    each(writer, roles, namespacedRoles, planRole),
    each(writer, roleBindingResource, roleBindings, planBinding),
    each(writer, priorityLevelConfigurations, priorityLevels, planSpec),
    each(writer, flowSchemaResource, flowSchemas, planSpec),
    each(writer, priorityClasses, systemPriorityClasses, planOnce),
  ]);
}

async function each<T extends Wanted>(
  writer: ObjectWriter,
  resource: Resource,
  wanted: readonly T[],
  plan: (found: T | undefined, wanted: T) => Step<T>,
): Promise<void> {
  await Promise.all(wanted.map(object => ensure(writer, resource, object, plan)));
}

async function ensure<T extends Wanted>(
  writer: ObjectWriter,
  resource: Resource,
  wanted: T,
  plan: (found: T | undefined, wanted: T) => Step<T>,
): Promise<void> {
  const { namespace = '', name = '' } = wanted.metadata ?? {};
  for (let attempt = 1; ; attempt++) {
    const step = plan(await writer.get(resource, namespace, name), wanted);
    if (step === undefined) return;
    try {
      if ('create' in step) return await writer.create(resource, step.create);
      if ('update' in step) return await writer.update(resource, step.update);
      await writer.delete(resource, namespace, name);
      return await writer.create(resource, step.replace);
    } catch (error) {
      if (!isLostRace(error) || attempt === attemptsMax) throw error;
    }
  }
}

function isLostRace(error: unknown): boolean {
  return error instanceof ApiError && (error.reason === 'AlreadyExists' || error.reason === 'Conflict');
}

/** Made once; after that it belongs to whoever changes it. */
export function planOnce<T>(found: T | undefined, wanted: T): Step<T> {
  return found === undefined ? { create: wanted } : undefined;
}

/** Adds the rules, labels and annotations that are missing. Works for roles too, which have no aggregation rule. */
export function planRole(found: ClusterRole | undefined, wanted: ClusterRole): Step<ClusterRole> {
  if (found === undefined) return { create: wanted };
  if (found.metadata?.annotations?.[autoupdate] === 'false') return undefined;
  const metadata = withMissing(found.metadata, wanted.metadata);
  // The rules of an aggregating role are the controller's.
  const aggregates = wanted.aggregationRule !== undefined;
  const missing = aggregates ? [] : compactRules(missingRights(found.rules ?? [], wanted.rules ?? []));
  const selectors = found.aggregationRule?.clusterRoleSelectors ?? [];
  const missingSelectors = (wanted.aggregationRule?.clusterRoleSelectors ?? []).filter(
    each => !selectors.some(selector => JSON.stringify(selector) === JSON.stringify(each)),
  );
  if (metadata === undefined && missing.length === 0 && missingSelectors.length === 0) return undefined;
  return {
    update: {
      ...found,
      metadata: metadata ?? found.metadata,
      ...(missing.length > 0 && { rules: [...(found.rules ?? []), ...missing] }),
      ...(missingSelectors.length > 0 && {
        aggregationRule: { clusterRoleSelectors: [...selectors, ...missingSelectors] },
      }),
    },
  };
}

/** Adds missing subjects. What a binding refers to cannot be changed, so one that refers elsewhere is made anew. */
export function planBinding(
  found: ClusterRoleBinding | undefined,
  wanted: ClusterRoleBinding,
): Step<ClusterRoleBinding> {
  if (found === undefined) return { create: wanted };
  if (found.metadata?.annotations?.[autoupdate] === 'false') return undefined;
  const metadata = withMissing(found.metadata, wanted.metadata);
  const subjects = found.subjects ?? [];
  const missing = (wanted.subjects ?? []).filter(each => !subjects.some(subject => sameSubject(subject, each)));
  const all = [...subjects, ...missing];
  if (found.roleRef.kind !== wanted.roleRef.kind || found.roleRef.name !== wanted.roleRef.name) {
    return { replace: { ...wanted, subjects: all } };
  }
  if (metadata === undefined && missing.length === 0) return undefined;
  return { update: { ...found, metadata: metadata ?? found.metadata, ...(missing.length > 0 && { subjects: all }) } };
}

function sameSubject(a: Subject, b: Subject): boolean {
  return a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
}

/** Flow control keeps the whole spec, as long as the annotation says so; without one, while nobody has changed it. */
export function planSpec<T extends Wanted & { spec?: unknown }>(found: T | undefined, wanted: T): Step<T> {
  if (found === undefined) return { create: wanted };
  const mark = found.metadata?.annotations?.[autoupdateSpec];
  const ours = mark === 'true' || (mark === undefined && (found.metadata?.generation ?? 0) === 1);
  if (!ours || JSON.stringify(found.spec) === JSON.stringify(wanted.spec)) return undefined;
  return { update: { ...found, spec: wanted.spec } };
}

/** The metadata with the labels and annotations that were missing; undefined when none was. What is there stays as it is. */
function withMissing(found: ObjectMeta | undefined, wanted: ObjectMeta | undefined): ObjectMeta | undefined {
  const labels = { ...wanted?.labels, ...found?.labels };
  const annotations = { ...wanted?.annotations, ...found?.annotations };
  const grew = (now: object, before: object | undefined) => Object.keys(now).length > Object.keys(before ?? {}).length;
  return grew(labels, found?.labels) || grew(annotations, found?.annotations)
    ? { ...found, labels, annotations }
    : undefined;
}
