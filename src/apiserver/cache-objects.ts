/** `Objects` out of the watch cache of a resource. */

import type { Objects } from '#apiserver/objects.ts';
import type { ServedResources, Stored } from '#apiserver/served.ts';
import { keyOf } from '#apiserver/served.ts';
import { must } from '#lib/assert.ts';
import type { Resource } from '#machinery/resource.ts';
import type { Entry } from '#watch/entry.ts';

export function objectsOf<T>(resources: ServedResources, resource: Resource<T>): Objects<T> {
  const { group, version, plural } = resource;
  const { stored } = must(resources.find(group, version, plural), () => `${plural} are not served`);
  return cachedObjects<T>(stored);
}

function cachedObjects<T>(stored: Stored): Objects<T> {
  const { cache, hub } = stored;
  const objectOf = (entry: Entry | undefined) => entry?.object() as T | undefined;
  return {
    get: (namespace, name) => objectOf(cache.get(keyOf(hub, namespace, name))),
    *list(namespace) {
      for (const entry of cache.entries(namespace)) yield entry.object() as T;
    },
    latest: async (namespace, name) => objectOf(await cache.read(keyOf(hub, namespace, name), 'latest')),
    onChange: listener =>
      cache.onChange((before, after) => listener({ before: objectOf(before), after: objectOf(after) })),
  };
}
