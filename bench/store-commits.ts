/**
 * Commits a second of the stores, with 1, 16 and 128 writers that each wait for their write: values of 2 KB, every write
 * durable before it is acknowledged.
 *
 *   node bench/store-commits.ts [seconds]
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#lib/clock.ts';
import { MemoryStore } from '#store/memory/memory-store.ts';
import { SqliteStore } from '#store/sqlite/sqlite-store.ts';
import type { Store } from '#store/store.ts';

const seconds = Number(process.argv[2] ?? 2);

async function measure(name: string, store: Store, writersCount: number): Promise<void> {
  const value = new Uint8Array(2_000).fill(97);
  const endMs = systemClock.monotonicMs() + seconds * 1000;
  const latenciesMs: number[] = [];
  const write = async (writer: number) => {
    for (let n = 0; ; n++) {
      const startMs = systemClock.monotonicMs();
      if (startMs >= endMs) return;
      await store.put(`/registry/pods/default/${writer}-${n % 1000}`, value);
      latenciesMs.push(systemClock.monotonicMs() - startMs);
    }
  };
  await Promise.all(Array.from({ length: writersCount }, (_, writer) => write(writer)));
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number) => latenciesMs[Math.floor(latenciesMs.length * share)]!.toFixed(2);
  const rate = Math.round(latenciesMs.length / seconds);
  console.log(`${name}/${writersCount}-writers  ${rate} commits/s  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms`);
}

const folder = mkdtempSync(join(tmpdir(), 'proa-bench-'));
const stores: [string, Store][] = [
  ['memory', new MemoryStore(systemClock)],
  ['sqlite', await SqliteStore.open({ path: join(folder, 'state.db'), clock: systemClock })],
];
for (const [name, store] of stores) {
  for (const writersCount of [1, 16, 128]) await measure(name, store, writersCount);
  await store.close();
}
rmSync(folder, { recursive: true });
