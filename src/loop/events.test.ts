import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events } from '#api/core/event.ts';
import { namespaces } from '#api/core/namespace.ts';
import { silentLog } from '#lib/log.ts';
import { EventRecorder } from '#loop/events.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

test('what two components say of one object in one millisecond are two Events', async () => {
  const clock = new FakeClock();
  const server = await inMemoryServer(clock);
  try {
    const client = server.client();
    await client.create(namespaces, { metadata: { name: 'shop' } });
    const involved = { kind: 'Pod', namespace: 'shop', name: 'p', apiVersion: 'v1' };
    for (const component of ['default-scheduler', 'kubelet']) {
      const recorder = new EventRecorder({ client, clock, log: silentLog, component });
      recorder.sayOf(involved, 'Normal', 'Said', `by ${component}`);
      recorder.sayOf(involved, 'Normal', 'Again', `by ${component}`);
    }
    const written = async () => (await client.list(events, { namespace: 'shop' })).items;
    for (let turn = 0; turn < 100 && (await written()).length < 4; turn++) await new Promise(setImmediate);
    assert.deepEqual((await written()).map(({ message, reason }) => `${reason} ${message}`).sort(), [
      'Again by default-scheduler',
      'Again by kubelet',
      'Said by default-scheduler',
      'Said by kubelet',
    ]);
  } finally {
    await server.close();
  }
});
