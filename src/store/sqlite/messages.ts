/**
 * What goes between the store and its two threads. Values travel packed together in one buffer that is handed over, not
 * copied: an array of views would be cloned with everything that lies beside them in their pools.
 */

import type { Term } from '#store/expiry.ts';
import type { Revision } from '#store/store.ts';

/** Values one after the other; the lengths stand in the messages. */
export function pack(values: readonly Uint8Array[]): ArrayBuffer {
  const packed = new Uint8Array(values.reduce((sum, value) => sum + value.length, 0));
  let at = 0;
  for (const value of values) {
    packed.set(value, at);
    at += value.length;
  }
  return packed.buffer;
}

/** Takes the values out again, in order. */
export function unpacker(packed: ArrayBuffer): (length: number) => Uint8Array {
  let at = 0;
  return length => new Uint8Array(packed, (at += length) - length, length);
}

export interface WriteOperation {
  readonly key: string;
  /** -1: a deletion. */
  readonly length: number;
  readonly expected: Revision | undefined;
  readonly expiresMs: number | null;
}

/** `ok`: the write's revision, the key's creation and what stood before. Else what stands there; all 0 when nothing does. */
export interface WriteOutcome {
  readonly ok: boolean;
  readonly revision: Revision;
  readonly created: Revision;
  readonly previous: Revision;
  /** Of the value that comes with it: what stands there, or what was deleted. */
  readonly length: number;
}

export type CommitRequest =
  | { readonly type: 'write'; readonly operations: readonly WriteOperation[]; readonly values: ArrayBuffer }
  | { readonly type: 'compact'; readonly revision: Revision }
  | { readonly type: 'sweep' }
  | { readonly type: 'close' };

export type CommitReply =
  | { readonly type: 'opened'; readonly revision: Revision; readonly swept: boolean; readonly terms: readonly Term[] }
  | { readonly type: 'refused'; readonly message: string }
  | {
      readonly type: 'committed';
      readonly revision: Revision;
      readonly outcomes: readonly WriteOutcome[];
      readonly values: ArrayBuffer;
    }
  /** Nothing of these writes happened. */
  | { readonly type: 'failed'; readonly operationsCount: number; readonly message: string }
  | { readonly type: 'compacted'; readonly message?: string | undefined }
  | { readonly type: 'swept'; readonly more: boolean }
  | { readonly type: 'closed' };

export interface RangeRequest {
  readonly type: 'range';
  readonly prefix: string;
  readonly after: string | undefined;
  readonly limit: number | undefined;
  readonly revision: Revision | undefined;
  readonly count: boolean;
  /** Only the key that is the whole prefix. */
  readonly single: boolean;
}

export interface HistoryRequest {
  readonly type: 'history';
  readonly prefix: string;
  readonly from: Revision;
  readonly to: Revision;
}

export type ReadRequest = (RangeRequest | HistoryRequest) & { readonly id: number };

export interface Row {
  readonly key: string;
  readonly revision: Revision;
  readonly created: Revision;
  readonly previous: Revision;
  readonly deleted: number;
  readonly length: number;
}

/** `revision`: of the store; for history the last one that is covered. */
export interface ReadAnswer {
  readonly revision: Revision;
  readonly rows: readonly Row[];
  readonly more: boolean;
  readonly remaining: number | undefined;
  readonly values: ArrayBuffer;
}

export type ReadReply = { readonly id: number } & (
  | { readonly type: 'read'; readonly answer: ReadAnswer }
  | { readonly type: 'compacted'; readonly asked: Revision; readonly compactRevision: Revision }
  | { readonly type: 'future'; readonly asked: Revision; readonly revision: Revision }
  | { readonly type: 'failed'; readonly message: string }
);
