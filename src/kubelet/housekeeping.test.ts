import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Housekeeping } from '#kubelet/housekeeping.ts';
import { silentLog } from '#lib/log.ts';
import { FakeClock } from '#testing/fake-clock.ts';

test('logs that have grown are rotated, also beside one that cannot be', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'proa-housekeeping-'));
  const path = (id: string) => join(folder, `${id}.log`);
  const grow = (id: string) => {
    writeFileSync(path(id), 'x');
    truncateSync(path(id), 11 << 20);
  };
  const containers = ['ended', 'grown', 'small'].map(id => ({ id, state: 'Running', logPath: path(id) }));
  grow('ended');
  grow('grown');
  writeFileSync(path('small'), 'x');
  const runtime = {
    async reopenContainerLog(id: string) {
      if (id === 'ended') throw new Error('container is not running');
      writeFileSync(path(id), '');
    },
  };
  const clock = new FakeClock(Date.UTC(2026, 0, 1, 12));
  const housekeeping = new Housekeeping({
    runtime: runtime as never,
    clock,
    log: silentLog,
    images: undefined as never,
    workers: () => [{ phase: 'running', pod: {}, observed: { containers } }] as never,
    onImagesRemoved: () => {},
    evict: () => {},
  });
  try {
    for (let hour = 0; hour < 6; hour++) {
      grow('grown');
      await housekeeping.run();
      clock.advance(3_600_000);
    }
    assert.equal(statSync(path('ended')).size, 11 << 20, 'keeps its name');
    assert.equal(statSync(path('grown')).size, 0);
    assert.deepEqual(readdirSync(folder).sort(), [
      'ended.log',
      'grown.log',
      'grown.log.20260101-140000.gz',
      'grown.log.20260101-150000.gz',
      'grown.log.20260101-160000.gz',
      'grown.log.20260101-170000',
      'small.log',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
