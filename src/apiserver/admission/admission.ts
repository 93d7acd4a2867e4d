/**
 * What stands between a decoded write and the store: plugins that complete the object (`mutate`) and plugins that refuse it
 * (`validate`), after authorization. A refusal is a thrown `ApiError`.
 *
 * Each attempt to write runs the whole chain with the true old object (a conflict that is retried runs it again), so a
 * plugin never decides on something that is no longer there.
 */

import type { User } from '#apiserver/authn/user.ts';
import { type ApiError, forbiddenError, type GroupResource } from '#machinery/api-error.ts';
import type { StatusCause } from '#machinery/meta.ts';
import type { AnyJson } from '#machinery/schema.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

export interface AdmissionRequest {
  readonly operation: Operation;
  readonly group: string;
  readonly version: string;
  /** The plural of the resource: `pods`. */
  readonly resource: string;
  readonly subresource: string;
  readonly kind: string;
  readonly namespace: string;
  /** Empty while a name is still to be generated. */
  readonly name: string;
  /** As it is to be written: `mutate` may change it, nobody else. Undefined for DELETE. Of CONNECT: the options. */
  readonly object: AnyJson;
  /** As it is in the store: for UPDATE and DELETE. Never to be changed. */
  readonly old: AnyJson;
  /** Options of the verb (`CreateOptions`, `DeleteOptions`, …). */
  readonly options?: AnyJson;
  readonly user: User;
  readonly dryRun: boolean;
  /** Adds a `Warning: 299` header. */
  warn(text: string): void;
  /** Adds an annotation to the audit event. */
  audit?(key: string, value: string): void;
}

export interface Admission {
  readonly name: string;
  /** Whether it has anything to do with requests of this kind: asked once per resource and operation, so it must be pure. */
  handles(request: Pick<AdmissionRequest, 'operation' | 'group' | 'resource' | 'subresource'>): boolean;
  mutate?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}

export interface AdmissionChain {
  mutate(request: AdmissionRequest): Promise<void> | void;
  validate(request: AdmissionRequest): Promise<void> | void;
}

/** In the order given: it matters (a plugin sees what those before it filled in). */
export function admissionChain(plugins: readonly Admission[]): AdmissionChain {
  const concerned = new Map<string, readonly Admission[]>();
  const pluginsFor = (request: AdmissionRequest) => {
    const key = `${request.operation} ${request.group}/${request.resource}/${request.subresource}`;
    let found = concerned.get(key);
    if (found === undefined) {
      found = plugins.filter(plugin => plugin.handles(request));
      // Names of resources come from discovery, not from clients, so the map is bounded by what is served.
      concerned.set(key, found);
    }
    return found;
  };
  return {
    mutate: request => inTurn(pluginsFor(request), plugin => plugin.mutate?.(request)),
    validate: request => inTurn(pluginsFor(request), plugin => plugin.validate?.(request)),
  };
}

/** One after the other, and synchronously as long as none has to wait: most requests never do. */
function inTurn(plugins: readonly Admission[], run: (plugin: Admission) => void | Promise<void>): void | Promise<void> {
  for (let i = 0; i < plugins.length; i++) {
    const waiting = run(plugins[i]!);
    if (waiting !== undefined) return waiting.then(() => inTurn(plugins.slice(i + 1), run));
  }
}

export function resourceOf(request: AdmissionRequest): GroupResource {
  return { group: request.group, resource: request.resource };
}

/** `pods "x" is forbidden: <why>`; an object whose name is still to be generated goes by its prefix. */
export function refusal(request: AdmissionRequest, why: string, causes?: readonly StatusCause[]): ApiError {
  const name = request.name || request.object?.metadata?.generateName || '';
  return forbiddenError(resourceOf(request), name, why, causes);
}

type Asked = Parameters<Admission['handles']>[0];

/** A test for `handles`: one resource of one group, without its sub-resources. */
export function on(operations: readonly Operation[], group: string, ...resources: readonly string[]) {
  return (asked: Asked) =>
    asked.group === group &&
    asked.subresource === '' &&
    resources.includes(asked.resource) &&
    operations.includes(asked.operation);
}
