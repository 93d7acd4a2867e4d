/**
 * A local copy of a collection that many parts share: look up, list, by index, be told of changes.
 *
 * Objects are shared by everyone who reads them and never changed; who wants another one makes a copy. The copy lags
 * behind the server: whoever acts on it writes with the resource version it saw, or knows what it expects to see.
 */

import type { Client, ResourceOf } from '#client/client.ts';
import type { ApiObject, Key, Stored } from '#client/object.ts';
import { deepFreeze, keyFor, keyOf } from '#client/object.ts';
import { Reflector } from '#client/reflector.ts';
import type { FormOptions, SelectorOptions } from '#client/request.ts';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';

export interface InformerHandlers<T> {
  readonly add?: (object: Stored<T>) => void;
  readonly update?: (old: Stored<T>, object: Stored<T>) => void;
  readonly delete?: (object: Stored<T>) => void;
}

/** A way to find objects by something other than their name. Build it once and use the same one, it is the key. */
export interface Index<T> {
  readonly name: string;
  readonly valuesOf: (object: Stored<T>) => readonly string[];
}

export interface InformerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly onError?: ((resource: ResourceOf, error: unknown) => void) | undefined;
  /** Makes every object read-only: for tests, which then see who writes into a shared one. */
  readonly freeze?: boolean | undefined;
}

export type Selection = SelectorOptions & FormOptions;

type Buckets<T> = Map<string, Map<Key, Stored<T>>>;

const namespaceIndex: Index<ApiObject> = {
  name: 'namespace',
  valuesOf: object => [object.metadata.namespace ?? ''],
};

export class Informer<T> {
  readonly resource: ResourceOf<T>;
  /** Resolves once the copy is complete for the first time. */
  readonly synced: Promise<void>;
  readonly #reflector: Reflector<T>;
  readonly #stopped = new AbortController();
  readonly #objects = new Map<Key, Stored<T>>();
  readonly #indexes = new Map<Index<T>, Buckets<T>>();
  readonly #handlers = new Set<InformerHandlers<T>>();
  readonly #freeze: boolean;
  #resolveSynced: () => void = () => {};
  #hasSynced = false;
  #resourceVersion = '';
  #started = false;

  constructor(resource: ResourceOf<T>, selection: Selection, options: InformerOptions) {
    const { client, clock, random, onError } = options;
    this.resource = resource;
    this.#freeze = options.freeze ?? false;
    this.synced = new Promise(resolve => {
      this.#resolveSynced = resolve;
    });
    this.#reflector = new Reflector<T>({
      client,
      resource,
      selection,
      clock,
      random,
      sink: {
        replace: (objects, version) => this.#replace(objects, version),
        apply: (type, object) => this.#apply(type, object),
        advance: version => {
          this.#resourceVersion = version;
        },
      },
      onError: error => onError?.(resource, error),
    });
  }

  start(): this {
    if (this.#started) return this;
    this.#started = true;
    void this.#reflector.run(this.#stopped.signal);
    return this;
  }

  stop(): void {
    this.#stopped.abort(new Error('the informer was stopped'));
    this.#handlers.clear();
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** The version up to which the copy is complete. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string | undefined, name: string): Stored<T> | undefined {
    return this.#objects.get(keyFor(namespace, name));
  }

  byKey(key: Key): Stored<T> | undefined {
    return this.#objects.get(key);
  }

  /** All, in the order they came. The iterator is live; collect it before awaiting. */
  values(): IterableIterator<Stored<T>> {
    return this.#objects.values();
  }

  inNamespace(namespace: string): Stored<T>[] {
    return this.by(namespaceIndex as Index<unknown> as Index<T>, namespace);
  }

  /** The objects that have this value in the index. The index is built at its first use. */
  by(index: Index<T>, value: string): Stored<T>[] {
    let buckets = this.#indexes.get(index);
    if (buckets === undefined) {
      buckets = new Map();
      this.#indexes.set(index, buckets);
      for (const [key, object] of this.#objects) addToBuckets(buckets, index, key, object);
    }
    const bucket = buckets.get(value);
    return bucket === undefined ? [] : [...bucket.values()];
  }

  /** Calls back for each object that is already there, then for each change. Gives the way to stop it. */
  on(handlers: InformerHandlers<T>): () => void {
    this.#handlers.add(handlers);
    if (handlers.add !== undefined) for (const object of this.#objects.values()) handlers.add(object);
    return () => {
      this.#handlers.delete(handlers);
    };
  }

  #replace(objects: readonly Stored<T>[], version: string): void {
    const keys = new Set<Key>();
    for (const object of objects) {
      const key = keyOf(object as ApiObject);
      keys.add(key);
      if (this.#objects.get(key)?.metadata.resourceVersion !== object.metadata.resourceVersion) this.#put(key, object);
    }
    for (const [key, object] of [...this.#objects]) if (!keys.has(key)) this.#remove(key, object);
    this.#resourceVersion = version;
    this.#hasSynced = true;
    this.#resolveSynced();
  }

  #apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Stored<T>): void {
    const key = keyOf(object as ApiObject);
    this.#resourceVersion = object.metadata.resourceVersion;
    if (type === 'DELETED') this.#remove(key, object);
    else this.#put(key, object);
  }

  #put(key: Key, object: Stored<T>): void {
    if (this.#freeze) deepFreeze(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const [index, buckets] of this.#indexes) {
      if (old !== undefined) removeFromBuckets(buckets, index, key, old);
      addToBuckets(buckets, index, key, object);
    }
    for (const handlers of this.#handlers) {
      if (old === undefined) handlers.add?.(object);
      else if (old.metadata.uid === object.metadata.uid) handlers.update?.(old, object);
      else {
        // Deleted and made anew while nobody watched.
        handlers.delete?.(old);
        handlers.add?.(object);
      }
    }
  }

  #remove(key: Key, last: Stored<T>): void {
    const old = this.#objects.get(key);
    if (old === undefined) return;
    this.#objects.delete(key);
    for (const [index, buckets] of this.#indexes) removeFromBuckets(buckets, index, key, old);
    for (const handlers of this.#handlers) handlers.delete?.(last);
  }
}

function addToBuckets<T>(buckets: Buckets<T>, index: Index<T>, key: Key, object: Stored<T>): void {
  for (const value of index.valuesOf(object)) {
    const bucket = buckets.get(value);
    if (bucket === undefined) buckets.set(value, new Map([[key, object]]));
    else bucket.set(key, object);
  }
}

function removeFromBuckets<T>(buckets: Buckets<T>, index: Index<T>, key: Key, object: Stored<T>): void {
  for (const value of index.valuesOf(object)) {
    const bucket = buckets.get(value);
    if (bucket?.delete(key) && bucket.size === 0) buckets.delete(value);
  }
}

/** The informers of one process: one per collection, started when somebody first asks for it. */
export class Informers {
  readonly #options: InformerOptions;
  // biome-ignore lint/suspicious/noExplicitAny: informers of every kind
  readonly #informers = new Map<string, Informer<any>>();
  #stopped = false;

  constructor(options: InformerOptions) {
    this.#options = options;
  }

  of<T>(resource: ResourceOf<T>, selection: Selection = {}): Informer<T> {
    const { namespace = '', labelSelector = '', fieldSelector = '', metadataOnly = false } = selection;
    const { group, version, plural } = resource;
    const id = [group, version, plural, namespace, labelSelector, fieldSelector, metadataOnly].join('|');
    let informer = this.#informers.get(id);
    if (informer === undefined) {
      informer = new Informer<T>(resource, selection, this.#options);
      // A loop that ends its last step after the stop must not begin to follow anew.
      if (!this.#stopped) informer.start();
      this.#informers.set(id, informer);
    }
    return informer;
  }

  /** The informer of the whole collection if somebody has asked for it: saves a second copy. */
  existing(resource: ResourceOf): Informer<ApiObject> | undefined {
    const { group, version, plural } = resource;
    return this.#informers.get([group, version, plural, '', '', '', false].join('|'));
  }

  /** One that its asker starts and stops alone. */
  own<T>(resource: ResourceOf<T>, selection: Selection = {}): Informer<T> {
    return new Informer<T>(resource, selection, this.#options);
  }

  /** Once every informer asked for so far is complete. */
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map(informer => informer.synced));
  }

  stop(): void {
    this.#stopped = true;
    for (const informer of this.#informers.values()) informer.stop();
  }
}
