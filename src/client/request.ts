/** The requests of the API, built without I/O. Whoever has a transport sends them. */

import type { ApiObject, ObjectRef } from '#client/object.ts';
import type { DeleteOptions } from '#machinery/meta.ts';
import type { Resource } from '#machinery/resource.ts';
import { resourcePath } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly target: string;
  readonly body?: AnyJson;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
}

/** What a path needs to know of a resource: enough for kinds that were found by discovery. */
export type ResourceId = Pick<Resource, 'group' | 'version' | 'plural' | 'namespaced'>;

/** Whether `metadataOnly` was asked: only the metadata of the objects comes over the wire. */
export interface FormOptions {
  readonly metadataOnly?: boolean | undefined;
}

export interface SelectorOptions {
  /** Absent: every namespace. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListOptions extends SelectorOptions, FormOptions {
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
}

export interface WatchOptions extends SelectorOptions, FormOptions {
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'NotOlderThan' | undefined;
  readonly sendInitialEvents?: boolean | undefined;
  readonly allowWatchBookmarks?: boolean | undefined;
  readonly timeoutSeconds?: number | undefined;
}

export interface WriteOptions {
  readonly dryRun?: boolean | undefined;
  readonly fieldManager?: string | undefined;
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict' | undefined;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  readonly force?: boolean | undefined;
}

type QueryValue = string | number | boolean | undefined;

function withQuery(path: string, query: Readonly<Record<string, QueryValue>>): string {
  let separator = '?';
  for (const name in query) {
    const value = query[name];
    if (value === undefined || value === '' || value === false) continue;
    path += `${separator}${name}=${encodeURIComponent(value)}`;
    separator = '&';
  }
  return path;
}

function writeQuery(options: WriteOptions): Record<string, QueryValue> {
  const { dryRun, fieldManager, fieldValidation } = options;
  return { dryRun: dryRun ? 'All' : undefined, fieldManager, fieldValidation };
}

const metadataForm = (kind: string) => `application/json;as=${kind};g=meta.k8s.io;v=v1`;

export function getRequest(
  resource: ResourceId,
  ref: ObjectRef,
  options: FormOptions & { subresource?: string | undefined; resourceVersion?: string | undefined } = {},
): ApiRequest {
  const path = resourcePath(resource, ref.namespace, ref.name, options.subresource);
  return {
    method: 'GET',
    target: withQuery(path, { resourceVersion: options.resourceVersion }),
    accept: options.metadataOnly ? metadataForm('PartialObjectMetadata') : undefined,
  };
}

export function listRequest(resource: ResourceId, options: ListOptions = {}): ApiRequest {
  const { namespace, metadataOnly, ...query } = options;
  return {
    method: 'GET',
    target: withQuery(resourcePath(resource, namespace), query),
    accept: metadataOnly ? metadataForm('PartialObjectMetadataList') : undefined,
  };
}

export function watchRequest(resource: ResourceId, options: WatchOptions = {}): ApiRequest {
  const { namespace, metadataOnly, ...query } = options;
  return {
    method: 'GET',
    target: withQuery(resourcePath(resource, namespace), { watch: true, ...query }),
    accept: metadataOnly ? metadataForm('PartialObjectMetadata') : undefined,
  };
}

export function createRequest(
  resource: ResourceId,
  object: ApiObject,
  options: WriteOptions & { namespace?: string | undefined } = {},
): ApiRequest {
  const namespace = options.namespace ?? object.metadata?.namespace;
  return {
    method: 'POST',
    target: withQuery(resourcePath(resource, namespace), writeQuery(options)),
    body: object,
    contentType: 'application/json',
  };
}

/** POST to a sub-resource: an eviction, a binding, a token. */
export function createSubresourceRequest(
  resource: ResourceId,
  ref: ObjectRef,
  subresource: string,
  body: ApiObject,
  options: WriteOptions = {},
): ApiRequest {
  return {
    method: 'POST',
    target: withQuery(resourcePath(resource, ref.namespace, ref.name, subresource), writeQuery(options)),
    body,
    contentType: 'application/json',
  };
}

export function updateRequest(
  resource: ResourceId,
  object: ApiObject,
  options: WriteOptions & { subresource?: string | undefined } = {},
): ApiRequest {
  const { namespace, name = '' } = object.metadata ?? {};
  return {
    method: 'PUT',
    target: withQuery(resourcePath(resource, namespace, name, options.subresource), writeQuery(options)),
    body: object,
    contentType: 'application/json',
  };
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const patchContentTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  // JSON is YAML.
  apply: 'application/apply-patch+yaml',
};

export function patchRequest(
  type: PatchType,
  resource: ResourceId,
  ref: ObjectRef,
  patch: AnyJson,
  options: WriteOptions & { force?: boolean | undefined; subresource?: string | undefined } = {},
): ApiRequest {
  const path = resourcePath(resource, ref.namespace, ref.name, options.subresource);
  return {
    method: 'PATCH',
    target: withQuery(path, { ...writeQuery(options), force: options.force }),
    body: patch,
    contentType: patchContentTypes[type],
  };
}

function deleteBody(options: Partial<DeleteOptions>): AnyJson {
  if (Object.keys(options).length === 0) return undefined;
  return { kind: 'DeleteOptions', apiVersion: 'v1', ...options };
}

export function deleteRequest(resource: ResourceId, ref: ObjectRef, options: Partial<DeleteOptions> = {}): ApiRequest {
  return {
    method: 'DELETE',
    target: resourcePath(resource, ref.namespace, ref.name),
    body: deleteBody(options),
    contentType: 'application/json',
  };
}

export function deleteCollectionRequest(
  resource: ResourceId,
  selection: SelectorOptions,
  options: Partial<DeleteOptions> = {},
): ApiRequest {
  const { namespace, ...query } = selection;
  return {
    method: 'DELETE',
    target: withQuery(resourcePath(resource, namespace), query),
    body: deleteBody(options),
    contentType: 'application/json',
  };
}
