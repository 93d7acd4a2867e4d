/** Puts together what is served: every resource of `api/all.ts` with its rules, its place in the store, its cache, its forms. */

import { allResources } from '#api/all.ts';
import { objectForms, watchForms } from '#apiserver/encode/forms.ts';
import { withResourceVersion } from '#apiserver/encode/json-bytes.ts';
import { tableForm } from '#apiserver/encode/table.ts';
import { strategies } from '#apiserver/resources/all.ts';
import { conversions } from '#apiserver/resources/conversions.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { type Served, ServedResources, type Stored } from '#apiserver/served.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { hasMagic, openEnvelope } from '#machinery/codec/envelope.ts';
import { stringify } from '#machinery/codec/json.ts';
import { decodeMessage } from '#machinery/codec/protobuf-decode.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { type FieldRules, metadataFields } from '#machinery/selector/field-selector.ts';
import { checkPathSegmentName } from '#machinery/validation/names.ts';
import type { CachedResource, Entry, EntryIndex } from '#watch/entry.ts';
import type { Feed } from '#watch/feed.ts';

/** Resources whose keys in the store are not `/registry/<plural>/` (upstream's storage layout). */
const prefixes: Readonly<Record<string, string>> = {
  services: 'services/specs',
  endpoints: 'services/endpoints',
  nodes: 'minions',
  ingresses: 'ingress',
  customresourcedefinitions: 'apiextensions.k8s.io/customresourcedefinitions',
  apiservices: 'apiregistration.k8s.io/apiservices',
};

export function prefixOf(resource: Resource): string {
  return `/registry/${prefixes[resource.plural] ?? resource.plural}/`;
}

/** Groups whose objects may be called anything that can stand in a path: `system:node`, `v1.`. */
const freelyNamed = ['rbac.authorization.k8s.io', 'apiregistration.k8s.io'];

/** Rules of a kind that has none of its own: status apart from the rest, generation with the spec. */
export function plainStrategy(resource: Resource): Strategy {
  const { fields } = resource.schema;
  const hasStatus = 'status' in resource.subresources;
  return {
    resource,
    hasGeneration: 'spec' in fields && hasStatus,
    ...(freelyNamed.includes(resource.group) ? { validateName: checkPathSegmentName } : {}),
    prepareCreate: object => {
      if (hasStatus) delete object.status;
    },
    prepareUpdate: (object, old) => {
      if (hasStatus) object.status = old.status;
    },
    subresources: hasStatus ? { status: { prepareUpdate: keepAllButStatus } } : {},
  };
}

/** A write to `status` changes the status, labels and annotations, and nothing else. */
export function keepAllButStatus(object: AnyJson, old: AnyJson): void {
  for (const key of Object.keys({ ...old, ...object })) {
    if (key === 'status' || key === 'metadata') continue;
    if (old[key] === undefined) delete object[key];
    else object[key] = old[key];
  }
}

/** What the server worked out about bytes that it is writing, for when they come back from the store. */
class Written {
  readonly #objects = new WeakMap<Uint8Array, AnyJson>();
  remember(value: Uint8Array, object: AnyJson): void {
    this.#objects.set(value, object);
  }
  /** Once: from then on it is the cache's, under its budget. */
  take(value: Uint8Array): AnyJson | undefined {
    const object = this.#objects.get(value);
    this.#objects.delete(value);
    return object;
  }
}

export function buildRegistry(feed: Feed): ServedResources {
  const served = new ServedResources();
  const stored = new Map<string, Stored>();
  for (const resource of allResources) {
    const conversion = conversions.find(each => each.resource === resource);
    const hub = conversion?.hub ?? resource;
    const kept = stored.get(hub.qualifiedName) ?? store(feed, hub);
    stored.set(hub.qualifiedName, kept);
    served.add(serve(resource, kept, conversion));
  }
  return served;
}

function store(feed: Feed, hub: Resource): Stored {
  const strategy = strategies.find(each => each.resource === hub) ?? plainStrategy(hub);
  const written = new Written();
  const prefix = prefixOf(hub);
  const cached: CachedResource = {
    name: hub.plural,
    prefix,
    namespaced: hub.namespaced,
    open: (key, bytes) => open(hub, strategy, written, key, bytes),
    decode: (entry, parsed) => decode(hub, entry, parsed as AnyJson | undefined),
  };
  return {
    hub,
    strategy,
    prefix,
    cache: feed.cache(cached),
    remember: (value, object) => written.remember(value, object),
  };
}

function open(hub: Resource, strategy: Strategy, written: Written, _key: string, bytes: Uint8Array) {
  const parsed = written.take(bytes);
  const value = hasMagic(bytes) ? fromProtobuf(hub, bytes) : bytes;
  const object = parsed ?? JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString());
  return { value, index: indexOf(strategy, object), parsed };
}

/** An object that upstream wrote to etcd. */
function fromProtobuf(hub: Resource, bytes: Uint8Array): Buffer {
  const { kind, apiVersion, raw } = openEnvelope(bytes);
  const object = canonical(hub.schema, { ...decodeMessage(hub.schema, raw), kind, apiVersion });
  return Buffer.from(stringify({ kind, apiVersion, ...object }));
}

function indexOf(strategy: Strategy, object: AnyJson): EntryIndex {
  const { metadata } = object;
  return {
    labels: metadata.labels ?? {},
    fields: {
      'metadata.name': metadata.name ?? '',
      'metadata.namespace': metadata.namespace ?? '',
      ...strategy.selectableFields?.(object),
    },
    uid: metadata.uid ?? '',
  };
}

function decode(hub: Resource, entry: Entry, known: AnyJson | undefined): AnyJson {
  if (known === undefined) return JSON.parse(withResourceVersion(entry.value, entry.revision).toString());
  const metadata = canonical(hub.schema, {
    metadata: { ...known.metadata, resourceVersion: String(entry.revision) },
  }).metadata;
  return { ...known, metadata };
}

interface Conversion {
  readonly toHub: (object: AnyJson) => AnyJson;
  readonly fromHub: (object: AnyJson) => AnyJson;
  readonly fieldRules?: FieldRules;
}

function serve(resource: Resource, stored: Stored, conversion: Conversion | undefined): Served {
  const { strategy } = stored;
  const part = { resource, ...(conversion && { toHub: conversion.toHub, fromHub: conversion.fromHub }) };
  const source = { served: part, isHub: conversion === undefined, strategy };
  const object = objectForms(source);
  const tables = new Map<string, ReturnType<typeof tableForm>>();
  return {
    ...part,
    stored,
    fieldRules: conversion?.fieldRules ?? strategy.fieldRules ?? metadataFields,
    forms: {
      object,
      watch: watchForms(source, object),
      table: include => {
        const form = tables.get(include) ?? tableForm(source, include);
        tables.set(include, form);
        return form;
      },
    },
  };
}
