/** What the API serves under one path: a resource in one version. Data only, so that every client can import it. */

import type { Gvk, Schema, StructSchema, TypeOf } from '#machinery/schema.ts';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export interface Subresource {
  readonly verbs: readonly ('create' | 'delete' | 'get' | 'patch' | 'update')[];
  /** The kind it takes and gives, when it is not the resource's own. */
  readonly gvk?: Gvk | undefined;
}

export interface ResourceOptions<S extends Schema> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** What every reply warns of: `v1 Endpoints is deprecated in v1.33+; use …`. */
  readonly deprecated?: string;
  readonly subresources?: Readonly<Record<string, Subresource>>;
  readonly schema: S;
}

// biome-ignore lint/suspicious/noExplicitAny: a resource of any type
export interface Resource<T = any> extends Gvk {
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly deprecated?: string;
  readonly subresources: Readonly<Record<string, Subresource>>;
  readonly schema: StructSchema & Schema<T>;
  /** `apps/v1`, or `v1` in the core group. */
  readonly apiVersion: string;
  /** `deployments.apps`, or `pods` in the core group: what messages call it. */
  readonly qualifiedName: string;
}

export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

export function defineResource<S extends StructSchema>(options: ResourceOptions<S>): Resource<TypeOf<S>> {
  const { group, version, plural } = options;
  return {
    shortNames: [],
    categories: [],
    subresources: {},
    ...options,
    schema: options.schema as unknown as StructSchema & Schema<TypeOf<S>>,
    apiVersion: group === '' ? version : `${group}/${version}`,
    qualifiedName: group === '' ? plural : `${plural}.${group}`,
  };
}

/** `apps/v1` as its group and version; `v1` is the core group's. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** The path of a resource's collection or, with a name, of one object. */
export function resourcePath(
  resource: Pick<Resource, 'group' | 'version' | 'plural' | 'namespaced'>,
  namespace: string | undefined,
  name?: string,
  subresource?: string,
): string {
  let path = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  if (resource.namespaced && namespace) path += `/namespaces/${encodeURIComponent(namespace)}`;
  path += `/${resource.plural}`;
  if (name !== undefined) path += `/${encodeURIComponent(name)}`;
  if (subresource !== undefined) path += `/${subresource}`;
  return path;
}
