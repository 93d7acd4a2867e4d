/**
 * Plays recordings of what upstream's controllers do (`loops-*.jsonl`) against ours: a cluster in memory, on a clock of its
 * own, whose kubelets only pretend. Of each case it checks that requests are answered as recorded, that every awaited state
 * comes, that each object changes in the recorded order, that the same objects are left and the same Events were said.
 *
 * node tools/replay-loops.ts FILE.jsonl [PATTERN] [--all]
 *
 * Hashes of templates are tags: ours differ. Left out are cases that need kubectl or the autoscaler. What upstream's own
 * two runs disagreed on (`varies`) is printed, but does not fail a case.
 */

import { readFileSync } from 'node:fs';
import { playCase } from './loop-cases/play-case.ts';

const shownMax = 12;

const args = process.argv.slice(2).filter(each => each !== '--all');
const [file, pattern = '.'] = args;
if (file === undefined) throw new Error('Say which recording to play: node tools/replay-loops.ts FILE.jsonl [PATTERN]');
const shown = process.argv.includes('--all') ? Number.POSITIVE_INFINITY : shownMax;
let [passedCount, failedCount] = [0, 0];
for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
  const recorded = JSON.parse(line);
  const isLeftOut = line.includes('"kubectl":') || recorded.name.startsWith('autoscaler:');
  if (!new RegExp(pattern).test(recorded.name) || isLeftOut) continue;
  const problems = await playCase(recorded, { tellsAll: process.argv.includes('--all') });
  if (problems.length === 0) {
    passedCount++;
    continue;
  }
  failedCount++;
  process.stdout.write(`FAIL ${recorded.name}${recorded.varies ? ` (varies: ${recorded.varies.join('; ')})` : ''}\n`);
  for (const problem of problems.slice(0, shown)) process.stdout.write(`     ${problem.slice(0, 900)}\n`);
  if (problems.length > shown) process.stdout.write(`     and ${problems.length - shown} more\n`);
}
process.stdout.write(`${passedCount} passed, ${failedCount} failed\n`);
