/** What the server offers, as documents: plain (`/api`, `/apis/apps/v1`) and aggregated (one document for all groups). */

import { createHash } from 'node:crypto';
import type { Served, ServedResources } from '#apiserver/served.ts';
import type { Resource, Subresource } from '#machinery/resource.ts';
import type { AnyJson, Gvk } from '#machinery/schema.ts';

/** Upstream's order of groups; others follow as they come. */
const groupOrder = [
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
];

export interface Group {
  readonly name: string;
  /** The preferred version first. */
  readonly versions: readonly string[];
}

/** `v2` before `v1` before `v1beta1`. */
function byVersion(a: string, b: string): number {
  const rank = (version: string) => {
    const parts = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    const stage = parts?.[2] === undefined ? 2 : parts[2] === 'beta' ? 1 : 0;
    return [stage, Number(parts?.[1] ?? 0), Number(parts?.[3] ?? 0)] as const;
  };
  const [left, right] = [rank(a), rank(b)];
  return right[0] - left[0] || right[1] - left[1] || right[2] - left[2];
}

export function groupsOf(resources: ServedResources): Group[] {
  const versions = new Map<string, Set<string>>();
  for (const { resource } of resources.all()) {
    const known = versions.get(resource.group) ?? new Set();
    versions.set(resource.group, known.add(resource.version));
  }
  const place = (name: string) => {
    const at = groupOrder.indexOf(name);
    return at < 0 ? groupOrder.length : at;
  };
  return [...versions]
    .filter(([name]) => name !== '')
    .map(([name, set]) => ({ name, versions: [...set].sort(byVersion) }))
    .sort((a, b) => place(a.name) - place(b.name));
}

export function groupDocument({ name, versions }: Group): AnyJson {
  const listed = versions.map(version => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

/**
 * Upstream's hash of the version that is stored: eight bytes of SHA-256. Of custom resource definitions it names a version
 * that is not served any more.
 */
function storageVersionHash({ group, version, kind }: Gvk): string {
  const stored = group === 'apiextensions.k8s.io' ? 'v1beta1' : version;
  return createHash('sha256').update(`${group}/${stored}/${kind}`).digest().subarray(0, 8).toString('base64');
}

function inVersion(resources: ServedResources, group: string, version: string): Served[] {
  return resources
    .all()
    .filter(({ resource }) => resource.group === group && resource.version === version)
    .sort((a, b) => (a.resource.plural < b.resource.plural ? -1 : 1));
}

/** Whether objects of the kind are stored at all: reviews and bindings are not. */
function isStored(resource: Resource): boolean {
  return resource.verbs.includes('watch');
}

export function resourceListDocument(resources: ServedResources, group: string, version: string): AnyJson {
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: inVersion(resources, group, version).flatMap(({ resource, stored }) => [
      {
        name: resource.plural,
        singularName: resource.singular,
        namespaced: resource.namespaced,
        kind: resource.kind,
        verbs: resource.verbs,
        ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
        ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
        ...(isStored(resource) ? { storageVersionHash: storageVersionHash(stored.hub) } : {}),
      },
      ...subresourcesOf(resource).map(([name, subresource]) => ({
        name: `${resource.plural}/${name}`,
        singularName: '',
        namespaced: resource.namespaced,
        ...foreignVersion(resource, subresource),
        kind: subresource.gvk?.kind ?? resource.kind,
        verbs: subresource.verbs,
      })),
    ]),
  };
}

function subresourcesOf(resource: Resource): [string, Subresource][] {
  return Object.entries(resource.subresources).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A sub-resource whose kind is of another group says so. */
function foreignVersion(resource: Resource, { gvk }: Subresource): { group?: string; version?: string } {
  return gvk === undefined || gvk.group === resource.group ? {} : { group: gvk.group, version: gvk.version };
}

/** `apidiscovery.k8s.io/v2`: all versions of all groups of `/api` or `/apis` at once. */
export function aggregatedDocument(resources: ServedResources, core: boolean): AnyJson {
  const groups: Group[] = core ? [{ name: '', versions: ['v1'] }] : groupsOf(resources);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: name === '' ? {} : { name },
      versions: versions.map(version => ({
        version,
        resources: inVersion(resources, name, version).map(({ resource }) => aggregatedResource(resource)),
        freshness: 'Current',
      })),
    })),
  };
}

function aggregatedResource(resource: Resource): AnyJson {
  const subresources = subresourcesOf(resource);
  return {
    resource: resource.plural,
    responseKind: { group: '', version: '', kind: resource.kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(subresources.length === 0
      ? {}
      : { subresources: subresources.map(([name, each]) => aggregatedSubresource(resource, name, each)) }),
  };
}

function aggregatedSubresource(resource: Resource, name: string, subresource: Subresource): AnyJson {
  const { group = '', version = '' } = foreignVersion(resource, subresource);
  return {
    subresource: name,
    responseKind: { group, version, kind: subresource.gvk?.kind ?? resource.kind },
    verbs: subresource.verbs,
  };
}
