/**
 * What every store does, as one suite that runs against each implementation: `storeCases('memory', open)`.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Revision, Store, StoreEvent, WriteResult } from '#store/store.ts';
import { CompactedError, FutureRevisionError } from '#store/store.ts';

export interface OpenStore {
  readonly store: Store;
  /** Moves the store's clock on; undefined where the store has a clock of its own (etcd): its cases with terms are left out. */
  readonly advance?: ((ms: number) => void) | undefined;
  readonly close: () => Promise<void>;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value);

function written(result: WriteResult): Revision {
  assert.ok(result.ok, 'the write succeeds');
  return result.revision;
}

/** What a write that failed found instead: its value and revision. */
function found(result: WriteResult): string {
  assert.ok(!result.ok, 'the write fails');
  return result.current ? `${text(result.current.value)}@${result.current.modRevision}` : 'nothing';
}

/** Collects the events of a watch; `until` resolves once the watch has come to a revision. */
function collect(store: Store, prefix: string, from: Revision) {
  const events: StoreEvent[] = [];
  let through = 0;
  let error: Error | undefined;
  let wake = () => {};
  const watch = store.watch({
    prefix,
    from,
    onEvents: (group, revision) => {
      assert.ok(revision >= through, 'the revision of a watch never goes back');
      for (const event of group) assert.ok(event.revision > through && event.revision <= revision);
      events.push(...group);
      through = revision;
      wake();
    },
    onError: reason => {
      error = reason;
      wake();
    },
  });
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise<void>(resolve => (wake = resolve));
  };
  return {
    events,
    close: () => watch.close(),
    lines: () => events.map(event => `${event.type} ${event.key} ${text(event.value)}@${event.revision}`),
    through: (revision: Revision) => until(() => through >= revision),
    ended: async () => {
      await until(() => error !== undefined);
      return error;
    },
  };
}

export function storeCases(name: string, open: () => Promise<OpenStore>): void {
  const withStore = (title: string, body: (store: Store, opened: OpenStore) => Promise<void>) =>
    test(`${name}: ${title}`, { timeout: 60_000 }, async () => {
      const opened = await open();
      try {
        await body(opened.store, opened);
      } finally {
        await opened.close();
      }
    });
  writeCases(withStore);
  rangeCases(withStore);
  watchCases(withStore);
  compactionCases(withStore);
  termCases(withStore);
}

type WithStore = (title: string, body: (store: Store, opened: OpenStore) => Promise<void>) => void;

function writeCases(withStore: WithStore): void {
  withStore('each write takes the next revision, and a key remembers its own', async store => {
    const start = await store.revision();
    assert.equal(written(await store.put('/a', bytes('1'))), start + 1);
    assert.equal(written(await store.put('/b', bytes('2'))), start + 2);
    assert.equal(written(await store.put('/a', bytes('3'))), start + 3);
    assert.equal(await store.revision(), start + 3);
    const a = await store.get('/a');
    assert.deepEqual(
      { ...a, value: text(a?.value) },
      { key: '/a', value: '3', createRevision: start + 1, modRevision: start + 3 },
    );
    assert.equal(written(await store.delete('/a')), start + 4);
    assert.equal(await store.get('/a'), undefined);
    assert.equal(written(await store.put('/a', bytes('4'))), start + 5);
    assert.equal((await store.get('/a'))?.createRevision, start + 5);
  });

  withStore('a write that expects another revision is told what stands there and changes nothing', async store => {
    const first = written(await store.put('/a', bytes('1'), { expected: 0 }));
    assert.equal(found(await store.put('/a', bytes('2'), { expected: 0 })), `1@${first}`);
    const second = written(await store.put('/a', bytes('2'), { expected: first }));
    assert.equal(found(await store.put('/a', bytes('3'), { expected: first })), `2@${second}`);
    assert.equal(found(await store.delete('/a', { expected: first })), `2@${second}`);
    assert.equal(await store.revision(), second);
    assert.equal(written(await store.delete('/a', { expected: second })), second + 1);
    assert.equal(found(await store.put('/a', bytes('3'), { expected: second })), 'nothing');
    assert.equal(found(await store.delete('/a')), 'nothing');
    assert.equal(found(await store.delete('/never')), 'nothing');
  });

  withStore('writes sent together are compared with one another', async store => {
    const start = await store.revision();
    const results = await Promise.all([
      store.put('/a', bytes('1'), { expected: 0 }),
      store.put('/a', bytes('2'), { expected: 0 }),
      store.put('/a', bytes('3'), { expected: start + 1 }),
      store.delete('/a', { expected: start + 1 }),
      store.delete('/a', { expected: start + 2 }),
      store.put('/a', bytes('4'), { expected: 0 }),
    ]);
    assert.deepEqual(
      results.map(result => (result.ok ? result.revision - start : found(result))),
      [1, `1@${start + 1}`, 2, `3@${start + 2}`, 3, 4],
    );
    assert.equal((await store.get('/a'))?.createRevision, start + 4);
  });

  withStore('of concurrent writers that count up one key no step is lost', async store => {
    await store.put('/counter', bytes('0'));
    const count = async () => {
      for (let done = 0; done < 10; ) {
        const now = await store.get('/counter');
        const next = bytes(String(Number(text(now!.value)) + 1));
        if ((await store.put('/counter', next, { expected: now!.modRevision })).ok) done++;
      }
    };
    await Promise.all(Array.from({ length: 8 }, count));
    assert.equal(text((await store.get('/counter'))?.value), '80');
  });

  withStore('values are kept as they are: empty, large, any byte', async store => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const large = new Uint8Array(1_500_000).fill(7);
    await Promise.all([
      store.put('/all', all.subarray(3)),
      store.put('/empty', new Uint8Array()),
      store.put('/large', large),
    ]);
    assert.deepEqual(Uint8Array.from((await store.get('/all'))!.value), all.slice(3));
    assert.equal((await store.get('/empty'))?.value.length, 0);
    assert.deepEqual(Uint8Array.from((await store.get('/large'))!.value), large);
  });
}

function rangeCases(withStore: WithStore): void {
  withStore('a range is in the order of keys, within its prefix, page by page', async store => {
    const keys = ['/p/b', '/p/a-b/x', '/p/a/x', '/q', '/p/c/1', '/o', '/p/a/y', '/p/é', '/p'];
    for (const key of keys) await store.put(key, bytes(key));
    const ordered = ['/p/a-b/x', '/p/a/x', '/p/a/y', '/p/b', '/p/c/1', '/p/é'];
    const whole = await store.range({ prefix: '/p/' });
    assert.deepEqual(
      whole.items.map(item => item.key),
      ordered,
    );
    assert.equal(whole.more, false);
    assert.equal(whole.revision, await store.revision());
    const paged: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await store.range({ prefix: '/p/', after, limit: 2, count: true });
      paged.push(...page.items.map(item => text(item.value)!));
      assert.equal(page.remaining, ordered.length - paged.length);
      assert.equal(page.more, paged.length < ordered.length);
      if (!page.more) break;
      after = page.items.at(-1)!.key;
    }
    assert.deepEqual(paged, ordered);
    assert.deepEqual((await store.range({ prefix: '/none/' })).items, []);
  });

  withStore('a range at a revision shows what stood then', async store => {
    const first = written(await store.put('/p/a', bytes('1')));
    await store.put('/p/b', bytes('1'));
    await store.put('/p/a', bytes('2'));
    const deleted = written(await store.delete('/p/b'));
    const last = written(await store.put('/p/b', bytes('3')));
    const at = async (revision: Revision) => {
      const { items } = await store.range({ prefix: '/p/', revision });
      return items.map(
        item => `${item.key}=${text(item.value)}@${item.modRevision - first}/${item.createRevision - first}`,
      );
    };
    assert.deepEqual(await at(first), ['/p/a=1@0/0']);
    assert.deepEqual(await at(first + 1), ['/p/a=1@0/0', '/p/b=1@1/1']);
    assert.deepEqual(await at(deleted), ['/p/a=2@2/0']);
    assert.deepEqual(await at(last), ['/p/a=2@2/0', '/p/b=3@4/4']);
    await assert.rejects(at(last + 1), FutureRevisionError);
  });
}

function watchCases(withStore: WithStore): void {
  withStore('a watch tells each write once, in order, with what came before it', async store => {
    const start = await store.revision();
    const watch = collect(store, '/p/', 0);
    await watch.through(start);
    await store.put('/p/a', bytes('1'));
    await store.put('/o', bytes('other'));
    await store.put('/p/a', bytes('2'));
    await store.put('/p/a', bytes('lost'), { expected: start });
    await store.delete('/p/a');
    await store.put('/p/a', bytes('3'));
    await watch.through(start + 5);
    assert.deepEqual(watch.lines(), [
      `put /p/a 1@${start + 1}`,
      `put /p/a 2@${start + 3}`,
      `delete /p/a 2@${start + 4}`,
      `put /p/a 3@${start + 5}`,
    ]);
    assert.deepEqual(
      watch.events.map(event => [event.createRevision - start, event.previousRevision]),
      [
        [1, 0],
        [1, start + 1],
        [1, start + 3],
        [5, 0],
      ],
    );
    watch.close();
    await store.put('/p/z', bytes('1'));
    assert.equal(watch.events.length, 4);
  });

  withStore('a watch of keys that nobody writes still learns the revision', async store => {
    const watch = collect(store, '/quiet/', 0);
    await watch.through(await store.revision());
    await watch.through(written(await store.put('/loud', bytes('1'))));
    assert.deepEqual(watch.events, []);
  });

  withStore('a watch from the past meets the present without gap or repeat, while writes go on', async store => {
    const start = await store.revision();
    const keys = Array.from({ length: 300 }, (_, i) => `/p/${i % 17}`);
    const writes: Promise<WriteResult>[] = [];
    const watches: ReturnType<typeof collect>[] = [];
    for (const [i, key] of keys.entries()) {
      writes.push(store.put(key, bytes(String(i))));
      if (i % 10 === 0) await writes.at(-1);
      if (i % 50 === 0) watches.push(collect(store, '/p/', start + 1), collect(store, '/p/', start + 200));
    }
    await Promise.all(writes);
    for (const [i, watch] of watches.entries()) {
      await watch.through(start + keys.length);
      const from = i % 2 === 0 ? 0 : 199;
      const expected = keys.slice(from).map((key, n) => `put ${key} ${from + n}@${start + 1 + from + n}`);
      assert.deepEqual(watch.lines(), expected);
    }
  });

  withStore('a watch from the future waits for it', async store => {
    const start = await store.revision();
    const watch = collect(store, '/', start + 3);
    for (const value of ['1', '2', '3', '4']) await store.put('/a', bytes(value));
    await watch.through(start + 4);
    assert.deepEqual(watch.lines(), [`put /a 3@${start + 3}`, `put /a 4@${start + 4}`]);
  });

  withStore(
    'where store and writer are one process, a write is told before it is acknowledged',
    async (store, opened) => {
      if (opened.advance === undefined) return;
      const watch = collect(store, '/', 0);
      await watch.through(await store.revision());
      const revision = written(await store.put('/a', bytes('1')));
      assert.equal(watch.events.at(-1)?.revision, revision);
    },
  );
}

function compactionCases(withStore: WithStore): void {
  withStore('compaction forgets the past and nothing else', async store => {
    const first = written(await store.put('/p/a', bytes('1')));
    await store.put('/p/gone', bytes('1'));
    await store.put('/p/a', bytes('2'));
    await store.delete('/p/gone');
    const compacted = written(await store.put('/p/b', bytes('1')));
    await store.put('/p/a', bytes('3'));
    const last = written(await store.delete('/p/b'));
    await store.compact(compacted);
    await store.compact(first);
    const at = async (revision: Revision) =>
      (await store.range({ prefix: '/p/', revision })).items.map(item => `${item.key}=${text(item.value)}`);
    await assert.rejects(at(compacted - 1), (error: CompactedError) => {
      assert.ok(error instanceof CompactedError);
      assert.equal(error.compactRevision, compacted);
      return true;
    });
    assert.deepEqual(await at(compacted), ['/p/a=2', '/p/b=1']);
    assert.deepEqual(await at(last - 1), ['/p/a=3', '/p/b=1']);
    assert.deepEqual(await at(last), ['/p/a=3']);
    assert.ok((await collect(store, '/p/', first).ended()) instanceof CompactedError);
    const watch = collect(store, '/p/', compacted + 1);
    await watch.through(last);
    assert.deepEqual(watch.lines(), [`put /p/a 3@${last - 1}`, `delete /p/b 1@${last}`]);
    await assert.rejects(store.compact(last + 100), FutureRevisionError);
  });

  withStore('compacting up to a deletion does not let its revision be used again', async store => {
    await store.put('/a', bytes('1'));
    const last = written(await store.delete('/a'));
    await store.compact(last);
    assert.equal(await store.revision(), last);
    assert.equal(written(await store.put('/a', bytes('2'), { expected: 0 })), last + 1);
    await store.compact(last + 1);
    assert.equal(text((await store.get('/a'))?.value), '2');
  });
}

function termCases(withStore: WithStore): void {
  withStore(
    'a key with a term is deleted when it is over, unless a later put replaced the term',
    async (store, opened) => {
      if (opened.advance === undefined) return;
      const start = await store.revision();
      const watch = collect(store, '/', 0);
      await store.put('/ends', bytes('1'), { ttlSeconds: 60 });
      await store.put('/renewed', bytes('1'), { ttlSeconds: 60 });
      await store.put('/freed', bytes('1'), { ttlSeconds: 60 });
      await store.put('/renewed', bytes('2'), { ttlSeconds: 90 });
      await store.put('/freed', bytes('2'));
      opened.advance(59_000);
      await store.put('/mark', bytes('1'));
      assert.equal(await store.revision(), start + 6);
      opened.advance(2_000);
      await watch.through(start + 7);
      opened.advance(60_000);
      await watch.through(start + 8);
      assert.deepEqual(watch.lines().slice(6), [`delete /ends 1@${start + 7}`, `delete /renewed 2@${start + 8}`]);
      assert.equal(text((await store.get('/freed'))?.value), '2');
    },
  );
}
