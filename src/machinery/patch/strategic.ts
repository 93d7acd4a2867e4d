/**
 * Strategic merge patch: a merge patch that knows the types. Lists marked `merge` are merged by key instead of replaced;
 * directives say what a plain merge cannot:
 *
 *   $patch: delete | replace          removes the item or empties the map; replaces instead of merging
 *   $setElementOrder/ports: [...]     the order of the items afterwards
 *   $retainKeys: [...]                the only keys that stay
 *   $deleteFromPrimitiveList/x: [...] values taken out of a list of scalars
 *
 * Nothing that is given is changed. Behaviour and messages as k8s.io/apimachinery/pkg/util/strategicpatch.
 */

import { setOwn } from '#machinery/codec/decode.ts';
import { goFormat, goType } from '#machinery/patch/go-format.ts';
import { jsonTypeName, PatchError } from '#machinery/patch/patch-error.ts';
import type { ListRules } from '#machinery/patch/strategic-list.ts';
import { mergeLists, orderedAfterMerge, withoutNulls } from '#machinery/patch/strategic-list.ts';
import type { AnyJson, ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';
import { resolved, shortName } from '#machinery/schema.ts';

const patchDirective = '$patch';
const retainKeysDirective = '$retainKeys';
const orderPrefix = '$setElementOrder';
const deletePrefix = '$deleteFromPrimitiveList';

/** Throws a PatchError: 400 for a malformed directive, 500 (without a reason, as upstream) for most of the rest. */
export function applyStrategicPatch(schema: Schema, document: AnyJson, patch: AnyJson): AnyJson {
  if (patch === null || patch === undefined) return document;
  if (!isObject(patch)) {
    const type = jsonTypeName(patch);
    throw new PatchError(`json: cannot unmarshal ${type} into Go value of type map[string]interface {}`, 400);
  }
  return mergeMaps(resolved(schema), document, patch);
}

function mergeMaps(schema: Schema, original: AnyJson, given: AnyJson): AnyJson {
  if (Object.hasOwn(given, patchDirective)) return directed(given);
  const patch = { ...given };
  const merged = retained(original ?? {}, patch);
  for (const key of Object.keys(patch)) if (key.startsWith(orderPrefix)) applyOrder(schema, merged, patch, key);
  for (const key of Object.keys(patch)) mergeKey(schema, merged, key, patch[key]);
  return merged;
}

function directed({ [patchDirective]: directive, ...rest }: AnyJson): AnyJson {
  if (directive === 'replace') return rest;
  if (directive === 'delete') return {};
  const shown = goFormat({ [patchDirective]: directive, ...rest });
  throw new PatchError(`unknown patch type: ${goFormat(directive)} in map: ${shown}`, 500);
}

/** A copy of the original with only the keys that the patch says shall stay. Takes the directive out of the patch. */
function retained(original: AnyJson, patch: AnyJson): AnyJson {
  if (!Object.hasOwn(patch, retainKeysDirective)) return { ...original };
  const keys = patch[retainKeysDirective];
  delete patch[retainKeysDirective];
  const malformed = new PatchError('invalid patch format of retainKeys', 400);
  if (!Array.isArray(keys)) throw malformed;
  const stay = new Set(keys);
  for (const [key, value] of Object.entries(patch)) {
    const directive = key.startsWith(deletePrefix) || key.startsWith(orderPrefix);
    if (value !== null && !directive && !stay.has(key)) throw malformed;
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => stay.has(key)));
}

function mergeKey(schema: Schema, merged: AnyJson, written: string, value: AnyJson): void {
  const deletes = written.startsWith(deletePrefix);
  const key = deletes ? keyAfter(written, deletePrefix, 'invalid patch format of primitive list') : written;
  if (value === null) {
    delete merged[key];
    return;
  }
  const before = Object.hasOwn(merged, key) ? merged[key] : undefined;
  if (isObject(before) && isObject(value)) {
    const { schema: below, replaces } = fieldOf(schema, key);
    setOwn(merged, key, replaces ? value : mergeMaps(below, before, value));
  } else if (Array.isArray(before) && Array.isArray(value)) {
    const list = fieldOf(schema, key).schema as ListSchema;
    setOwn(merged, key, merges(list) ? mergeLists(rulesOf(list), before, value, deletes) : value);
  } else if (!deletes) {
    setOwn(merged, key, before === undefined ? withoutNulls(value) : value);
  }
}

/** `$setElementOrder/ports`: merges the list as ever, then brings its items into the order asked for. */
function applyOrder(schema: Schema, merged: AnyJson, patch: AnyJson, directive: string): void {
  const order = listOf(patch[directive]);
  delete patch[directive];
  const key = keyAfter(directive, orderPrefix, 'invalid patch format of setElementOrder list');
  const before = Object.hasOwn(merged, key) ? listOf(merged[key]) : undefined;
  const change = Object.hasOwn(patch, key) ? listOf(patch[key]) : undefined;
  const list = fieldOf(schema, key).schema as ListSchema;
  const together = orderedAfterMerge(rulesOf(list), before, change, order, merges(list));
  delete patch[key];
  if (together !== undefined) setOwn(merged, key, together);
}

function listOf(value: AnyJson): AnyJson[] {
  if (Array.isArray(value)) return value;
  throw new PatchError(`expected a []interface {}, but received a ${goType(value)}`, 500);
}

function keyAfter(written: string, prefix: string, problem: string): string {
  if (written[prefix.length] === '/') return written.slice(prefix.length + 1);
  throw new PatchError(problem, 400);
}

function rulesOf(list: ListSchema): ListRules {
  const items = resolved(list.items);
  return { mergeKey: list.mergeKey, mergeItem: (before, change) => mergeMaps(items, before, change) };
}

function merges(list: ListSchema): boolean {
  return list.patch?.includes('merge') ?? false;
}

/** The type of a field, and whether a patch replaces it whole. */
function fieldOf(schema: Schema, key: string): { schema: Schema; replaces: boolean } {
  if (schema.kind === 'map') return { schema: resolved((schema as MapSchema).values), replaces: false };
  const fields = schema.kind === 'struct' ? (schema as StructSchema).fields : {};
  const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (field !== undefined)
    return { schema: resolved(field.schema), replaces: field.patch?.includes('replace') ?? false };
  const name = schema.kind === 'struct' ? shortName(schema as StructSchema) : 'RawExtension';
  throw new PatchError(`unable to find api field in struct ${name} for the json field "${key}"`, 500);
}

function isObject(value: AnyJson): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
