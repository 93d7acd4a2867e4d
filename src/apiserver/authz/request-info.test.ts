import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodePath, exactMatch, parseQuery, requestInfo, splitTarget } from './request-info.ts';

/** `verb group/version resource/subresource "name" in namespace`, or `verb path`. */
function read(method: string, target: string): string {
  const { path, query } = splitTarget(target);
  const info = requestInfo(method, decodePath(path)!, parseQuery(query));
  if (!info.isResource) return `${info.verb} ${info.path}`;
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  const mark = info.wellFormed ? '' : ' (malformed)';
  return `${info.verb} ${info.group}/${info.version} ${resource} "${info.name}" in "${info.namespace}"${mark}`;
}

const cases: readonly [string, string, string][] = [
  ['GET', '/api/v1/namespaces/a/pods', 'list /v1 pods "" in "a"'],
  ['GET', '/api/v1/namespaces/a/pods/', 'list /v1 pods "" in "a"'],
  ['GET', '/api/v1/namespaces/a/pods/p', 'get /v1 pods "p" in "a"'],
  ['HEAD', '/api/v1/namespaces/a/pods/p', 'get /v1 pods "p" in "a"'],
  ['OPTIONS', '/api/v1/namespaces/a/pods/p', ' /v1 pods "p" in "a"'],
  ['POST', '/api/v1/namespaces/a/pods/p/exec', 'create /v1 pods/exec "p" in "a"'],
  ['GET', '/api/v1/namespaces/a/pods/p/proxy/x/y', 'get /v1 pods/proxy "p" in "a"'],
  ['GET', '/api/v1/namespaces/a/pods/p/proxy/../y', 'get /v1 pods/proxy "p" in "a"'],
  ['GET', '/api/v1/pods', 'list /v1 pods "" in ""'],
  ['GET', '/api/v1/namespaces', 'list /v1 namespaces "" in ""'],
  ['GET', '/api/v1/namespaces/a', 'get /v1 namespaces "a" in "a"'],
  ['PUT', '/api/v1/namespaces/a/finalize', 'update /v1 namespaces/finalize "a" in "a"'],
  ['PUT', '/api/v1/namespaces/a/status', 'update /v1 namespaces/status "a" in "a"'],
  ['GET', '/api/v1/nodes/n', 'get /v1 nodes "n" in ""'],
  ['DELETE', '/api/v1/namespaces/a/pods', 'deletecollection /v1 pods "" in "a"'],
  ['DELETE', '/api/v1/namespaces/a/pods/p', 'delete /v1 pods "p" in "a"'],
  ['PATCH', '/apis/apps/v1/namespaces/a/deployments/d/scale', 'patch apps/v1 deployments/scale "d" in "a"'],
  ['GET', '/apis/apps/v1/deployments?watch=true', 'watch apps/v1 deployments "" in ""'],
  ['GET', '/apis/apps/v1/deployments?watch', 'watch apps/v1 deployments "" in ""'],
  ['GET', '/apis/apps/v1/deployments?watch=False', 'list apps/v1 deployments "" in ""'],
  ['GET', '/apis/apps/v1/deployments?watch=0&watch=1', 'list apps/v1 deployments "" in ""'],
  ['GET', '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dp', 'list /v1 pods "p" in "a"'],
  ['GET', '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3D..', 'list /v1 pods "" in "a"'],
  ['GET', '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%21%3Dp', 'list /v1 pods "" in "a"'],
  // Bytes that are no text count as a value too, so a second selector never speaks for the first.
  ['GET', '/api/v1/pods?fieldSelector=metadata.name!=%ff&fieldSelector=metadata.name=p', 'list /v1 pods "" in ""'],
  ['GET', '/api/v1/watch/namespaces/a/pods/p', 'watch /v1 pods "p" in "a"'],
  ['GET', '/api/v1/watch/pods', 'watch /v1 pods "" in ""'],
  ['GET', '/api/v1/proxy/namespaces/a/pods/p/x', 'proxy /v1 pods "p" in "a"'],
  ['GET', '/', 'get /'],
  ['GET', '/api', 'get /api'],
  ['GET', '/api/v1', 'get /api/v1'],
  ['GET', '/apis/apps/v1', 'get /apis/apps/v1'],
  ['POST', '/healthz', 'post /healthz'],
  ['GET', '/API/v1/pods', 'get /API/v1/pods'],
  ['GET', '/api/v1/namespaces/a/configmaps/x%2Fy', 'get /v1 configmaps/y "x" in "a"'],
];

test('requests are read as upstream reads them', () => {
  for (const [method, target, want] of cases) {
    assert.equal(read(method, target), want, `${method} ${target}`);
  }
});

test('segments that can name nothing are marked', () => {
  const malformed = [
    '/api//v1/namespaces/a/pods',
    '/api/v1/namespaces//pods',
    '/api/v1/namespaces/a/pods/..',
    '/api/v1/namespaces/../pods/p',
    '/api/v1/namespaces/a/pods/%252e%252e',
    '/api/v1/namespaces/a/pods/p%00',
    '/apis/./v1/namespaces/a/pods',
    '/api/v1/namespaces/a/pods/p/.',
  ];
  for (const target of malformed) {
    assert.equal(requestInfo('GET', decodePath(target)!, new URLSearchParams()).wellFormed, false, target);
  }
});

test('an escaped slash splits a segment for everybody: authorization sees what the router sees', () => {
  assert.equal(read('GET', '/api/v1/namespaces/a%2Fpods/x/y'), 'get /v1 pods/y "x" in "a"');
  assert.equal(decodePath('/api/%zz'), undefined);
});

test('query values: first one wins, malformed pairs do not count', () => {
  assert.equal(parseQuery('a=%zz&a=1&a=2').get('a'), '1');
  assert.equal(parseQuery('a;b=1&b=2').get('b'), '2');
  assert.equal(parseQuery('x=a+b&&%78=c&=y').get('x'), 'a b');
  assert.equal(parseQuery('').get('x'), null);
  assert.equal(parseQuery('x=%ff%C3%A4ä').get('x'), '\ufffdää');
});

test('exact matches in field selectors', () => {
  assert.equal(exactMatch('a=1,b=2', 'b'), '2');
  assert.equal(exactMatch('a==1', 'a'), '1');
  assert.equal(exactMatch('a=x\\,y\\=z', 'a'), 'x,y=z');
  assert.equal(exactMatch('a!=1', 'a'), undefined);
  assert.equal(exactMatch('a=1,nonsense', 'a'), undefined);
  assert.equal(exactMatch('a=1=2', 'a'), undefined);
});

test('whatever is asked for, a well-formed request names nothing outside its own place', () => {
  const segment = fc.constantFrom(
    'api',
    'apis',
    'v1',
    'apps',
    'namespaces',
    'watch',
    'proxy',
    'pods',
    'a',
    'b',
    'log',
    '',
    '.',
    '..',
    '%2e%2e',
    '%2F',
    'a%2Fb',
    '%00',
    '%25',
    'x y',
    'metadata.name',
    '\u{1f600}',
  );
  const target = fc.tuple(
    fc.array(segment, { maxLength: 9 }),
    fc.constantFrom('', '/', '//'),
    fc.constantFrom('', '?watch=1', '?fieldSelector=metadata.name%3D..%2Fb', '?fieldSelector=metadata.name%3Da'),
  );
  fc.assert(
    fc.property(fc.constantFrom('GET', 'PUT', 'DELETE', 'POST'), target, (method, [segments, end, query]) => {
      const path = decodePath(`/${segments.join('/')}${end}`);
      if (path === undefined) return;
      const info = requestInfo(method, path, parseQuery(query.slice(1)));
      const names = [info.group, info.version, info.resource, info.subresource, info.namespace, info.name];
      if (!info.isResource || !info.wellFormed) return;
      for (const name of names) {
        assert.ok(name !== '.' && name !== '..' && !/[/%\0]/.test(name), `${method} ${path}: ${name}`);
      }
      // What authorization sees is what the path says, segment by segment.
      const said = path.split('/').filter(each => each !== '');
      for (const name of names.slice(0, 5)) assert.ok(name === '' || said.includes(name), `${path}: ${name}`);
      assert.ok(info.resource !== '' && info.version !== '');
    }),
    { numRuns: 3000, seed: 1 },
  );
});
