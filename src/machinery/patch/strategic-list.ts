/**
 * How a strategic merge patch merges two lists: scalars become one set, objects are merged by their key. Items of the
 * patch come in the order of the patch; those that only the object has keep their place among what was there before.
 */

import { setOwn } from '#machinery/codec/decode.ts';
import { goFormat, goType } from '#machinery/patch/go-format.ts';
import { PatchError } from '#machinery/patch/patch-error.ts';
import type { AnyJson } from '#machinery/schema.ts';

type Items = readonly AnyJson[];

const setOrder = '$setElementOrder';

/** Merges a patch into one item. */
export type MergeItem = (before: AnyJson, change: AnyJson) => AnyJson;

export interface ListRules {
  readonly mergeKey: string | undefined;
  readonly mergeItem: MergeItem;
}

/** With `deletes` the patch lists the scalars to take out. */
export function mergeLists(rules: ListRules, before: Items, change: Items, deletes: boolean): Items {
  if (before.length === 0 && change.length === 0) return before;
  if (elementType(before, change) !== 'map[string]interface {}') {
    if (deletes) {
      const gone = new Set(change);
      return before.filter(item => !gone.has(item));
    }
    const merged = [...new Set([...before, ...change])];
    return inOrder(merged, change, before, item => item);
  }
  const { mergeKey } = rules;
  if (mergeKey === undefined) throw new PatchError('cannot merge lists without merge key for type struct', 500);
  const special = applyItemDirectives(before, change, mergeKey);
  const merged = mergeByKey(rules.mergeItem, special.before, special.change, mergeKey);
  return inOrder(merged, special.change, special.before, item => keyOf(item, mergeKey));
}

/** The list after a patch with `$setElementOrder`; undefined when there is no list to order. */
export function orderedAfterMerge(
  rules: ListRules,
  before: Items | undefined,
  change: Items | undefined,
  order: Items,
  merges: boolean,
): Items | undefined {
  const { mergeKey } = rules;
  checkOrder(change ?? [], order, mergeKey);
  if (before === undefined && change === undefined) return undefined;
  elementType(before ?? [], change ?? []);
  const merged =
    before === undefined
      ? change!
      : change === undefined
        ? before
        : merges
          ? mergeLists(rules, before, change, false)
          : change;
  return inOrder(merged, order, before ?? [], mergeKey === undefined ? item => item : item => keyOf(item, mergeKey));
}

/** Takes out the items that only say `$patch`. With `replace` nothing of what was before is left. */
function applyItemDirectives(before: Items, change: Items, mergeKey: string): { before: Items; change: Items } {
  const plain = change.filter(item => !Object.hasOwn(item, '$patch'));
  const deleted = new Set<unknown>();
  let replace = false;
  for (const item of change) {
    if (!Object.hasOwn(item, '$patch')) continue;
    const directive = item.$patch;
    if (directive === 'delete') {
      deleted.add(keyOf(item, mergeKey));
    } else if (directive === 'replace') replace = true;
    else if (directive === 'merge') throw new PatchError('merging lists cannot yet be specified in the patch', 500);
    else throw new PatchError(`unknown patch type: ${goFormat(directive)} in map: ${goFormat(item)}`, 500);
  }
  if (replace) return { before: plain, change: [] };
  return { before: deleted.size === 0 ? before : before.filter(other => !deleted.has(other[mergeKey])), change: plain };
}

function mergeByKey(mergeItem: MergeItem, before: Items, change: Items, mergeKey: string): Items {
  const merged = [...before];
  const places = positions(before, item => (Object.hasOwn(item, mergeKey) ? item[mergeKey] : undefined));
  for (const item of change) {
    const key = keyOf(item, mergeKey);
    const at = places.get(key);
    if (at === undefined) places.set(key, merged.push(withoutNulls(item)) - 1);
    else merged[at] = mergeItem(merged[at], item);
  }
  return merged;
}

/**
 * Items named in `order` as that says, the others as they were; an item of the first kind goes before one of the second
 * unless it stood behind it before.
 */
function inOrder(merged: Items, order: Items, before: Items, identify: (item: AnyJson) => unknown): Items {
  const orderOf = positions(order, identify);
  const beforeOf = positions(before, identify);
  const named = stable(
    merged.filter(item => orderOf.has(identify(item))),
    item => orderOf.get(identify(item))!,
  );
  const others = stable(
    merged.filter(item => !orderOf.has(identify(item))),
    item => beforeOf.get(identify(item)) ?? -1,
  );
  const result: AnyJson[] = [];
  let next = 0;
  for (const item of named) {
    const place = beforeOf.get(identify(item));
    while (place !== undefined && next < others.length) {
      const other = beforeOf.get(identify(others[next]));
      if (other === undefined || other >= place) break;
      result.push(others[next++]);
    }
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}

function positions(items: Items, identify: (item: AnyJson) => unknown): Map<unknown, number> {
  const found = new Map<unknown, number>();
  for (const [at, item] of items.entries()) if (!found.has(identify(item))) found.set(identify(item), at);
  return found;
}

function stable(items: Items, rank: (item: AnyJson) => number): Items {
  return [...items].sort((a, b) => rank(a) - rank(b));
}

/** Every item of the patch must be named by the order, in the same order; deletions may stand anywhere. */
function checkOrder(change: Items, order: Items, mergeKey: string | undefined): void {
  if (change.length === 0 || order.length === 0) return;
  const plain = mergeKey === undefined ? change : change.filter(item => item?.$patch === undefined);
  const identify = (item: AnyJson) => (mergeKey === undefined ? item : keyOf(item, mergeKey));
  let at = 0;
  for (const place of order) if (at < plain.length && identify(plain[at]) === identify(place)) at++;
  if (at === plain.length) return;
  const message = `The order in patch list:\n${goFormat(change)}\n doesn't match ${setOrder} list:\n${goFormat(order)}\n`;
  throw new PatchError(message, 500);
}

function keyOf(item: AnyJson, mergeKey: string): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new PatchError(`expected a map[string]interface {}, but received a ${goType(item)}`, 500);
  }
  if (Object.hasOwn(item, mergeKey)) return item[mergeKey];
  throw new PatchError(`map: ${goFormat(item)} does not contain declared merge key: ${mergeKey}`, 500);
}

/** The one type that all items have. */
function elementType(before: Items, change: Items): string {
  const types = new Set([...before, ...change].map(goType));
  if (types.has('[]interface {}'))
    throw new PatchError('the server rejected our request due to an error in our request', 422);
  const [type] = types;
  if (type === undefined) throw new PatchError('no elements in any of the given slices', 500);
  if (types.size === 1) return type;
  throw new PatchError(`list element types are not identical: ${goFormat([before, change])}`, 500);
}

/** A part that the patch brings new: its nulls have nothing to remove. */
export function withoutNulls(value: AnyJson): AnyJson {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const out: AnyJson = {};
  for (const [key, part] of Object.entries(value)) if (part !== null) setOwn(out, key, withoutNulls(part));
  return out;
}
