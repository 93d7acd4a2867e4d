/** Writes for ever, several at a time, and prints each write once it is acknowledged: `<key> <revision>`. */

import { writeSync } from 'node:fs';
import { systemClock } from '#lib/clock.ts';
import { systemRandom } from '#lib/random.ts';
import { SqliteStore } from '#store/sqlite/sqlite-store.ts';

const store = await SqliteStore.open({ path: process.argv[2]!, clock: systemClock });

async function writeForEver(): Promise<void> {
  for (;;) {
    const key = `/k/${systemRandom.uuid()}`;
    const result = await store.put(key, systemRandom.bytes(2_000));
    if (result.ok) writeSync(1, `${key} ${result.revision}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, writeForEver));
