import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deployment } from '#api/apps/deployment.ts';
import { ConfigMap } from '#api/core/config-map.ts';
import { Pod } from '#api/core/pod.ts';
import { Service } from '#api/core/service.ts';
import { applyConfiguration } from '#machinery/apply/apply.ts';
import type { FieldSet } from '#machinery/apply/field-set.ts';
import {
  difference,
  hasPath,
  intersection,
  parseFieldSet,
  pathsOf,
  recursiveDifference,
  sorted,
  union,
} from '#machinery/apply/field-set.ts';
import { capUpdateManagers, readManagers, writeManagers } from '#machinery/apply/managers.ts';
import { managersFromScale, managersOfScale } from '#machinery/apply/scale.ts';
import { trackUpdate } from '#machinery/apply/track.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { setDefaults } from '#machinery/codec/defaults.ts';
import { jsonEqual } from '#machinery/json/equal.ts';
import { applyJsonPatch } from '#machinery/patch/json-patch.ts';
import { applyMergePatch } from '#machinery/patch/merge-patch.ts';
import { applyStrategicPatch } from '#machinery/patch/strategic.ts';
import type { AnyJson, StructSchema } from '#machinery/schema.ts';

interface Step {
  readonly op: 'create' | 'replace' | 'apply-patch' | 'json-patch' | 'merge-patch' | 'strategic-merge-patch';
  readonly manager: string;
  readonly force?: boolean;
  readonly body: AnyJson;
  readonly managedFields?: AnyJson[];
  readonly error?: string;
}

interface Case {
  readonly name: string;
  readonly kind: string;
  readonly steps: Step[];
}

const recorded = new URL('../../../test/recorded/machinery/apply.jsonl', import.meta.url);
const cases: Case[] = readFileSync(recorded, 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line));
const schemas: Record<string, StructSchema> = { ConfigMap, Deployment, Pod, Service };
const uid = '11111111-1111-1111-1111-111111111111';

function patched(op: Step['op'], schema: StructSchema, live: AnyJson, body: AnyJson): AnyJson {
  if (op === 'create' || op === 'replace') return body;
  if (op === 'json-patch') return applyJsonPatch(live, body);
  return op === 'merge-patch' ? applyMergePatch(live, body) : applyStrategicPatch(schema, live, body);
}

/** What the API server does with managedFields around a write, and nothing else. */
function write(kind: string, live: AnyJson | undefined, step: Step): AnyJson {
  const schema = schemas[kind]!;
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
  const resetFields = kind === 'ConfigMap' ? [] : [['status']];
  const inVersion = () => undefined; // No other version of these kinds is served.
  const common = { schema, live, apiVersion, manager: step.manager, subresource: '', nowMs: 0, resetFields, inVersion };
  if (step.op === 'apply-patch') {
    const { object } = applyConfiguration({ ...common, kind, config: step.body, force: step.force ?? false });
    return { ...object, metadata: { ...object.metadata, uid } };
  }
  const object = patched(step.op, schema, live, step.body);
  const sent = object.metadata?.managedFields;
  let next: AnyJson = canonical(schema, object);
  setDefaults(schema, next);
  next = canonical(schema, next);
  if (sent !== undefined) next = { ...next, metadata: { ...next.metadata, managedFields: sent } };
  const managedFields = trackUpdate({ ...common, next, operation: 'Update' });
  return { ...next, metadata: { ...next.metadata, uid, managedFields } };
}

function shown(entries: AnyJson[] | undefined): string[] {
  return (entries ?? [])
    .map(({ manager, operation, time, fieldsV1, subresource }) =>
      JSON.stringify([manager, operation, time === undefined ? 'never' : 'once', fieldsV1, subresource]),
    )
    .sort();
}

test('who owns what after each write is as recorded', () => {
  for (const { name, kind, steps } of cases) {
    let live: AnyJson;
    for (const [at, step] of steps.entries()) {
      const place = `${name}, step ${at}`;
      if (step.error !== undefined) assert.throws(() => write(kind, live, step), { message: step.error }, place);
      else {
        live = write(kind, live, step);
        assert.deepEqual(shown(live.metadata.managedFields), shown(step.managedFields), place);
      }
    }
  }
});

test('at most ten managers that update are told apart', () => {
  const entry = (at: number) => ({
    manager: `m${at}`,
    operation: 'Update',
    apiVersion: 'v1',
    time: `2026-01-01T00:00:${String(at).padStart(2, '0')}Z`,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { [`f:k${at}`]: {} } },
  });
  const entries = Array.from({ length: 12 }, (_, at) => entry(at));
  const left = writeManagers(capUpdateManagers(readManagers(entries)))!;
  assert.equal(left.length, 10);
  assert.deepEqual(left[0], {
    ...entry(2),
    manager: 'ancient-changes',
    fieldsV1: { 'f:data': { 'f:k0': {}, 'f:k1': {}, 'f:k2': {} } },
  });
});

const step = fc.constantFrom('f:a', 'f:b', 'f:c', 'k:{"name":"x"}', 'v:"y"');
const path = fc.array(step, { minLength: 1, maxLength: 4 });
const paths = fc.array(path, { maxLength: 6 });

function setOf(places: readonly (readonly string[])[]): FieldSet {
  return places.reduce<FieldSet>(
    (set, place) =>
      union(
        set,
        place.reduceRight<FieldSet>((below, one) => ({ [one]: below }), {}),
      ),
    {},
  );
}

const text = (place: readonly string[]) => place.join(' ');
const startsWith = (place: readonly string[], start: readonly string[]) => start.every((one, at) => place[at] === one);

test('operations on field sets are those on sets of paths', () => {
  fc.assert(
    fc.property(paths, paths, (a, b) => {
      const [left, right] = [setOf(a), setOf(b)];
      const places = (set: FieldSet) => new Set([...pathsOf(set)].map(text));
      const [mine, theirs] = [new Set(a.map(text)), new Set(b.map(text))];
      assert.deepEqual(places(left), mine);
      assert.deepEqual(places(union(left, right)), mine.union(theirs));
      assert.deepEqual(places(difference(left, right)), mine.difference(theirs));
      assert.deepEqual(places(intersection(left, right)), mine.intersection(theirs));
      const kept = a.filter(place => !b.some(start => startsWith(place, start)));
      assert.deepEqual(places(recursiveDifference(left, right)), new Set(kept.map(text)));
      assert.ok(a.every(place => hasPath(left, place)));
      assert.ok(jsonEqual(parseFieldSet(JSON.parse(JSON.stringify(sorted(left)))), left));
    }),
  );
});

test('sets are written in upstream’s order', () => {
  const set = { 'f:b': {}, 'f:a': { 'k:{"port":443}': {}, '.': {}, 'k:{"port":80}': {} } };
  assert.equal(JSON.stringify(sorted(set)), '{"f:a":{".":{},"k:{\\"port\\":80}":{},"k:{\\"port\\":443}":{}},"f:b":{}}');
  assert.equal(parseFieldSet({ 'f:a': 1 }), undefined);
  assert.deepEqual(parseFieldSet({ 'x:y': {}, 'k:{"b":1,"a":2}': { '.': {} } }), { 'k:{"a":2,"b":1}': {} });
});

test('whoever applies the same again changes nothing, and what they leave out goes', () => {
  const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), fc.constantFrom('1', '2'), { minKeys: 1 });
  fc.assert(
    fc.property(data, data, data, (first, second, other) => {
      const config = (values: object) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'x' },
        data: values,
      });
      const apply = (live: AnyJson, manager: string, values: object) =>
        write('ConfigMap', live, { op: 'apply-patch', manager, force: true, body: config(values) });
      const one = apply(undefined, 'one', first);
      const both = apply(one, 'two', other);
      const after = apply(both, 'one', second);
      assert.deepEqual(apply(after, 'one', second), after);
      const keys = new Set([...Object.keys(second), ...Object.keys(other)]);
      assert.deepEqual(new Set(Object.keys(after.data ?? {})), keys);
      for (const [key, value] of Object.entries(second)) assert.equal(after.data[key], value);
    }),
    { numRuns: 200 },
  );
});

test('a write to scale takes the replicas from who had them', () => {
  const entry = (manager: string, fields: AnyJson, more: AnyJson = {}) => ({
    manager,
    operation: 'Update',
    apiVersion: 'apps/v1',
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...more,
  });
  const deployer = entry('deployer', { 'f:spec': { 'f:replicas': {}, 'f:paused': {} } });
  const parent = { managedFields: [deployer], apiVersion: 'apps/v1', replicas: ['spec', 'replicas'] };
  const shownScale = managersOfScale(parent);
  assert.deepEqual(shownScale, [
    entry('deployer', { 'f:spec': { 'f:replicas': {} } }, { apiVersion: 'autoscaling/v1' }),
  ]);
  assert.deepEqual(managersFromScale(parent, shownScale), [deployer]);
  const hpa = entry('hpa', { 'f:spec': { 'f:replicas': {} } }, { apiVersion: 'autoscaling/v1', subresource: 'scale' });
  const { time: _, ...timeless } = { ...hpa, apiVersion: 'apps/v1' };
  const after = managersFromScale(parent, [hpa]);
  assert.deepEqual(after, [timeless, entry('deployer', { 'f:spec': { 'f:paused': {} } })]);
});
