import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openFile } from '#store/sqlite/file.ts';
import { migrations } from '#store/sqlite/schema.ts';
import { SqliteStore } from '#store/sqlite/sqlite-store.ts';
import { storeCases } from '#store/store.cases.ts';
import { FakeClock } from '#testing/fake-clock.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function temporary(): { path: string; remove(): void; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'proa-store-'));
  return { folder, path: join(folder, 'state.db'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

storeCases('sqlite', async () => {
  const clock = new FakeClock();
  const { path, remove } = temporary();
  const store = await SqliteStore.open({ path, clock });
  const close = async () => {
    await store.close();
    remove();
  };
  return { store, advance: ms => clock.advance(ms), close };
});

async function withFolder(body: (path: string, folder: string) => Promise<void>): Promise<void> {
  const { path, folder, remove } = temporary();
  try {
    await body(path, folder);
  } finally {
    remove();
  }
}

test('what was written is there when the file is opened again, with its history, revisions and terms', () =>
  withFolder(async path => {
    const clock = new FakeClock();
    const first = await SqliteStore.open({ path, clock });
    await first.put('/p/a', bytes('1'));
    await first.put('/p/a', bytes('2'));
    await first.put('/p/ends', bytes('1'), { ttlSeconds: 10 });
    await first.put('/p/stays', bytes('1'), { ttlSeconds: 10 });
    await first.put('/p/stays', bytes('2'));
    await first.close();
    const again = await SqliteStore.open({ path, clock });
    assert.equal(await again.revision(), 5);
    assert.equal((await again.range({ prefix: '/p/', revision: 1 })).items.length, 1);
    const told = Promise.withResolvers<string[]>();
    again.watch({
      prefix: '/p/',
      from: 6,
      onEvents: events => events.length > 0 && told.resolve(events.map(event => `${event.type} ${event.key}`)),
      onError: told.reject,
    });
    clock.advance(10_000);
    assert.deepEqual(await told.promise, ['delete /p/ends']);
    await again.close();
    await assert.rejects(again.put('/p/b', bytes('1')), /closed/);
  }));

test('reads go on after an idle time that ended their thread', () =>
  withFolder(async path => {
    const clock = new FakeClock();
    const store = await SqliteStore.open({ path, clock });
    await store.put('/p/a', bytes('1'));
    const before = await store.range({ prefix: '/p/' });
    assert.equal(clock.nextMs(), clock.nowMs() + 10_000);
    clock.advance(60_000);
    assert.equal(clock.nextMs(), undefined);
    assert.deepEqual(await Promise.all([store.range({ prefix: '/p/' }), store.range({ prefix: '/p/' })]), [
      before,
      before,
    ]);
    await store.close();
    await assert.rejects(store.range({ prefix: '/p/' }), /closed/);
  }));

test('a compaction that was interrupted is finished, and its space is used again', { timeout: 60_000 }, () =>
  withFolder(async path => {
    const clock = new FakeClock();
    let store = await SqliteStore.open({ path, clock });
    const value = new Uint8Array(10_000);
    const fill = () => Promise.all(Array.from({ length: 1_500 }, (_, i) => store.put(`/p/${i % 5}`, value)));
    await fill();
    await store.compact(await store.revision());
    await store.close(); // At once: the sweep has just begun.
    store = await SqliteStore.open({ path, clock });
    for (let round = 0; round < 3; round++) {
      await fill();
      await store.compact(await store.revision());
    }
    await store.close();
    assert.ok(statSync(path).size < 40_000_000, `${statSync(path).size} bytes for 50 kB of values`);
    store = await SqliteStore.open({ path, clock });
    assert.equal((await store.range({ prefix: '/p/' })).items.length, 5);
    await store.close();
  }),
);

test("the files are their owner's alone", () =>
  withFolder(async (path, folder) => {
    const store = await SqliteStore.open({ path, clock: new FakeClock() });
    await store.put('/a', bytes('a secret'));
    for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
    await store.close();
  }));

test('one process at a time', () =>
  withFolder(async path => {
    const clock = new FakeClock();
    const store = await SqliteStore.open({ path, clock });
    await assert.rejects(SqliteStore.open({ path, clock }), {
      name: 'StoreFileError',
      message: `Open "${path}": the process ${process.pid} has it open: stop that one first, or choose another path`,
    });
    await store.put('/a', bytes('1'));
    await store.close();
    await (await SqliteStore.open({ path, clock })).close();
  }));

test('a file that is not ours is refused and not touched', () =>
  withFolder(async path => {
    const open = () => SqliteStore.open({ path, clock: new FakeClock() });
    writeFileSync(path, 'a letter to a friend, long enough to be a header'.repeat(100));
    await assert.rejects(open(), { name: 'StoreFileError', message: /it is not a database: choose another path/ });
    rmSync(path);
    const foreign = new DatabaseSync(path);
    foreign.exec('CREATE TABLE recipes (name TEXT)');
    foreign.close();
    await assert.rejects(open(), { name: 'StoreFileError', message: /a database of another program/ });
    await assert.rejects(SqliteStore.open({ path: join(path, 'below-a-file'), clock: new FakeClock() }), {
      name: 'StoreFileError',
    });
  }));

test('a newer schema is refused; an older one is brought up to date after a copy', () =>
  withFolder(async (path, folder) => {
    const clock = new FakeClock();
    const store = await SqliteStore.open({ path, clock });
    await store.put('/a', bytes('1'));
    await store.close();
    const broken = [...migrations, 'ALTER TABLE log ADD COLUMN note TEXT; CREATE TABLE nonsense ('];
    assert.throws(() => openFile(path, broken), { name: 'StoreFileError' });
    const newer = [...migrations, 'ALTER TABLE log ADD COLUMN note TEXT'];
    const migrated = openFile(path, newer);
    assert.equal(migrated.database.prepare('SELECT note FROM log WHERE key = ?').get('/a')?.['note'], null);
    migrated.close();
    assert.ok(readdirSync(folder).includes('state.db.schema-1'));
    await assert.rejects(
      SqliteStore.open({ path, clock }),
      /written by a newer proa \(schema 2; this one knows up to 1\)/,
    );
    const copy = await SqliteStore.open({ path: `${path}.schema-1`, clock });
    assert.equal((await copy.get('/a'))?.modRevision, 1);
    await copy.close();
  }));

test('kill -9 in the middle of writing loses nothing that was acknowledged', { timeout: 60_000 }, () =>
  withFolder(async path => {
    const acknowledged = new Map<string, number>();
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'kill.fixture.ts'), path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const before = acknowledged.size;
      await readUntilKilled(child, acknowledged, before + 150);
      assert.ok(acknowledged.size > before, 'something was acknowledged');
    }
    const store = await SqliteStore.open({ path, clock: new FakeClock() });
    const { items } = await store.range({ prefix: '/k/' });
    const found = new Map(items.map(item => [item.key, item.modRevision]));
    for (const [key, revision] of acknowledged) assert.equal(found.get(key), revision);
    await store.close();
  }),
);

/** Its lines are `<key> <revision>` of acknowledged writes. Kills it after so many. */
async function readUntilKilled(child: ChildProcess, acknowledged: Map<string, number>, count: number): Promise<void> {
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout! })) {
    const [key, revision] = line.split(' ');
    acknowledged.set(key!, Number(revision));
    if (acknowledged.size >= count) child.kill('SIGKILL');
  }
  await exited;
}
