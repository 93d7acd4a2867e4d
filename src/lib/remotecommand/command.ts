/** What all forms of exec and attach have in common. */

import type { Readable, Writable } from 'node:stream';
import type { CommandStatus } from './status.ts';

/** Which streams a request asks for. */
export interface CommandStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  /** With a terminal there is none: it goes to stdout. */
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** The end that runs the command. */
export interface CommandSession {
  /** Ends when the client says so, where the protocol can, and when the client is gone. */
  readonly stdin?: Readable | undefined;
  readonly stdout?: Writable | undefined;
  readonly stderr?: Writable | undefined;
  /** With a terminal only. Called with each size the client tells, those from before it was set among them. */
  onResize(callback: (size: TerminalSize) => void): void;
  /** Resolves when the client is gone, or the session was finished. */
  readonly closed: Promise<void>;
  /** Sends what was written, then how the command ended, and closes. */
  finish(status: CommandStatus): Promise<void>;
}

/** The end that asked for it. */
export interface RunningCommand {
  readonly stdin?: Writable | undefined;
  readonly stdout?: Readable | undefined;
  readonly stderr?: Readable | undefined;
  resize(size: TerminalSize): void;
  /** How it ended; an internal error when the connection broke. Never rejects. */
  readonly status: Promise<CommandStatus>;
  close(): void;
}

/** Channels of a WebSocket, in upstream's numbers. */
export const channelOf = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** The part of a Status that is read. */
export const statusBytesMax = 1 << 20;
const resizeTextMax = 4096;

/** Reads `{"Width":80,"Height":24}` over and over, however it was cut. */
export function readSizes(source: Readable): (callback: (size: TerminalSize) => void) => void {
  const callbacks: ((size: TerminalSize) => void)[] = [];
  const early: TerminalSize[] = [];
  let text = '';
  source.on('data', chunk => {
    text = (text + chunk).slice(-resizeTextMax);
    for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
      const size = parseSize(text.slice(0, end + 1));
      text = text.slice(end + 1);
      if (size === undefined) continue;
      for (const callback of callbacks) callback(size);
      if (callbacks.length === 0) early[0] = size;
    }
  });
  return callback => {
    callbacks.push(callback);
    for (const size of early.splice(0)) callback(size);
  };
}

function parseSize(text: string): TerminalSize | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(text);
    const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff;
    return isCount(width) && isCount(height) ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

export function encodeSize(size: TerminalSize): Uint8Array {
  return Buffer.from(`${JSON.stringify({ Width: size.width, Height: size.height })}\n`);
}

/** Resolves when everything written is handed on, or can no longer be. */
export function ended(stream: Writable | undefined): Promise<void> {
  if (stream === undefined || stream.writableFinished || stream.destroyed) return Promise.resolve();
  return new Promise(resolve => {
    stream
      .once('finish', resolve)
      .once('close', resolve)
      .once('error', () => resolve());
    if (!stream.writableEnded) stream.end();
  });
}
