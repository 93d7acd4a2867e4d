/** What is wrong with a request is said as upstream says it, and the server goes on. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RawClient, type RawReply, rawClient } from './raw-request.ts';
import { controlPlaneForTests } from './test-cluster.ts';

const namespace = '/api/v1/namespaces/default';
const configMaps = `${namespace}/configmaps`;
const deployments = '/apis/apps/v1/namespaces/default/deployments';

function assertStatus(reply: RawReply, code: number, reason: string, message: string | RegExp): void {
  const { kind, apiVersion, status, ...rest } = reply.body;
  assert.deepEqual({ kind, apiVersion, status }, { kind: 'Status', apiVersion: 'v1', status: 'Failure' });
  if (typeof message === 'string') assert.equal(rest.message, message);
  else assert.match(rest.message, message);
  assert.deepEqual([reply.code, rest.code, rest.reason ?? ''], [code, code, reason]);
}

function podOf(spec: object): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });
}

function deploymentOf(app: string): object {
  const template = { metadata: { labels: { app } }, spec: { containers: [{ name: 'c', image: 'hello:1' }] } };
  const spec = { replicas: 0, selector: { matchLabels: { app } }, template };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec };
}

describe('bad input', () => {
  const cluster = controlPlaneForTests('bad');
  let raw: RawClient;
  before(() => {
    raw = rawClient(cluster.adminKubeconfig);
  });
  after(() => raw.close());
  const post = (path: string, body: string | Buffer, type = 'application/json') =>
    raw.send({ method: 'POST', path, body, headers: { 'content-type': type } });

  test('a body that cannot be read', async () => {
    const unrecognized = 'the object provided is unrecognized (must be of type ConfigMap): ';
    const cases = [
      [
        'metadata:\n\tname: a\n',
        'application/yaml',
        'yaml: line 2: found character that cannot start any token (6d657461646174613a0a096e616d653a20610a)',
      ],
      [
        'metadata:\n  name: a\n',
        'application/json',
        "couldn't get version/kind; json parse error: invalid character 'm' looking for beginning of value (6d657461646174613a0a20206e616d653a20610a)",
      ],
      [
        `{"metadata":{"name":"a"},"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
        'application/json',
        `couldn't get version/kind; json parse error: invalid character '[' exceeded max depth ({"metadata":{"name":"a"},"x":[ ...)`,
      ],
      [
        aliasBomb(),
        'application/yaml',
        'yaml: document contains excessive aliasing (6d657461646174613a207b6e616d653a20617d0a783a0a2020613a202661 ...)',
      ],
    ] as const;
    for (const [body, type, message] of cases) {
      assertStatus(await post(configMaps, body, type), 400, 'BadRequest', unrecognized + message);
    }
    const yaml = await post(configMaps, 'kind: ConfigMap\n', 'text/yaml');
    assertStatus(yaml, 415, 'UnsupportedMediaType', /^the body of the request was in an unknown format - accepted /);
  });

  test('a body of 20 MB', async () => {
    const body = Buffer.alloc(20 << 20, 'x');
    const reply = await post(configMaps, body).catch((error: NodeJS.ErrnoException) => error);
    // The server need not read it all before it answers, and closes; a client that still writes may see only that.
    if (reply instanceof Error) assert.match(String(reply.code), /^(EPIPE|ECONNRESET)$/);
    else assertStatus(reply, 413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728');
  });

  test('fields of a wrong type and fields that are not there', async () => {
    const wrong = await post(configMaps, '{"metadata":{"name":"a"},"immutable":"true"}');
    const message =
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal string into Go struct field ConfigMap.immutable of type bool';
    assertStatus(wrong, 400, 'BadRequest', message);
    const unknown = '{"metadata":{"name":"a"},"dat":{"k":"v"}}';
    const strict = await post(`${configMaps}?fieldValidation=Strict&dryRun=All`, unknown);
    assertStatus(
      strict,
      400,
      'BadRequest',
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dat"',
    );
    const warned = await post(`${configMaps}?fieldValidation=Warn&dryRun=All`, unknown);
    assert.deepEqual([warned.code, warned.warnings], [201, ['299 - "unknown field \\"dat\\""']]);
  });

  test('Pods that cannot be', async () => {
    assertStatus(
      await post(`${namespace}/pods`, podOf({})),
      422,
      'Invalid',
      'Pod "p" is invalid: spec.containers: Required value',
    );
    const ports = [{ containerPort: 70_000 }];
    const message =
      'Pod "p" is invalid: spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive';
    const reply = await post(`${namespace}/pods`, podOf({ containers: [{ name: 'c', image: 'i', ports }] }));
    assertStatus(reply, 422, 'Invalid', message);
    assert.deepEqual(
      reply.body.details.causes.map((cause: { field: string }) => cause.field),
      ['spec.containers[0].ports[0].containerPort'],
    );
  });

  test('fields that may not change', async () => {
    assert.equal((await post(deployments, JSON.stringify(deploymentOf('a')))).code, 201);
    const path = `${deployments}/d`;
    const changed = await raw.send({ method: 'PUT', path, body: JSON.stringify(deploymentOf('b')) });
    const message =
      'Deployment.apps "d" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable';
    assertStatus(changed, 422, 'Invalid', message);
    await raw.send({ method: 'DELETE', path });
  });

  test('a change of what has changed since', async () => {
    const made = await post(configMaps, '{"metadata":{"name":"stale"}}');
    const path = `${configMaps}/stale`;
    const { resourceVersion } = made.body.metadata;
    const put = (data: object) =>
      raw.send({ method: 'PUT', path, body: JSON.stringify({ metadata: { name: 'stale', resourceVersion }, data }) });
    assert.equal((await put({ k: 'v' })).code, 200);
    const message =
      'Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again';
    assertStatus(await put({ k: 'w' }), 409, 'Conflict', message);
  });

  test('nobody, a stranger, and an account that is no more', async () => {
    const forbidden =
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"';
    const path = `${namespace}/pods`;
    assertStatus(await raw.send({ method: 'GET', path, anonymous: true }), 403, 'Forbidden', forbidden);
    const withToken = (token: string) =>
      raw.send({ method: 'GET', path, anonymous: true, headers: { authorization: `Bearer ${token}` } });
    assertStatus(await withToken('x.y.z'), 401, 'Unauthorized', 'Unauthorized');

    const accounts = `${namespace}/serviceaccounts`;
    assert.equal((await post(accounts, '{"metadata":{"name":"gone"}}')).code, 201);
    const { body } = await post(
      `${accounts}/gone/token`,
      '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest"}',
    );
    const user =
      'User "system:serviceaccount:default:gone" cannot list resource "pods" in API group "" in the namespace "default"';
    assertStatus(await withToken(body.status.token), 403, 'Forbidden', `pods is forbidden: ${user}`);
    assert.equal((await raw.send({ method: 'DELETE', path: `${accounts}/gone` })).code, 200);
    assertStatus(await withToken(body.status.token), 401, 'Unauthorized', 'Unauthorized');
  });

  test('after all of it the server goes on', async () => {
    const { code, body } = await raw.send({ method: 'GET', path: '/readyz' });
    assert.deepEqual([code, body], [200, 'ok']);
  });
});

/** Nine times nine times … of a list: small to send, too large to hold. */
function aliasBomb(): string {
  const levels = [...'abcdefghi'];
  const lines = levels.map((name, index) => {
    const inner = index === 0 ? 'x' : `*${levels[index - 1]}`;
    return `  ${name}: &${name} [${Array(9).fill(inner).join(',')}]`;
  });
  return `metadata: {name: a}\nx:\n${lines.join('\n')}\n`;
}
