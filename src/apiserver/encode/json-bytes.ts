/**
 * Cutting and joining the bytes of an object's JSON without parsing it. Objects of built-in kinds begin with
 * `{"kind":"K","apiVersion":"V","metadata":{` and their metadata has name, generateName and namespace (no quotes in any of
 * them) before the uid, so the first `"uid":"` is the object's own and the resourceVersion goes right behind its value.
 */

import { assert } from '#lib/assert.ts';

const uidKey = Buffer.from('"uid":"');

/** The stored bytes with `"resourceVersion":"N"` where upstream prints it. */
export function withResourceVersion(value: Uint8Array, revision: number): Buffer {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const at = bytes.indexOf(uidKey);
  assert(at > 0, 'a stored object without a uid');
  const cut = bytes.indexOf(0x22, at + uidKey.length) + 1;
  const insert = `,"resourceVersion":"${revision}"`;
  const out = Buffer.allocUnsafe(bytes.length + insert.length);
  bytes.copy(out, 0, 0, cut);
  out.write(insert, cut, 'latin1');
  bytes.copy(out, cut + insert.length, cut);
  return out;
}

/** The same bytes from `{"metadata"` on: without kind and apiVersion. */
export function bytesAfterHead(bytes: Buffer): Buffer {
  const at = bytes.indexOf('"metadata":');
  assert(at > 0, 'an object without metadata');
  const out = bytes.subarray(at - 1);
  out[0] = 0x7b; // What stood there is the comma after apiVersion; the buffer is the caller's own.
  return out;
}

/** What goes in front of an item whose first byte is left out: `{"kind":"Pod","apiVersion":"v1",`. */
export function jsonHead(kind: string, apiVersion: string): Buffer {
  return Buffer.from(`{"kind":"${kind}","apiVersion":"${apiVersion}",`);
}
