/** What was authorized is what is done: ways to have one thing decided and another one happen, all closed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnyJson } from '#machinery/schema.ts';
import { type ApiBody, type ApiReply, askerOfTests, mergePatch, strategicPatch } from '#testing/api-requests.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const secrets = '/api/v1/namespaces/default/secrets';

const ask = askerOfTests();

const names = ({ text }: ApiReply) => [...text.matchAll(/"name":"(\w+)"/g)].map(match => match[1]);

async function allow(user: string, rules: readonly AnyJson[]): Promise<void> {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user };
  const subjects = [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }];
  await ask('admin', 'POST', `${rbac}/clusterroles`, { body: { metadata: { name: user }, rules } });
  const body = { metadata: { name: user }, roleRef, subjects };
  const made = await ask('admin', 'POST', `${rbac}/clusterrolebindings`, { body });
  assert.equal(made.status, 201, made.text);
}

test('a right to read one object never shows another', async () => {
  for (const name of ['one', 'two']) await ask('admin', 'POST', secrets, { body: { metadata: { name } } });
  await allow('reader', [
    { apiGroups: [''], resources: ['secrets'], resourceNames: ['one'], verbs: ['get', 'list', 'watch'] },
  ]);
  const seen = async (path: string) => names(await ask('reader', 'GET', path)).filter(name => name === 'two');
  assert.equal((await ask('reader', 'GET', secrets)).status, 403);
  assert.deepEqual(names(await ask('reader', 'GET', `${secrets}?fieldSelector=metadata.name%3Done`)), ['one']);
  // The first selector counts, whether its bytes are text or not.
  const pair = `${secrets}?fieldSelector=metadata.name!=%ff&fieldSelector=metadata.name=one`;
  assert.equal((await ask('reader', 'GET', pair)).status, 403);
  const watch = '/api/v1/watch/namespaces/default/secrets/one?timeoutSeconds=1';
  assert.equal((await ask('reader', 'GET', `${watch}&fieldSelector=type%21%3Dx`)).status, 400);
  assert.deepEqual(await seen(watch), []);
});

test('an old path of watches is for watching alone', async () => {
  await ask('admin', 'POST', secrets, { body: { metadata: { name: 'kept' } } });
  await allow('watcher', [{ apiGroups: ['*'], resources: ['*'], verbs: ['watch', 'proxy'] }]);
  const watched = '/api/v1/watch/namespaces/default/secrets';
  const body = { metadata: { name: 'kept' }, data: { k: 'eA==' } };
  assert.equal((await ask('watcher', 'DELETE', `${watched}/kept`)).status, 405);
  assert.equal((await ask('watcher', 'PUT', `${watched}/kept`, { body })).status, 405);
  assert.equal((await ask('watcher', 'PATCH', `${watched}/kept`, { body, headers: mergePatch })).status, 405);
  assert.equal((await ask('watcher', 'POST', watched, { body: { metadata: { name: 'new' } } })).status, 405);
  assert.equal((await ask('watcher', 'DELETE', watched)).status, 405);
  for (const subresource of ['exec', 'log', 'eviction', 'status']) {
    const path = `/api/v1/watch/namespaces/default/pods/p/${subresource}`;
    for (const method of ['GET', 'POST', 'PUT']) assert.equal((await ask('watcher', method, path)).status, 404, path);
  }
  for (const method of ['GET', 'DELETE', 'POST']) {
    assert.equal((await ask('watcher', method, '/api/v1/proxy/namespaces/default/secrets/kept')).status, 404);
  }
  assert.equal((await ask('admin', 'GET', `${secrets}/kept`)).status, 200);
});

test('a PUT that makes an object takes the right to create it', async () => {
  await allow('updater', [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'update', 'patch'] }]);
  const path = '/api/v1/namespaces/default/limitranges/l';
  const body = { metadata: { name: 'l' }, spec: { limits: [] } };
  const { status, text } = await ask('updater', 'PUT', path, { body });
  assert.equal(status, 403);
  assert.match(text, /limitranges \\"l\\" is forbidden: User \\"updater\\" cannot create resource \\"limitranges\\"/);
  assert.equal((await ask('admin', 'PUT', path, { body })).status, 201);
});

test('who may not gather rights may not touch a role that does', async () => {
  await allow('editor', [
    { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['get', 'update', 'patch'] },
  ]);
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] };
  const gathering = { metadata: { name: 'gathering' }, aggregationRule, rules: [] };
  await ask('admin', 'POST', `${rbac}/clusterroles`, { body: gathering });
  const path = `${rbac}/clusterroles/gathering`;
  const body = { metadata: { name: 'gathering' }, rules: [] };
  const { status, text } = await ask('editor', 'PUT', path, { body });
  assert.equal(status, 403);
  assert.match(text, /is forbidden: must have cluster-admin privileges to use the aggregationRule"/);
  const patchOwn = async (change: AnyJson) =>
    (await ask('editor', 'PATCH', `${rbac}/clusterroles/editor`, { body: change, headers: mergePatch })).status;
  assert.equal(await patchOwn({ aggregationRule }), 403);
  assert.equal(await patchOwn({ metadata: { labels: { c: 'd' } } }), 200);
  assert.equal((await ask('admin', 'PUT', path, { body })).status, 200);
});

test('names of the language find nothing in tables: media types, methods, sub-resources, fields', async () => {
  const path = `${secrets}/one`;
  const body = { metadata: { name: 'one' } };
  const status = async (method: string, target: string, parts: ApiBody = {}) =>
    (await ask('admin', method, target, parts)).status;
  for (const name of ['constructor', '__proto__', 'valueOf']) {
    assert.equal(await status('GET', path, { headers: { accept: name } }), 406, name);
    assert.equal(await status('GET', secrets, { headers: { accept: name } }), 406, name);
    assert.equal(await status('PUT', path, { body, headers: { 'content-type': name } }), 415, name);
    assert.equal(await status('PATCH', path, { body, headers: { 'content-type': name } }), 415, name);
    assert.equal(await status('GET', `${path}/${name}`), 404, name);
    assert.equal(await status(name, path), 405, name);
    const order = { spec: { [`$setElementOrder/${name}`]: [] } };
    const parts = { body: order, headers: strategicPatch };
    const { text } = await ask('admin', 'PATCH', '/api/v1/namespaces/default', parts);
    assert.match(text, /unable to find api field in struct/);
  }
});

test('a body that speaks of another namespace than the path is refused, by sub-resources too', async () => {
  const pods = '/api/v1/namespaces/default';
  const metadata = { name: 'p', namespace: 'kube-system' };
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata };
  for (const [path, body] of [
    ['configmaps', { metadata }],
    ['bindings', { metadata, target: { name: 'n' } }],
    ['pods/p/binding', { metadata, target: { name: 'n' } }],
    ['pods/p/eviction', eviction],
    ['serviceaccounts/p/token', { metadata, spec: {} }],
  ] as const) {
    const { status, json } = await ask('admin', 'POST', `${pods}/${path}`, { body });
    const why = 'the namespace of the provided object does not match the namespace sent on the request';
    assert.deepEqual([status, json.message], [400, why], path);
  }
});
