/** The endpoints that a Service should have, by address family and ports. Pure. */

import type { Node } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { isPodReady } from '#api/core/pod-state.ts';
import type { Service } from '#api/core/service.ts';
import type { Endpoint, EndpointHints, EndpointPort } from '#api/discovery/endpoint-slice.ts';
import type { Stored } from '#client/object.ts';
import { inPortOrder } from '#controllers/service/port-order.ts';
import {
  addressesOf,
  hostnameUnder,
  isBehind,
  isHeadless,
  isIPv6,
  targetPort,
} from '#controllers/service/service-pods.ts';
import type { PortGroup } from '#controllers/service/slices.ts';
import { portsKey } from '#controllers/service/slices.ts';

export type AddressType = 'IPv4' | 'IPv6';
const zoneLabel = 'topology.kubernetes.io/zone';

export function addressTypesOf(service: Service): AddressType[] {
  const families = (service.spec?.ipFamilies ?? []).filter(family => family === 'IPv4' || family === 'IPv6');
  return families.length > 0 ? families : ['IPv4'];
}

export interface Desired {
  readonly groups: PortGroup[];
  /** Pods whose Node has not come yet: their zone is not known, so they are left out until it has. */
  readonly withoutNode: boolean;
}

export function desiredEndpoints(
  service: Service,
  pods: readonly Stored<Pod>[],
  addressType: AddressType,
  nodeOf: (name: string) => Node | undefined,
): Desired {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  let withoutNode = false;
  for (const pod of pods) {
    if (!isBehind(pod, true)) continue;
    const addresses = addressesOf(pod).filter(address => isIPv6(address) === (addressType === 'IPv6'));
    if (addresses.length === 0) continue;
    const node = pod.spec.nodeName ? nodeOf(pod.spec.nodeName) : undefined;
    if (pod.spec.nodeName && node === undefined) {
      withoutNode = true;
      continue;
    }
    const ports = portsFor(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpointOf(service, pod, node, addresses));
    groups.set(key, group);
  }
  return { groups: [...groups.values()], withoutNode };
}

function portsFor(service: Service, pod: Pod): EndpointPort[] {
  const ports = service.spec?.ports ?? [];
  if (ports.length === 0 && isHeadless(service)) return [];
  const found = ports.flatMap(each => {
    const port = targetPort(pod, each);
    if (port === undefined) return [];
    return [{ name: each.name ?? '', protocol: each.protocol ?? 'TCP', port, appProtocol: each.appProtocol }];
  });
  return inPortOrder(found);
}

function endpointOf(service: Service, pod: Stored<Pod>, node: Node | undefined, addresses: string[]): Endpoint {
  const serving = isPodReady(pod);
  const terminating = Boolean(pod.metadata.deletionTimestamp);
  const ready = Boolean(service.spec?.publishNotReadyAddresses) || (serving && !terminating);
  const { namespace, name, uid } = pod.metadata;
  const zone = node?.metadata?.labels?.[zoneLabel];
  return {
    addresses,
    conditions: { ready, serving, terminating },
    hostname: hostnameUnder(pod, service),
    targetRef: { kind: 'Pod', namespace, name, uid },
    nodeName: pod.spec.nodeName || undefined,
    zone,
    hints: hintsOf(service, pod.spec.nodeName, zone),
  };
}

/** Where traffic to this endpoint should come from. */
function hintsOf(service: Service, nodeName: string | undefined, zone: string | undefined): EndpointHints | undefined {
  const forZones = zone ? [{ name: zone }] : undefined;
  switch (service.spec?.trafficDistribution) {
    case 'PreferClose':
    case 'PreferSameZone':
      return forZones && { forZones };
    case 'PreferSameNode':
      return nodeName ? { forZones, forNodes: [{ name: nodeName }] } : undefined;
    default:
      return undefined;
  }
}
