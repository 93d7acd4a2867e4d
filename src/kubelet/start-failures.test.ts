import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartFailures } from '#kubelet/start-failures.ts';

test('why a container could not be started is shown by the look that begins the next try', () => {
  const failures = new StartFailures();
  const shown = (nowMs: number) => {
    failures.look(nowMs);
    return failures.shown.get('c')?.reason;
  };
  assert.equal(failures.note('c', { reason: 'ErrImagePull', message: '' }, 0), undefined);
  assert.equal(shown(0), 'ErrImagePull');
  assert.equal(failures.note('c', { reason: 'ImagePullBackOff', message: '' }, 0), 10_000);
  assert.deepEqual([shown(9_999), failures.waitsUntilMs('c', 9_999)], ['ErrImagePull', 10_000]);
  assert.deepEqual([shown(10_000), failures.waitsUntilMs('c', 10_000)], ['ImagePullBackOff', undefined]);

  failures.note('c', { reason: 'ErrImagePull', message: '' }, 10_000);
  failures.retryNow();
  assert.equal(shown(10_001), 'ErrImagePull');
  failures.forget('c');
  assert.equal(shown(10_001), undefined);
});
