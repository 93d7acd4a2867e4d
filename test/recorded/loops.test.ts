/** Every recorded case of control loops is played: the same changes, the same objects at the end, the same Events. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { playCase } from '../../tools/loop-cases/play-case.ts';

describe('recorded loops', () => {
  for (const line of readFileSync(new URL('./loops.jsonl', import.meta.url), 'utf8').trimEnd().split('\n')) {
    const recorded = JSON.parse(line);
    test(recorded.name, async () => assert.deepEqual(await playCase(recorded), []));
  }
});
