/**
 * Fits endpoints into slices of a bounded size with as few writes as can be: what stays the same stays where it is, new
 * ones fill slices that are written anyway, then one that has room, then new slices. Pure.
 */

import type { Endpoint, EndpointPort, EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import type { Stored } from '#client/object.ts';
import { sameJson } from '#loop/same.ts';

/** The endpoints that share ports (and so can share slices). */
export interface PortGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

export interface SlicePlan {
  readonly create: EndpointSlice[];
  readonly update: EndpointSlice[];
  readonly remove: Stored<EndpointSlice>[];
}

export interface SliceShape {
  /** A slice of its owner with these ports, still without endpoints. */
  readonly blank: (ports: readonly EndpointPort[]) => EndpointSlice;
  /** The labels that a slice should have. */
  readonly labels: Readonly<Record<string, string>>;
  readonly endpointsMax: number;
}

export function portsKey(ports: readonly EndpointPort[] | undefined): string {
  const texts = (ports ?? []).map(({ name = '', protocol = 'TCP', port, appProtocol = '' }) =>
    [name, protocol, port, appProtocol].join('/'),
  );
  return texts.sort().join(',');
}

function endpointKey({ addresses, targetRef }: Endpoint): string {
  return `${[...addresses].sort().join(',')}|${targetRef?.kind ?? ''}/${targetRef?.namespace ?? ''}/${targetRef?.name ?? ''}/${targetRef?.uid ?? ''}`;
}

/** All groups of one address type against the slices there are. */
export function planSlices(
  groups: readonly PortGroup[],
  existing: readonly Stored<EndpointSlice>[],
  shape: SliceShape,
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const byPorts = new Map<string, Stored<EndpointSlice>[]>();
  for (const slice of existing) {
    const key = portsKey(slice.ports);
    byPorts.set(key, [...(byPorts.get(key) ?? []), slice]);
  }
  for (const group of groups) {
    const key = portsKey(group.ports);
    planGroup(group, byPorts.get(key) ?? [], shape, plan);
    byPorts.delete(key);
  }
  for (const unneeded of byPorts.values()) plan.remove.push(...unneeded);
  return reuseNames(withPlaceholder(plan, existing, shape));
}

function planGroup(
  group: PortGroup,
  existing: readonly Stored<EndpointSlice>[],
  shape: SliceShape,
  plan: SlicePlan,
): void {
  const missing = new Map(group.endpoints.map(endpoint => [endpointKey(endpoint), endpoint]));
  const changed: EndpointSlice[] = [];
  const unchanged: Stored<EndpointSlice>[] = [];
  for (const slice of existing) {
    const kept = keep(slice, missing);
    if (kept.endpoints.length === 0) plan.remove.push(slice);
    else if (kept.changed) changed.push({ ...slice, endpoints: kept.endpoints });
    else unchanged.push(slice);
  }
  // The fullest first, so that few slices are left half empty.
  changed.sort((a, b) => sizeOf(b) - sizeOf(a));
  for (const slice of changed) fill(slice, missing, shape.endpointsMax);
  while (missing.size > 0) {
    const roomy =
      missing.size < shape.endpointsMax ? takeRoomy(unchanged, missing.size, shape.endpointsMax) : undefined;
    const slice: EndpointSlice = roomy === undefined ? shape.blank(group.ports) : { ...roomy };
    fill(slice, missing, shape.endpointsMax);
    if (roomy === undefined) plan.create.push(slice);
    else changed.push(slice);
  }
  for (const slice of unchanged) if (!sameJson(slice.metadata.labels, shape.labels)) changed.push({ ...slice });
  for (const slice of changed) {
    plan.update.push({ ...slice, metadata: { ...slice.metadata, labels: { ...shape.labels } } });
  }
}

const sizeOf = (slice: EndpointSlice) => slice.endpoints?.length ?? 0;

/** The endpoints of the slice that are still wanted, as they are wanted now. */
function keep(slice: EndpointSlice, missing: Map<string, Endpoint>): { endpoints: Endpoint[]; changed: boolean } {
  const endpoints: Endpoint[] = [];
  let changed = false;
  for (const old of slice.endpoints ?? []) {
    const key = endpointKey(old);
    const wanted = missing.get(key);
    if (wanted === undefined) {
      changed = true;
      continue;
    }
    missing.delete(key);
    endpoints.push(wanted);
    changed ||= !sameJson(old, wanted);
  }
  return { endpoints, changed };
}

function fill(slice: EndpointSlice, missing: Map<string, Endpoint>, endpointsMax: number): void {
  const endpoints = [...(slice.endpoints ?? [])];
  for (const [key, endpoint] of missing) {
    if (endpoints.length >= endpointsMax) break;
    endpoints.push(endpoint);
    missing.delete(key);
  }
  slice.endpoints = endpoints;
}

/** Of the slices with room for all, the fullest. */
function takeRoomy(
  slices: Stored<EndpointSlice>[],
  count: number,
  endpointsMax: number,
): Stored<EndpointSlice> | undefined {
  const roomy = slices.filter(slice => sizeOf(slice) + count <= endpointsMax);
  const fullest = roomy.sort((a, b) => sizeOf(b) - sizeOf(a))[0];
  if (fullest !== undefined) slices.splice(slices.indexOf(fullest), 1);
  return fullest;
}

/** A Service without endpoints has one empty slice, so that one can see it was looked at. */
function withPlaceholder(plan: SlicePlan, existing: readonly Stored<EndpointSlice>[], shape: SliceShape): SlicePlan {
  if (plan.create.length > 0 || plan.remove.length < existing.length) return plan;
  const blank = shape.blank([]);
  const [only] = plan.remove;
  const isPlaceholder = sizeOf(only ?? blank) === 0 && portsKey(only?.ports) === '';
  const keeps = plan.remove.length === 1 && isPlaceholder && sameJson(only?.metadata.labels, shape.labels);
  return keeps ? { ...plan, remove: [] } : { ...plan, create: [blank] };
}

/** A slice that would go takes the content of one that would come: one write, and whoever watches sees no gap. */
function reuseNames({ create, update, remove }: SlicePlan): SlicePlan {
  const reusedCount = Math.min(create.length, remove.length);
  const reused = create.slice(create.length - reusedCount).map((slice, i) => {
    const { metadata } = remove[i]!;
    return { ...slice, metadata: { ...metadata, labels: slice.metadata?.labels } };
  });
  return {
    create: create.slice(0, create.length - reusedCount),
    update: [...update, ...reused],
    remove: remove.slice(reusedCount),
  };
}
