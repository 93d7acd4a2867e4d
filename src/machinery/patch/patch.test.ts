import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deployment } from '#api/apps/deployment.ts';
import { ConfigMap } from '#api/core/config-map.ts';
import { Pod } from '#api/core/pod.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { setDefaults } from '#machinery/codec/defaults.ts';
import { jsonEqual } from '#machinery/json/equal.ts';
import { applyJsonPatch, unknownOperationFields } from '#machinery/patch/json-patch.ts';
import { applyMergePatch } from '#machinery/patch/merge-patch.ts';
import { PatchError } from '#machinery/patch/patch-error.ts';
import { applyStrategicPatch } from '#machinery/patch/strategic.ts';
import { unstructuredProblem } from '#machinery/patch/unstructured.ts';
import type { AnyJson, Schema } from '#machinery/schema.ts';

interface Case {
  readonly name: string;
  readonly type: 'json-patch' | 'merge-patch' | 'strategic-merge-patch';
  readonly live: AnyJson;
  readonly patch: AnyJson;
  readonly want?: AnyJson;
  readonly error?: string;
  readonly code?: number;
}

const recorded = new URL('../../../test/recorded/machinery/patches.jsonl', import.meta.url);
const cases: Case[] = readFileSync(recorded, 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line));
const schemas: Record<string, Schema> = { ConfigMap, Deployment, Pod };

function patched(type: Case['type'], schema: Schema, live: AnyJson, patch: AnyJson): AnyJson {
  if (type === 'json-patch') return applyJsonPatch(live, patch);
  return type === 'merge-patch' ? applyMergePatch(live, patch) : applyStrategicPatch(schema, live, patch);
}

/** What the server makes of it: the name and version are its own, defaults come back. */
function stored(schema: Schema, live: AnyJson, object: AnyJson): AnyJson {
  const { resourceVersion: _, namespace: __, creationTimestamp: ___, ...metadata } = object.metadata ?? {};
  const out = canonical(schema, { ...object, metadata, kind: live.kind, apiVersion: live.apiVersion }) as AnyJson;
  setDefaults(schema, out);
  delete out.status;
  return canonical(schema, { ...out, status: undefined });
}

test('patches change objects, and fail, as recorded', () => {
  for (const { name, type, live, patch, want, error, code } of cases) {
    const schema = schemas[live.kind]!;
    const before = JSON.stringify(live);
    if (error !== undefined) {
      const fits = (thrown: unknown) =>
        thrown instanceof PatchError && error.startsWith(thrown.message.slice(0, 60)) && thrown.code === code;
      assert.throws(() => patched(type, schema, live, patch), fits, name);
    } else {
      const got = stored(schema, live, patched(type, schema, live, patch));
      assert.deepEqual(got, stored(schema, live, want), name);
    }
    assert.equal(JSON.stringify(live), before, `${name}: the object itself is left alone`);
  }
});

test('strict validation names what is unknown in an operation', () => {
  assert.deepEqual(unknownOperationFields([{ op: 'add', path: '/a', value: 1, extra: 1 }, null]), ['[0].extra']);
});

test('what a strategic patch made wrong is worded as upstream words it', () => {
  assert.equal(unstructuredProblem(ConfigMap, { data: 'x' }), 'cannot restore map from string');
  assert.equal(unstructuredProblem(ConfigMap, { data: { k: 1 } }), 'cannot convert int64 to string');
  assert.equal(unstructuredProblem(Deployment, { spec: { replicas: 2.5 } }), 'cannot convert float64 to int32');
  assert.equal(unstructuredProblem(Deployment, { spec: { paused: 'x' } }), 'unrecognized type: bool');
  assert.equal(unstructuredProblem(Deployment, { spec: { replicas: 2 } }), undefined);
});

test('limits hold', () => {
  const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 }));
  assert.throws(() => applyJsonPatch({ a: 1 }, many), { code: 413 });
  const doubling = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
  assert.throws(() => applyJsonPatch({ a: ['x'.repeat(1000)] }, doubling), { code: 422 });
  const deepening = Array.from({ length: 11 }, (_, i) => ({
    op: 'copy',
    from: '/a',
    path: `/a${'/b'.repeat(2 ** i)}`,
  }));
  assert.throws(() => applyJsonPatch({ a: {} }, deepening), { code: 422 });
  assert.throws(() => applyJsonPatch({ a: {} }, [{ op: 'add', path: '/a'.repeat(5000), value: 1 }]), { code: 422 });
  const descending = Array.from({ length: 9000 }, (_, i) => ({ op: 'add', path: `/a/${9999 - i}k`, value: i }));
  const { a } = applyJsonPatch({ b: 1, a: {} }, descending);
  assert.deepEqual(Object.keys(a).slice(0, 2), ['1000k', '1001k']);
  assert.deepEqual(Object.keys(applyMergePatch({}, JSON.parse('{"__proto__":{"a":1}}'))), ['__proto__']);
});

const json = fc.letrec(tie => ({
  value: fc.oneof({ maxDepth: 3 }, fc.constantFrom(0, 1, 'x', true), tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value')),
})).object as fc.Arbitrary<AnyJson>;

/** The merge patch that makes one object of another. */
function difference(before: AnyJson, after: AnyJson): AnyJson {
  const isObject = (value: AnyJson) => typeof value === 'object' && !Array.isArray(value);
  const patch = Object.create(null);
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) patch[key] = null;
  for (const key of Object.keys(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (old !== undefined && isObject(old) && isObject(after[key])) patch[key] = difference(old, after[key]);
    else if (!jsonEqual(old, after[key])) patch[key] = after[key];
  }
  return patch;
}

test('a merge patch of the difference makes the one of the other', () => {
  fc.assert(
    fc.property(json, json, (before, after) => {
      assert.ok(jsonEqual(applyMergePatch(before, difference(before, after)), after));
    }),
  );
});

test('adding and removing again changes nothing', () => {
  fc.assert(
    fc.property(json, json, (document, value) => {
      const operations = [
        { op: 'add', path: '/new', value },
        { op: 'test', path: '/new', value },
        { op: 'move', from: '/new', path: '/other~1key' },
        { op: 'remove', path: '/other~1key' },
      ];
      assert.ok(jsonEqual(applyJsonPatch(document, operations), document));
    }),
  );
});
