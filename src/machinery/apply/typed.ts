/**
 * What server-side apply does with values of a known type: which fields a configuration names, how it is merged into an
 * object, and how fields are taken out again. As sigs.k8s.io/structured-merge-diff does it, nulls included.
 */

import type { FieldSet } from '#machinery/apply/field-set.ts';
import { isEmptySet, leaf } from '#machinery/apply/field-set.ts';
import type { StepOf } from '#machinery/apply/steps.ts';
import { stepOf } from '#machinery/apply/steps.ts';
import { setOwn } from '#machinery/codec/decode.ts';
import type { AnyJson, ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';
import { resolved } from '#machinery/schema.ts';

/** The type as apply sees it: one value, named fields or keys, or a list whose items have names. */
export type Shape =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'keys'; partOf(key: string): Schema | undefined; isField(key: string): boolean }
  | { readonly kind: 'items'; readonly items: Schema; readonly step: StepOf };

const shapes = new WeakMap<Schema, Shape>();
const oneValue: Shape = { kind: 'leaf' };

export function shapeOf(schema: Schema): Shape {
  const known = shapes.get(schema);
  if (known !== undefined) return known;
  const shape = makeShape(resolved(schema));
  shapes.set(schema, shape);
  return shape;
}

function makeShape(schema: Schema): Shape {
  if (schema.kind === 'struct') {
    const { fields, atomic } = schema as StructSchema;
    const isField = (key: string) => Object.hasOwn(fields, key);
    return atomic
      ? oneValue
      : { kind: 'keys', partOf: key => (isField(key) ? fields[key]!.schema : undefined), isField };
  }
  if (schema.kind === 'map') {
    const { values, atomic } = schema as MapSchema;
    return atomic ? oneValue : { kind: 'keys', partOf: () => values, isField: () => false };
  }
  const step = schema.kind === 'list' ? stepOf(schema as ListSchema) : undefined;
  return step === undefined ? oneValue : { kind: 'items', items: (schema as ListSchema).items, step };
}

const untyped: Schema = { kind: 'json' };

function partSchema(shape: Shape & { kind: 'keys' }, key: string): Schema {
  return shape.partOf(key) ?? untyped;
}

function isEmpty(value: AnyJson): boolean {
  if (value === null || value === undefined) return true;
  for (const _ in value) return false;
  return true;
}

/**
 * The fields that a value names, as a node. Of structs and maps that are fields only what is in them is named; items of
 * lists and entries of maps are named themselves too. Undefined: nothing, such as an empty list.
 */
export function namedFields(schema: Schema, value: AnyJson): FieldSet | undefined {
  const shape = shapeOf(schema);
  if (shape.kind === 'leaf') return leaf;
  if (value === null) return undefined;
  return shape.kind === 'items' ? namedItems(shape, value) : namedKeys(shape, value);
}

function namedKeys(shape: Shape & { kind: 'keys' }, value: AnyJson): FieldSet | undefined {
  const node: Record<string, FieldSet> = {};
  for (const key of Object.keys(value)) {
    const part = value[key];
    const below = namedFields(partSchema(shape, key), part);
    const own = isEmptyValue(part) || !shape.isField(key);
    const joined = withMember(below, own);
    if (joined !== undefined) node[`f:${key}`] = joined;
  }
  return isEmptySet(node) ? undefined : node;
}

/** Null, or a map without entries: there is nothing in it that could be named instead. */
function isEmptyValue(value: AnyJson): boolean {
  return value === null || (typeof value === 'object' && !Array.isArray(value) && isEmpty(value));
}

function withMember(below: FieldSet | undefined, own: boolean): FieldSet | undefined {
  if (below === undefined) return own ? leaf : undefined;
  return own && !isEmptySet(below) ? { '.': leaf, ...below } : below;
}

function namedItems(shape: Shape & { kind: 'items' }, value: AnyJson): FieldSet | undefined {
  const node: Record<string, FieldSet> = {};
  for (const item of value) {
    const step = shape.step(item);
    node[step] = Object.hasOwn(node, step) ? leaf : withMember(namedFields(shape.items, item), true)!;
  }
  return isEmptySet(node) ? undefined : node;
}

/** The configuration merged into the object: it wins where both have a value. Undefined when nothing is left. */
export function mergeTyped(schema: Schema, live: AnyJson, config: AnyJson): AnyJson {
  if (config === undefined) return live;
  if (live === undefined) return config;
  const shape = shapeOf(schema);
  if (shape.kind === 'leaf' || (isEmpty(live) && isEmpty(config))) return config;
  return shape.kind === 'items'
    ? mergeItems(shape, live ?? [], config ?? [])
    : mergeKeys(shape, live ?? {}, config ?? {});
}

function mergeKeys(shape: Shape & { kind: 'keys' }, live: AnyJson, config: AnyJson): AnyJson {
  const merged: AnyJson = {};
  for (const key of new Set([...Object.keys(live), ...Object.keys(config)])) {
    const value = mergeTyped(partSchema(shape, key), ownValue(live, key), ownValue(config, key));
    if (value !== undefined) setOwn(merged, key, value);
  }
  return isEmpty(merged) ? undefined : merged;
}

function ownValue(object: AnyJson, key: string): AnyJson {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/**
 * Items of both lists, each once. Shared items come in the order of the configuration; an item that only the object has
 * stays behind the shared item that it stood behind, one that only the configuration has likewise.
 */
function mergeItems(shape: Shape & { kind: 'items' }, live: AnyJson[], config: AnyJson[]): AnyJson {
  const liveSteps = live.map(shape.step);
  const configSteps = config.map(shape.step);
  const liveItems = new Map<string, AnyJson>();
  for (const [at, step] of liveSteps.entries()) liveItems.set(step, liveItems.has(step) ? null : live[at]);
  const configItems = new Map(configSteps.map((step, at) => [step, config[at]]));
  const shared = configSteps.filter(step => liveItems.has(step));
  const done = new Set<string>();
  const merged: AnyJson[] = [];
  const take = (value: AnyJson) => {
    if (value !== undefined) merged.push(value);
  };
  let left = 0;
  let right = 0;
  let nextShared = 0;
  while (left < liveSteps.length || right < configSteps.length) {
    const mine = liveSteps[left];
    const theirs = configSteps[right];
    if (mine !== undefined && theirs !== undefined) {
      if (mine === theirs) {
        done.add(mine);
        take(mergeTyped(shape.items, liveItems.get(mine), configItems.get(mine)));
        left++;
        right++;
        nextShared++;
        continue;
      }
      // A shared item that stands too early here: it comes when the configuration names it.
      if (configItems.has(mine) && nextShared < shared.length && shared[nextShared] !== mine) {
        left++;
        continue;
      }
    }
    if (mine !== undefined) {
      if (!configItems.has(mine)) {
        take(live[left]);
        left++;
        continue;
      }
      if (done.has(mine)) left++;
    }
    if (theirs !== undefined) {
      done.add(theirs);
      take(mergeTyped(shape.items, liveItems.get(theirs), configItems.get(theirs)));
      right++;
      if (shared[nextShared] === theirs) nextShared++;
    }
  }
  return merged.length === 0 ? undefined : merged;
}

/** The value without the fields of the set; null when nothing of it is left. */
export function removeFields(schema: Schema, value: AnyJson, set: FieldSet): AnyJson {
  const shape = shapeOf(schema);
  if (shape.kind === 'leaf') return typeof value === 'object' ? null : value;
  if (value === null || isEmpty(value)) return null;
  return shape.kind === 'items' ? removeItems(shape, value, set) : removeKeys(shape, value, set);
}

function removeKeys(shape: Shape & { kind: 'keys' }, value: AnyJson, set: FieldSet): AnyJson {
  const left: AnyJson = {};
  for (const key of Object.keys(value)) {
    const node = set[`f:${key}`];
    if (node === undefined) setOwn(left, key, value[key]);
    else if (!isMember(node)) setOwn(left, key, removeFields(partSchema(shape, key), value[key], node));
  }
  return isEmpty(left) ? null : left;
}

function removeItems(shape: Shape & { kind: 'items' }, value: AnyJson[], set: FieldSet): AnyJson {
  const left: AnyJson[] = [];
  for (const item of value) {
    const node = set[shape.step(item)];
    if (node === undefined) left.push(item);
    else if (!isMember(node)) left.push(removeFields(shape.items, item, node));
  }
  return left.length === 0 ? null : left;
}

function isMember(node: FieldSet): boolean {
  return Object.hasOwn(node, '.') || isEmptySet(node);
}

/** The set with every field of a struct that something below is named of: for removing, they count as named. */
export function withParents(schema: Schema, set: FieldSet): FieldSet {
  const shape = shapeOf(schema);
  const out: Record<string, FieldSet> = {};
  for (const step in set) {
    const node = set[step]!;
    if (step === '.' || isEmptySet(node)) out[step] = node;
    else {
      const below = withParents(belowStep(shape, step), node);
      const isField = shape.kind === 'keys' && step.startsWith('f:') && shape.isField(step.slice(2));
      out[step] = isField && !Object.hasOwn(below, '.') ? { '.': leaf, ...below } : below;
    }
  }
  return out;
}

function belowStep(shape: Shape, step: string): Schema {
  if (shape.kind === 'items') return shape.items;
  return shape.kind === 'keys' && step.startsWith('f:') ? partSchema(shape, step.slice(2)) : untyped;
}
