/**
 * Transcripts: what a person types, and what stands on the screen afterwards. Every file beside this one is played with each
 * kubectl at hand, in a namespace of its own on a simulated node. What chance and time decide is written as `<age>`,
 * `<random>` and so on. PROA_TRANSCRIPTS=write writes the files anew; read the diff.
 *
 * A line that only some versions print stands behind their names: `?1.27,1.28? text`.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort, kubectlPrograms, TestCluster, withoutKubectl } from '../e2e/test-cluster.ts';

const folder = import.meta.dirname;
const programs = kubectlPrograms();
const isWriting = process.env['PROA_TRANSCRIPTS'] === 'write';
const commandMsMax = 90_000;

interface Step {
  readonly words: readonly string[];
  readonly command: string;
  readonly expected: readonly string[];
}

interface Transcript {
  readonly head: readonly string[];
  readonly steps: readonly Step[];
}

/** Comment lines at the head, then `$ command`, each with the lines that it prints. */
function parseTranscript(text: string): Transcript {
  const head: string[] = [];
  const steps: { words: string[]; command: string; expected: string[] }[] = [];
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), words: splitWords(line.slice(2)), expected: [] });
    else if (steps.length === 0) head.push(line);
    else steps.at(-1)!.expected.push(line);
  }
  for (const { expected } of steps) while (expected.at(-1) === '') expected.pop();
  return { head, steps };
}

/** At the spaces; `'…'` holds a word with spaces together. */
function splitWords(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

function play(program: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise(resolve => {
    const settings = { cwd: folder, env, timeout: commandMsMax };
    const child = execFile(program, words, settings, (error, stdout, stderr) => {
      const code = error === null ? '' : `[exit ${error.code}]\n`;
      const text = `${stdout}${stdout === '' || stdout.endsWith('\n') ? '' : '\n'}${stderr}`;
      resolve(`${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${code}`);
    });
    child.stdin?.end();
  });
}

const replaced: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, '<time>'],
  [/(resourceVersion"?: "|ResourceVersion: +)\d+/g, '$1<revision>'],
  [/\b10\.96\.\d+\.\d+\b/g, '<service ip>'],
  [/\b10\.244\.\d+\.\d+\b/g, '<pod ip>'],
  [/:3\d{4}\/TCP|(NodePort: .*?)3\d{4}\//g, '$1:<port>/TCP'],
  [/-[bcdfghjklmnpqrstvwxz2456789]{8,10}\b/g, '-<hash>'],
  [/-[bcdfghjklmnpqrstvwxz2456789]{5}(?![\w-])/g, '-<random>'],
  [/pod-template-hash([=:] ?)[bcdfghjklmnpqrstvwxz2456789]{8,10}/g, 'pod-template-hash$1<hash>'],
  [/(?<=[ (])\d+(s|m(\d+s)?)(?=[ )\n]|$)/gm, '<age>'],
  [/credential-id.*/g, 'credential-id …'],
  [/(simulated:\/\/|sha256:)[0-9a-f]{64}/g, '$1<digest>'],
];

/**
 * Columns are as wide as their widest cell, which chance may decide: wide gaps count as one. How many steps of a rollout are
 * seen is chance, too.
 */
function normalised(text: string, namespace: string): string[] {
  let out = text.replaceAll(namespace, '{{namespace}}');
  for (const [pattern, name] of replaced) out = out.replace(pattern, name);
  const lines = out.trimEnd().split('\n');
  return lines
    .filter(line => !line.startsWith('Waiting for deployment') && !(line === '' && lines.length === 1))
    .map(line => line.replace(/(?<=\S) {2,}/g, '   ').trimEnd());
}

const known = new Set(['1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33']);
const newest = '1.33';

function expectedOf(step: Step, version: string): string[] {
  return step.expected.flatMap(line => {
    const only = /^\?([\d.,]+)\? ?(.*)$/.exec(line);
    if (only === null) return [line];
    const versions = only[1]!.split(',');
    // A kubectl that no transcript knows is taken to be like the newest that they know.
    return versions.includes(version) || (!known.has(version) && versions.includes(newest)) ? [only[2]!] : [];
  });
}

type Played = Map<string, readonly string[][]>;

/** What each version printed, in one transcript. */
function written({ head, steps }: Transcript, played: Played): string {
  const lines = [...head];
  for (const [at, { command }] of steps.entries()) {
    lines.push(
      `$ ${command}`,
      ...merged(new Map([...played].map(([version, outputs]) => [version, outputs[at]!]))),
      '',
    );
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** The lines in which all agree, and between the first and the last of the others what each version has there. */
function merged(outputs: ReadonlyMap<string, readonly string[]>): string[] {
  const all = [...outputs.values()];
  const first = all[0] ?? [];
  const shortest = Math.min(...all.map(({ length }) => length));
  let before = 0;
  while (before < shortest && all.every(lines => lines[before] === first[before])) before++;
  let after = 0;
  while (after < shortest - before && all.every(lines => lines.at(-1 - after) === first.at(-1 - after))) after++;
  const byText = new Map<string, string[]>();
  for (const [version, lines] of outputs) {
    const text = lines.slice(before, lines.length - after).join('\n');
    if (lines.length > before + after) byText.set(text, [...(byText.get(text) ?? []), version]);
  }
  const marked = [...byText].flatMap(([text, versions]) =>
    text.split('\n').map(line => `?${versions.join(',')}? ${line}`.trimEnd()),
  );
  return [...first.slice(0, before), ...marked, ...first.slice(first.length - after)];
}

describe('transcripts', { skip: withoutKubectl }, () => {
  const cluster = new TestCluster('transcripts');
  before(async () => {
    await cluster.up('--nodes', '0', '--simulated', '1', '--port', String(await freePort()));
  });
  after(() => cluster.remove());

  for (const path of globSync(`${folder}/*.txt`).sort()) {
    const name = basename(path, '.txt');
    const transcript = parseTranscript(readFileSync(path, 'utf8'));
    const played: Played = new Map();
    for (const { version, program } of programs) {
      test(`${name}, kubectl ${version}`, async () => {
        const namespace = `${name}-${version.toLowerCase().replaceAll(/[^a-z\d]/g, '-')}`;
        await cluster.kubectl(program, 'create', 'namespace', namespace);
        const admin = readFileSync(cluster.adminKubeconfig, 'utf8');
        const env = { ...process.env, KUBECONFIG: cluster.file(namespace, inNamespace(admin, namespace)) };
        const outputs: string[][] = [];
        for (const { words } of transcript.steps) {
          const filled = words.slice(1).map(word => word.replaceAll('{{namespace}}', namespace));
          outputs.push(normalised(await play(program, filled, env), namespace));
        }
        await cluster.kubectl(program, 'delete', 'namespace', namespace, '--wait=false');
        played.set(version, outputs);
        if (isWriting) return;
        for (const [at, step] of transcript.steps.entries()) {
          assert.deepEqual(outputs[at], expectedOf(step, version), `$ ${step.command}`);
        }
      });
    }
    // Not when a name pattern has left out some of them.
    after(() => isWriting && played.size === programs.length && writeFileSync(path, written(transcript, played)));
  }
});

/** The same kubeconfig, with a namespace in its context. */
function inNamespace(kubeconfig: string, namespace: string): string {
  return kubeconfig.replace(/^( +)user: .*$/m, line => `${line}\n${/^ +/.exec(line)![0]}namespace: ${namespace}`);
}
