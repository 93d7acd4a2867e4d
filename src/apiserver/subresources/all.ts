/** Every sub-resource that is not simply another way to write the object itself (status, approval, resize, …). */

import type { ApiRequest, ResourceHandler } from '#apiserver/request.ts';
import type { Served } from '#apiserver/served.ts';
import { bindPod } from '#apiserver/subresources/binding.ts';
import { evictPod } from '#apiserver/subresources/eviction.ts';
import { getScale, patchScale, updateScale } from '#apiserver/subresources/scale.ts';
import { get } from '#apiserver/verbs/get.ts';
import { patch } from '#apiserver/verbs/patch.ts';
import { update } from '#apiserver/verbs/update.ts';
import { methodNotAllowedError, noSuchPathError } from '#machinery/api-error.ts';

type Methods = Readonly<Record<string, ResourceHandler>>;

/** GET, PUT and PATCH of the whole object, under the rules of the sub-resource. */
const ofObject: Methods = { GET: get, PUT: update, PATCH: patch };

const scale: Methods = { GET: getScale, PUT: updateScale, PATCH: patchScale };

const special: Readonly<Record<string, Methods>> = {
  'pods/binding': { POST: bindPod },
  'pods/eviction': { POST: evictPod },
  'deployments.apps/scale': scale,
  'replicasets.apps/scale': scale,
  'statefulsets.apps/scale': scale,
  'replicationcontrollers/scale': scale,
};

/** Throws 404 for a sub-resource that the kind does not have, 405 for a method that it does not know. */
export function subresourceHandler(request: ApiRequest, served: Served): ResourceHandler {
  const { subresource } = request.info;
  const { resource } = served;
  if (!Object.hasOwn(resource.subresources, subresource)) throw noSuchPathError();
  const name = `${resource.qualifiedName}/${subresource}`;
  const methods = special[name] ?? request.server.connectors[name] ?? ofObject;
  const handler = Object.hasOwn(methods, request.exchange.method) ? methods[request.exchange.method] : undefined;
  // Proxies pass on methods that are no verbs.
  if (
    handler === undefined ||
    !(subresource === 'proxy' || isOffered(resource.subresources[subresource]?.verbs ?? [], request.exchange.method))
  ) {
    throw methodNotAllowedError();
  }
  return handler;
}

const verbOf: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function isOffered(verbs: readonly string[], method: string): boolean {
  return verbs.includes(verbOf[method] ?? '');
}
