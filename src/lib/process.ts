/** Programs of the machine, started by their argument list; never through a shell. */

import { spawn } from 'node:child_process';

export interface RunOptions {
  /** Written to its standard input. */
  input?: string | Uint8Array | undefined;
  /** Added to our own environment. */
  env?: Readonly<Record<string, string>> | undefined;
  /** Kills it. */
  signal?: AbortSignal | undefined;
}

/** A program could not be started, or ended badly. The message names it, how it ended, and what it said last. */
export class RunError extends Error {
  override name = 'RunError';
  /** Undefined when it could not be started or was killed. */
  readonly exitCode: number | undefined;
  readonly stderr: string;
  constructor(argv: readonly string[], exitCode: number | undefined, how: string, stderr: string) {
    super(`${argv.join(' ')}: ${how}${stderr.trim() === '' ? '' : `: ${stderr.trim()}`}`);
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** More output than this kills the program. */
const outputBytesMax = 64 << 20;

/** Runs a program to its end and answers its standard output. Rejects with RunError unless it exits with 0. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: options.env === undefined ? process.env : { ...process.env, ...options.env },
      signal: options.signal,
    });
    const collected = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let outputBytes = 0;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.on('data', (chunk: Buffer) => {
        collected[name].push(chunk);
        outputBytes += chunk.length;
        if (outputBytes > outputBytesMax) child.kill('SIGKILL');
      });
    }
    const text = (name: 'stdout' | 'stderr') => Buffer.concat(collected[name]).toString();
    child.on('error', error => reject(new RunError(argv, undefined, error.message, text('stderr'))));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(text('stdout'));
      else reject(new RunError(argv, code ?? undefined, signal ?? `exit code ${code}`, text('stderr')));
    });
    // A program that does not read its input to the end says why with its exit code.
    child.stdin?.on('error', () => undefined).end(options.input);
  });
}
