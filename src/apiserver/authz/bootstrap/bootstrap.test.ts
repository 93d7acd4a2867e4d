import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ClusterRole } from '#api/rbac/cluster-role.ts';
import { ApiError } from '#machinery/api-error.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { bootstrap, planBinding, planRole, planSpec } from './reconcile.ts';
import { clusterRole, clusterRoleBinding, rule } from './rules.ts';

const recordedFile = new URL('../../../../test/recorded/bootstrap.jsonl', import.meta.url);

/** A writer over a map that counts what it is asked to write. */
function memoryWriter() {
  const objects = new Map<string, AnyJson>();
  const writes: string[] = [];
  const key = (resource: Resource, namespace: string, name: string) => `${resource.plural} ${namespace}/${name}`;
  const keyOf = (resource: Resource, { metadata }: AnyJson) => key(resource, metadata.namespace ?? '', metadata.name);
  return {
    objects,
    writes,
    get: async (resource: Resource, namespace: string, name: string) => objects.get(key(resource, namespace, name)),
    async create(resource: Resource, object: AnyJson) {
      if (objects.has(keyOf(resource, object))) throw new ApiError('AlreadyExists', 'there already');
      writes.push(`create ${keyOf(resource, object)}`);
      objects.set(keyOf(resource, object), object);
    },
    async update(resource: Resource, object: AnyJson) {
      writes.push(`update ${keyOf(resource, object)}`);
      objects.set(keyOf(resource, object), object);
    },
    async delete(resource: Resource, namespace: string, name: string) {
      objects.delete(key(resource, namespace, name));
    },
  };
}

test('a fresh cluster has exactly the objects that were recorded', async () => {
  const writer = memoryWriter();
  await bootstrap(writer);
  const shown = (object: AnyJson) => JSON.stringify(sorted(object));
  const want = readFileSync(recordedFile, 'utf8')
    .trim()
    .split('\n')
    .map(line => shown(JSON.parse(line)))
    .sort();
  assert.deepEqual([...writer.objects.values()].map(shown).sort(), want);
});

function sorted(value: AnyJson): AnyJson {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map(key => [key, sorted(value[key])]),
  );
}

test('a second run writes nothing', async () => {
  const writer = memoryWriter();
  await bootstrap(writer);
  writer.writes.length = 0;
  await bootstrap(writer);
  assert.deepEqual(writer.writes, []);
});

test('what is missing comes back, what was added stays', () => {
  const wanted = clusterRole('r', rule('get list', 'core', 'pods nodes'));
  const changed: ClusterRole = {
    ...wanted,
    metadata: { name: 'r', annotations: { mine: 'yes' } },
    rules: [rule('get', 'core', 'pods'), rule('*', 'apps', '*')],
  };
  const step = planRole(changed, wanted);
  assert.ok(step !== undefined && 'update' in step);
  assert.deepEqual(step.update.rules, [
    ...changed.rules!,
    { verbs: ['list'], apiGroups: [''], resources: ['pods'] },
    { verbs: ['get', 'list'], apiGroups: [''], resources: ['nodes'] },
  ]);
  assert.equal(step.update.metadata?.annotations?.mine, 'yes');
  assert.equal(step.update.metadata?.labels?.['kubernetes.io/bootstrapping'], 'rbac-defaults');
});

test('autoupdate=false is respected', () => {
  const wanted = clusterRole('r', rule('get', 'core', 'pods'));
  const mine = { ...wanted, metadata: { ...wanted.metadata, annotations: {} as Record<string, string> }, rules: [] };
  mine.metadata.annotations['rbac.authorization.kubernetes.io/autoupdate'] = 'false';
  assert.equal(planRole(mine, wanted), undefined);
});

test('bindings get their subjects back, and are made anew when they refer elsewhere', () => {
  const wanted = clusterRoleBinding('b', 'r', 'Group:a', 'ServiceAccount:kube-system/x');
  const fewer = { ...wanted, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'mine' }] };
  const step = planBinding(fewer, wanted);
  assert.ok(step !== undefined && 'update' in step);
  assert.deepEqual(
    step.update.subjects?.map(each => each.name),
    ['mine', 'a', 'x'],
  );
  const elsewhere = planBinding({ ...wanted, roleRef: { ...wanted.roleRef, name: 'other' } }, wanted);
  assert.ok(elsewhere !== undefined && 'replace' in elsewhere);
});

test('a flow schema that somebody took over is left alone', () => {
  const wanted = { metadata: { name: 'f', annotations: {} }, spec: { a: 1 } };
  const mark = (value: string) => ({
    ...wanted,
    metadata: { name: 'f', annotations: { 'apf.kubernetes.io/autoupdate-spec': value } },
    spec: { a: 2 },
  });
  assert.equal(planSpec(mark('false'), wanted), undefined);
  assert.ok(planSpec(mark('true'), wanted) !== undefined);
});
