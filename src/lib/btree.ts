/**
 * A copy-on-write B-tree with counts. `set` and `delete` return a new tree and copy only the nodes from the root to the
 * leaf (three for a million values); the old tree stays as it was, for whoever still reads it.
 *
 * Each node knows how many values are below it, so "how many keys are before this one" costs as much as a lookup. Leaves
 * are handed out as they are, with a `memo` in which a reader may keep what it made of all values of a leaf: a leaf never
 * changes, so the memo is good for as long as the leaf lives, in every tree that shares it.
 *
 * @example
 * const before = BTree.fromSorted([{ key: 'a' }, { key: 'c' }]);
 * const after = before.set({ key: 'b' });
 * after.rank('c'); // 2
 * before.size; // still 2
 */

import { assert } from '#lib/assert.ts';

export interface Keyed {
  readonly key: string;
}

/** Large enough that a list of 1,000 is about twenty leaves, small enough that copying one costs next to nothing. */
const leafValuesMax = 64;
const leafValuesMin = 16;
const leafValuesLoaded = 48;
const branchChildrenMax = 64;
const branchChildrenMin = 16;
const branchChildrenLoaded = 48;

export class Leaf<V extends Keyed> {
  readonly values: readonly V[];
  memo: unknown = undefined;

  constructor(values: readonly V[]) {
    this.values = values;
  }
}

class Branch<V extends Keyed> {
  readonly children: readonly Node<V>[];
  /** `from[i]` is at or before every key of child i and after every key of child i - 1. */
  readonly from: readonly string[];
  readonly size: number;

  constructor(children: readonly Node<V>[], from: readonly string[]) {
    this.children = children;
    this.from = from;
    this.size = children.reduce((sum, child) => sum + sizeOf(child), 0);
  }
}

type Node<V extends Keyed> = Leaf<V> | Branch<V>;

/** Part of a leaf: its values from `start` to before `end`. */
export interface Run<V extends Keyed> {
  readonly leaf: Leaf<V>;
  readonly start: number;
  readonly end: number;
}

export class BTree<V extends Keyed> {
  readonly #root: Node<V>;

  private constructor(root: Node<V>) {
    this.#root = root;
  }

  static empty<V extends Keyed>(): BTree<V> {
    return new BTree<V>(new Leaf<V>([]));
  }

  /** From values in strictly rising order of their keys. */
  static fromSorted<V extends Keyed>(values: readonly V[]): BTree<V> {
    for (let i = 1; i < values.length; i++) {
      assert(values[i - 1]!.key < values[i]!.key, () => `key ${values[i]!.key} is not after ${values[i - 1]!.key}`);
    }
    if (values.length <= leafValuesMax) return new BTree<V>(new Leaf(values.slice()));
    let level: Node<V>[] = chunks(values, leafValuesLoaded).map(chunk => new Leaf(chunk));
    let from = level.map(leaf => (leaf as Leaf<V>).values[0]!.key);
    while (level.length > 1) {
      const starts = chunks(from, branchChildrenLoaded);
      level = chunks(level, branchChildrenLoaded).map((children, i) => new Branch(children, starts[i]!));
      from = starts.map(keys => keys[0]!);
    }
    return new BTree<V>(level[0]!);
  }

  get size(): number {
    return sizeOf(this.#root);
  }

  get(key: string): V | undefined {
    let node = this.#root;
    while (node instanceof Branch) node = node.children[childFor(node.from, key)]!;
    const value = node.values[lowerBound(node.values, key)];
    return value?.key === key ? value : undefined;
  }

  /** How many keys are before this one: its own index when it is there. */
  rank(key: string): number {
    let rank = 0;
    let node = this.#root;
    while (node instanceof Branch) {
      const index = childFor(node.from, key);
      for (let i = 0; i < index; i++) rank += sizeOf(node.children[i]!);
      node = node.children[index]!;
    }
    return rank + lowerBound(node.values, key);
  }

  set(value: V): BTree<V> {
    const nodes = setIn(this.#root, value);
    if (nodes.length === 1) return new BTree(nodes[0]!);
    return new BTree(new Branch(nodes, ['', firstKey(nodes[1]!)]));
  }

  /** The tree without the key; the same tree when the key is not there. */
  delete(key: string): BTree<V> {
    let root = deleteIn(this.#root, key);
    if (root === this.#root) return this;
    while (root instanceof Branch && root.children.length === 1) root = root.children[0]!;
    return new BTree(root);
  }

  /** The values with indexes from `start` to before `end`, as parts of leaves. */
  *runs(start = 0, end = this.size): Generator<Run<V>> {
    yield* runsIn(this.#root, start, Math.min(end, this.size));
  }

  *values(start = 0, end = this.size): Generator<V> {
    for (const run of this.runs(start, end)) {
      for (let i = run.start; i < run.end; i++) yield run.leaf.values[i]!;
    }
  }
}

function sizeOf<V extends Keyed>(node: Node<V>): number {
  return node instanceof Branch ? node.size : node.values.length;
}

/** A key at or before all of the node's, after all of its left neighbour's. */
function firstKey<V extends Keyed>(node: Node<V>): string {
  return node instanceof Branch ? node.from[0]! : node.values[0]!.key;
}

/** The index of the first value whose key is not before `key`. */
function lowerBound<V extends Keyed>(values: readonly V[], key: string): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child whose range holds the key: the last that starts at or before it, or the first of all. */
function childFor(from: readonly string[], key: string): number {
  let low = 1;
  let high = from.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (from[middle]! <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function setIn<V extends Keyed>(node: Node<V>, value: V): Node<V>[] {
  if (node instanceof Leaf) {
    const index = lowerBound(node.values, value.key);
    const replaced = node.values[index]?.key === value.key ? 1 : 0;
    const values = node.values.toSpliced(index, replaced, value);
    return values.length <= leafValuesMax ? [new Leaf(values)] : halves(values).map(half => new Leaf(half));
  }
  const index = childFor(node.from, value.key);
  const nodes = setIn(node.children[index]!, value);
  return replaceChildren(node, index, 1, nodes);
}

function deleteIn<V extends Keyed>(node: Node<V>, key: string): Node<V> {
  if (node instanceof Leaf) {
    const index = lowerBound(node.values, key);
    return node.values[index]?.key === key ? new Leaf(node.values.toSpliced(index, 1)) : node;
  }
  const index = childFor(node.from, key);
  const child = deleteIn(node.children[index]!, key);
  if (child === node.children[index]) return node;
  if (!isSmall(child) || node.children.length === 1) return replaceChildren(node, index, 1, [child])[0]!;
  const left = Math.max(index - 1, 0);
  const pair = index === left ? [child, node.children[left + 1]!] : [node.children[left]!, child];
  return replaceChildren(node, left, 2, joined(pair[0]!, pair[1]!, node.from[left + 1]!))[0]!;
}

function isSmall<V extends Keyed>(node: Node<V>): boolean {
  return node instanceof Branch ? node.children.length < branchChildrenMin : node.values.length < leafValuesMin;
}

/** Two neighbours as one, or as two of equal size when one would be too large. `border`: where the right one starts. */
function joined<V extends Keyed>(left: Node<V>, right: Node<V>, border: string): Node<V>[] {
  if (left instanceof Leaf) {
    const values = [...left.values, ...(right as Leaf<V>).values];
    return values.length <= leafValuesMax ? [new Leaf(values)] : halves(values).map(half => new Leaf(half));
  }
  const from = [...left.from, border, ...(right as Branch<V>).from.slice(1)];
  return branches([...left.children, ...(right as Branch<V>).children], from);
}

/** The branch with some neighbouring children replaced by as many or one more or less, split when it is too large. */
function replaceChildren<V extends Keyed>(node: Branch<V>, at: number, count: number, nodes: Node<V>[]): Node<V>[] {
  const from = [node.from[at]!, ...nodes.slice(1).map(firstKey)];
  return branches(node.children.toSpliced(at, count, ...nodes), node.from.toSpliced(at, count, ...from));
}

function branches<V extends Keyed>(children: Node<V>[], from: string[]): Node<V>[] {
  if (children.length <= branchChildrenMax) return [new Branch(children, from)];
  const starts = halves(from);
  return halves(children).map((half, i) => new Branch(half, starts[i]!));
}

function* runsIn<V extends Keyed>(node: Node<V>, start: number, end: number): Generator<Run<V>> {
  if (node instanceof Leaf) {
    if (start < end) yield { leaf: node, start, end };
    return;
  }
  let first = 0;
  for (const child of node.children) {
    if (first >= end) return;
    const size = sizeOf(child);
    if (first + size > start) yield* runsIn(child, Math.max(start - first, 0), Math.min(end - first, size));
    first += size;
  }
}

function halves<T>(all: readonly T[]): T[][] {
  const middle = all.length >>> 1;
  return [all.slice(0, middle), all.slice(middle)];
}

/** Parts of about `size`, none much smaller than the others. */
function chunks<T>(all: readonly T[], size: number): T[][] {
  const count = Math.ceil(all.length / size);
  return Array.from({ length: count }, (_, i) =>
    all.slice(Math.floor((i * all.length) / count), Math.floor(((i + 1) * all.length) / count)),
  );
}
