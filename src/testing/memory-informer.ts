/** Copies of collections that a test fills by hand, for parts that only read. */

import type { Index, InformerHandlers } from '#client/informer.ts';
import { type ApiObject, type Key, keyOf, type Stored } from '#client/object.ts';

export class MemoryInformer<T extends ApiObject> {
  readonly synced = Promise.resolve();
  readonly #objects = new Map<Key, Stored<T>>();
  readonly #handlers = new Set<InformerHandlers<T>>();

  put(given: T): void {
    const object = given as Stored<T>;
    const old = this.#objects.get(keyOf(object));
    this.#objects.set(keyOf(object), object);
    for (const { add, update } of this.#handlers) {
      if (old === undefined) add?.(object);
      else update?.(old, object);
    }
  }

  remove(key: Key): void {
    const old = this.#objects.get(key);
    this.#objects.delete(key);
    if (old !== undefined) for (const handlers of this.#handlers) handlers.delete?.(old);
  }

  byKey(key: Key): Stored<T> | undefined {
    return this.#objects.get(key);
  }

  by(index: Index<T>, value: string): Stored<T>[] {
    return [...this.#objects.values()].filter(object => index.valuesOf(object).includes(value));
  }

  on(handlers: InformerHandlers<T>): () => void {
    this.#handlers.add(handlers);
    for (const object of this.#objects.values()) handlers.add?.(object);
    return () => this.#handlers.delete(handlers);
  }
}
