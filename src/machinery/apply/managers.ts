/** The entries of `metadata.managedFields`: read, told apart, merged when there are too many, put into order. */

import type { FieldSet } from '#machinery/apply/field-set.ts';
import { isEmptySet, parseFieldSet, sorted, union } from '#machinery/apply/field-set.ts';
import type { ManagedFieldsEntry } from '#machinery/meta.ts';

/** Who owns a set of fields, and since when. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  /** The version in which the fields are named. */
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
  /** What it was read from, given back as it is while nothing changed. */
  readonly entry?: ManagedFieldsEntry;
}

/** Whether both are one manager. Who applies is the same in every version; who updates is not. */
export function isSame(a: Omit<Manager, 'fields' | 'time'>, b: Omit<Manager, 'fields' | 'time'>): boolean {
  return (
    a.name === b.name &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}

/** Entries that the server itself wrote. */
export function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Manager[] {
  return (entries ?? []).map(entry => managerOf(entry, entry.fieldsV1 ?? {}));
}

/** Entries that a client sent; undefined when one of them is malformed. */
export function parseManagers(entries: readonly ManagedFieldsEntry[]): Manager[] | undefined {
  const managers: Manager[] = [];
  for (const entry of entries) {
    const { operation, apiVersion = '', fieldsType = '' } = entry;
    if ((operation !== 'Apply' && operation !== 'Update') || apiVersion === '' || fieldsType !== 'FieldsV1') {
      return undefined;
    }
    const fields = parseFieldSet(entry.fieldsV1);
    if (fields === undefined) return undefined;
    const manager = managerOf({ ...entry, fieldsV1: sorted(fields) }, fields);
    const twin = managers.findIndex(other => isSame(other, manager));
    if (twin < 0) managers.push(manager);
    else managers[twin] = manager;
  }
  return managers;
}

function managerOf(entry: ManagedFieldsEntry, fields: FieldSet): Manager {
  const { manager = '', operation, apiVersion = '', subresource = '', time } = entry;
  return {
    name: manager,
    operation: operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion,
    subresource,
    time,
    fields,
    entry,
  };
}

/** With other fields. The same manager when they are the same; without `entry`, so that it is written anew. */
export function withFields(manager: Manager, fields: FieldSet): Manager {
  if (fields === manager.fields) return manager;
  const { entry: _, ...rest } = manager;
  return { ...rest, fields };
}

export const updateManagersMax = 10;
const oldChangesName = 'ancient-changes';

/**
 * At most ten managers that update are told apart: the oldest of one version are merged. The first of a version becomes
 * the bucket when a second one goes into it.
 */
export function capUpdateManagers(managers: readonly Manager[]): readonly Manager[] {
  const updaters = managers.filter(manager => manager.operation === 'Update');
  let count = updaters.length;
  if (count <= updateManagersMax) return managers;
  updaters.sort((a, b) => secondsOf(a) - secondsOf(b) || compareText(identity(a), identity(b)));
  const left = new Set(managers);
  const buckets = new Map<string, Manager>();
  for (const manager of updaters) {
    if (count <= updateManagersMax) break;
    const bucket = buckets.get(manager.apiVersion);
    if (bucket === undefined) {
      buckets.set(manager.apiVersion, manager);
      continue;
    }
    const merged: Manager = {
      name: oldChangesName,
      operation: 'Update',
      apiVersion: manager.apiVersion,
      subresource: '',
      time: manager.time,
      fields: union(bucket.fields, manager.fields),
    };
    left.delete(bucket);
    left.delete(manager);
    left.add(merged);
    buckets.set(manager.apiVersion, merged);
    count--;
  }
  return [...left];
}

function identity({ name, operation, apiVersion, subresource }: Manager): string {
  const entry = { manager: name, operation, apiVersion };
  return JSON.stringify(subresource === '' ? entry : { ...entry, subresource });
}

function secondsOf(manager: Manager): number {
  return manager.time === undefined ? 0 : Math.floor(Date.parse(manager.time) / 1000);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As they are written: Apply first, the oldest first. Undefined when there is none. */
export function writeManagers(managers: readonly Manager[]): ManagedFieldsEntry[] | undefined {
  const kept = managers.filter(manager => !isEmptySet(manager.fields));
  if (kept.length === 0) return undefined;
  kept.sort(
    (a, b) =>
      compareText(a.operation, b.operation) ||
      secondsOf(a) - secondsOf(b) ||
      compareText(a.name, b.name) ||
      compareText(a.apiVersion, b.apiVersion) ||
      compareText(a.subresource, b.subresource),
  );
  return kept.map(manager => manager.entry ?? entryOf(manager));
}

function entryOf({ name, operation, apiVersion, subresource, time, fields }: Manager): ManagedFieldsEntry {
  const entry: ManagedFieldsEntry = { manager: name, operation, apiVersion };
  if (time !== undefined) entry.time = time;
  entry.fieldsType = 'FieldsV1';
  entry.fieldsV1 = sorted(fields);
  if (subresource !== '') entry.subresource = subresource;
  return entry;
}
