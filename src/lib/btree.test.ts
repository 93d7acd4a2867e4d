import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BTree } from '#lib/btree.ts';

interface Item {
  readonly key: string;
  readonly version: number;
}

const key = (n: number) => `k${String(n).padStart(5, '0')}`;

function contents(tree: BTree<Item>, start?: number, end?: number): string[] {
  return [...tree.values(start, end)].map(item => `${item.key}=${item.version}`);
}

test('behaves as a sorted map, and every older tree stays as it was', () => {
  const step = fc.record({ remove: fc.boolean(), number: fc.integer({ min: 0, max: 400 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 900 }), fc.integer({ min: 0, max: 600 }), (steps, loadedCount) => {
      const model = new Map<string, Item>();
      for (let i = 0; i < loadedCount; i++) model.set(key(i), { key: key(i), version: -1 });
      let tree = BTree.fromSorted([...model.values()]);
      const loaded = tree;
      const loadedContents = contents(tree);
      steps.forEach(({ remove, number }, version) => {
        if (remove) {
          tree = tree.delete(key(number));
          model.delete(key(number));
        } else {
          tree = tree.set({ key: key(number), version });
          model.set(key(number), { key: key(number), version });
        }
      });
      const sorted = [...model.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
      assert.equal(tree.size, sorted.length);
      assert.deepEqual([...tree.values()], sorted);
      for (let n = 0; n <= 400; n += 13) {
        assert.deepEqual(tree.get(key(n)), model.get(key(n)));
        assert.equal(tree.rank(key(n)), sorted.filter(item => item.key < key(n)).length);
      }
      assert.deepEqual(contents(loaded), loadedContents);
    }),
    { numRuns: 60 },
  );
});

test('a part of the values is found by index, leaf by leaf', () => {
  const tree = BTree.fromSorted(Array.from({ length: 5000 }, (_, i) => ({ key: key(i), version: i })));
  for (const [start, end] of [
    [0, 5000],
    [0, 0],
    [17, 18],
    [100, 3210],
    [4999, 9000],
  ] as const) {
    const expected = Array.from({ length: Math.max(Math.min(end, 5000) - start, 0) }, (_, i) => start + i);
    assert.deepEqual(
      [...tree.values(start, end)].map(item => item.version),
      expected,
    );
  }
  assert.ok([...tree.runs(0, 1000)].length <= 25, 'a list of 1,000 is about twenty leaves');
});

test('an update copies one leaf; the others, and what was kept in their memos, are shared', () => {
  const before = BTree.fromSorted(Array.from({ length: 1000 }, (_, i) => ({ key: key(i), version: 0 })));
  for (const run of before.runs()) run.leaf.memo = 'kept';
  const after = before.set({ key: key(500), version: 1 });
  assert.equal([...after.runs()].filter(run => run.leaf.memo === undefined).length, 1);
  assert.equal(
    [...before.runs()].every(run => run.leaf.memo === 'kept'),
    true,
  );
});

test('deleting everything in any order leaves an empty tree that can be filled again', () => {
  const items = Array.from({ length: 3000 }, (_, i) => ({ key: key((i * 1237) % 3000), version: i }));
  let tree = BTree.empty<Item>();
  for (const item of items) tree = tree.set(item);
  assert.equal(tree.size, 3000);
  for (const item of items) tree = tree.delete(item.key);
  assert.equal(tree.size, 0);
  assert.equal(tree.delete('absent'), tree);
  assert.deepEqual(contents(tree.set({ key: 'a', version: 1 })), ['a=1']);
});
