import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { BodyBudget } from '#apiserver/body-budget.ts';
import { systemClock } from '#lib/clock.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

const megabyte = 1 << 20;

test('one user has a part of the room, all users together the whole, and what is given back is there again', () => {
  const budget = new BodyBudget();
  assert.ok(budget.take('a', 64 * megabyte));
  assert.equal(budget.take('a', 1), false);
  for (const name of ['b', 'c', 'd']) assert.ok(budget.take(name, 64 * megabyte));
  assert.equal(budget.take('e', 1), false);
  budget.give('b', 64 * megabyte);
  assert.ok(budget.take('e', 1));
  assert.equal(budget.bytes, 192 * megabyte + 1);
});

test('bodies beyond the room get 429 at once; those under way keep theirs until they are answered', async () => {
  const server = await inMemoryServer(systemClock);
  try {
    const transport = server.transport();
    const post = (body: Readable) =>
      transport({ method: 'POST', target: '/api/v1/namespaces/default/configmaps?dryRun=All', body });
    const slow = Array.from({ length: 26 }, () => new Readable({ read() {} }));
    const replies = slow.map(post);
    for (const body of slow) body.push(Buffer.alloc(2.5 * megabyte, ' '));
    const refused = await Promise.race(replies);
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['retry-after'], '1');
    for (const body of slow) body.push(null);
    const statuses = (await Promise.all(replies)).map(reply => reply.status);
    assert.deepEqual([...new Set(statuses)].sort(), [400, 429]);
    assert.equal(statuses.filter(status => status === 429).length, 1);
    const { status } = await post(Readable.from([Buffer.from('{"metadata":{"name":"x"}}')]));
    assert.equal(status, 201);
    assert.ok(server.api.server.bodies.bytes < 100);
  } finally {
    await server.close();
  }
});
