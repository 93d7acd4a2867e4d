import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { runHook } from '#kubelet/hooks.ts';
import type { Host } from '#kubelet/host.ts';
import { systemClock } from '#lib/clock.ts';

test('an HTTP hook: what is sent, and a server that does not speak the TLS it is asked for', async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const { accept, authorization, 'user-agent': agent } = request.headers;
    seen.push(`${request.url} ${accept} ${agent} ${authorization}`);
    response.end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const events: string[] = [];
  const host = {
    clock: systemClock,
    probeTargets: {
      clock: systemClock,
      connect: async (address: string, number: number) => connect(number, address),
    },
    recorder: { say: (...words: unknown[]) => events.push(`${words[2]} ${words[3]} ${words[4]}`) },
  } as never as Host;
  const pod = { metadata: { namespace: 'default', name: 'p', uid: 'u' }, spec: { containers: [] } };
  const place = { pod, podIp: '127.0.0.1', container: { name: 'c' }, containerId: 'id' };
  try {
    const httpHeaders = [
      { name: 'Accept', value: '' },
      { name: 'Authorization', value: 'secret' },
    ];
    assert.equal(await runHook(host, place, { httpGet: { port, path: 'a', httpHeaders } }, 2000), undefined);
    assert.deepEqual(events, []);
    const overTls = { httpGet: { port, path: '/b', scheme: 'HTTPS', httpHeaders } };
    assert.equal(await runHook(host, place, overTls, 2000), undefined);
    assert.deepEqual(seen, ['/a undefined kube-lifecycle/1.36 secret', '/b undefined kube-lifecycle/1.36 undefined']);
    const where = `request to HTTPS lifecycle hook 127.0.0.1:${port}`;
    assert.deepEqual(events, [`Warning LifecycleHTTPFallback ${where} got HTTP response, retry with HTTP succeeded`]);
  } finally {
    server.close();
  }
});
