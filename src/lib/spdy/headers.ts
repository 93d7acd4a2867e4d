/**
 * Header blocks of SPDY/3: names and values behind their lengths, in one zlib stream for each direction of a connection.
 *
 * Node has no zlib stream that works synchronously, and none is needed. A block ends flushed to a byte, so what comes next
 * can be inflated alone when the last 32 KB before it are given as the dictionary. And what we send is stored, not
 * compressed: it is a hundred bytes, and text that is not compressed cannot leak through its length (CRIME).
 */

import { constants, inflateRawSync } from 'node:zlib';
import { headerDictionary } from './dictionary.ts';
import { SpdyError } from './error.ts';

/** Names in lower case. Repeated headers are one value, parted by NUL. */
export type SpdyHeaders = Readonly<Record<string, string>>;

/** One block, inflated. */
export const headerBytesMax = 64 << 10;
const windowBytes = 32 << 10;
/** The Adler-32 checksum of the dictionary, by which a stream says that it begins with it. */
const dictionaryId = 0xe3c6a7c2;
/** What ends a block flushed to a byte: a stored piece of no bytes. Go hands out what it has only when it sees one. */
const flushed = Buffer.from([0x00, 0x00, 0x00, 0xff, 0xff]);
/** Deflate with a 32 KB window, no preset dictionary. */
const zlibHeader = Buffer.from([0x78, 0x01]);

export class HeaderEncoder {
  #begun = false;

  encode(headers: SpdyHeaders): Buffer {
    const block = encodeBlock(headers);
    const parts: Uint8Array[] = this.#begun ? [] : [zlibHeader];
    this.#begun = true;
    const storedBytesMax = 0xffff;
    for (let at = 0; at < block.length; at += storedBytesMax) {
      const piece = block.subarray(at, at + storedBytesMax);
      const head = Buffer.alloc(5);
      head.writeUInt16LE(piece.length, 1);
      head.writeUInt16LE(~piece.length & 0xffff, 3);
      parts.push(head, piece);
    }
    return Buffer.concat([...parts, flushed]);
  }
}

export class HeaderDecoder {
  /** The end of everything inflated so far; undefined before the first block. */
  #window: Uint8Array | undefined;

  /** Throws SpdyError when the block is malformed or too large. */
  decode(compressed: Uint8Array): SpdyHeaders {
    const block = this.#inflate(compressed);
    const seen = Buffer.concat([this.#window!, block]);
    this.#window = seen.subarray(Math.max(0, seen.length - windowBytes));
    return decodeBlock(block);
  }

  #inflate(compressed: Uint8Array): Buffer {
    let deflated = compressed;
    if (this.#window === undefined) {
      const bytes = Buffer.from(compressed.buffer, compressed.byteOffset, compressed.length);
      if (bytes.length < 2 || (bytes[0]! & 0x0f) !== 8 || bytes.readUInt16BE(0) % 31 !== 0) {
        throw new SpdyError('the headers are not a zlib stream');
      }
      const hasDictionary = (bytes[1]! & 0x20) !== 0;
      if (hasDictionary && (bytes.length < 6 || bytes.readUInt32BE(2) !== dictionaryId)) {
        throw new SpdyError('the headers are compressed with another dictionary');
      }
      this.#window = hasDictionary ? headerDictionary : new Uint8Array(0);
      deflated = bytes.subarray(hasDictionary ? 6 : 2);
    }
    try {
      return inflateRawSync(deflated, {
        ...(this.#window.length > 0 ? { dictionary: this.#window } : {}),
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: headerBytesMax,
      });
    } catch (cause) {
      throw new SpdyError('the headers cannot be inflated, or are too large', { cause });
    }
  }
}

function encodeBlock(headers: SpdyHeaders): Buffer {
  const names = Object.keys(headers);
  const parts: Buffer[] = [uint32(names.length)];
  for (const name of names) {
    const nameBytes = Buffer.from(name.toLowerCase(), 'latin1');
    const valueBytes = Buffer.from(headers[name]!, 'utf8');
    parts.push(uint32(nameBytes.length), nameBytes, uint32(valueBytes.length), valueBytes);
  }
  return Buffer.concat(parts);
}

function decodeBlock(block: Buffer): SpdyHeaders {
  let at = 0;
  const take = (length: number): Buffer => {
    if (length > block.length - at) throw new SpdyError('the header block ends too early');
    at += length;
    return block.subarray(at - length, at);
  };
  const count = take(4).readUInt32BE(0);
  // Each header takes eight bytes at the least, so the block bounds their number.
  if (count > block.length / 8) throw new SpdyError('the header block ends too early');
  const headers: Record<string, string> = Object.create(null);
  for (let i = 0; i < count; i++) {
    const name = take(take(4).readUInt32BE(0)).toString('latin1');
    const value = take(take(4).readUInt32BE(0)).toString('utf8');
    if (name === '' || name !== name.toLowerCase()) throw new SpdyError('a header name is empty or not in lower case');
    if (headers[name] !== undefined) throw new SpdyError('a header name comes twice');
    headers[name] = value;
  }
  if (at !== block.length) throw new SpdyError('the header block goes on after its end');
  return headers;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
