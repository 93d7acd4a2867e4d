/**
 * Everything that must hold: the rules of the house, types, format and lint, then all tests. `npm test -- PATTERN…` runs only
 * the test files whose path holds a pattern.
 */

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
const patterns = process.argv.slice(2);

/** A test that has not ended by then never will. */
const testMsMax = 300_000;

function step(name: string, command: string, words: readonly string[]): boolean {
  process.stdout.write(`# ${name}\n`);
  const { status } = spawnSync(command, words, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PROA_ENTRY: '' },
  });
  return status === 0;
}

const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts'], { cwd: root })
  .filter(file => patterns.length === 0 || patterns.some(pattern => file.includes(pattern)))
  .sort();

const checks: readonly [name: string, command: string, words: readonly string[]][] = [
  ['tidy', process.execPath, ['tools/tidy/tidy.ts']],
  ['types', bin('tsc'), ['-p', '.']],
  ['format and lint', bin('biome'), ['check', '--error-on-warnings', '--max-diagnostics=20']],
];
const failed = patterns.length > 0 ? [] : checks.filter(check => !step(...check)).map(([name]) => name);

const flags = ['--test', '--test-concurrency=2', `--test-timeout=${testMsMax}`, '--test-reporter=spec'];
const tests = step(`${files.length} test files`, process.execPath, [...flags, ...files]);
if (failed.length > 0) process.stdout.write(`failed before the tests: ${failed.join(', ')}; see above\n`);
process.exit(failed.length === 0 && tests ? 0 : 1);
