/** What the slices of hand-written Endpoints should be. Pure. */

import type { EndpointAddress, Endpoints } from '#api/core/endpoints.ts';
import type { Service } from '#api/core/service.ts';
import type { Endpoint } from '#api/discovery/endpoint-slice.ts';
import { inPortOrder } from '#controllers/service/port-order.ts';
import { isIPv6 } from '#controllers/service/service-pods.ts';
import type { PortGroup } from '#controllers/service/slices.ts';

/** Of a subset no more than this is mirrored, upstream's bound. */
const subsetEndpointsMax = 1000;
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';
const managedByLabel = 'endpoints.kubernetes.io/managed-by';

export function isMirrored(endpoints: Endpoints, service: Service | undefined): boolean {
  const { labels, annotations } = endpoints.metadata ?? {};
  if (labels?.[skipLabel] === 'true' || annotations?.[leaderAnnotation] !== undefined) return false;
  if (labels?.[managedByLabel] === 'endpoint-controller') return false;
  return service !== undefined && !service.spec?.selector;
}

export function mirroredGroups(endpoints: Endpoints, family: 'IPv4' | 'IPv6'): PortGroup[] {
  const groups: PortGroup[] = [];
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of endpoints.subsets ?? []) {
    const ofFamily = (address: EndpointAddress) => isIPv6(address.ip) === (family === 'IPv6');
    const mirrored = [
      ...addresses.filter(ofFamily).map(address => endpointOf(address, true)),
      ...notReadyAddresses.filter(ofFamily).map(address => endpointOf(address, false)),
    ].sort((a, b) => (a.addresses[0]! < b.addresses[0]! ? -1 : 1));
    if (mirrored.length === 0) continue;
    const mirroredPorts = ports.map(({ name = '', protocol = 'TCP', port, appProtocol }) => {
      return { name, protocol, port, appProtocol };
    });
    groups.push({
      ports: inPortOrder(mirroredPorts),
      endpoints: mirrored.slice(0, subsetEndpointsMax),
    });
  }
  return groups;
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return { addresses: [ip], conditions: { ready }, hostname: hostname || undefined, targetRef, nodeName };
}
