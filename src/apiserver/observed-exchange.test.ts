import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { systemClock } from '#lib/clock.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

test('long answers are compressed for who takes gzip, short ones and watches never', async () => {
  const server = await inMemoryServer(systemClock);
  try {
    const transport = server.transport();
    const path = '/api/v1/namespaces/default/configmaps';
    const ask = async (method: string, target: string, encoding: string, body?: string) => {
      const headers = { 'accept-encoding': encoding };
      const reply = await transport({ method, target, headers, ...(body && { body: Buffer.from(body) }) });
      return { headers: reply.headers, bytes: Buffer.from(await reply.body.whole(1 << 20)) };
    };
    await ask('POST', path, '', JSON.stringify({ metadata: { name: 'long' }, data: { a: 'x'.repeat(200_000) } }));
    const plain = await ask('GET', path, 'br, gzip;q=0.5');
    assert.equal(plain.headers['content-encoding'], undefined);
    for (const target of [path, `${path}/long`, `${path}?pretty=1`]) {
      const { headers, bytes } = await ask('GET', target, 'deflate, gzip');
      assert.equal(headers['content-encoding'], 'gzip', target);
      assert.equal(headers['vary'], 'Accept-Encoding');
      assert.ok(bytes.length < 5000);
      const { bytes: same } = await ask('GET', target, '');
      assert.deepEqual(gunzipSync(bytes), same);
    }
    const watch = `${path}?watch=1&resourceVersion=1`;
    for (const target of ['/version', watch]) {
      assert.equal((await ask('GET', target, 'gzip')).headers['content-encoding'], undefined, target);
    }
  } finally {
    await server.close();
  }
});
