/**
 * The frames of SPDY/3.1 as bytes. A control frame is `1` and the version in 16 bits, the type in 16, flags in 8, the length
 * in 24; a data frame is the stream in 32 bits (first bit 0), flags in 8, the length in 24.
 */

import { SpdyError } from './error.ts';
import { HeaderDecoder, type SpdyHeaders } from './headers.ts';

/** What is understood of a control frame that came. */
export type Frame =
  | { readonly type: 'open'; readonly stream: number; readonly isLast: boolean; readonly headers: SpdyHeaders }
  | { readonly type: 'reply'; readonly stream: number; readonly isLast: boolean; readonly headers: SpdyHeaders }
  | { readonly type: 'headers'; readonly stream: number; readonly isLast: boolean }
  | { readonly type: 'reset'; readonly stream: number; readonly status: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goaway'; readonly lastStream: number }
  /** A piece of a data frame: they are passed on as they come. */
  | { readonly type: 'data'; readonly stream: number; readonly isLast: boolean; readonly bytes: Buffer };

const version = 3;
const types = { open: 1, reply: 2, reset: 3, settings: 4, ping: 6, goaway: 7, headers: 8, windowUpdate: 9 } as const;
const flagFin = 0x01;
const headBytes = 8;
/** A control frame, its headers compressed. */
export const controlBytesMax = 64 << 10;
/** What we send in one data frame: as much as upstream copies at once. */
export const dataBytesMax = 32 << 10;

/** Why a stream is reset. */
export const resetStatus = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  cancel: 5,
  internalError: 6,
} as const;

function control(type: number, flags: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headBytes + payload.length);
  frame.writeUInt16BE(0x8000 | version, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4);
  frame.set(payload, headBytes);
  return frame;
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * i);
  return bytes;
}

/** `headers` is a block that an encoder made for this very place in the connection. */
export function openFrame(stream: number, headers: Uint8Array, isLast: boolean): Buffer {
  const priorityAndSlot = Buffer.alloc(2);
  return control(types.open, isLast ? flagFin : 0, Buffer.concat([words(stream, 0), priorityAndSlot, headers]));
}

export function replyFrame(stream: number, headers: Uint8Array): Buffer {
  return control(types.reply, 0, Buffer.concat([words(stream), headers]));
}

export function resetFrame(stream: number, status: number): Buffer {
  return control(types.reset, 0, words(stream, status));
}

export function pingFrame(id: number): Buffer {
  return control(types.ping, 0, words(id));
}

export function goawayFrame(lastStream: number): Buffer {
  return control(types.goaway, 0, words(lastStream, 0));
}

/** At most `dataBytesMax` bytes: a larger piece is the caller's to cut. */
export function dataFrame(stream: number, bytes: Uint8Array, isLast: boolean): Buffer {
  const frame = Buffer.allocUnsafe(headBytes + bytes.length);
  frame.writeUInt32BE(stream, 0);
  frame.writeUInt32BE((((isLast ? flagFin : 0) << 24) | bytes.length) >>> 0, 4);
  frame.set(bytes, headBytes);
  return frame;
}

/** Cuts what comes into frames, however it was cut on its way. */
export class FrameReader {
  readonly #decoder = new HeaderDecoder();
  /** The beginning of a frame whose rest has not come. */
  #kept: Buffer = Buffer.alloc(0);
  /** The data frame under way. */
  #data: { stream: number; isFin: boolean; left: number } | undefined;

  /** Throws SpdyError at the first frame that is malformed; nothing must be read after that. */
  *read(chunk: Buffer): Generator<Frame> {
    let rest = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    this.#kept = Buffer.alloc(0);
    for (;;) {
      if (this.#data !== undefined) {
        if (rest.length === 0) return;
        const bytes = rest.subarray(0, this.#data.left);
        rest = rest.subarray(bytes.length);
        yield this.#dataPiece(bytes);
        continue;
      }
      if (rest.length < headBytes) break;
      const length = rest.readUInt32BE(4) & 0xffffff;
      if ((rest[0]! & 0x80) === 0) {
        this.#data = { stream: rest.readUInt32BE(0), isFin: (rest[4]! & flagFin) !== 0, left: length };
        rest = rest.subarray(headBytes);
        if (length === 0) yield this.#dataPiece(rest.subarray(0, 0));
        continue;
      }
      if (length > controlBytesMax) throw new SpdyError(`a control frame of ${length} bytes`);
      if (rest.length < headBytes + length) break;
      const frame = this.#control(rest.subarray(0, headBytes + length));
      rest = rest.subarray(headBytes + length);
      if (frame !== undefined) yield frame;
    }
    // A copy: what is kept must not hold a whole chunk.
    if (rest.length > 0) this.#kept = Buffer.from(rest);
  }

  #dataPiece(bytes: Buffer): Frame {
    const data = this.#data!;
    data.left -= bytes.length;
    const isEnd = data.left === 0;
    if (isEnd) this.#data = undefined;
    return { type: 'data', stream: data.stream, isLast: isEnd && data.isFin, bytes };
  }

  #control(frame: Buffer): Frame | undefined {
    if (frame.readUInt16BE(0) !== (0x8000 | version)) throw new SpdyError('a control frame of another version');
    const isLast = (frame[4]! & flagFin) !== 0;
    const word = (at: number): number => {
      if (frame.length < headBytes + at + 4) throw new SpdyError('a control frame that is too short');
      return frame.readUInt32BE(headBytes + at) & 0x7fffffff;
    };
    switch (frame.readUInt16BE(2)) {
      case types.open: {
        const stream = word(0);
        return { type: 'open', stream, isLast, headers: this.#decoder.decode(frame.subarray(headBytes + 10)) };
      }
      case types.reply: {
        const stream = word(0);
        return { type: 'reply', stream, isLast, headers: this.#decoder.decode(frame.subarray(headBytes + 4)) };
      }
      case types.headers: {
        const stream = word(0);
        // Decoded for what comes after it: the blocks are one compressed stream.
        this.#decoder.decode(frame.subarray(headBytes + 4));
        return { type: 'headers', stream, isLast };
      }
      case types.reset:
        return { type: 'reset', stream: word(0), status: word(4) };
      case types.ping:
        return { type: 'ping', id: frame.readUInt32BE(headBytes + (word(0) & 0)) };
      case types.goaway:
        return { type: 'goaway', lastStream: word(0) };
      default:
        // Settings and windows: upstream's library keeps none, so a sender that waited for them would wait for ever.
        return undefined;
    }
  }
}
