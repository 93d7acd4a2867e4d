/**
 * End-to-end tests use addresses of Pods, Services and nodes, which must never leave by the machine's real interface. So
 * such a test runs in a network namespace of its own, where there is nothing but loopback, whatever it does wrong:
 *
 * ```ts
 * if (inOwnNetwork()) describe('…', …);
 * else test('in a network of its own', { skip }, () => runInOwnNetwork(import.meta.filename));
 * ```
 */

import { spawn } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { run } from '#lib/process.ts';

export function inOwnNetwork(): boolean {
  return Object.values(networkInterfaces()).every(addresses => (addresses ?? []).every(({ internal }) => internal));
}

/** Runs a test file again, inside; rejects with all it printed unless it passes. */
export function runInOwnNetwork(file: string): Promise<void> {
  // Without NODE_TEST_CONTEXT the run prints for people, not for the runner above it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return new Promise((resolve, reject) => {
    const argv = ['--net', '--', process.execPath, ...process.execArgv, '--test-force-exit', file];
    const child = spawn('unshare', argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
    child.on('error', reject);
    child.on('close', code =>
      code === 0 ? resolve() : reject(new Error(`${file} in a network of its own:\n${output}`)),
    );
  });
}

/** To be called first inside: a new namespace has its loopback down. */
export async function loopbackUp(): Promise<void> {
  await run(['ip', 'link', 'set', 'lo', 'up']);
}
