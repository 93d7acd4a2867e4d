import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { LogQuery } from '#kubelet/logs.ts';
import { logTail, readLog } from '#kubelet/logs.ts';

describe('logs of containers', () => {
  let folder = '';
  let path = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'proa-logs-'));
    path = join(folder, '0.log');
    const lines = [1, 2, 3, 4, 5].map(n => `2026-01-01T00:00:0${n}.5Z stdout F line ${n}\n`);
    writeFileSync(path, `${lines.join('')}2026-01-01T00:00:06Z stderr P er\n2026-01-01T00:00:07Z stderr F r\n`);
  });
  after(() => rmSync(folder, { recursive: true }));

  const read = async (query: LogQuery) => {
    let text = '';
    for await (const chunk of readLog(path, query, undefined)) text += chunk.toString();
    return text;
  };

  test('as queries ask for them', async () => {
    assert.equal(await read({}), 'line 1\nline 2\nline 3\nline 4\nline 5\nerr\n');
    assert.equal(await read({ tailLines: 3 }), 'line 5\nerr\n');
    assert.equal(await read({ tailLines: 0 }), '');
    assert.equal(await read({ tailLines: 100, limitBytes: 10 }), 'line 1\nlin');
    assert.equal(await read({ sinceMs: Date.parse('2026-01-01T00:00:05Z'), stream: 'Stdout' }), 'line 5\n');
    assert.equal(await read({ stream: 'Stderr', timestamps: true }), '2026-01-01T00:00:06Z err\n');
    assert.equal(await logTail(path, { linesMax: 4, bytesMax: 8 }), 'e 5\nerr\n');
  });

  test('of a container that goes on writing, as they were when they were asked for', async () => {
    const busy = join(folder, 'busy.log');
    const line = '2026-01-01T00:00:01Z stdout F x\n';
    writeFileSync(busy, line.repeat(4));
    let count = 0;
    for await (const _ of readLog(busy, { tailLines: 3 }, undefined)) {
      appendFileSync(busy, line.repeat(2));
      assert.ok(++count <= 3, 'the writer is faster for ever');
    }
    assert.equal(count, 3);
  });

  test('followed over a rotation, to the end of the container', async () => {
    const ended = new AbortController();
    const chunks = readLog(
      path,
      { follow: true, tailLines: 1 },
      { ended: ended.signal, signal: new AbortController().signal },
    );
    const next = async () => (await chunks.next()).value?.toString();
    assert.equal(await next(), 'r\n');
    const first = next();
    appendFileSync(path, '2026-01-01T00:00:08Z stdout F six\n');
    assert.equal(await first, 'six\n');
    const second = next();
    renameSync(path, `${path}.20260101-000009`);
    writeFileSync(path, '2026-01-01T00:00:09Z stdout F seven\n');
    assert.equal(await second, 'seven\n');
    const last = next();
    ended.abort();
    assert.equal(await last, undefined);
  });
});
