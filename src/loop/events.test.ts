/** Events on a real server in memory, over two lives of who says them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { events } from '#api/core/event.ts';
import { silentLog } from '#lib/log.ts';
import { EventRecorder } from '#loop/events.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

test('who starts anew goes on counting what it said before', async () => {
  const clock = new FakeClock();
  const server = await inMemoryServer(clock);
  const client = server.client();
  const node = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' };
  const life = () => new EventRecorder({ client, clock, log: silentLog, component: 'part', recalls: true });
  const said = async () => {
    const { items } = await client.list(events, { fieldSelector: 'source=part' });
    return items.map(({ message, count }) => `${message} ${count}`).sort();
  };
  const untilSaid = async (wanted: string[]) => {
    for (let turn = 0; turn < 500; turn++) {
      if ((await said()).join() === wanted.join()) return;
      await setImmediate();
    }
    assert.deepEqual(await said(), wanted);
  };
  try {
    life().sayOf(node, 'Normal', 'RegisteredNode', 'here');
    await untilSaid(['here 1']);
    clock.advance(60_000);
    const second = life();
    second.sayOf(node, 'Normal', 'RegisteredNode', 'here');
    second.sayOf(node, 'Normal', 'RegisteredNode', 'there');
    await untilSaid(['here 2', 'there 1']);
    second.sayOf(node, 'Normal', 'RegisteredNode', 'here');
    await untilSaid(['here 3', 'there 1']);
  } finally {
    await server.close();
  }
});
