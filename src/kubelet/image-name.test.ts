import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseImageName } from '#kubelet/image-name.ts';

test('names of images', () => {
  const of = (text: string) => {
    const parsed = parseImageName(text);
    return parsed.ok ? `${parsed.name} ${parsed.registry}/${parsed.repository}` : parsed.error;
  };
  const digest = `sha256:${'0'.repeat(64)}`;
  assert.equal(of('web'), 'web:latest docker.io/library/web');
  assert.equal(of('me/web:1'), 'me/web:1 docker.io/me/web');
  assert.equal(of('127.0.0.1:5000/a/web'), '127.0.0.1:5000/a/web:latest 127.0.0.1:5000/a/web');
  assert.equal(of(`localhost/web@${digest}`), `localhost/web@${digest} localhost/web`);
  assert.equal(of('UPPER/Case:x y'), 'invalid reference format: repository name (Case) must be lowercase');
  for (const bad of ['', 'a b', 'web:', 'web@sha256:1', '-web']) assert.equal(of(bad), 'invalid reference format', bad);
});
