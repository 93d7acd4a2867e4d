import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { leases } from '#api/coordination/lease.ts';
import type { Client } from '#client/client.ts';
import { silentLog } from '#lib/log.ts';
import { systemRandom } from '#lib/random.ts';
import { standForLeader } from '#loop/leader.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

const clock = new FakeClock();
const ref = { namespace: 'kube-system', name: 'loops' };

async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    clock.advance(1000);
    for (let j = 0; j < 20; j++) await setImmediate();
  }
}

function stand(client: Client, identity: string) {
  const stopped = new AbortController();
  const state = { leading: false };
  const ended = standForLeader({
    client,
    clock,
    random: systemRandom,
    log: silentLog,
    ...ref,
    identity,
    signal: stopped.signal,
    onLeading(signal) {
      state.leading = true;
      signal.addEventListener('abort', () => {
        state.leading = false;
      });
    },
  });
  return {
    state,
    async stop() {
      stopped.abort();
      await ended;
    },
  };
}

test('one leads; the next takes over when it goes, or when it falls silent', { timeout: 30_000 }, async () => {
  const server = await inMemoryServer(clock);
  const client = server.client();
  let cut = false;
  // A client whose line can be cut.
  const frail = new Proxy(client, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => (cut ? Promise.reject(new Error('cut')) : value.apply(target, args));
    },
  });
  const first = stand(frail, 'first');
  await pass(1);
  const second = stand(client, 'second');
  await pass(30);
  assert.deepEqual([first.state.leading, second.state.leading], [true, false]);
  cut = true;
  await pass(12);
  assert.equal(first.state.leading, false, 'a leader that cannot renew stops before another can begin');
  assert.equal(second.state.leading, false);
  await pass(10);
  assert.equal(second.state.leading, true);
  assert.equal((await client.get(leases, ref)).spec.leaseTransitions, 1);
  cut = false;
  await second.stop();
  assert.equal((await client.get(leases, ref)).spec.holderIdentity, '', 'given back at once');
  await pass(4);
  assert.equal(first.state.leading, true);
  await first.stop();
  await server.close();
});
