/** GET of one object. */

import { negotiate } from '#apiserver/negotiate.ts';
import { objectChoices, sendEntry } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { keyOf } from '#apiserver/served.ts';
import { versionProblem } from '#apiserver/verbs/list-options.ts';
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
  const problem = versionProblem(version);
  if (problem !== undefined) throw untypedError(problem);
  return version === '0' ? 'any' : { notOlderThan: Number(version) };
}
