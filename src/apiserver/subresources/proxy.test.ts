import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import { dialTcp } from '#lib/http/connect.ts';
import type { Transport } from '#lib/http/transport.ts';
import { systemRandom } from '#lib/random.ts';
import { type InMemoryServer, inMemoryServer } from '#testing/in-memory-server.ts';
import { ownLink, rewritten } from './proxy-links.ts';
import { checkAddress, targetNameOf } from './proxy-target.ts';

describe('proxy sub-resources', () => {
  let backend: Server;
  let server: InMemoryServer;
  let send: Transport;
  const dialled: string[] = [];
  let seen: { method: string; url: string; headers: IncomingHttpHeaders; body: string };

  before(async () => {
    backend = createServer((request, reply) => {
      let body = '';
      request.on('data', chunk => (body += chunk));
      request.on('end', () => {
        seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
        if (request.url === '/moved') reply.writeHead(302, { location: '/elsewhere' }).end();
        else if (request.url === '/') reply.setHeader('content-type', 'text/html').end('<a href="/x">x</a>');
        else reply.writeHead(418).end('short and stout');
      });
    });
    await new Promise<void>(resolve => backend.listen(0, '127.0.0.1', resolve));
    const { port } = backend.address() as AddressInfo;
    const dialCluster = (host: string, asked: number) => {
      dialled.push(`${host}:${asked}`);
      return dialTcp('127.0.0.1', port);
    };
    server = await inMemoryServer(systemClock, systemRandom, { dialCluster });
    send = server.transport();
    const write = async (method: string, target: string, body: object) => {
      const headers = { 'content-type': 'application/json' };
      const reply = await send({ method, target, headers, body: Buffer.from(JSON.stringify(body)) });
      assert.ok(reply.status < 300, `${target}: ${Buffer.from(await reply.body.whole(1 << 20))}`);
    };
    await write('POST', '/api/v1/namespaces', { metadata: { name: 'a' } });
    await write('POST', '/api/v1/namespaces/a/serviceaccounts', { metadata: { name: 'default' } });
    const containers = [{ name: 'c', image: 'i', ports: [{ containerPort: 8080 }] }];
    await write('POST', '/api/v1/namespaces/a/pods', { metadata: { name: 'p' }, spec: { containers } });
    await write('POST', '/api/v1/namespaces/a/services', {
      metadata: { name: 's' },
      spec: { clusterIP: 'None', ports: [{ name: 'web', port: 80 }] },
    });
    const targetRef = { kind: 'Pod', namespace: 'a', name: 'p' };
    const addresses = [{ ip: '10.244.0.5', targetRef }, { ip: '10.244.0.66' }];
    const subsets = [{ addresses, ports: [{ name: 'web', port: 8080 }] }];
    await write('POST', '/api/v1/namespaces/a/endpoints', { metadata: { name: 's' }, subsets });
    const status = { phase: 'Running', podIP: '10.244.0.5', podIPs: [{ ip: '10.244.0.5' }] };
    const read = await send({ method: 'GET', target: '/api/v1/namespaces/a/pods/p' });
    const pod = JSON.parse(Buffer.from(await read.body.whole(1 << 20)).toString());
    await write('PUT', '/api/v1/namespaces/a/pods/p/status', { ...pod, status });
  });

  after(async () => {
    await server.close();
    backend.closeAllConnections();
    await new Promise(resolve => backend.close(resolve));
  });

  async function ask(method: string, target: string, headers = {}, body?: Uint8Array) {
    const reply = await send({ method, target, headers, body });
    return { ...reply, text: Buffer.from(await reply.body.whole(1 << 20)).toString() };
  }

  test('method, path, query and body go through; credentials stay', async () => {
    const headers = { cookie: 'a=b', 'x-mine': '1', 'content-type': 'text/plain' };
    const path = '/api/v1/namespaces/a/pods/p/proxy/a%20b/../c/?q=1&q=2';
    const reply = await ask('PATCH', path, headers, Buffer.from('hello'));
    assert.equal(reply.status, 418);
    assert.equal(reply.text, 'short and stout');
    assert.equal(`${seen.method} ${seen.url} ${seen.body}`, 'PATCH /c/?q=1&q=2 hello');
    assert.equal(seen.headers['x-mine'], '1');
    assert.equal(seen.headers.cookie, undefined);
    assert.equal(dialled.at(-1), '10.244.0.5:8080');
  });

  test('a Service is reached by port name and number, at an address that a Pod has', async () => {
    for (const name of ['s:web', 's:80', 'http:s:web']) {
      assert.equal((await ask('GET', `/api/v1/namespaces/a/services/${name}/proxy/x`)).status, 418);
      assert.equal(dialled.at(-1), '10.244.0.5:8080');
    }
    const none = await ask('GET', '/api/v1/namespaces/a/services/s:81/proxy/');
    assert.equal(none.status, 503);
    assert.match(none.text, /no service port 81 found for service \\"s\\"/);
  });

  test('redirects and links lead through the proxy, and nobody follows them', async () => {
    const prefix = '/api/v1/namespaces/a/pods/p/proxy';
    const bare = await ask('GET', `${prefix}?a=b`);
    assert.deepEqual([bare.status, bare.headers['location']], [301, `${prefix}/?a=b`]);
    const moved = await ask('GET', `${prefix}/moved`);
    assert.deepEqual([moved.status, moved.headers['location']], [302, `${prefix}/elsewhere`]);
    assert.equal((await ask('GET', `${prefix}/`)).text, `<a href="${prefix}/x">x</a>`);
  });

  test('addresses of the server itself and of its links are refused', () => {
    for (const address of [
      '',
      'localhost',
      '127.0.0.1',
      '169.254.169.254',
      '::1',
      '::ffff:127.0.0.1',
      'fe80::1%eth0',
    ]) {
      assert.throws(() => checkAddress(address), /address not allowed/, address);
    }
    assert.equal(checkAddress('10.0.0.1'), '10.0.0.1');
    assert.throws(() => targetNameOf('ftp:s:a', 'service'), /invalid service request "ftp:s:a"/);
  });
});

test('links', () => {
  const behind = { host: '10.0.0.1:80', prefix: '/p' };
  assert.equal(ownLink('http://10.0.0.1/a?b#c', behind), '/p/a?b#c');
  assert.equal(ownLink('https://example.org/a', behind), 'https://example.org/a');
  assert.equal(ownLink('a/b', behind), 'a/b');
  assert.equal(
    rewritten("<IMG alt='a>b' src=/i.png><p href='/x'>", behind),
    "<IMG alt='a>b' src=/p/i.png><p href='/x'>",
  );
});
