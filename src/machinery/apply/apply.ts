/**
 * Server-side apply: whoever applies says in full what they want of an object, and owns exactly that.
 *
 *   merge     the configuration into the object
 *   prune     what they applied before, do not any more, and nobody else owns
 *   conflict  when a value changes that another manager owns, unless forced: then they lose it
 *
 * Two who apply the same value share it. The managedFields tell who owns what.
 */

import { rfc3339 } from '#lib/clock.ts';
import { badRequestError, untypedError } from '#machinery/api-error.ts';
import type { Comparison } from '#machinery/apply/compare.ts';
import { compareObjects } from '#machinery/apply/compare.ts';
import type { Conflict } from '#machinery/apply/conflict.ts';
import { conflictError, conflictingFields, conflictsWithout } from '#machinery/apply/conflict.ts';
import type { FieldSet } from '#machinery/apply/field-set.ts';
import {
  difference,
  intersection,
  isEmptySet,
  noFields,
  recursiveDifference,
  setOfFields,
  union,
} from '#machinery/apply/field-set.ts';
import { fieldsLastApplied, kubectlManager, withLastApplied } from '#machinery/apply/last-applied.ts';
import type { Manager } from '#machinery/apply/managers.ts';
import { isSame, readManagers, withFields, writeManagers } from '#machinery/apply/managers.ts';
import { StepError } from '#machinery/apply/steps.ts';
import type { VersionedObjects } from '#machinery/apply/track.ts';
import { emptyObject, managersAfter, neverOwned } from '#machinery/apply/track.ts';
import { mergeTyped, namedFields, removeFields, withParents } from '#machinery/apply/typed.ts';
import { configProblem } from '#machinery/apply/validate.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { setDefaults } from '#machinery/codec/defaults.ts';
import { jsonEqual } from '#machinery/json/equal.ts';
import type { ManagedFieldsEntry } from '#machinery/meta.ts';
import type { AnyJson, StructSchema } from '#machinery/schema.ts';

export interface ApplyOptions {
  readonly schema: StructSchema;
  /** In the version of the request; undefined: the object is created. */
  readonly live: AnyJson | undefined;
  /** As it was sent. */
  readonly config: AnyJson;
  readonly manager: string;
  readonly force: boolean;
  readonly apiVersion: string;
  readonly kind: string;
  readonly subresource: string;
  readonly nowMs: number;
  readonly resetFields?: readonly (readonly string[])[];
  /** As for `trackUpdate`: both objects in another version. `next` is not stored yet. */
  readonly inVersion?: (apiVersion: string, next: AnyJson) => VersionedObjects | undefined;
}

export interface Applied {
  /** Canonical, defaults set, managedFields in it. The live object itself when nothing changes but its managers. */
  readonly object: AnyJson;
}

const beforeFirstApply = 'before-first-apply';

/** Throws an ApiError: 400 for another type, 409 for conflicts, 500 for a configuration that does not fit its type. */
export function applyConfiguration(options: ApplyOptions): Applied {
  const { schema, live, config, nowMs } = options;
  checkConfig(options);
  const base = live ?? emptyObject(schema);
  const managers = managersOf(options, base);
  const merged = merge(options, base, managers);
  const next = finished(schema, merged.object, base);
  const changed = live === undefined || !jsonEqual(merged.object, base);
  const applied = { ...merged.applied, time: changed ? rfc3339(nowMs) : merged.applied.time };
  const own = difference(applied.fields, neverOwned);
  const entries = writeManagers([
    ...merged.others,
    ...(isEmptySet(own) ? [] : [freshEntry(merged.before, { ...applied, fields: own })]),
  ]);
  const object = options.manager === kubectlManager ? withLastApplied(next, config) : next;
  return { object: withManagedFields(object, sameButTimes(entries, base, next) ?? entries) };
}

function checkConfig({ schema, config, apiVersion, kind }: ApplyOptions): void {
  const { group, version } = groupVersion(String(config?.apiVersion ?? ''));
  if (config?.apiVersion !== apiVersion || config?.kind !== kind) {
    throw badRequestError(`invalid object type: ${group}/${version}, Kind=${config?.kind ?? ''}`);
  }
  const managed = config.metadata?.managedFields;
  if (managed !== undefined && managed !== null) throw badRequestError('metadata.managedFields must be nil');
  const problem = configProblem(schema, config);
  if (problem === undefined) return;
  const { namespace = '', name = '' } = config.metadata ?? {};
  const what = `${namespace}/${name}; ${group}/${version}, Kind=${kind}`;
  throw untypedError(`failed to create typed patch object (${what}): ${problem}`);
}

function groupVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** An object that was never tracked: all that it has is taken to be of somebody before. */
function managersOf(options: ApplyOptions, base: AnyJson): readonly Manager[] {
  const managers = readManagers(base.metadata?.managedFields);
  if (managers.length > 0 || options.live === undefined) return managers;
  const { inVersion: _, ...rest } = options;
  try {
    return managersAfter({ ...rest, live: undefined, next: base, manager: beforeFirstApply, operation: 'Update' }, []);
  } catch (error) {
    if (error instanceof StepError) return [];
    throw error;
  }
}

interface Merged {
  readonly object: AnyJson;
  readonly others: readonly Manager[];
  readonly before: Manager | undefined;
  readonly applied: Manager;
}

function merge(options: ApplyOptions, base: AnyJson, managers: readonly Manager[]): Merged {
  const { schema, config, manager: name, apiVersion, subresource } = options;
  const reset = setOfFields(options.resetFields ?? []);
  const fields = recursiveDifference(namedFields(schema, config) ?? noFields, reset);
  const self = { name, operation: 'Apply', apiVersion, subresource } as const;
  const before = managers.find(manager => isSame(manager, self));
  const applied: Manager = { ...self, time: before?.time, fields };
  const others = managers.filter(manager => manager !== before);
  const merged = mergeTyped(schema, base, config);
  const object = before === undefined ? merged : prune(options, merged, before.fields, [...others, applied]);
  const { conflicts, left } = settle(options, base, object, others, reset);
  if (!options.force && conflicts.length > 0) refuse(options, base, conflicts);
  return { object, others: left, before, applied };
}

/** Takes out what was applied before, is not now, and no other manager has. */
function prune({ schema }: ApplyOptions, merged: AnyJson, last: FieldSet, managers: readonly Manager[]): AnyJson {
  const named = (value: AnyJson) => withParents(schema, namedFields(schema, value) ?? noFields);
  const lastApplied = withParents(schema, last);
  const all = named(merged);
  const managed = withParents(
    schema,
    managers.reduce<FieldSet>((set, manager) => union(set, manager.fields), noFields),
  );
  const without = removeFields(schema, merged, lastApplied) ?? {};
  const owned = removeFields(schema, merged, difference(all, union(named(without), managed))) ?? {};
  // What nobody owns stays, unless it was applied before.
  return removeFields(schema, merged, intersection(difference(all, named(owned)), lastApplied)) ?? {};
}

/** Which fields the others would lose, and what they have left when they do. */
function settle(options: ApplyOptions, base: AnyJson, object: AnyJson, others: readonly Manager[], reset: FieldSet) {
  const compared = new Map<string, Comparison | undefined>();
  const compareIn = (version: string): Comparison | undefined => {
    if (!compared.has(version)) compared.set(version, compareVersion(options, base, object, version, reset));
    return compared.get(version);
  };
  const conflicts: Conflict[] = [];
  const left: Manager[] = [];
  for (const manager of others) {
    const comparison = compareIn(manager.apiVersion);
    if (comparison === undefined) continue;
    const taken = intersection(manager.fields, union(comparison.modified, comparison.added));
    if (!isEmptySet(taken)) conflicts.push({ manager, fields: taken });
    left.push(withFields(manager, difference(difference(manager.fields, taken), comparison.removed)));
  }
  return { conflicts, left };
}

function compareVersion(
  options: ApplyOptions,
  base: AnyJson,
  object: AnyJson,
  version: string,
  reset: FieldSet,
): Comparison | undefined {
  const other = version !== options.apiVersion && options.inVersion !== undefined;
  const view = other ? options.inVersion!(version, object) : { schema: options.schema, live: base, next: object };
  if (view === undefined) return undefined;
  const { added, modified, removed } = compareObjects(view.schema, view.live ?? emptyObject(view.schema), view.next);
  return {
    added: recursiveDifference(added, reset),
    modified: recursiveDifference(modified, reset),
    removed: recursiveDifference(removed, reset),
  };
}

function refuse({ schema, manager, apiVersion }: ApplyOptions, base: AnyJson, conflicts: readonly Conflict[]): void {
  if (manager !== kubectlManager) throw conflictError(conflicts);
  const allowed = fieldsLastApplied(schema, base, apiVersion);
  if (isEmptySet(difference(conflictingFields(conflicts), allowed))) return;
  throw conflictError(conflictsWithout(conflicts, allowed));
}

function finished(schema: StructSchema, object: AnyJson, base: AnyJson): AnyJson {
  const next = canonical(schema, object) as AnyJson;
  setDefaults(schema, next);
  return canonical(schema, { ...next, metadata: { ...next.metadata, managedFields: base.metadata?.managedFields } });
}

/** The entry as it was, when the manager owns what it owned at the same time. */
function freshEntry(before: Manager | undefined, applied: Manager): Manager {
  const same = before !== undefined && before.time === applied.time && before.apiVersion === applied.apiVersion;
  return same && jsonEqual(before.fields, applied.fields) ? before : applied;
}

function withoutManagers(object: AnyJson): AnyJson {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

/** Nothing but times would change: then nothing does. */
function sameButTimes(
  entries: readonly ManagedFieldsEntry[] | undefined,
  base: AnyJson,
  next: AnyJson,
): readonly ManagedFieldsEntry[] | undefined {
  const before = base.metadata?.managedFields as ManagedFieldsEntry[] | undefined;
  const timeless = (list: readonly ManagedFieldsEntry[] = []) => list.map(({ time: _, ...entry }) => entry);
  const same = before !== undefined && jsonEqual(timeless(entries), timeless(before));
  return same && jsonEqual(withoutManagers(base), withoutManagers(next)) ? before : undefined;
}

function withManagedFields(object: AnyJson, entries: readonly ManagedFieldsEntry[] | undefined): AnyJson {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  return { ...object, metadata: entries === undefined ? metadata : { ...metadata, managedFields: entries } };
}
