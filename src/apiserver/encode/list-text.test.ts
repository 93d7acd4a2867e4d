import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indentedList, yamlOfList } from '#apiserver/encode/list-text.ts';
import { stringify } from '#machinery/codec/json.ts';
import { toYaml } from '#machinery/yaml-text.ts';
import { askerOfTests } from '#testing/api-requests.ts';

test('the pieces of a list are what the list as a whole prints', () => {
  const item = {
    metadata: { name: 'a', labels: {} },
    data: { text: 'two\nlines\n', long: `${'word '.repeat(40)}<end>`, list: [[], [1, { a: null }], 'x: y'] },
  };
  const head = { kind: 'XList', apiVersion: 'v1', metadata: { resourceVersion: '5' } };
  for (const items of [[], [item], [item, { metadata: { name: 'b' } }, item]]) {
    const list = { ...head, items };
    assert.equal([...indentedList(list)].join(''), stringify(list, 2));
    assert.equal([...yamlOfList(list)].join(''), toYaml(list));
  }
  assert.throws(() => [...yamlOfList({ ...head, items: [{ text: '\x7f' }] })], /control characters/);
});

const ask = askerOfTests();

test('protobuf is protobuf, for people with a browser too; a Table has no such form', async () => {
  const protobuf = 'application/vnd.kubernetes.protobuf';
  const browser = { 'user-agent': 'Mozilla/5.0', accept: protobuf };
  const { text, headers } = await ask('admin', 'GET', '/api/v1/namespaces?pretty=1', { headers: browser });
  assert.equal(headers['content-type'], protobuf);
  assert.ok(text.startsWith('k8s\0'));
  for (const path of ['', '/default', '?watch=1']) {
    const accept = `${protobuf};as=Table;g=meta.k8s.io;v=v1`;
    const refused = await ask('admin', 'GET', `/api/v1/namespaces${path}`, { headers: { accept } });
    assert.equal(refused.status, 406);
    assert.match(refused.text, /object \*v1\.Table does not implement the protobuf marshalling interface/);
  }
});
