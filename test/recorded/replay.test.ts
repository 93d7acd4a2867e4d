/** Every recorded case of HTTP, lists, writes, patches, applies and sub-resources is answered as upstream answered it. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Transport } from '#lib/http/transport.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { type InMemoryServer, inMemoryServer } from '#testing/in-memory-server.ts';
import { type Case, replayCase } from '#testing/recorded-cases.ts';

const families = ['http', 'list', 'delete', 'update', 'subresources', 'patch', 'apply'];

describe('recorded cases', () => {
  let server: InMemoryServer;
  let send: Transport;
  let count = 0;

  before(async () => {
    server = await inMemoryServer(new FakeClock());
    send = server.transport();
    for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
      const body = Buffer.from(JSON.stringify({ metadata: { name } }));
      const headers = { 'content-type': 'application/json' };
      await send({ method: 'POST', target: '/api/v1/namespaces', headers, body });
    }
  });

  after(() => server.close());

  for (const family of families) {
    test(family, async () => {
      const file = new URL(`./machinery-${family}.jsonl`, import.meta.url);
      const differences: string[] = [];
      for (const line of (await readFile(file, 'utf8')).trimEnd().split('\n')) {
        const recorded = JSON.parse(line) as Case;
        const difference = await replayCase(send, recorded, `c-${1000 + count++}`);
        if (difference !== undefined) differences.push(`${recorded.name}: ${difference}`);
      }
      assert.deepEqual(differences, []);
    });
  }
});
