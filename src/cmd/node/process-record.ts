/**
 * Processes that outlive us, on file: pid and start time together name a process for good, also after its pid was given
 * to another one.
 */

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, sleep } from '#lib/clock.ts';

export interface ProcessRecord {
  pid: number;
  /** Since boot, in clock ticks: field 22 of /proc/<pid>/stat. */
  startTicks: number;
}

/** Undefined when there is no such process (or only what is left of it until its parent asks). Off Linux 0 for any. */
export function startTicksOf(pid: number): number | undefined {
  if (process.platform !== 'linux') return exists(pid) ? 0 : undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may hold anything; the fields after it do not.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : Number(fields[18]);
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function readRecord(path: string): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessRecord;
  } catch {
    return undefined;
  }
}

export function isRunning(record: ProcessRecord | undefined): record is ProcessRecord {
  return record !== undefined && startTicksOf(record.pid) === record.startTicks;
}

/** A log that has grown beyond this is set aside, in place of the one before, when its program starts again. */
const logBytesMax = 10 << 20;

function setAsideLarge(logPath: string): void {
  const sizeBytes = statSync(logPath, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeBytes > logBytesMax) renameSync(logPath, `${logPath}.1`);
}

/** Starts a program that goes on without us, its output at the end of a log file, and writes its record. */
export function startDetached(options: {
  argv: readonly string[];
  recordPath: string;
  logPath: string;
  env?: Readonly<Record<string, string>> | undefined;
}): Promise<ProcessRecord> {
  mkdirSync(dirname(options.recordPath), { recursive: true });
  mkdirSync(dirname(options.logPath), { recursive: true });
  setAsideLarge(options.logPath);
  const log = openSync(options.logPath, 'a', 0o600);
  const [program = '', ...rest] = options.argv;
  return new Promise<ProcessRecord>((resolve, reject) => {
    const env = { ...process.env, ...options.env };
    const child = spawn(program, rest, { detached: true, stdio: ['ignore', log, log], env, cwd: '/' });
    child.on('error', reject);
    child.on('spawn', () => {
      child.unref();
      const pid = child.pid ?? 0;
      const record = { pid, startTicks: startTicksOf(pid) ?? 0 };
      writeFileSync(options.recordPath, `${JSON.stringify(record)}\n`);
      resolve(record);
    });
  }).finally(() => closeSync(log));
}

const lastWordsBytesMax = 16 << 10;

/** Why a process has ended, as far as its log tells: the error it died of, else its last line. */
export function lastWords(logPath: string): string {
  let text = '';
  try {
    text = readFileSync(logPath, 'utf8').slice(-lastWordsBytesMax);
  } catch {
    // It never said anything.
  }
  const lines = text.split('\n').filter(line => line.trim() !== '' && !/^\s+at |^Node\.js v/.test(line));
  return lines.findLast(line => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? 'nothing';
}

const stopCheckMs = 20;

/**
 * Ends the process of a record and removes the record: SIGTERM, and SIGKILL when it is still there after `graceMs`. It
 * need not be our child, so nothing tells of its end: we look every 20 ms.
 */
export async function stopRecorded(options: { recordPath: string; graceMs: number; clock: Clock }): Promise<void> {
  const { clock, recordPath } = options;
  const record = readRecord(recordPath);
  const killAtMs = clock.monotonicMs() + options.graceMs;
  for (let signal: 'SIGTERM' | 'SIGKILL' | undefined = 'SIGTERM'; isRunning(record); ) {
    if (signal !== undefined) process.kill(record.pid, signal);
    await sleep(clock, stopCheckMs);
    signal = clock.monotonicMs() >= killAtMs ? 'SIGKILL' : undefined;
  }
  rmSync(recordPath, { force: true });
}
