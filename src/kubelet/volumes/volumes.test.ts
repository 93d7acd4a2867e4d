import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { writePayload } from '#kubelet/volumes/atomic-writer.ts';
import { openBeneath, readBeneath } from '#kubelet/volumes/beneath.ts';

const isRoot = process.getuid?.() === 0;
const nobody = { group: undefined, fileBits: 0o440 };

describe('volumes', { skip: process.platform !== 'linux' && 'descriptors are paths on Linux alone' }, () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'proa-volume-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test('a path inside is opened, made on the way, and never followed out', async () => {
    mkdirSync(join(root, 'inside'));
    mkdirSync(join(root, 'secret'));
    writeFileSync(join(root, 'secret/key'), 'key');
    symlinkSync('../secret', join(root, 'inside/out'));
    symlinkSync('../secret/key', join(root, 'inside/file'));
    const inside = join(root, 'inside');
    const made = await openBeneath(inside, 'a/b', { create: true });
    assert.ok((await made.stat()).isDirectory());
    await made.close();
    assert.equal(lstatSync(join(inside, 'a')).mode & 0o777, lstatSync(inside).mode & 0o777);
    for (const bad of ['out', 'out/key', 'file', '../secret', '/etc', 'a/../../secret']) {
      await assert.rejects(
        openBeneath(inside, bad, { create: true }).then(handle => handle.close()),
        bad,
      );
    }
    assert.equal(await readBeneath(inside, 'out/key', 100), undefined);
    writeFileSync(join(inside, 'a/text'), 'text');
    assert.equal(await readBeneath(inside, 'a/text', 3), 'tex');
    await assert.rejects(openBeneath(inside, 'a/text/sub', { create: true }));
  });

  test('files change all at once', { skip: !isRoot && 'only root gives files away' }, async () => {
    const file = (text: string, mode = 0o644) => ({ data: Buffer.from(text), mode });
    const write = (files: [string, ReturnType<typeof file>][]) =>
      writePayload(root, new Map(files), nobody, Date.UTC(2026, 0, 1));
    assert.equal(
      await write([
        ['a', file('one')],
        ['deep/er/b', file('two', 0o400)],
      ]),
      true,
    );
    assert.deepEqual(readdirSync(root).sort(), ['..2026_01_01_00_00_00.1', '..data', 'a', 'deep']);
    assert.equal(readlinkSync(join(root, 'a')), '..data/a');
    assert.equal(readFileSync(join(root, 'deep/er/b'), 'utf8'), 'two');
    assert.equal(lstatSync(join(root, '..data/deep/er/b')).mode & 0o777, 0o400);
    assert.equal(
      await write([
        ['a', file('one')],
        ['deep/er/b', file('two', 0o400)],
      ]),
      false,
    );
    assert.equal(await write([['a', file('new')]]), true);
    assert.deepEqual(readdirSync(root).sort(), ['..2026_01_01_00_00_00.2', '..data', 'a']);
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), 'new');
  });
});
