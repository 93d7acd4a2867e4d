/**
 * How a simulated container behaves, asked for by annotations of its Pod. All begin with `simulated.proa.dev/`; a name of
 * a container and a dot before the word (`simulated.proa.dev/web.run-for`) makes it count for that container alone.
 *
 * | word | example | what |
 * |---|---|---|
 * | `sandbox-delay` | `200ms` | how long the sandbox takes |
 * | `sandbox-error` | `no network` | the sandbox cannot be made |
 * | `pull-delay`, `pull-error` | `3s`, `manifest unknown` | likewise for pulling an image |
 * | `create-error` | `bad mount` | the container cannot be made |
 * | `start-delay`, `start-error` | `1s`, `exec format error` | likewise for starting it |
 * | `run-for` | `1m30s` | it ends by itself after that long |
 * | `exit-code` | `1` | how it ends (128 and more as if by that signal); alone: it ends at once |
 * | `oom-after` | `10s` | it is killed for its memory: OOMKilled, 137 |
 * | `log` | `ready to serve` | a line printed when it starts |
 * | `stop-delay` | `5s` | how long it takes to end when told to; killed when that is longer than its grace period |
 * | `exec-exit-code`, `exec-output`, `exec-delay` | `1`, `no`, `2s` | what commands run in it do (exec probes, hooks) |
 * | `not-listening` | `true` | its ports refuse: HTTP and TCP probes fail |
 * | `http-status` | `503` | what its ports answer to HTTP (200 otherwise) |
 * | `cpu-millicores`, `memory-bytes` | `250`, `1048576` | what its stats say |
 *
 * Without any, a container does what `simulated-command.ts` says of its command, and runs for ever when that is nothing.
 */

import type { StringMap } from './runtime.ts';
import { type CommandPlan, planCommand } from './simulated-command.ts';

export const annotationPrefix = 'simulated.proa.dev/';

/** The value of a word for a container, or for the Pod as a whole. */
export function behaviourWord(annotations: StringMap, word: string, container?: string): string | undefined {
  const own = container === undefined ? undefined : annotations[`${annotationPrefix}${container}.${word}`];
  return own ?? annotations[`${annotationPrefix}${word}`];
}

/** `1m30s`, `500ms`; a bare number is seconds. Anything else is 0. */
export function durationMs(text: string | undefined): number {
  if (text === undefined) return 0;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  let totalMs = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    totalMs += Number(number) * (units[unit ?? ''] ?? 0);
  }
  return totalMs;
}

export interface RunPlan extends CommandPlan {
  oomKilled?: boolean | undefined;
}

export function planRun(of: {
  annotations: StringMap;
  container: string;
  argv: readonly string[];
  env: StringMap;
}): RunPlan {
  const word = (name: string) => behaviourWord(of.annotations, name, of.container);
  const plan: RunPlan = planCommand(of.argv, of.env);
  const log = word('log');
  if (log !== undefined) plan.lines.unshift({ atMs: 0, text: log });

  const code = word('exit-code');
  const runFor = word('run-for');
  const oomAfter = word('oom-after');
  if (oomAfter !== undefined) return { ...plan, exit: { atMs: durationMs(oomAfter), code: 137 }, oomKilled: true };
  if (runFor === undefined && code === undefined) return plan;
  const atMs = runFor === undefined ? (plan.exit?.atMs ?? 0) : durationMs(runFor);
  return { ...plan, exit: { atMs, code: Number(code ?? plan.exit?.code ?? 0) } };
}

export interface ExecPlan {
  output: string;
  exitCode: number;
  afterMs: number;
}

/** A command that is not understood succeeds at once, printing nothing. */
export function planExec(annotations: StringMap, container: string, argv: readonly string[]): ExecPlan {
  const word = (name: string) => behaviourWord(annotations, name, container);
  const plan = planCommand(argv);
  const printed = plan.lines.map(line => `${line.text}\n`).join('');
  return {
    output: word('exec-output') ?? printed,
    exitCode: Number(word('exec-exit-code') ?? plan.exit?.code ?? 0),
    afterMs: word('exec-delay') === undefined ? (plan.exit?.atMs ?? 0) : durationMs(word('exec-delay')),
  };
}
