/** `Objects` over a map, for tests of whatever reads the watch cache through that interface. */

import type { Change, Objects } from '#apiserver/objects.ts';
import type { ObjectMeta } from '#machinery/meta.ts';

export interface MemoryObjects<T> extends Objects<T> {
  put(object: T): void;
  remove(namespace: string, name: string): void;
}

export function memoryObjects<T extends { metadata?: ObjectMeta }>(...first: T[]): MemoryObjects<T> {
  const objects = new Map<string, T>();
  const listeners: ((change: Change<T>) => void)[] = [];
  const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;
  const tell = (change: Change<T>) => {
    for (const listener of listeners) listener(change);
  };
  const all: MemoryObjects<T> = {
    get: (namespace, name) => objects.get(keyOf(namespace, name)),
    list: namespace =>
      [...objects.values()].filter(each => namespace === undefined || each.metadata?.namespace === namespace),
    latest: async (namespace, name) => objects.get(keyOf(namespace, name)),
    onChange(listener) {
      listeners.push(listener);
      for (const after of objects.values()) listener({ before: undefined, after });
    },
    put(after) {
      const key = keyOf(after.metadata?.namespace ?? '', after.metadata?.name ?? '');
      const before = objects.get(key);
      objects.set(key, after);
      tell({ before, after });
    },
    remove(namespace, name) {
      const before = objects.get(keyOf(namespace, name));
      objects.delete(keyOf(namespace, name));
      if (before !== undefined) tell({ before, after: undefined });
    },
  };
  for (const object of first) all.put(object);
  return all;
}
