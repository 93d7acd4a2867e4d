/** From what a request is about to the function that answers it. */

import type { ApiRequest, ResourceHandler } from '#apiserver/request.ts';
import type { Served } from '#apiserver/served.ts';
import { subresourceHandler } from '#apiserver/subresources/all.ts';
import { create } from '#apiserver/verbs/create.ts';
import { remove } from '#apiserver/verbs/delete.ts';
import { deleteCollection } from '#apiserver/verbs/delete-collection.ts';
import { get } from '#apiserver/verbs/get.ts';
import { list } from '#apiserver/verbs/list.ts';
import { patch } from '#apiserver/verbs/patch.ts';
import { update } from '#apiserver/verbs/update.ts';
import { watch } from '#apiserver/verbs/watch.ts';
import { methodNotAllowedError, noSuchPathError } from '#machinery/api-error.ts';
import type { Verb } from '#machinery/resource.ts';

const handlers: Record<Verb, ResourceHandler> = {
  create,
  delete: remove,
  deletecollection: deleteCollection,
  get,
  list,
  patch,
  update,
  watch,
};

/** Reviews and bindings have none of them: no path names one. */
const verbsOfNames: readonly Verb[] = ['get', 'update', 'patch', 'delete'];

/** Throws 404 or 405. */
export function resourceHandler(request: ApiRequest, served: Served): ResourceHandler {
  const { info } = request;
  const { resource } = served;
  // The old paths are for watching, and only that: `/api/v1/watch/…`. Nothing is proxied under them any more.
  if (info.verb === 'proxy' || (info.verb === 'watch' && info.subresource !== '')) throw noSuchPathError();
  if (!info.wellFormed || (info.parts.length > 3 && info.subresource !== 'proxy')) throw noSuchPathError();
  const named = info.parts.length > 1;
  const atCluster = info.namespace === '' || !resource.namespaced;
  if (resource.namespaced && atCluster && named) throw noSuchPathError();
  if (!resource.namespaced && info.namespace !== '' && resource.plural !== 'namespaces') throw noSuchPathError();
  if (info.subresource !== '') return subresourceHandler(request, served);
  const verb = verbOf(request);
  if (named && !resource.verbs.some(each => verbsOfNames.includes(each))) throw noSuchPathError();
  const own = verb && request.server.ownVerbs[resource.qualifiedName]?.[verb];
  if (verb === undefined || (own === undefined && !resource.verbs.includes(verb))) throw methodNotAllowedError();
  // A namespaced kind is only listed and watched across namespaces, and made by no one there.
  if (resource.namespaced && atCluster && verb !== 'list' && verb !== 'watch') throw methodNotAllowedError();
  return own ?? handlers[verb];
}

/** What was authorized, and nothing else: an old path makes every method a `watch` for authorization. */
function verbOf(request: ApiRequest): Verb | undefined {
  const verb = verbOfMethod(request);
  return verb === request.info.verb ? verb : undefined;
}

function verbOfMethod({ info, exchange }: ApiRequest): Verb | undefined {
  const named = info.parts.length > 1;
  switch (exchange.method) {
    case 'GET':
      return named && info.verb !== 'watch' ? 'get' : (info.verb as Verb);
    case 'POST':
      return named ? undefined : 'create';
    case 'PUT':
      return named ? 'update' : undefined;
    case 'PATCH':
      return named ? 'patch' : undefined;
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}
