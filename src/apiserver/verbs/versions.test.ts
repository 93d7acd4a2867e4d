/** Numbers in queries that are none, or too large: versions of the store, limits, continue tokens. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AnyJson } from '#machinery/schema.ts';
import { type Ask, asker } from '#testing/api-requests.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { type InMemoryServer, inMemoryServer } from '#testing/in-memory-server.ts';

const clock = new FakeClock();
const configMaps = '/api/v1/namespaces/default/configmaps';

let server: InMemoryServer;
let ask: Ask;
before(async () => {
  server = await inMemoryServer(clock);
  ask = asker(server);
  await ask('admin', 'POST', configMaps, { body: { metadata: { name: 'a' } } });
});
after(() => server.close());

test('a version that has not come is waited for, and then the client is told to come again', async () => {
  for (const target of [`${configMaps}/a?resourceVersion=99999`, `${configMaps}?resourceVersion=99999`]) {
    const asked = ask('admin', 'GET', target);
    // The timer is set once the cache has been asked.
    await new Promise(resolve => setImmediate(resolve));
    clock.advance(3_000);
    const { status, json, headers } = await asked;
    assert.equal(status, 504, target);
    assert.match(json.message, /^Timeout: Too large resource version: 99999, current: \d+$/);
    assert.equal(headers['retry-after'], '1');
    assert.equal(json.details.causes[0].reason, 'ResourceVersionTooLarge');
  }
});

test('what does not fit into 64 bits is refused in words of Go', async () => {
  const huge = '99999999999999999999';
  const told = async (query: string): Promise<[number, AnyJson]> => {
    const { status, json } = await ask('admin', 'GET', `${configMaps}${query}`);
    return [status, json.message];
  };
  const uint = `resourceVersion: Invalid value: "${huge}": strconv.ParseUint: parsing "${huge}": value out of range`;
  assert.deepEqual(await told(`?resourceVersion=${huge}`), [400, `invalid resource version: ${uint}`]);
  assert.deepEqual(await told(`/a?resourceVersion=${huge}`), [500, uint]);
  assert.deepEqual(await told(`?watch=1&resourceVersion=${huge}`), [500, uint]);
  const int = `strconv.ParseInt: parsing "${huge}": value out of range`;
  assert.deepEqual(await told(`?limit=${huge}`), [400, int]);
  assert.deepEqual(await told(`?timeoutSeconds=-${huge}`), [400, int.replace('"', '"-')]);
  const token = 'invalid continue token: continue key is not valid: illegal base64 data at input byte';
  assert.deepEqual(await told('?continue=x'), [400, `${token} 0`]);
  assert.deepEqual(await told('?continue=ab*'), [400, `${token} 2`]);
});
