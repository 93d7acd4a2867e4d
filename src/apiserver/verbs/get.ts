/** GET of one object. */

import { negotiate } from '#apiserver/negotiate.ts';
import { objectChoices, sendEntry } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { keyOf } from '#apiserver/served.ts';
import { resourceName } from '#apiserver/verbs/write.ts';
import { notFoundError, untypedError } from '#machinery/api-error.ts';

export async function get(request: ResourceRequest): Promise<void> {
  const { served, info, query } = request;
  const { cache, hub } = served.stored;
  // A form that nobody can give is refused before the object is looked for.
  negotiate(request.exchange.headers, objectChoices);
  const entry = await cache.read(keyOf(hub, info.namespace, info.name), readAt(query));
  if (entry === undefined) throw notFoundError(resourceName(served), info.name);
  sendEntry(request, 200, entry);
}

function readAt(query: URLSearchParams): 'any' | 'latest' | { notOlderThan: number } {
  const version = query.get('resourceVersion') ?? '';
  if (version === '') return 'latest';
  if (!/^\d+$/.test(version)) {
    const why = `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`;
    throw untypedError(`resourceVersion: Invalid value: ${JSON.stringify(version)}: ${why}`);
  }
  return version === '0' ? 'any' : { notOlderThan: Number(version) };
}
