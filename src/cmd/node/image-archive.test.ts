import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { run } from '#lib/process.ts';
import { writeImageArchive } from './image-archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'proa-archive-'));
after(() => rmSync(folder, { recursive: true }));

const longName = `${'deep/'.repeat(30)}${'ä'.repeat(60)}.txt`;

function writeArchive(path: string): void {
  const source = join(folder, 'source');
  mkdirSync(join(source, 'sub'), { recursive: true });
  writeFileSync(join(source, 'sub', 'data'), 'x'.repeat(1_000), { mode: 0o600 });
  symlinkSync('sub/data', join(source, 'link'));
  writeImageArchive(path, [
    {
      names: ['docker.io/library/a:1', 'docker.io/library/a:latest'],
      config: { Entrypoint: ['/a'] },
      layers: [
        [{ path: '/opt', copyOf: source, uid: 7 }],
        [
          { path: longName, text: 'hello', mode: 0o755 },
          { path: 'usr/bin/a', linkTo: '../../opt' },
          { path: 'empty', directory: true },
        ],
      ],
    },
  ]);
  rmSync(source, { recursive: true });
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

test('an archive is an OCI layout whose blobs are what their names say', {
  skip: process.platform === 'win32' && 'it is unpacked with tar, given paths of this machine',
}, async () => {
  const archive = join(folder, 'a.tar');
  writeArchive(archive);
  const layout = join(folder, 'layout');
  mkdirSync(layout);
  await run(['tar', '-xf', archive, '-C', layout]);
  const blob = (digest: string) => join(layout, 'blobs', ...digest.split(':'));
  const read = (digest: string) => {
    assert.equal(`sha256:${digestOf(blob(digest))}`, digest);
    return JSON.parse(readFileSync(blob(digest), 'utf8'));
  };

  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
  assert.deepEqual(
    index.manifests.map(
      (each: { annotations: Record<string, string> }) => each.annotations['io.containerd.image.name'],
    ),
    ['docker.io/library/a:1', 'docker.io/library/a:latest'],
  );
  const manifest = read(index.manifests[0].digest);
  const config = read(manifest.config.digest);
  assert.deepEqual(config.config, { Entrypoint: ['/a'] });
  const digests = manifest.layers.map((layer: { digest: string }) => layer.digest);
  assert.deepEqual(config.rootfs.diff_ids, digests);

  const listing = await run(['tar', '--numeric-owner', '-tvf', blob(digests[0])]);
  const rows = listing
    .trimEnd()
    .split('\n')
    .map(row => row.replace(/ +/g, ' ').replace(/\d{4}-\d\d-\d\d \d\d:\d\d /, ''));
  assert.deepEqual(rows.slice(1), [
    'lrwxrwxrwx 7/0 0 opt/link -> sub/data',
    'drwxr-xr-x 7/0 0 opt/sub/',
    '-rw------- 7/0 1000 opt/sub/data',
  ]);
  const second = await run(['tar', '--quoting-style=literal', '-tf', blob(digests[1])], { env: { LC_ALL: 'C.UTF-8' } });
  assert.deepEqual(second.trimEnd().split('\n'), [longName, 'usr/bin/a', 'empty/']);
});

test('the same files make the same archive', () => {
  const [a, b] = [join(folder, 'one.tar'), join(folder, 'two.tar')];
  writeArchive(a);
  writeArchive(b);
  assert.equal(digestOf(a), digestOf(b));
});
