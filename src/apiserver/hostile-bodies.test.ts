/** Bodies that cost more than their length, or that nobody would write: each is refused or answered, and the server goes on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyPatch, askerOfTests, jsonPatch, mergePatch } from '#testing/api-requests.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const revisions = '/apis/apps/v1/namespaces/default/controllerrevisions';

const ask = askerOfTests();

const list = <T>(length: number, item: (i: number) => T) => Array.from({ length }, (_, i) => item(i));
const nested = (depth: number) => `${'{"a":'.repeat(depth)}{}${'}'.repeat(depth)}`;

test('depth: known, unknown and free-form fields, as JSON, YAML and in a patch', async () => {
  const deepData = `{"metadata":{"name":"deep"},"revision":1,"data":${nested(5000)}}`;
  for (const [method, path, body, headers] of [
    ['POST', configMaps, `{"metadata":{"name":"x"},"unknown":${nested(5000)}}`, {}],
    ['POST', revisions, deepData, {}],
    ['POST', revisions, deepData, { 'content-type': 'application/yaml' }],
    ['PATCH', `${revisions}/deep?fieldManager=m`, deepData, applyPatch],
    ['POST', revisions, `{"a":${'['.repeat(2 << 20)}`, {}],
  ] as const) {
    const { status, text } = await ask('admin', method, path, { body: Buffer.from(body), headers });
    assert.equal(status, 400, text);
    assert.match(text, /exceeded max depth|yaml: did not find expected key/);
  }
  const body = Buffer.from(`{"metadata":{"name":"deep"},"revision":1,"data":${nested(900)}}`);
  assert.equal((await ask('admin', 'POST', revisions, { body })).status, 201);
});

test('errors without number: the first are told', async () => {
  const labels = Object.fromEntries(list(140_000, i => [`k ${i}`, ' ']));
  const many = await ask('admin', 'POST', configMaps, { body: { metadata: { name: 'x', labels } } });
  assert.equal(many.status, 422);
  assert.equal(many.json.details.causes.length, 1000);
  // Each error shows the whole list that it is about.
  const scopes = list(50_000, i => `scope-${i}`);
  const quotas = '/api/v1/namespaces/default/resourcequotas';
  const wide = await ask('admin', 'POST', quotas, { body: { metadata: { name: 'x' }, spec: { scopes } } });
  assert.equal(wide.status, 422);
  assert.ok(wide.text.length < 8 << 20);
});

test('a column that combines two lists writes the first and counts the others', async () => {
  const addresses = list(8000, i => ({ ip: `10.1.${i >> 8}.${i & 255}` }));
  const ports = list(8000, i => ({ name: `p${i}`, port: i + 1 }));
  const body = {
    metadata: { name: 'wide' },
    subsets: [{ notReadyAddresses: [{ ip: '10.2.0.1' }] }, { addresses, ports }],
  };
  const endpoints = '/api/v1/namespaces/default/endpoints';
  assert.equal((await ask('admin', 'POST', endpoints, { body })).status, 201);
  const headers = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };
  const { json } = await ask('admin', 'GET', `${endpoints}?includeObject=None`, { headers });
  const [{ cells }] = json.rows;
  assert.equal(cells[1], '10.1.0.0:1,10.1.0.1:1,10.1.0.2:1 + 63999997 more...');
});

test('integers beyond 2^53: as quantities, in free-form fields, where they do not belong', async () => {
  const big = '9007199254740993';
  const send = (method: string, path: string, text: string, headers = {}) =>
    ask('admin', method, path, { body: Buffer.from(text.replaceAll('BIG', big)), headers });
  const quota = await send(
    'POST',
    '/api/v1/namespaces/default/resourcequotas',
    '{"metadata":{"name":"q"},"spec":{"hard":{"memory":BIG}}}',
  );
  assert.equal(quota.json.spec.hard.memory, big);
  const revision = '{"metadata":{"name":"big"},"revision":BIG,"data":{"a":BIG}}';
  assert.match(
    (await send('POST', revisions, revision)).text,
    /"data":\{"a":9007199254740993\},"revision":9007199254740993/,
  );
  const changed = await send('PATCH', `${revisions}/big`, '{"data":{"a":[BIG]}}', mergePatch);
  assert.match(changed.text, /Invalid value: \{\\"a\\":\[9007199254740993\]\}: field is immutable/);
  assert.equal((await send('PATCH', `${revisions}/big`, '{"kind":BIG}', mergePatch)).status, 422);
  const ops = '[{"op":"copy","from":"/revision","path":"/data/b"},{"op":"test","path":"/data/b","value":BIG}]';
  assert.equal((await send('PATCH', `${revisions}/big`, ops, jsonPatch)).status, 422);
});
