/**
 * One request on its way through the server, with what has been found out about it so far, and the parts of the server
 * that it meets.
 */

import type { AdmissionChain } from '#apiserver/admission/admission.ts';
import type { Authenticator } from '#apiserver/authn/authenticator.ts';
import type { User } from '#apiserver/authn/user.ts';
import type { Authorizer } from '#apiserver/authz/authorizer.ts';
import type { RequestInfo } from '#apiserver/authz/request-info.ts';
import type { BodyBudget } from '#apiserver/body-budget.ts';
import type { RequestMetrics } from '#apiserver/metrics.ts';
import type { Served, ServedResources } from '#apiserver/served.ts';
import type { YamlReader } from '#apiserver/yaml/yaml-reader.ts';
import type { Clock } from '#lib/clock.ts';
import type { Exchange, ReplyStream } from '#lib/http/exchange.ts';
import type { Random } from '#lib/random.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { Store } from '#store/store.ts';

export interface ApiRequest {
  readonly exchange: Exchange;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly user: User;
  /** The server it came to: clock, resources, admission. */
  readonly server: Server;
  /** Texts of `Warning` headers, in order, without repeats. */
  readonly warnings: string[];
}

/** A request for a resource that is served. */
export interface ResourceRequest extends ApiRequest {
  readonly served: Served;
}

export type ResourceHandler = (request: ResourceRequest) => void | Promise<void>;

/** By verb. */
export type VerbHandlers = Readonly<Record<string, ResourceHandler | undefined>>;

/** Answers for a path that is no resource: discovery, health, OpenAPI. Undefined: not mine. */
export type PathHandler = (request: ApiRequest) => void | Promise<void>;

export interface PathHandlers {
  find(path: string): PathHandler | undefined;
}

/** Addresses and ports claimed for a write. */
export interface Claim {
  /** The write failed: what was claimed is given back. */
  release(): Promise<void>;
  /** The write succeeded: what the object no longer has is given back. */
  commit(): Promise<void>;
}

export interface Allocation {
  /** Before a write is prepared and held against its rules: claims what the object needs, and writes it in. */
  allocate(request: ResourceRequest, object: AnyJson, old: AnyJson, dryRun: boolean): Promise<Claim | undefined>;
  /** The object is gone. */
  free(request: ResourceRequest, object: AnyJson): Promise<void>;
}

export interface ServerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly resources: ServedResources;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly impersonate: (exchange: Exchange, user: User) => User;
  readonly admission: AdmissionChain;
  readonly allocation: Allocation;
  readonly paths: PathHandlers;
  /** Verbs that a resource answers in a way of its own, and those of kinds that are never stored (reviews), by resource. */
  readonly ownVerbs: Readonly<Record<string, VerbHandlers>>;
  /** Sub-resources that reach out of this server (logs, exec, proxies) or sign something (tokens), by name and method. */
  readonly connectors: Readonly<Record<string, Readonly<Record<string, ResourceHandler>>>>;
  readonly metrics: RequestMetrics;
  readonly yaml: YamlReader;
  readonly bodies: BodyBudget;
  readonly log: (text: string) => void;
}

export interface Server extends ServerParts {
  /** Whether any version of the API has the kind. */
  readonly knowsKind: (kind: string, apiVersion: string) => boolean;
  openWatch(request: ResourceRequest, contentType: string): ReplyStream | Promise<ReplyStream>;
  handle(exchange: Exchange): Promise<void>;
}
