/**
 * From entries to bytes. What was made is kept: of an entry in its slots, of a whole leaf of the tree in the leaf's memo,
 * joined with separators, so that a long list is a few large buffers that are there already.
 *
 * The entries of a joined leaf keep their part of the joined bytes as a view. When one of sixty changes, the new leaf is
 * joined from fifty-nine views and one encoding. Dropping the joined bytes drops the views with them.
 */

import { must } from '#lib/assert.ts';
import type { Leaf, Run } from '#lib/btree.ts';
import type { ByteBudget, Slot } from '#watch/byte-budget.ts';
import type { Encoded, Entry, Hole } from '#watch/entry.ts';
import type { Form } from '#watch/form.ts';

/** Chunks that are made by copying are about this large. */
const chunkBytes = 128 * 1024;

/** All items of a leaf, each with a separator before it. */
interface Joined extends Encoded {
  /** Where each item ends. */
  readonly ends: Uint32Array;
}

/** How bytes are finished when they are written. */
export interface Writing {
  readonly budget: ByteBudget;
  readonly nowMs: number;
}

/** A value that is there, or comes later: most forms encode at once, and a promise would cost them a turn. */
export type MaybeLater<T> = T | Promise<T>;

export function then<T, R>(value: MaybeLater<T>, next: (value: T) => MaybeLater<R>): MaybeLater<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** The encodings of entries, in their order: those kept, and the others made. */
export function encodeAll(entries: readonly Entry[], form: Form): MaybeLater<readonly Encoded[]> {
  if (form.encodeMany === undefined) return entries.map(entry => encodeOne(entry, form));
  const kept = entries.map(entry => entry.encoded(form.name));
  const missing = entries.filter((_, i) => kept[i] === undefined);
  if (missing.length === 0) return kept as Encoded[];
  return form.encodeMany(missing).then(made => {
    missing.forEach((entry, i) => {
      entry.keep(form.name, made[i]!);
    });
    let next = 0;
    return kept.map(encoded => encoded ?? must(made[next++], 'every entry is encoded'));
  });
}

function encodeOne(entry: Entry, form: Form): Encoded {
  const kept = entry.encoded(form.name);
  if (kept !== undefined) return kept;
  const made = form.encode(entry);
  entry.keep(form.name, made);
  return made;
}

/** The items of some parts of leaves, as chunks, with separators between all items. */
export function encodeRuns(
  runs: Iterable<Run<Entry>>,
  form: Form,
  writing: Writing,
): MaybeLater<readonly Uint8Array[]> {
  const parts: MaybeLater<Uint8Array>[] = [];
  for (const run of runs) parts.push(encodeRun(run, form, writing));
  const finish = (chunks: readonly Uint8Array[]) => withoutFirstSeparator(chunks, form);
  return parts.some(part => part instanceof Promise) ? Promise.all(parts).then(finish) : finish(parts as Uint8Array[]);
}

/** The items of single entries, copied together into chunks, with separators between. */
export function encodeEntries(
  entries: readonly Entry[],
  form: Form,
  writing: Writing,
): MaybeLater<readonly Uint8Array[]> {
  return then(encodeAll(entries, form), items => withoutFirstSeparator(chunksOf(items, form, writing), form));
}

/** Items copied together into chunks, with a separator before each. */
export function chunksOf(items: readonly Encoded[], form: Form, writing: Writing): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < items.length; ) {
    let end = start;
    for (let bytes = 0; end < items.length && bytes < chunkBytes; end++) bytes += items[end]!.bytes.length;
    chunks.push(fill(join(items.slice(start, end), form.separator), form, writing));
    start = end;
  }
  return chunks;
}

function withoutFirstSeparator(chunks: readonly Uint8Array[], form: Form): readonly Uint8Array[] {
  if (chunks.length === 0 || form.separator.length === 0) return chunks;
  return [chunks[0]!.subarray(form.separator.length), ...chunks.slice(1)];
}

/** One part of a leaf, a separator before each item. Half a leaf or more is worth joining the whole of it. */
function encodeRun({ leaf, start, end }: Run<Entry>, form: Form, writing: Writing): MaybeLater<Uint8Array> {
  const kept = joinedSlot(leaf, form);
  if (kept === undefined && (end - start) * 2 < leaf.values.length) {
    const items = encodeAll(leaf.values.slice(start, end), form);
    return then(items, all => fill(join(all, form.separator), form, writing));
  }
  if (kept !== undefined) writing.budget.touch(kept);
  const joined = kept === undefined ? joinLeaf(leaf, form, writing.budget) : (kept.content as Joined);
  return then(joined, all => fill(part(all, start, end), form, writing));
}

function joinedSlot(leaf: Leaf<Entry>, form: Form): Slot | undefined {
  return (leaf.memo as Slot[] | undefined)?.find(slot => slot.name === form.name);
}

function joinLeaf(leaf: Leaf<Entry>, form: Form, budget: ByteBudget): MaybeLater<Joined> {
  return then(encodeAll(leaf.values, form), items => {
    const joined = join(items, form.separator);
    leaf.values.forEach((entry, i) => {
      const start = (i === 0 ? 0 : joined.ends[i - 1]!) + form.separator.length;
      entry.keep(form.name, { bytes: joined.bytes.subarray(start, joined.ends[i]!), holes: items[i]!.holes }, 0);
    });
    const slot: Slot = {
      name: form.name,
      content: joined,
      bytes: joined.bytes.length,
      generation: 0,
      drop: () => {
        leaf.memo = (leaf.memo as Slot[]).filter(each => each !== slot);
        for (const entry of leaf.values) entry.dropView(form.name, joined.bytes.buffer);
      },
    };
    leaf.memo = [...((leaf.memo as Slot[] | undefined) ?? []).filter(each => each.name !== form.name), slot];
    budget.touch(slot);
    return joined;
  });
}

/** Some of the items of a joined leaf: a view. */
function part(joined: Joined, start: number, end: number): Encoded {
  if (start === 0 && end === joined.ends.length) return joined;
  const from = start === 0 ? 0 : joined.ends[start - 1]!;
  const to = end === 0 ? 0 : joined.ends[end - 1]!;
  const holes = joined.holes?.filter(hole => hole.at > from && hole.at <= to);
  return {
    bytes: joined.bytes.subarray(from, to),
    holes: holes?.map(hole => ({ at: hole.at - from, from: hole.from })),
  };
}

function join(items: readonly Encoded[], separator: Uint8Array): Joined {
  const ends = new Uint32Array(items.length);
  let total = 0;
  for (let i = 0; i < items.length; i++) ends[i] = total += separator.length + items[i]!.bytes.length;
  const bytes = new Uint8Array(total);
  let holes: Hole[] | undefined;
  let at = 0;
  for (const item of items) {
    bytes.set(separator, at);
    at += separator.length;
    bytes.set(item.bytes, at);
    for (const hole of item.holes ?? []) (holes ??= []).push({ at: at + hole.at, from: hole.from });
    at += item.bytes.length;
  }
  return { bytes, holes, ends };
}

function fill({ bytes, holes }: Encoded, form: Form, { nowMs }: Writing): Uint8Array {
  if (holes === undefined || holes.length === 0) return bytes;
  const fillHole = must(form.fill, () => `form ${form.name} leaves holes and so can fill them`);
  const fillings = holes.map(hole => fillHole(hole, nowMs));
  const filled = new Uint8Array(fillings.reduce((sum, filling) => sum + filling.length, bytes.length));
  let from = 0;
  let to = 0;
  holes.forEach((hole, i) => {
    filled.set(bytes.subarray(from, hole.at), to);
    to += hole.at - from;
    from = hole.at;
    filled.set(fillings[i]!, to);
    to += fillings[i]!.length;
  });
  filled.set(bytes.subarray(from), to);
  return filled;
}
