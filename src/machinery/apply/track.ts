/**
 * Notes who wrote what: the managedFields of an object after a create, update or patch.
 *
 * The writer takes over every field that it added or changed; whoever owned it loses it. Fields that are gone are owned
 * by nobody. A manager that owns nothing any more is dropped.
 */

import { rfc3339 } from '#lib/clock.ts';
import type { Comparison } from '#machinery/apply/compare.ts';
import { compareObjects } from '#machinery/apply/compare.ts';
import type { FieldSet } from '#machinery/apply/field-set.ts';
import { difference, isEmptySet, recursiveDifference, setOfFields, union } from '#machinery/apply/field-set.ts';
import type { Manager } from '#machinery/apply/managers.ts';
import {
  capUpdateManagers,
  isSame,
  parseManagers,
  readManagers,
  withFields,
  writeManagers,
} from '#machinery/apply/managers.ts';
import { StepError } from '#machinery/apply/steps.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { jsonEqual } from '#machinery/json/equal.ts';
import type { ManagedFieldsEntry } from '#machinery/meta.ts';
import type { AnyJson, Schema } from '#machinery/schema.ts';

/** The object before and after, in another version of the API. */
export interface VersionedObjects {
  readonly schema: Schema;
  readonly live: AnyJson | undefined;
  readonly next: AnyJson;
}

export interface TrackOptions {
  readonly schema: Schema;
  /** Undefined: the object is created. */
  readonly live: AnyJson | undefined;
  readonly next: AnyJson;
  readonly manager: string;
  readonly operation: 'Update' | 'Apply';
  /** The version that the request was made in; `live` and `next` are in it. */
  readonly apiVersion: string;
  readonly subresource: string;
  readonly nowMs: number;
  /** Fields that this way of writing does not touch, whatever was sent: never owned. */
  readonly resetFields?: readonly (readonly string[])[];
  /**
   * Both objects in another version, for managers that wrote in it; undefined for a version that is no longer there,
   * whose managers are dropped. Without it every manager's fields are taken to be named alike.
   */
  readonly inVersion?: (apiVersion: string) => VersionedObjects | undefined;
}

/** What nobody owns: the server gives it, or it names the object. */
export const neverOwned: FieldSet = setOfFields([
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map(name => ['metadata', name]),
]);

/** The managedFields after this write; undefined when there are none. */
export function trackUpdate(options: TrackOptions): ManagedFieldsEntry[] | undefined {
  const managers = managersBefore(options);
  // An object whose managedFields were cleared stays without, until somebody applies.
  if (managers.length === 0 && isStored(options.live)) return undefined;
  try {
    return writeManagers(managersAfter(options, managers));
  } catch (error) {
    // Items of a list that cannot be told apart: upstream drops the lot rather than keep what may be wrong.
    if (error instanceof StepError) return undefined;
    throw error;
  }
}

function isStored(live: AnyJson | undefined): boolean {
  return (live?.metadata?.uid ?? '') !== '';
}

/** A client may send managedFields of its own, and clears them with an empty list or one empty entry. */
function managersBefore({ live, next, subresource }: TrackOptions): readonly Manager[] {
  const sent = next.metadata?.managedFields as ManagedFieldsEntry[] | undefined;
  const stored = live?.metadata?.managedFields as ManagedFieldsEntry[] | undefined;
  // Clients send back what they read; reading that as new would cost more than comparing it.
  if (subresource !== '' || sent === undefined || sent === null || jsonEqual(sent, stored)) return readManagers(stored);
  if (isReset(sent)) return [];
  return parseManagers(sent) ?? readManagers(stored);
}

function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  return entries.length === 0 || (entries.length === 1 && Object.values(entries[0]!).every(value => !value));
}

/** The managers after this write, by what they were before. Throws a StepError. */
export function managersAfter(options: TrackOptions, before: readonly Manager[]): readonly Manager[] {
  const { apiVersion, manager: name, operation, subresource, nowMs } = options;
  const reset = setOfFields(options.resetFields ?? []);
  const compared = new Map<string, Comparison | undefined>([[apiVersion, compareWithout(options, reset)]]);
  const inVersion = (version: string): Comparison | undefined => {
    if (!compared.has(version)) {
      const view = options.inVersion === undefined ? options : options.inVersion(version);
      compared.set(version, view && compareWithout(view, reset));
    }
    return compared.get(version);
  };
  const self = { name, operation, apiVersion, subresource };
  const { added, modified, removed } = inVersion(apiVersion)!;
  const taken = difference(recursiveDifference(difference(union(modified, added), removed), reset), neverOwned);
  let own = taken;
  const after: Manager[] = [];
  for (const manager of before) {
    const comparison = inVersion(manager.apiVersion);
    if (comparison === undefined) continue;
    const left = withFields(manager, remaining(manager.fields, comparison));
    if (!isEmptySet(taken) && isSame(left, self)) own = union(left.fields, taken);
    else after.push(left);
  }
  if (!isEmptySet(own)) after.push({ ...self, time: rfc3339(nowMs), fields: own });
  return capUpdateManagers(after.filter(manager => !isEmptySet(manager.fields)));
}

function compareWithout({ schema, live, next }: VersionedObjects, reset: FieldSet): Comparison {
  const { added, modified, removed } = compareObjects(schema, live ?? emptyObject(schema), next);
  if (isEmptySet(reset)) return { added, modified, removed };
  return {
    added: recursiveDifference(added, reset),
    modified: recursiveDifference(modified, reset),
    removed: recursiveDifference(removed, reset),
  };
}

function remaining(fields: FieldSet, { added, modified, removed }: Comparison): FieldSet {
  return difference(difference(difference(fields, modified), added), removed);
}

const empties = new WeakMap<Schema, AnyJson>();

/** What a create is compared with. Fields that are always printed are in it, so they are not new with the object. */
export function emptyObject(schema: Schema): AnyJson {
  let empty = empties.get(schema);
  if (empty === undefined) {
    empty = canonical(schema, {});
    empties.set(schema, empty);
  }
  return empty;
}
