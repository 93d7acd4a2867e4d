/** Services and EndpointSlices in few words. */

import type { Service, ServicePort, ServiceSpec, ServiceStatus } from '#api/core/service.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '#api/discovery/endpoint-slice.ts';

export interface ServiceParts extends Omit<Partial<ServiceSpec>, 'ports'> {
  ports?: Partial<ServicePort>[];
  status?: ServiceStatus;
}

export function service(key: string, { status, ports, ...spec }: ServiceParts): Service {
  const [namespace, name = ''] = key.split('/');
  const clusterIPs = spec.clusterIP === undefined ? undefined : [spec.clusterIP];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec: { type: 'ClusterIP', clusterIPs, ports: (ports ?? [{ port: 80 }]) as ServicePort[], ...spec },
    status: status ?? {},
  } as Service;
}

/** `10.244.1.2`, or an endpoint with more to say. */
export function slice(
  key: string,
  endpoints: readonly (string | Endpoint)[],
  ports: Partial<EndpointPort>[] = [{ name: '', port: 8080, protocol: 'TCP' }],
  sliceName = 'a',
): EndpointSlice {
  const [namespace, name = ''] = key.split('/');
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-${sliceName}`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: endpoints.map(each =>
      typeof each === 'string' ? { addresses: [each], conditions: { ready: true, serving: true } } : each,
    ),
    ports,
  } as EndpointSlice;
}
