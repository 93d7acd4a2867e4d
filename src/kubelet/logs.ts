/**
 * The logs of containers, as the runtime writes them: a line for each line that the container printed.
 *
 * `2026-11-21T10:05:00.123456789Z stdout F hello` is a full line; with `P` it goes on in the next record.
 */

import { watch } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

export interface LogQuery {
  follow?: boolean | undefined;
  tailLines?: number | undefined;
  sinceMs?: number | undefined;
  timestamps?: boolean | undefined;
  limitBytes?: number | undefined;
  stream?: 'All' | 'Stdout' | 'Stderr' | undefined;
}

export interface LogRecord {
  timestamp: string;
  stream: string;
  /** The line goes on in the next record. */
  partial: boolean;
  text: Buffer;
}

const newline = 0x0a;
const space = 0x20;
const blockBytes = 64 << 10;
/** A record is at most a line of 16 KiB with its head; more is not a log of ours. */
const recordBytesMax = 1 << 20;

/** Undefined for what is no record. */
export function parseRecord(line: Buffer): LogRecord | undefined {
  const first = line.indexOf(space);
  const second = line.indexOf(space, first + 1);
  const third = line.indexOf(space, second + 1);
  if (first < 0 || second < 0) return undefined;
  const end = third < 0 ? line.length : third;
  const tags = line.toString('latin1', second + 1, end).split(':');
  return {
    timestamp: line.toString('latin1', 0, first),
    stream: line.toString('latin1', first + 1, second),
    partial: tags[0] === 'P',
    text: line.subarray(Math.min(end + 1, line.length)),
  };
}

/** The end of a log as one text, for statuses. */
export async function logTail(path: string, limits: { linesMax: number; bytesMax: number }): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of readLog(path, { tailLines: limits.linesMax }, undefined)) chunks.push(chunk);
  } catch {
    return '';
  }
  const all = Buffer.concat(chunks);
  return all.subarray(Math.max(all.length - limits.bytesMax, 0)).toString();
}

export interface LogEnd {
  /** Aborted when the container has ended: nothing more will be written. */
  ended: AbortSignal;
  /** Aborted when nobody reads any more. */
  signal: AbortSignal;
}

/** What the query asks of a log, in pieces. With `follow` it goes on until the container has ended. */
export async function* readLog(
  path: string,
  query: LogQuery,
  follow: LogEnd | undefined,
): AsyncGenerator<Buffer, void> {
  const format = formatter(query);
  let left = query.limitBytes ?? Number.POSITIVE_INFINITY;
  for await (const line of readLines(path, query.tailLines, query.follow ? follow : undefined)) {
    const record = parseRecord(line);
    const out = record === undefined ? undefined : format(record);
    if (out === undefined) continue;
    if (out.length >= left) {
      yield out.subarray(0, left);
      return;
    }
    left -= out.length;
    yield out;
  }
}

function formatter({ sinceMs, timestamps, stream }: LogQuery): (record: LogRecord) => Buffer | undefined {
  const wanted = stream === undefined || stream === 'All' ? undefined : stream.toLowerCase();
  let inLine = false;
  return record => {
    if (wanted !== undefined && record.stream !== wanted) return undefined;
    if (sinceMs !== undefined && Date.parse(record.timestamp) < sinceMs) return undefined;
    const head = timestamps && !inLine ? `${record.timestamp} ` : '';
    inLine = record.partial;
    return Buffer.concat([Buffer.from(head), record.text, Buffer.from(record.partial ? '' : '\n')]);
  };
}

/**
 * Lines of the file as it is now; while followed, lines that are added, and those of the file that takes its place. One
 * that is not followed has an end even when its container writes faster than anybody reads.
 */
async function* readLines(
  path: string,
  tailLines: number | undefined,
  follow: LogEnd | undefined,
): AsyncGenerator<Buffer, void> {
  let file = await open(path, 'r');
  const changes = follow === undefined ? undefined : new Changes(path, follow);
  try {
    const { size } = await file.stat();
    const sizeMax = changes === undefined ? size : Number.POSITIVE_INFINITY;
    let offset = tailLines === undefined ? 0 : await tailOffset(file, size, tailLines);
    let rest = Buffer.alloc(0);
    for (;;) {
      const isLast = changes?.ended;
      const wantedBytes = Math.min(blockBytes, sizeMax - offset);
      const { bytesRead, buffer } = await file.read(Buffer.alloc(wantedBytes), 0, wantedBytes, offset);
      if (bytesRead > 0) {
        offset += bytesRead;
        rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
          yield rest.subarray(0, end);
          rest = rest.subarray(end + 1);
        }
        if (rest.length > recordBytesMax) throw new Error(`a record of ${path} is larger than ${recordBytesMax} bytes`);
        continue;
      }
      if (changes === undefined) return;
      const next = await replacement(path, file);
      if (next !== undefined) {
        await file.close();
        file = next;
        offset = 0;
      } else if (isLast || changes.abandoned) return;
      else await changes.next();
    }
  } finally {
    changes?.close();
    await file.close();
  }
}

/** The file that has the name now, when it is another one: the log was rotated. */
async function replacement(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  const [own, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  if (named === undefined || named.ino === own.ino) return undefined;
  return open(path, 'r');
}

/** Where the last `lines` lines begin. */
async function tailOffset(file: FileHandle, size: number, lines: number): Promise<number> {
  let found = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(end - blockBytes, 0);
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    for (let at = buffer.length - 1; at >= 0; at--) {
      if (buffer[at] !== newline) continue;
      // The newline that ends the last line does not begin another.
      if (found++ === lines) return start + at + 1;
    }
    end = start;
  }
  return lines === 0 ? size : 0;
}

/** Wakes when something in the log's directory changes, when the container ends, and when nobody reads any more. */
class Changes {
  readonly #watcher: ReturnType<typeof watch>;
  readonly #end: LogEnd;
  #changed = false;
  #wake: (() => void) | undefined;

  constructor(path: string, end: LogEnd) {
    this.#end = end;
    const name = basename(path);
    this.#watcher = watch(dirname(path), (_, file) => {
      if (file === null || file === name) this.#tell();
    });
    this.#watcher.on('error', () => this.#tell());
    end.ended.addEventListener('abort', this.#tell);
    end.signal.addEventListener('abort', this.#tell);
  }

  get ended(): boolean {
    return this.#end.ended.aborted;
  }

  get abandoned(): boolean {
    return this.#end.signal.aborted;
  }

  async next(): Promise<void> {
    if (!this.#changed && !this.ended && !this.abandoned) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    this.#changed = false;
  }

  close(): void {
    this.#watcher.close();
    this.#end.ended.removeEventListener('abort', this.#tell);
    this.#end.signal.removeEventListener('abort', this.#tell);
  }

  readonly #tell = (): void => {
    this.#changed = true;
    this.#wake?.();
  };
}
