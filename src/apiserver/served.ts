/**
 * The resources that are served: each stored once, under its hub version, and shown in one or several versions.
 */

import type { Strategy } from '#apiserver/resources/strategy.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldRules } from '#machinery/selector/field-selector.ts';
import type { ResourceCache } from '#watch/cache.ts';
import type { Form, WatchForm } from '#watch/form.ts';

/** A resource apart from its versions: where it is stored, how it is cached, the rules of its kind. */
export interface Stored {
  /** The version that is stored and that the strategy, admission and controllers see. */
  readonly hub: Resource;
  readonly strategy: Strategy;
  readonly cache: ResourceCache;
  /** Where its keys begin: `/registry/pods/`. */
  readonly prefix: string;
  /** Remembers what bytes about to be written hold, so that the cache need not parse them again. */
  readonly remember: (value: Uint8Array, object: AnyJson) => void;
}

/** One version of a resource, as it is asked for. */
export interface Served {
  readonly resource: Resource;
  readonly stored: Stored;
  /** From this version to the hub and back; undefined where this is the hub. */
  readonly toHub?: ((object: AnyJson) => AnyJson) | undefined;
  readonly fromHub?: ((object: AnyJson) => AnyJson) | undefined;
  readonly forms: Forms;
  /** Which field selectors the version knows. */
  readonly fieldRules: FieldRules;
}

/** The forms in which a version leaves, made once. */
export interface Forms {
  readonly object: Record<'json' | 'protobuf' | 'metadataJson' | 'metadataProtobuf', Form>;
  readonly table: (include: 'None' | 'Metadata' | 'Object') => Form;
  readonly watch: (name: WatchMedia) => WatchForm;
}

export type WatchMedia =
  | 'json'
  | 'protobuf'
  | 'yaml'
  | 'metadataJson'
  | 'metadataProtobuf'
  | 'table/None'
  | 'table/Metadata'
  | 'table/Object';

/** `<namespace>/<name>` or `<name>`: the key in the cache and, after the prefix, in the store. */
export function keyOf(resource: Resource, namespace: string, name: string): string {
  return resource.namespaced ? `${namespace}/${name}` : name;
}

/** Finds what a path names. */
export class ServedResources {
  readonly #byPath = new Map<string, Served>();
  readonly #all: Served[] = [];

  add(served: Served): void {
    const { group, version, plural } = served.resource;
    this.#byPath.set(`${group}/${version}/${plural}`, served);
    this.#all.push(served);
  }

  find(group: string, version: string, plural: string): Served | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  /** The version of a resource that is served first, for what goes by resource alone. */
  findByKind(group: string, kind: string): Served | undefined {
    return this.#all.find(each => each.resource.group === group && each.resource.kind === kind);
  }

  hasGroup(group: string): boolean {
    return this.#all.some(each => each.resource.group === group);
  }

  hasGroupVersion(group: string, version: string): boolean {
    return this.#all.some(each => each.resource.group === group && each.resource.version === version);
  }

  all(): readonly Served[] {
    return this.#all;
  }
}
