/** Writing a whole reply to a client that may read slowly, or not at all. */

import type { Clock } from '#lib/clock.ts';
import { byteCount } from './body.ts';

/** How long a client may take to read a reply that does not fit the buffers at once: as long as upstream gives a request. */
export const replyMsMax = 60_000;
/** A reply up to this is written at once: it is in the kernel before anybody could ask. */
const atOnceBytesMax = 256 << 10;
/** Bytes on their way to one client: what is written is copied, once as it is and once encrypted. */
const turnBytesMax = 512 << 10;

/** The part of a response or an HTTP/2 stream that is needed here. */
interface Sink {
  readonly destroyed: boolean;
  write(chunk: Uint8Array): boolean;
  end(chunk?: Uint8Array): unknown;
  cork(): void;
  uncork(): void;
  on(event: 'drain' | 'close', listener: () => void): unknown;
}

export interface ReplyWriting {
  readonly clock: Clock;
  /** It takes too long. */
  readonly giveUp: () => void;
  /** All is written. */
  readonly onEnd?: () => void;
}

/** Writes the chunks and ends. A long reply goes as fast as it is read, its chunks shared with the cache until then. */
export function writeReply(sink: Sink, chunks: readonly Uint8Array[], writing: ReplyWriting): void {
  if (byteCount(chunks) > atOnceBytesMax) return writeSlowly(sink, chunks, writing);
  if (chunks.length > 1) sink.cork();
  for (let i = 0; i < chunks.length - 1; i++) sink.write(chunks[i]!);
  sink.end(chunks[chunks.length - 1]);
  if (chunks.length > 1) sink.uncork();
  writing.onEnd?.();
}

function writeSlowly(sink: Sink, chunks: readonly Uint8Array[], { clock, giveUp, onEnd }: ReplyWriting): void {
  // Let go of as soon as all is written: the sink, and with it these listeners, live on for a while.
  let pieces: Iterator<Uint8Array> | undefined = piecesOf(chunks);
  const timer = clock.after(replyMsMax, giveUp, { idle: true });
  const writeTurn = () => {
    let bytes = 0;
    let isFull = false;
    // Pieces may be as small as a row of a Table: a turn of them leaves together.
    sink.cork();
    while (pieces !== undefined && !(isFull && bytes >= turnBytesMax)) {
      const { value: piece, done } = pieces.next();
      if (done) {
        pieces = undefined;
        sink.end();
        onEnd?.();
      } else {
        bytes += piece.length;
        isFull = !sink.write(piece);
      }
    }
    sink.uncork();
  };
  sink.on('close', () => {
    pieces = undefined;
    timer.cancel();
  });
  sink.on('drain', writeTurn);
  if (!sink.destroyed) writeTurn();
}

function* piecesOf(chunks: readonly Uint8Array[]): Generator<Uint8Array, undefined> {
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += turnBytesMax) {
      yield chunk.length <= turnBytesMax ? chunk : chunk.subarray(at, at + turnBytesMax);
    }
  }
}
