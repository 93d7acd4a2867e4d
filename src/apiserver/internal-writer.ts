/** Reads and writes objects as the server itself: the same path as a client's request, with itself as the user. */

import { admissionChain } from '#apiserver/admission/admission.ts';
import type { User } from '#apiserver/authn/user.ts';
import type { ObjectWriter, StatusApplier, StatusWriter } from '#apiserver/authz/bootstrap/reconcile.ts';
import { requestInfo } from '#apiserver/authz/request-info.ts';
import type { ResourceRequest, Server } from '#apiserver/request.ts';
import { keyOf } from '#apiserver/served.ts';
import { createObject } from '#apiserver/verbs/create.ts';
import { deleteObject } from '#apiserver/verbs/delete.ts';
import { resetFieldsOf } from '#apiserver/verbs/managed-fields.ts';
import type { WriteOptions } from '#apiserver/verbs/options.ts';
import { updateObject } from '#apiserver/verbs/update.ts';
import { must } from '#lib/assert.ts';
import type { Exchange } from '#lib/http/exchange.ts';
import { applyConfiguration } from '#machinery/apply/apply.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { setDefaults } from '#machinery/codec/defaults.ts';
import { type Resource, resourcePath } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';

const options: WriteOptions = { dryRun: false, fieldManager: 'kube-apiserver', fieldValidation: 'Ignore' };

/** There is no client: only headers are ever looked at. */
const nobody = { headers: {} } as unknown as Exchange;

export function internalWriter(server: Server, user: User): ObjectWriter & StatusWriter & StatusApplier {
  const unrestricted: Server = { ...server, admission: admissionChain([]) };
  const requestFor = (resource: Resource, namespace: string, name: string, subresource?: string): ResourceRequest => {
    const { group, version, plural } = resource;
    const served = must(server.resources.find(group, version, plural), () => `${plural} are not served`);
    const path = resourcePath(resource, namespace, name === '' ? undefined : name, subresource);
    const info = requestInfo(name === '' ? 'POST' : 'PUT', path, new URLSearchParams());
    return { exchange: nobody, info, query: new URLSearchParams(), user, server: unrestricted, warnings: [], served };
  };
  const prepared = (resource: Resource, object: AnyJson): AnyJson => {
    const own = canonical(resource.schema, structuredClone(object));
    own.kind = resource.kind;
    own.apiVersion = resource.apiVersion;
    setDefaults(resource.schema, own);
    return own;
  };
  const update = async (resource: Resource, object: AnyJson, subresource?: string) => {
    const { namespace = '', name } = object.metadata;
    const wanted = prepared(resource, object);
    const next = () => structuredClone(wanted);
    const request = requestFor(resource, namespace, name, subresource);
    await updateObject(request, keyOf(resource, namespace, name), options, next, { conflictIsFinal: true });
  };
  return {
    async get(resource, namespace, name) {
      const { stored } = requestFor(resource, namespace, name).served;
      return (await stored.cache.read(keyOf(resource, namespace, name), 'latest'))?.object() as AnyJson;
    },
    async create(resource, object) {
      const request = requestFor(resource, object.metadata.namespace ?? '', '');
      await createObject(request, prepared(resource, object), options);
    },
    update: (resource, object) => update(resource, object),
    updateStatus: (resource, object) => update(resource, object, 'status'),
    async applyStatus(resource, manager, config) {
      const { namespace = '', name } = config.metadata;
      const { apiVersion, kind, schema } = resource;
      const request = requestFor(resource, namespace, name, 'status');
      const next = (live: AnyJson) =>
        applyConfiguration({
          ...{ schema, live, config: { apiVersion, kind, ...config }, manager, force: true, apiVersion, kind },
          subresource: 'status',
          nowMs: server.clock.nowMs(),
          resetFields: resetFieldsOf(request, 'status'),
        }).object;
      const settings = { conflictIsFinal: false, tracked: true };
      await updateObject(request, keyOf(resource, namespace, name), options, next, settings);
    },
    async delete(resource, namespace, name) {
      await deleteObject(requestFor(resource, namespace, name), keyOf(resource, namespace, name), {});
    },
  };
}
