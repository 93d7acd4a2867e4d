import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnerGraph, type Work } from '#controllers/garbage/graph.ts';
import type { ObjectMeta, OwnerReference } from '#machinery/meta.ts';

const resource = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };

function put(
  graph: OwnerGraph,
  name: string,
  owners: string[],
  meta: Partial<ObjectMeta> = {},
  old?: ObjectMeta,
): Work {
  const ownerReferences = owners.map(
    (owner): OwnerReference => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: owner,
      uid: owner,
      blockOwnerDeletion: true,
    }),
  );
  const identity = { uid: name, apiVersion: 'v1', kind: 'ConfigMap', namespace: 'n', name };
  return graph.put(identity, resource, { name, uid: name, ownerReferences, ...meta }, old);
}

const toDelete = (work: Work) => [...work.toDelete].map(node => node.identity.name);
const deleted = { deletionTimestamp: 'now' };

test('an owner that goes has its dependants looked at', () => {
  const graph = new OwnerGraph();
  put(graph, 'a', []);
  assert.deepEqual(toDelete(put(graph, 'b', ['a'])), []);
  assert.deepEqual(toDelete(graph.remove('a')), ['b']);
});

test('an owner that is only spoken of is looked at itself, and forgotten with its last dependant', () => {
  const graph = new OwnerGraph();
  assert.deepEqual(toDelete(put(graph, 'b', ['ghost'])), ['ghost']);
  assert.equal(graph.get('ghost')?.virtual, true);
  put(graph, 'ghost', []);
  assert.equal(graph.get('ghost')?.virtual, false);
  put(graph, 'c', ['phantom']);
  graph.remove('c');
  assert.equal(graph.get('phantom'), undefined);
});

test('foreground: dependants first, then the owner again when the last that blocks is gone', () => {
  const graph = new OwnerGraph();
  put(graph, 'a', []);
  put(graph, 'b', ['a']);
  const work = put(graph, 'a', [], { ...deleted, finalizers: ['foregroundDeletion'] }, { name: 'a' });
  assert.deepEqual(toDelete(work), ['b', 'a']);
  assert.deepEqual(toDelete(graph.remove('b')), ['a']);
});

test('orphan: the owner is to let go of its dependants, once', () => {
  const graph = new OwnerGraph();
  put(graph, 'a', []);
  put(graph, 'b', ['a']);
  const meta = { ...deleted, finalizers: ['orphan'] };
  assert.equal(put(graph, 'a', [], meta, { name: 'a' }).toOrphan.size, 1);
  assert.equal(put(graph, 'a', [], meta, meta).toOrphan.size, 0);
});

test('a reference into another namespace is told of', () => {
  const graph = new OwnerGraph();
  put(graph, 'a', []);
  const identity = { uid: 'r', apiVersion: 'v1', kind: 'ClusterRole', namespace: '', name: 'r' };
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'a' };
  const { misplaced } = graph.put(
    identity,
    { ...resource, namespaced: false },
    { ownerReferences: [owner] },
    undefined,
  );
  assert.deepEqual(
    misplaced.map(each => each.owner.uid),
    ['a'],
  );
});
