import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamAccess } from '#apiserver/authz/connect.ts';
import { requestInfo } from '#apiserver/authz/request-info.ts';

test('a stream into a Pod needs create, however it is opened', () => {
  const second = (method: string, path: string) => streamAccess(requestInfo(method, path, new URLSearchParams()))?.verb;
  for (const stream of ['exec', 'attach', 'portforward']) {
    assert.equal(second('GET', `/api/v1/namespaces/a/pods/p/${stream}`), 'create', stream);
    assert.equal(second('POST', `/api/v1/namespaces/a/pods/p/${stream}`), undefined, 'asked for already');
  }
  assert.equal(second('GET', '/api/v1/namespaces/a/pods/p/log'), undefined);
  assert.equal(second('GET', '/api/v1/namespaces/a/pods/p'), undefined);
});
