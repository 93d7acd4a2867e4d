/** The envelope of protobuf on the wire and in etcd: four bytes, then runtime.Unknown {1 typeMeta {1 apiVersion, 2 kind}, 2 raw}. */

import { ProtobufError, ProtobufReader } from '#machinery/codec/protobuf-decode.ts';
import { encodeMessage } from '#machinery/codec/protobuf-encode.ts';
import type { AnyJson, Schema } from '#machinery/schema.ts';
import { bytes, field, string, struct } from '#machinery/schema.ts';

export const magic = Buffer.from('k8s\0');

const TypeMeta = struct('TypeMeta', { apiVersion: field(1, string), kind: field(2, string) });
const Unknown = struct('Unknown', {
  typeMeta: field(1, TypeMeta),
  raw: field(2, bytes),
  contentEncoding: field(3, string),
  contentType: field(4, string),
});

/** The whole body for an object of this schema. `kind` and `apiVersion` go into the envelope. */
export function encodeEnvelope(schema: Schema, apiVersion: string, kind: string, object: AnyJson): Buffer {
  return sealEnvelope(apiVersion, kind, encodeMessage(schema, object));
}

/** The same around a message that is encoded already. */
export function sealEnvelope(apiVersion: string, kind: string, message: Buffer): Buffer {
  const head = encodeMessage(Unknown, { typeMeta: { apiVersion, kind } });
  // The head ends with the empty contentEncoding and contentType; raw stands before them.
  const tail = head.subarray(head.length - 4);
  return Buffer.concat([magic, head.subarray(0, head.length - 4), rawHead(message.length), message, tail]);
}

function rawHead(length: number): Buffer {
  const out: number[] = [0x12];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      out.push(rest);
      return Buffer.from(out);
    }
    out.push((rest % 128) | 128);
  }
}

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Buffer;
}

export function hasMagic(body: Uint8Array): boolean {
  return body.length >= 4 && magic.equals(body.subarray(0, 4));
}

/** Throws ProtobufError. */
export function openEnvelope(body: Uint8Array): Envelope {
  const reader = new ProtobufReader(body, 4);
  let apiVersion = '';
  let kind = '';
  let raw: Buffer = Buffer.alloc(0);
  while (reader.more) {
    const { fieldNumber, wireType } = reader.tag();
    if (wireType !== 2) throw new ProtobufError(`proto: wrong wireType = ${wireType} for field of Unknown`);
    if (fieldNumber === 1) {
      const meta = reader.message();
      while (meta.more) {
        const inner = meta.tag();
        if (inner.fieldNumber === 1) apiVersion = meta.text();
        else if (inner.fieldNumber === 2) kind = meta.text();
        else meta.skip(inner.wireType);
      }
    } else if (fieldNumber === 2) raw = reader.bytes();
    else reader.skip(wireType);
  }
  return { apiVersion, kind, raw };
}
