/** Holds the sources to the rules of the house: layers, no circles, bounded files and functions, time and chance handed in. */

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { importProblem } from './layers.ts';

const fileLinesMax = 600;
const functionLinesMax = 70;

interface Source {
  readonly path: string;
  readonly lines: readonly string[];
  readonly imports: readonly string[];
  readonly isTest: boolean;
}

const importPattern = /^(?:import|export) (?:type )?(?:.*? from )?'([^']+)';?$|^\} from '([^']+)';?$/;

function read(path: string): Source {
  const lines = readFileSync(path, 'utf8').split('\n');
  const imports = lines.flatMap(line => {
    const match = importPattern.exec(line);
    const target = match?.[1] ?? match?.[2];
    if (target === undefined) return [];
    if (target.startsWith('#')) return [`src/${target.slice(1)}`];
    return target.startsWith('.') ? [normalize(join(dirname(path), target))] : [];
  });
  return { path, lines, imports, isTest: /\.(test|cases|fixture|bench)\.ts$/.test(path) };
}

const layerOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1] ?? '';

function layerProblems({ path, imports, isTest }: Source): string[] {
  const layer = layerOf(path);
  return imports.flatMap(target => {
    const other = layerOf(target);
    if (other === 'testing' && !isTest && layer !== 'testing' && layer !== '')
      return [`${path}: only tests import testing (${target})`];
    if (isTest || other === '' || other === 'testing') return [];
    const problem = importProblem(layer, other);
    return problem === undefined ? [] : [`${path}: ${problem} (${target})`];
  });
}

/** Uses of time, timers and chance outside `lib`, where they are wrapped so that they can be handed in. */
const uncontrolled =
  /\b(Date\.now\(|new Date\(\)|performance\.now\(|setTimeout\(|setInterval\(|setImmediate\(|AbortSignal\.timeout\(|Math\.random\(|randomBytes\(|randomUUID\()/;

function timeProblems({ path, lines, isTest }: Source): string[] {
  if (isTest || ['lib', 'testing', ''].includes(layerOf(path))) return [];
  return lines.flatMap((line, i) => {
    const found = uncontrolled.exec(line.replace(/\/\/.*$|^\s*\*.*$/, ''))?.[1];
    return found === undefined
      ? []
      : [`${path}:${i + 1}: ${found}…) is not handed in: take a Clock or a Random (lib/clock.ts, lib/random.ts)`];
  });
}

/** A line that opens a function: a declaration, a method, or an arrow with a body. Its indentation is the first group. */
const functionHead =
  /^( *)(?!.*\b(?:if|for|while|switch|catch)\b \()(?:.*\bfunction\b.*\{|.*=> \{|(?:(?:static|async|get|set|readonly|override) )*#?\w+(?:<[^>]*>)?\(.*\)(?:: [^={]+)? \{)$/;

/** The lines of a function that are its own: those of functions inside it are theirs. */
function ownLines(lines: readonly string[], start: number, end: number): number {
  let count = end - start + 1;
  for (let at = start + 1; at < end; at++) {
    const inner = functionHead.exec(lines[at] as string);
    if (inner === null) continue;
    const close = closingLine(lines, at, inner[1] as string);
    if (close < 0 || close > end) continue;
    count -= close - at;
    at = close;
  }
  return count;
}

function closingLine(lines: readonly string[], start: number, indentation: string): number {
  return lines.findIndex((line, at) => at > start && line.startsWith(`${indentation}}`));
}

function lengthProblems({ path, lines, isTest }: Source): string[] {
  const problems: string[] = [];
  if (lines.length > fileLinesMax)
    problems.push(`${path}: ${lines.length} lines, at most ${fileLinesMax}: is it one idea?`);
  if (isTest) return problems;
  lines.forEach((line, start) => {
    const head = functionHead.exec(line);
    const end = head === null ? -1 : closingLine(lines, start, head[1] as string);
    const length = end < 0 ? 0 : ownLines(lines, start, end);
    if (length > functionLinesMax) {
      problems.push(
        `${path}:${start + 1}: a function of ${length} lines, at most ${functionLinesMax}: give its parts names`,
      );
    }
  });
  return problems;
}

/** Each circle of imports once, as the files on it. Types count: a file is read with all that it names. */
function circles(sources: ReadonlyMap<string, Source>): string[] {
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      found.push(`a circle of imports: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`);
      return;
    }
    state.set(path, 'open');
    for (const target of sources.get(path)?.imports ?? []) if (sources.has(target)) visit(target, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of sources.keys()) visit(path, []);
  return found;
}

const all = globSync(['src/**/*.ts', 'test/**/*.ts', 'tools/**/*.ts', 'bench/**/*.ts']).map(read);
const sources = new Map(all.map(source => [source.path, source]));
const problems = [
  ...all.flatMap(source => [...layerProblems(source), ...timeProblems(source), ...lengthProblems(source)]),
  ...circles(sources),
];
for (const problem of problems) process.stdout.write(`tidy: ${problem}\n`);
process.exit(problems.length === 0 ? 0 : 1);
