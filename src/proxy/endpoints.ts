/** Which endpoints of a Service get traffic on one node. */

import type { ServicePort } from '#api/core/service.ts';
import type { Endpoint, EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import { type Family, ofFamily } from '#proxy/family.ts';

/** Where the question is asked. */
export interface Place {
  readonly nodeName: string;
  /** The node's label `topology.kubernetes.io/zone`. */
  readonly zone?: string | undefined;
}

export interface Target {
  readonly address: string;
  readonly port: number;
  /** On this node, as far as anybody knows: an endpoint that names no node may be here too. */
  readonly maybeHere: boolean;
}

export interface Targets {
  /** For whoever may be served by any endpoint. */
  readonly cluster: readonly Target[];
  /** For whoever must stay on this node. */
  readonly local: readonly Target[];
}

interface Candidate extends Target {
  readonly endpoint: Endpoint;
  readonly here: boolean;
}

/**
 * Endpoints that are ready; when there is none, those that are terminating but still serve, so that the last Pod of a
 * rollout is not cut off before its successor is ready. Nodes and zones hinted at count only while every ready endpoint
 * carries a hint and one of them is for us; otherwise a hint that is late would hide endpoints from everybody.
 */
export function targetsOf(port: ServicePort, slices: readonly EndpointSlice[], place: Place, family: Family): Targets {
  const candidates = candidatesOf(port, slices, place, family);
  const ready = candidates.filter(({ endpoint }) => endpoint.conditions?.ready !== false);
  const serving = candidates.filter(({ endpoint: { conditions } }) => conditions?.serving && conditions.terminating);
  const readyHere = ready.filter(({ here }) => here);
  return {
    cluster: ready.length > 0 ? nearest(ready, place) : serving,
    local: readyHere.length > 0 ? readyHere : serving.filter(({ here }) => here),
  };
}

/** Sorted, and each address once: a Pod is in two slices for a moment when it moves between them. */
function candidatesOf(port: ServicePort, slices: readonly EndpointSlice[], place: Place, family: Family): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const slice of slices) {
    if (slice.addressType !== (family === 'ip' ? 'IPv4' : 'IPv6')) continue;
    const number = portOf(slice, port);
    if (number === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const [address] = ofFamily(endpoint.addresses.slice(0, 1), family);
      if (address === undefined) continue;
      const here = endpoint.nodeName === place.nodeName;
      const candidate = { address, port: number, endpoint, here, maybeHere: here || endpoint.nodeName === undefined };
      const key = `${address} ${number}`;
      if (!found.has(key) || endpoint.conditions?.ready !== false) found.set(key, candidate);
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, candidate]) => candidate);
}

function portOf(slice: EndpointSlice, { name = '', protocol = 'TCP' }: ServicePort): number | undefined {
  return slice.ports?.find(port => (port.name ?? '') === name && (port.protocol ?? 'TCP') === protocol)?.port;
}

function nearest(ready: readonly Candidate[], { nodeName, zone }: Place): readonly Candidate[] {
  const hinted = (names: (candidate: Candidate) => readonly string[], wanted: string | undefined) => {
    if (wanted === undefined || ready.some(candidate => names(candidate).length === 0)) return [];
    return ready.filter(candidate => names(candidate).includes(wanted));
  };
  const forNode = hinted(({ endpoint }) => (endpoint.hints?.forNodes ?? []).map(({ name }) => name), nodeName);
  if (forNode.length > 0) return forNode;
  const forZone = hinted(({ endpoint }) => (endpoint.hints?.forZones ?? []).map(({ name }) => name), zone);
  return forZone.length > 0 ? forZone : ready;
}
