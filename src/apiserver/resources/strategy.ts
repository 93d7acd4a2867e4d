/**
 * What the server does for one kind beside what the definition says: prepares it for storage, holds it against its rules,
 * prints its columns. One file per kind, `resources/<group>/<kind>.ts`, in the order of this interface.
 *
 * Objects come decoded, canonical and with defaults set. `prepare…` may change its first argument (it is not shared yet)
 * and nothing else; everything else only reads. All are pure: what they need of the world comes in the context.
 */

import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldRules } from '#machinery/selector/field-selector.ts';
import type { FieldErrors } from '#machinery/validation/field-error.ts';

export interface RequestContext {
  readonly nowMs: number;
  /** Who asks: CertificateSigningRequest and the like record it. */
  readonly user: {
    readonly name: string;
    readonly uid?: string;
    readonly groups: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  /** The version in which the object came, where its rules depend on that (Events): `events.k8s.io/v1`. */
  readonly apiVersion?: string;
  /** Only look: nothing is stored or allocated. */
  readonly dryRun: boolean;
}

/** The rules of one way to write: the object itself, or one of its sub-resources. */
export interface UpdateRules<T> {
  /** Takes from `old` what this way of writing may not change. */
  prepareUpdate?(object: T, old: T, context: RequestContext): void;
  validateUpdate?(object: T, old: T, context: RequestContext): FieldErrors;
  warnOnUpdate?(object: T, old: T): readonly string[];
}

export type CellType = 'string' | 'integer' | 'number' | 'boolean' | 'date';

export interface Column<T> {
  readonly name: string;
  readonly type: CellType;
  readonly format?: 'name' | '';
  /** 0: always shown; 1: only in `-o wide`. */
  readonly priority?: number;
  readonly description?: string;
  /** `nowMs` only where the cell says how long ago something was; then `timed` is set and the cell is not cached. */
  readonly cell: (object: T, nowMs: number) => string | number | boolean | null;
  readonly timed?: boolean;
  /** Rows have its cell, but the table does not name it. */
  readonly undeclared?: boolean;
}

export interface Strategy<T = AnyJson> extends UpdateRules<T> {
  readonly resource: Resource<T>;

  /** Clears what a client may not set (status, as a rule) and sets what the server gives (generation). */
  prepareCreate?(object: T, context: RequestContext): void;
  /** metadata is validated by the server for every kind; this is for the rest. */
  validateCreate?(object: T, context: RequestContext): FieldErrors;
  /** Texts of `Warning: 299 - "…"` headers. */
  warnOnCreate?(object: T): readonly string[];

  /** How the name must look: DNS-1123 subdomain unless said otherwise. Gives what is wrong with it. */
  readonly validateName?: (name: string, isPrefix: boolean) => readonly string[];
  /** Whether metadata.generation rises with a changed spec (upstream: kinds that have one). */
  readonly hasGeneration?: boolean;
  /** What the generation counts changes of, where that is not the spec. */
  readonly wantedOf?: (object: T) => unknown;

  /** Sub-resources that write the object: `status`, `approval`, `ephemeralcontainers`, `resize`, … */
  readonly subresources?: Readonly<Record<string, UpdateRules<T>>>;

  /** A PUT to a name that does not exist makes the object. */
  readonly allowCreateOnUpdate?: boolean;
  /** A PUT without a resourceVersion is accepted. Default true; false for Lease, PodDisruptionBudget and a few. */
  readonly allowUnconditionalUpdate?: boolean;
  /** DELETE answers with the object instead of a Status. */
  readonly returnsDeleted?: boolean;
  /** The finalizer that a DELETE without a policy implies: `orphan` for Jobs and ReplicationControllers. */
  readonly defaultPropagation?: 'Background' | 'Orphan';
  /** What a DELETE hears that leaves the policy to this kind. */
  readonly defaultPropagationWarning?: string;
  /** Graceful deletion: the grace period in seconds for a DELETE that asked for `asked` (undefined: did not say); undefined: delete at once. */
  readonly gracePeriod?: (object: T, asked: number | undefined) => number | undefined;
  /** Something beside metadata.finalizers that keeps a deleted object until it is gone (a Namespace's spec.finalizers). */
  readonly holdsDeletion?: (object: T) => boolean;
  /** What being marked for deletion changes in the object beside its metadata. */
  readonly beginDeletion?: (object: T) => void;
  /** How long the store keeps the object (Events: one hour). */
  readonly ttlSeconds?: number;

  /** Which field selectors the kind knows (default: metadata.name and metadata.namespace); `fieldsOf(…)` makes one. */
  readonly fieldRules?: FieldRules;
  /** The fields of an object that selectors look at, beyond metadata.name and metadata.namespace. */
  readonly selectableFields?: (object: T) => Readonly<Record<string, string>>;

  /**
   * Fields that a write to the object (`''`) or to a sub-resource never takes, and so never owns: `['status']`, `['spec']`,
   * `['metadata', 'labels']`. Default: status where there is a status sub-resource, everything but status for that.
   */
  readonly resetFields?: (subresource: string) => readonly (readonly string[])[] | undefined;

  /** The metadata that metadata alone is shown with, where the version adds to it (DaemonSets). */
  readonly plainMetadata?: (object: T) => unknown;

  /** What `kubectl get` shows after Name (which is a column here too). Absent: Name and Created At. */
  readonly columns?: readonly Column<T>[];
}
