/** The subsets of an Endpoints object: addresses grouped by the ports they serve. Pure. */

import type { EndpointAddress, EndpointPort, EndpointSubset } from '#api/core/endpoints.ts';
import type { Pod } from '#api/core/pod.ts';
import { isPodReady } from '#api/core/pod-state.ts';
import type { Service } from '#api/core/service.ts';
import type { Stored } from '#client/object.ts';
import {
  addressesOf,
  hostnameUnder,
  isBehind,
  isHeadless,
  isIPv6,
  targetPort,
} from '#controllers/service/service-pods.ts';

/** More addresses than this are cut off, those that are not ready first: one object must stay small enough to watch. */
const addressesMax = 1000;

interface Group {
  readonly ports: EndpointPort[];
  readonly ready: EndpointAddress[];
  readonly notReady: EndpointAddress[];
}

export function endpointSubsets(
  service: Service,
  pods: readonly Stored<Pod>[],
): { subsets: EndpointSubset[]; truncated: boolean } {
  const groups = new Map<string, Group>();
  const keepNotReady = service.spec?.publishNotReadyAddresses ?? false;
  for (const pod of pods) {
    if (!isBehind(pod, keepNotReady)) continue;
    const address = addressFor(service, pod);
    const ports = portsFor(service, pod);
    if (address === undefined || ports === undefined) continue;
    const key = ports.map(({ name = '', port, protocol }) => `${name}/${port}/${protocol}`).join();
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    (keepNotReady || isPodReady(pod) ? group.ready : group.notReady).push(address);
    groups.set(key, group);
  }
  const ordered = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  const total = ordered.reduce((sum, { ready, notReady }) => sum + ready.length + notReady.length, 0);
  return { subsets: cut(ordered, addressesMax), truncated: total > addressesMax };
}

/** Undefined when the Pod has none of the Service's ports. A headless Service needs none. */
function portsFor(service: Service, pod: Pod): EndpointPort[] | undefined {
  const ports = service.spec?.ports ?? [];
  if (ports.length === 0) return isHeadless(service) ? [] : undefined;
  const found = ports.flatMap(({ name, protocol = 'TCP', appProtocol, ...rest }) => {
    const port = targetPort(pod, { name, protocol, appProtocol, ...rest });
    return port === undefined ? [] : [{ name: name || undefined, port, protocol, appProtocol }];
  });
  return found.length > 0 ? found : undefined;
}

/** Of the Service's first family. */
function addressFor(service: Service, pod: Stored<Pod>): EndpointAddress | undefined {
  const wantsIPv6 = service.spec?.ipFamilies?.[0] === 'IPv6';
  const ip = addressesOf(pod).find(address => isIPv6(address) === wantsIPv6);
  if (ip === undefined) return undefined;
  const { namespace, name, uid } = pod.metadata;
  return {
    ip,
    hostname: hostnameUnder(pod, service),
    nodeName: pod.spec.nodeName || undefined,
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

const byAddress = (a: EndpointAddress, b: EndpointAddress) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0);

function cut(groups: readonly Group[], max: number): EndpointSubset[] {
  let left = max;
  const take = (addresses: EndpointAddress[]) => {
    const taken = addresses.sort(byAddress).slice(0, left);
    left -= taken.length;
    return taken.length > 0 ? taken : undefined;
  };
  const ready = groups.map(group => take(group.ready));
  return groups
    .map((group, i) => ({
      addresses: ready[i],
      notReadyAddresses: take(group.notReady),
      ports: group.ports.length > 0 ? group.ports : undefined,
    }))
    .filter(subset => subset.addresses !== undefined || subset.notReadyAddresses !== undefined);
}
