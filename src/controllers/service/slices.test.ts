import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint, EndpointPort, EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import type { Stored } from '#client/object.ts';
import { planSlices, type SliceShape } from '#controllers/service/slices.ts';

const ports: EndpointPort[] = [{ name: '', protocol: 'TCP', port: 80 }];
const labels = { app: 'web' };
const shape: SliceShape = {
  labels,
  endpointsMax: 3,
  blank: given => ({ metadata: { generateName: 's-', labels }, addressType: 'IPv4', endpoints: [], ports: [...given] }),
};
const endpoint = (name: string, ready = true): Endpoint => ({
  addresses: [`10.0.0.${name}`],
  conditions: { ready },
  targetRef: { kind: 'Pod', name },
});
const slice = (name: string, ...names: string[]): Stored<EndpointSlice> => ({
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '', labels },
  addressType: 'IPv4',
  ports: names.length > 0 ? ports : [],
  endpoints: names.map(each => endpoint(each)),
});
const plan = (wanted: Endpoint[], existing: Stored<EndpointSlice>[]) =>
  planSlices(wanted.length > 0 ? [{ ports, endpoints: wanted }] : [], existing, shape);
const namesIn = (each: EndpointSlice) => each.endpoints?.map(one => one.targetRef?.name).join('');

test('the first endpoints fill new slices up to the bound', () => {
  const { create, update, remove } = plan(
    ['1', '2', '3', '4'].map(name => endpoint(name)),
    [],
  );
  assert.deepEqual([create.map(namesIn), update.length, remove.length], [['123', '4'], 0, 0]);
});

test('what stays the same is not written; a new one goes where there is room', () => {
  const existing = [slice('a', '1', '2', '3'), slice('b', '4')];
  assert.deepEqual(
    plan(
      ['1', '2', '3', '4'].map(name => endpoint(name)),
      existing,
    ),
    { create: [], update: [], remove: [] },
  );
  const grown = plan(
    ['1', '2', '3', '4', '5'].map(name => endpoint(name)),
    existing,
  );
  assert.deepEqual(
    grown.update.map(each => [each.metadata?.name, namesIn(each)]),
    [['b', '45']],
  );
  const changed = plan([endpoint('1', false), ...['2', '3', '4'].map(name => endpoint(name))], existing);
  assert.deepEqual(
    changed.update.map(each => each.metadata?.name),
    ['a'],
  );
});

test('without endpoints there is one empty slice, and the next endpoint goes into it', () => {
  const empty = plan([], []);
  assert.deepEqual([empty.create.length, empty.create[0]?.endpoints], [1, []]);
  assert.deepEqual(plan([], [slice('a')]), { create: [], update: [], remove: [] });
  const first = plan([endpoint('1')], [slice('a')]);
  assert.deepEqual([first.create.length, first.remove.length], [0, 0]);
  assert.deepEqual(
    first.update.map(each => [each.metadata?.name, namesIn(each), each.ports?.[0]?.port]),
    [['a', '1', 80]],
  );
});

test('labels that differ are put right', () => {
  const other = { ...slice('a', '1'), metadata: { ...slice('a').metadata, labels: { app: 'old' } } };
  assert.deepEqual(
    plan([endpoint('1')], [other]).update.map(each => each.metadata?.labels),
    [labels],
  );
});
