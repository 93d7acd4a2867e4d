/**
 * How entries become bytes, for one version of a resource: JSON, protobuf, metadata only, rows of a Table; for lists and
 * for watches.
 *
 * The basic form is the *item*: an object as it stands in a list, without kind and apiVersion. A single object and a watch
 * event are an item with a head in front, so all three share its bytes.
 */

import { type FormSource, metadataOf, objectOf } from '#apiserver/encode/form-source.ts';
import { bytesAfterHead, jsonHead, withResourceVersion } from '#apiserver/encode/json-bytes.ts';
import { columnsOf, tableForm } from '#apiserver/encode/table.ts';
import type { Served, WatchMedia } from '#apiserver/served.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { sealEnvelope } from '#machinery/codec/envelope.ts';
import { stringify } from '#machinery/codec/json.ts';
import { encodeMessage } from '#machinery/codec/protobuf-encode.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import type { AnyJson, Schema } from '#machinery/schema.ts';
import { always, bytes as bytesSchema, field, optional, string, struct } from '#machinery/schema.ts';
import type { Encoded, Entry } from '#watch/entry.ts';
import type { EventType, Form, ObjectEvent, WatchForm } from '#watch/form.ts';

const comma = Buffer.from(',');
const nothing = Buffer.alloc(0);
const newline = Buffer.from('\n');

export const PartialObjectMetadata = struct('io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata', {
  kind: field(0, string),
  apiVersion: field(0, string),
  metadata: always(1, ObjectMeta),
});

function jsonItem(source: FormSource, entry: Entry): Encoded {
  if (source.isHub) return { bytes: bytesAfterHead(withResourceVersion(entry.value, entry.revision)) };
  return { bytes: bytesAfterHead(Buffer.from(stringify(objectOf(source, entry)))) };
}

function metadataItem(source: FormSource, entry: Entry): Buffer {
  const metadata = stringify(metadataOf(source.strategy, entry.object()));
  return Buffer.from(`{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${metadata}}`);
}

/** In a list each item has a tag and a length of its own: field 2. */
function listed(message: Buffer): Buffer {
  const head: number[] = [0x12];
  let rest = message.length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) head.push((rest % 128) | 128);
  head.push(rest);
  return Buffer.concat([Buffer.from(head), message]);
}

/** The versions of a resource share the entries of one cache, so a form that differs between them has the version in its name. */
export function formName(source: FormSource, media: string): string {
  return `${source.served.resource.apiVersion} ${media}`;
}

export function objectForms(source: FormSource): Served['forms']['object'] {
  const { schema } = source.served.resource;
  return {
    json: { name: formName(source, 'json'), separator: comma, encode: entry => jsonItem(source, entry) },
    protobuf: {
      name: formName(source, 'protobuf'),
      separator: nothing,
      encode: entry => ({ bytes: listed(encodeMessage(schema, objectOf(source, entry))) }),
    },
    metadataJson: {
      name: 'metadata/json',
      separator: comma,
      encode: entry => ({ bytes: metadataItem(source, entry) }),
    },
    metadataProtobuf: {
      name: 'metadata/protobuf',
      separator: nothing,
      encode: entry => ({
        bytes: listed(encodeMessage(PartialObjectMetadata, { metadata: metadataOf(source.strategy, entry.object()) })),
      }),
    },
  };
}

/** The message inside a list's item: without its tag and length. */
export function unlisted(item: Uint8Array): Uint8Array {
  let at = 1;
  while ((item[at] as number) >= 128) at++;
  return item.subarray(at + 1);
}

/** The bytes of an entry in a form, kept in the entry. */
export function encodedOnce(entry: Entry, form: Form): Encoded {
  const known = entry.encoded(form.name);
  if (known !== undefined) return known;
  const made = form.encode(entry);
  entry.keep(form.name, made);
  return made;
}

const WatchEvent = struct('io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent', {
  type: field(1, string),
  object: optional(2, struct('RawExtension', { raw: optional(1, bytesSchema) })),
});

function joined(...parts: readonly (Uint8Array | string)[]): Buffer {
  return Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part) : part)));
}

function jsonEvent(type: string, head: Buffer, item: Uint8Array): Buffer {
  return joined(`{"type":"${type}","object":`, head, item.subarray(1), '}\n');
}

/** A frame of a protobuf watch: four bytes of length, then a WatchEvent whose object is a whole envelope. */
export function protobufEvent(type: string, envelope: Buffer): Buffer {
  const event = encodeMessage(WatchEvent, { type, object: { raw: envelope.toString('base64') } });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

export function watchForms(source: FormSource, object: Served['forms']['object']): (media: WatchMedia) => WatchForm {
  const made = new Map<WatchMedia, WatchForm>();
  return media => {
    const form = made.get(media) ?? makeWatchForm(source, object, media);
    made.set(media, form);
    return form;
  };
}

interface Shape {
  readonly apiVersion: string;
  readonly kind: string;
  readonly schema: Schema;
}

function ownShape({ served: { resource } }: FormSource): Shape {
  return { apiVersion: resource.apiVersion, kind: resource.kind, schema: resource.schema };
}

const partialShape: Shape = {
  apiVersion: 'meta.k8s.io/v1',
  kind: 'PartialObjectMetadata',
  schema: PartialObjectMetadata,
};

function bookmarkObject(shape: Shape, revision: number, initialEventsEnd: boolean): AnyJson {
  const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  return canonical(shape.schema, {
    kind: shape.kind,
    apiVersion: shape.apiVersion,
    metadata: { resourceVersion: String(revision), ...annotations },
  });
}

function makeWatchForm(source: FormSource, object: Served['forms']['object'], media: WatchMedia): WatchForm {
  const own = ownShape(source);
  switch (media) {
    case 'json':
    case 'yaml':
      return jsonWatchForm(formName(source, media), own, object.json);
    case 'metadataJson':
      return jsonWatchForm('metadata/json', partialShape, object.metadataJson, Buffer.from('{'));
    case 'protobuf':
      return protobufWatchForm(formName(source, 'protobuf'), own, object.protobuf);
    case 'metadataProtobuf':
      return protobufWatchForm('metadata/protobuf', partialShape, object.metadataProtobuf);
    default:
      return tableWatchForm(source, media.slice('table/'.length) as 'None' | 'Metadata' | 'Object');
  }
}

/** `head` stands in front of the item without its first byte. */
function jsonWatchForm(
  name: string,
  shape: Shape,
  item: Form,
  head = jsonHead(shape.kind, shape.apiVersion),
): WatchForm {
  return {
    name: `watch/${name}`,
    frame: ({ type, entry }) => ({ bytes: jsonEvent(type, head, encodedOnce(entry, item).bytes) }),
    bookmark: ({ revision, initialEventsEnd }) =>
      Buffer.from(`{"type":"BOOKMARK","object":${stringify(bookmarkObject(shape, revision, initialEventsEnd))}}\n`),
  };
}

function protobufWatchForm(name: string, shape: Shape, item: Form): WatchForm {
  const frame = (type: string, message: Uint8Array) =>
    protobufEvent(type, sealEnvelope(shape.apiVersion, shape.kind, Buffer.from(message)));
  return {
    name: `watch/${name}`,
    frame: ({ type, entry }) => ({ bytes: frame(type, unlisted(encodedOnce(entry, item).bytes)) }),
    bookmark: ({ revision, initialEventsEnd }) =>
      frame('BOOKMARK', encodeMessage(shape.schema, bookmarkObject(shape, revision, initialEventsEnd))),
  };
}

/** A Table with one row an event; only the first names the columns. */
function tableWatchForm(source: FormSource, include: 'None' | 'Metadata' | 'Object'): WatchForm {
  const form = tableForm(source, include);
  const columns = stringify(columnsOf(source.strategy).definitions);
  const before = (type: EventType | 'BOOKMARK', revision: number, definitions: string) =>
    `{"type":"${type}","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"${revision}"},` +
    `"columnDefinitions":${definitions},"rows":[`;
  const framed = ({ type, entry }: ObjectEvent, definitions: string): Encoded => {
    const row = encodedOnce(entry, form);
    const head = Buffer.from(before(type, entry.revision, definitions));
    return {
      bytes: joined(head, row.bytes, ']}}\n'),
      holes: row.holes?.map(hole => ({ at: hole.at + head.length, from: hole.from })),
    };
  };
  return {
    name: formName(source, `watch/table/${include}`),
    frame: event => framed(event, 'null'),
    firstFrame: event => framed(event, columns),
    fill: form.fill,
    bookmark: ({ revision, initialEventsEnd, first }) => {
      const shape = include === 'Object' ? ownShape(source) : partialShape;
      const row = stringify({
        // Upstream prints an object of which nothing is known.
        cells: columnsOf(source.strategy).all.map(({ cell }) => cell({ metadata: {} }, 0)),
        object: include === 'None' ? null : bookmarkObject(shape, revision, initialEventsEnd),
      });
      return Buffer.from(`${before('BOOKMARK', revision, first ? columns : 'null')}${row}]}}\n`);
    },
  };
}

/** An ERROR event: the Status of why the watch ends. */
export function errorEvent(media: WatchMedia, status: AnyJson, statusSchema: Schema): Buffer {
  if (media === 'protobuf' || media === 'metadataProtobuf') {
    return protobufEvent('ERROR', sealEnvelope('v1', 'Status', encodeMessage(statusSchema, status)));
  }
  return Buffer.from(`{"type":"ERROR","object":${stringify(status)}}\n`);
}

export const lineEnd = newline;
