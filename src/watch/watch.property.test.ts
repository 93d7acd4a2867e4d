/**
 * Whatever is written, whoever begins to watch when, from where and how slowly it reads: each watcher sees exactly what a
 * plain model of the store's history says it must see, in order, once.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Revision } from '#store/store.ts';
import { countingWatchForm, labelled, line, openCache, TestSink } from '#watch/cache.fixture.ts';
import type { Scope } from '#watch/read.ts';

const keys = ['a/1', 'a/2', 'a-b/1', 'b/1', 'b/2'];
const labels = ['x', 'y'];
const scopes: Scope[] = [{}, { namespace: 'a' }, { key: 'b/1' }];

const write = fc.record({
  do: fc.constant('write' as const),
  /** Written together: one group. */
  writes: fc.array(fc.record({ key: fc.constantFrom(...keys), label: fc.constantFrom(...labels, 'delete') }), {
    minLength: 1,
    maxLength: 5,
  }),
});
const watch = fc.record({
  do: fc.constant('watch' as const),
  scope: fc.constantFrom(...scopes),
  label: fc.constantFrom(undefined, ...labels),
  from: fc.constantFrom('initial' as const, 'now' as const, 'past' as const),
  room: fc.constantFrom(1, 2, 1_000),
});
const drain = fc.record({ do: fc.constant('drain' as const), room: fc.constantFrom(1, 3, 1_000) });
const exact = fc.record({ do: fc.constant('exact' as const), back: fc.nat(20) });

interface Stood {
  readonly label: string;
  readonly value: string;
  readonly revision: Revision;
}

/** One revision of the model: which key changed, from what to what. */
interface Step {
  readonly revision: Revision;
  readonly key: string;
  readonly before: Stood | undefined;
  readonly after: Stood | undefined;
}

const inScope = (scope: Scope, key: string) =>
  scope.key === undefined ? scope.namespace === undefined || key.startsWith(`${scope.namespace}/`) : key === scope.key;

const shown = (key: string, stood: Stood, revision = stood.revision) =>
  `${key}=${stood.label}:${stood.value}@${revision}`;

function expectedLines(steps: readonly Step[], scope: Scope, label: string | undefined): string[] {
  const lines: string[] = [];
  const matches = (stood: Stood | undefined): stood is Stood =>
    stood !== undefined && (label === undefined || stood.label === label);
  for (const { key, before, after, revision } of steps) {
    if (!inScope(scope, key)) continue;
    if (matches(after)) lines.push(`${matches(before) ? 'MODIFIED' : 'ADDED'} ${shown(key, after)}`);
    else if (matches(before)) lines.push(`DELETED ${shown(key, before, revision)}`);
  }
  return lines;
}

/** As of a revision, in the order of keys. */
function stateAt(steps: readonly Step[], revision: Revision): Map<string, Stood> {
  const state = new Map<string, Stood>();
  for (const step of steps) {
    if (step.revision > revision) break;
    if (step.after === undefined) state.delete(step.key);
    else state.set(step.key, step.after);
  }
  return new Map([...state].sort(([a], [b]) => (a < b ? -1 : 1)));
}

test('every watcher sees what the history says, once and in order; every exact list what stood then', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(write, write, watch, drain, exact), { maxLength: 60 }), async commands => {
      const opened = await openCache();
      await opened.cache.ready();
      const steps: Step[] = [];
      const watched: { sink: TestSink; begun: Revision; initial: boolean; scope: Scope; label: string | undefined }[] =
        [];
      let written = 0;
      for (const command of commands) {
        const now = steps.length;
        if (command.do === 'write') {
          const results = command.writes.map(({ key, label }) => {
            const before = stateAt(steps, steps.length).get(key);
            if (label === 'delete' && before === undefined) return undefined;
            const revision = steps.length + 1;
            const after = label === 'delete' ? undefined : { label, value: String(++written), revision };
            steps.push({ revision, key, before, after });
            return after ? opened.put(key, `${after.label}:${after.value}`) : opened.remove(key);
          });
          await Promise.all(results);
        } else if (command.do === 'watch') {
          const begun = command.from === 'past' ? Math.max(now - 5, 0) : now;
          const start = command.from === 'initial' ? ({ initial: 'any' } as const) : { after: begun };
          const selector = command.label === undefined ? undefined : labelled(command.label);
          const sink = new TestSink();
          sink.room = command.room;
          opened.cache.watch({ scope: command.scope, selector, start, form: countingWatchForm(), sink });
          watched.push({
            sink,
            begun,
            initial: command.from === 'initial',
            scope: command.scope,
            label: command.label,
          });
        } else if (command.do === 'drain') {
          for (const { sink } of watched) if (sink.room <= 0) sink.drain(command.room);
        } else {
          const revision = Math.max(now - command.back, 0);
          if (revision === 0) continue;
          const page = await opened.list({ at: { exact: revision } });
          const expected = [...stateAt(steps, revision)].map(([key, stood]) => shown(key, stood));
          assert.deepEqual([...page.entries()].map(line), expected);
        }
      }
      for (const { sink } of watched) while (sink.room <= 0) sink.drain();
      for (const { sink, begun, initial, scope, label } of watched) {
        const first = initial
          ? [...stateAt(steps, begun)]
              .filter(([key, stood]) => inScope(scope, key) && (label === undefined || stood.label === label))
              .map(([key, stood]) => `ADDED ${shown(key, stood)}`)
          : [];
        assert.deepEqual(sink.lines(), [...first, ...expectedLines(steps.slice(begun), scope, label)]);
      }
    }),
    { numRuns: 200 },
  );
});
