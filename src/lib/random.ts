/** Randomness, handed in: the seeded one of `testing/seeded.ts` replays exactly. */

import { randomBytes, randomUUID } from 'node:crypto';

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A version 4 UUID. */
  uuid(): string;
  bytes(count: number): Uint8Array;
}

export const systemRandom: Random = {
  next: () => Math.random(),
  uuid: () => randomUUID(),
  bytes: count => randomBytes(count),
};

/** Upstream's alphabet for generated names: no vowels and nothing that looks like another letter. */
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** `count` characters for the end of a generated name, as in `web-7d4b9` (k8s.io/apimachinery/pkg/util/rand). */
export function randomSuffix(random: Random, count: number): string {
  let out = '';
  for (let i = 0; i < count; i++) out += nameAlphabet[Math.floor(random.next() * nameAlphabet.length)];
  return out;
}
