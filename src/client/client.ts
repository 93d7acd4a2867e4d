/**
 * The typed client of the API.
 *
 * @example
 * const pod = await client.get(pods, { namespace: 'default', name: 'web-0' });
 * await client.updateStatus(pods, { ...pod, status: { ...pod.status, phase: 'Running' } });
 */

import { ApiError } from '#client/api-error.ts';
import type { ApiObject, ObjectRef, Stored } from '#client/object.ts';
import type {
  ApiRequest,
  ApplyOptions,
  FormOptions,
  ListOptions,
  PatchType,
  ResourceId,
  SelectorOptions,
  WatchOptions,
  WriteOptions,
} from '#client/request.ts';
import {
  createRequest,
  createSubresourceRequest,
  deleteCollectionRequest,
  deleteRequest,
  getRequest,
  listRequest,
  patchRequest,
  updateRequest,
  watchRequest,
} from '#client/request.ts';
import type { ApiReply, ApiTransport, WatchEvent } from '#client/transport.ts';
import type { Clock } from '#lib/clock.ts';
import { sleep } from '#lib/clock.ts';
import type { DeleteOptions, ListMeta, Status } from '#machinery/meta.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';

/** A resource of the API, by its definition or as discovery describes it. */
// biome-ignore lint/suspicious/noExplicitAny: a resource of any type
export type ResourceOf<T = any> = ResourceId & { readonly schema?: Resource<T>['schema'] };

export interface List<T> {
  readonly metadata: ListMeta;
  readonly items: readonly Stored<T>[];
}

export type JsonPatch = readonly {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: AnyJson;
}[];

export interface ClientOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** Called with the text of each warning the server sends. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** How often a request that the server asks to send again later is sent again. */
const retriesMax = 10;
const retryAfterSecondsMax = 60;
/** The page of a list, upstream's size. */
export const listPageItems = 500;

export class Client {
  readonly #transport: ApiTransport;
  readonly #clock: Clock;
  readonly #onWarning: ((text: string) => void) | undefined;

  constructor(options: ClientOptions) {
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#onWarning = options.onWarning;
  }

  /** Sends any request and gives the decoded body; rejects with an ApiError when the server refuses. */
  async send(request: ApiRequest, signal?: AbortSignal): Promise<AnyJson> {
    for (let retries = 0; ; retries++) {
      const reply = await this.#transport.send(request, signal);
      if (this.#onWarning !== undefined) for (const text of reply.warnings) this.#onWarning(text);
      if (reply.code < 300) return reply.body;
      const error = errorOf(reply);
      if (!mayRetry(reply) || retries >= retriesMax) throw error;
      await sleep(this.#clock, Math.min(reply.retryAfterSeconds ?? 1, retryAfterSecondsMax) * 1000, signal);
    }
  }

  get<T>(
    resource: ResourceOf<T>,
    ref: ObjectRef,
    options?: FormOptions & { resourceVersion?: string },
  ): Promise<Stored<T>> {
    return this.send(getRequest(resource, ref, options));
  }

  /** Any sub-resource that is read: `scale`, `status`. */
  getSubresource(resource: ResourceOf, ref: ObjectRef, subresource: string): Promise<AnyJson> {
    return this.send(getRequest(resource, ref, { subresource }));
  }

  /** One page; everything when no limit is given. */
  async list<T>(resource: ResourceOf<T>, options?: ListOptions, signal?: AbortSignal): Promise<List<T>> {
    const list = await this.send(listRequest(resource, options), signal);
    return { metadata: list.metadata ?? {}, items: list.items ?? [] };
  }

  /** All objects, fetched page by page as they are asked for. */
  async *listPaged<T>(resource: ResourceOf<T>, options: ListOptions = {}): AsyncGenerator<Stored<T>, void> {
    let next: string | undefined;
    do {
      const page: List<T> = await this.list(resource, {
        ...options,
        limit: options.limit ?? listPageItems,
        continue: next,
        resourceVersion: next === undefined ? options.resourceVersion : undefined,
      });
      yield* page.items;
      next = page.metadata.continue;
    } while (next);
  }

  /** The events as they come. An ERROR event is thrown as an ApiError. Leaving the loop ends the watch. */
  async *watch<T>(
    resource: ResourceOf<T>,
    options?: WatchOptions,
    signal?: AbortSignal,
  ): AsyncGenerator<Exclude<WatchEvent<Stored<T>>, { type: 'ERROR' }>, void> {
    const { events, refused } = await this.#transport.watch(watchRequest(resource, options), signal);
    if (refused !== undefined) throw errorOf(refused);
    for await (const event of events) {
      if (event.type === 'ERROR') throw new ApiError(event.object);
      yield event;
    }
  }

  create<T extends ApiObject>(
    resource: ResourceOf<T>,
    object: T,
    options?: WriteOptions & { namespace?: string },
  ): Promise<Stored<T>> {
    return this.send(createRequest(resource, typed(resource, object), options));
  }

  /** POST to a sub-resource: `eviction` and `binding` of a Pod, `token` of a ServiceAccount. */
  createSubresource<B extends ApiObject>(
    resource: ResourceOf,
    ref: ObjectRef,
    subresource: string,
    body: B,
    options?: WriteOptions,
  ): Promise<B> {
    return this.send(createSubresourceRequest(resource, ref, subresource, body, options));
  }

  update<T extends ApiObject>(resource: ResourceOf<T>, object: T, options?: WriteOptions): Promise<Stored<T>> {
    return this.send(updateRequest(resource, typed(resource, object), options));
  }

  updateStatus<T extends ApiObject>(resource: ResourceOf<T>, object: T, options?: WriteOptions): Promise<Stored<T>> {
    return this.updateSubresource(resource, 'status', object, options);
  }

  /** PUT to a sub-resource that takes the object itself: `finalize` of a Namespace, `approval` of a request. */
  updateSubresource<T extends ApiObject>(
    resource: ResourceOf<T>,
    subresource: string,
    object: T,
    options?: WriteOptions,
  ): Promise<Stored<T>> {
    return this.send(updateRequest(resource, typed(resource, object), { ...options, subresource }));
  }

  patchJson<T>(resource: ResourceOf<T>, ref: ObjectRef, patch: JsonPatch, options?: PatchOptions): Promise<Stored<T>> {
    return this.#patch('json', resource, ref, patch, options);
  }

  patchMerge<T>(resource: ResourceOf<T>, ref: ObjectRef, patch: AnyJson, options?: PatchOptions): Promise<Stored<T>> {
    return this.#patch('merge', resource, ref, patch, options);
  }

  patchStrategic<T>(
    resource: ResourceOf<T>,
    ref: ObjectRef,
    patch: AnyJson,
    options?: PatchOptions,
  ): Promise<Stored<T>> {
    return this.#patch('strategic', resource, ref, patch, options);
  }

  /** Server-side apply. `object` holds only what the manager wants to own. */
  apply<T>(
    resource: ResourceOf<T>,
    ref: ObjectRef,
    object: AnyJson,
    options: ApplyOptions & { subresource?: string },
  ): Promise<Stored<T>> {
    return this.#patch('apply', resource, ref, object, options);
  }

  #patch(
    type: PatchType,
    resource: ResourceOf,
    ref: ObjectRef,
    patch: AnyJson,
    options?: PatchOptions,
  ): Promise<AnyJson> {
    return this.send(patchRequest(type, resource, ref, patch, options));
  }

  /** Gives what the server answers: the object as it was or as it is while it terminates, or a Status. */
  delete(resource: ResourceOf, ref: ObjectRef, options?: Partial<DeleteOptions>): Promise<AnyJson> {
    return this.send(deleteRequest(resource, ref, options));
  }

  deleteCollection(
    resource: ResourceOf,
    selection: SelectorOptions,
    options?: Partial<DeleteOptions>,
  ): Promise<AnyJson> {
    return this.send(deleteCollectionRequest(resource, selection, options));
  }
}

export type PatchOptions = WriteOptions & { force?: boolean; subresource?: string };

/** The body says its own type; callers need not. */
function typed<T extends ApiObject>(resource: ResourceOf<T>, object: T): T {
  if (object.kind !== undefined && object.apiVersion !== undefined) return object;
  const gvk = resource.schema?.gvk;
  if (gvk === undefined) return object;
  return { kind: gvk.kind, apiVersion: gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`, ...object };
}

/** The server did not begin with the request, or had to give up on it, and says when to come again. */
function mayRetry(reply: ApiReply): boolean {
  return (reply.code === 429 || reply.code >= 500) && reply.retryAfterSeconds !== undefined;
}

function errorOf(reply: ApiReply): ApiError {
  if (reply.body?.kind === 'Status') return new ApiError(reply.body, reply.retryAfterSeconds);
  const text = typeof reply.body === 'string' ? reply.body.trim() : '';
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: text === '' ? `the server answered ${reply.code}` : text,
    reason: reasonOfCode[reply.code] ?? (reply.code >= 500 ? 'InternalError' : ''),
    code: reply.code,
  };
  return new ApiError(status, reply.retryAfterSeconds);
}

const reasonOfCode: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
};
