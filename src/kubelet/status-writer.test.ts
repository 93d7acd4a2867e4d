import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#api/core/pod.ts';
import { ApiError } from '#client/api-error.ts';
import type { Stored } from '#client/object.ts';
import { StatusWriter } from '#kubelet/status-writer.ts';
import { FakeClock } from '#testing/fake-clock.ts';

const podOf = (resourceVersion: string, uid = 'uid-1'): Stored<Pod> =>
  ({
    metadata: { namespace: 'default', name: 'p', uid, resourceVersion },
    spec: {},
    status: { phase: 'Pending' },
  }) as never;

const refusal = (reason: string, code: number) =>
  new ApiError({ status: 'Failure', reason, code, message: reason } as never);

/** A server that refuses as often as told, and then takes what it is given. */
function writerAgainst(refusals: Error[], found = podOf('1')) {
  const clock = new FakeClock();
  const given: string[] = [];
  const client = {
    async patchStrategic(_kind: unknown, _name: unknown, patch: { status: { phase: string } }) {
      given.push(patch.status.phase);
      const error = refusals.shift();
      if (error !== undefined) throw error;
      return { ...found, status: { ...found.status, ...patch.status } };
    },
    get: async () => found,
  };
  const writer = new StatusWriter(podOf('1'), { client: client as never, clock, onError: () => {} });
  const pass = async () => {
    for (let step = 0; step < 3; step++) {
      await new Promise(resolve => setImmediate(resolve));
      clock.advance(2000);
    }
  };
  return { writer, given, pass };
}

test('a status is given again until the server takes it', async () => {
  const { writer, given, pass } = writerAgainst([refusal('InternalError', 500), refusal('Conflict', 409)]);
  writer.write({ phase: 'Running' });
  await pass();
  await writer.flushed();
  assert.deepEqual(given, ['Running', 'Running', 'Running']);
});

test('a Pod whose name another has is told no more', async () => {
  const { writer, given, pass } = writerAgainst([refusal('Conflict', 409)], podOf('2', 'uid-2'));
  writer.write({ phase: 'Running' });
  await pass();
  writer.write({ phase: 'Failed' });
  await pass();
  assert.deepEqual(given, ['Running']);
});

test('what the server finds invalid is not said again before the Pod or the status has changed', async () => {
  const { writer, given, pass } = writerAgainst([refusal('Invalid', 422), refusal('Invalid', 422)]);
  writer.write({ phase: 'Running' });
  await pass();
  assert.deepEqual(given, ['Running']);
  writer.write({ phase: 'Failed' });
  await pass();
  assert.deepEqual(given, ['Running', 'Failed']);
  writer.observe(podOf('7'));
  await writer.flushed();
  assert.deepEqual(given, ['Running', 'Failed', 'Failed']);
});
