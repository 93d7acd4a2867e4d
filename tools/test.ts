/**
 * Everything that must hold: the rules of the house, types, format and lint, then all tests. `npm test -- PATTERN…` runs only
 * the test files whose path holds a pattern.
 */

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPrerequisites, installPackages, missingPackages, thisMachine } from '#cmd/node/prerequisites.ts';
import { imagePackages } from '../test/images/build.ts';

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

/** Tests with real containers, networks and nodes need Debian's packages: installed where they can be, else told of. */
async function prepareMachine(): Promise<boolean> {
  const machine = thisMachine();
  const packages = [
    ...missingPackages(checkPrerequisites(machine)),
    ...imagePackages.filter(({ program }) => !machine.has(program)).map(({ debianPackage }) => debianPackage),
  ];
  if (packages.length === 0) return true;
  process.stdout.write('# packages\n');
  const missing = `tests of real nodes are left out: ${packages.join(', ')} not installed`;
  if (machine.platform !== 'linux' || machine.userId !== 0 || !machine.has('apt-get')) {
    process.stdout.write(`${missing}, which takes root and Debian's apt-get\n`);
    return true;
  }
  try {
    await installPackages(packages, line => process.stdout.write(`${line}\n`));
    return true;
  } catch (error) {
    process.stdout.write(`${missing}: ${(error as Error).message}\n`);
    return false;
  }
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
if (!(await prepareMachine())) failed.push('packages');

const flags = ['--test', '--test-concurrency=2', `--test-timeout=${testMsMax}`, '--test-reporter=spec'];
const tests = step(`${files.length} test files`, process.execPath, [...flags, ...files]);
if (failed.length > 0) process.stdout.write(`failed before the tests: ${failed.join(', ')}; see above\n`);
process.exit(failed.length === 0 && tests ? 0 : 1);
