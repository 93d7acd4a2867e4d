/** DELETE on a collection: each object that the selectors choose, as if deleted one by one. */

import { decodeDeleteOptions } from '#apiserver/body.ts';
import { negotiate } from '#apiserver/negotiate.ts';
import { inVersion, send } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { deleteObject } from '#apiserver/verbs/delete.ts';
import { listMetadata, readPage } from '#apiserver/verbs/list.ts';
import { listQuery } from '#apiserver/verbs/list-options.ts';
import { ApiError } from '#machinery/api-error.ts';
import type { AnyJson } from '#machinery/schema.ts';

/** How many are being deleted at a time (upstream's `--delete-collection-workers` is 1). */
const togetherMax = 16;

export async function deleteCollection(request: ResourceRequest): Promise<void> {
  const { served, info } = request;
  const options = await decodeDeleteOptions(request);
  const page = await readPage(request, listQuery(request, false));
  const entries = [...page.entries()];
  const items: AnyJson[] = [];
  for (let at = 0; at < entries.length; at += togetherMax) {
    const deleted = entries.slice(at, at + togetherMax).map(async entry => {
      const named = { ...request, info: { ...info, name: entry.name, namespace: entry.namespace } };
      try {
        await deleteObject(named, entry.key, options);
      } catch (error) {
        // Somebody else deleted it: that is what was wanted.
        if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error;
      }
      return entry.object() as AnyJson;
    });
    for (const object of await Promise.all(deleted)) {
      const { kind: _, apiVersion: __, ...item } = inVersion(served, object);
      items.push(item);
    }
  }
  const { resource } = served;
  const accepted = negotiate(request.exchange.headers, { transformations: [] });
  const media = accepted.media === 'protobuf' ? 'json' : accepted.media;
  const list = { kind: `${resource.kind}List`, apiVersion: resource.apiVersion, metadata: listMetadata(page), items };
  send(request, 200, list, undefined, media);
}
