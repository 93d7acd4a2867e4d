import { Condition, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, intOrString, list, map, optional, string, struct } from '#machinery/schema.ts';

export const ServicePort = struct(
  'io.k8s.api.core.v1.ServicePort',
  {
    name: field(1, string),
    protocol: field(2, string, { default: 'TCP', enum: ['TCP', 'UDP', 'SCTP'] }),
    appProtocol: optional(6, string),
    port: always(3, int32, { required: true }),
    targetPort: always(4, intOrString),
    nodePort: field(5, int32),
  },
  {
    defaults(port) {
      if (!port.targetPort) port.targetPort = port.port ?? 0;
    },
  },
);
export interface ServicePort extends TypeOf<typeof ServicePort> {}

export const ClientIPConfig = struct('io.k8s.api.core.v1.ClientIPConfig', {
  timeoutSeconds: optional(1, int32),
});
export interface ClientIPConfig extends TypeOf<typeof ClientIPConfig> {}

export const SessionAffinityConfig = struct('io.k8s.api.core.v1.SessionAffinityConfig', {
  clientIP: optional(1, ClientIPConfig),
});
export interface SessionAffinityConfig extends TypeOf<typeof SessionAffinityConfig> {}

export const ServiceSpec = struct(
  'io.k8s.api.core.v1.ServiceSpec',
  {
    ports: field(1, list(ServicePort, { type: 'map', keys: ['port', 'protocol'], patch: ['merge'], mergeKey: 'port' })),
    selector: field(2, map(string, { atomic: true })),
    clusterIP: field(3, string),
    clusterIPs: field(18, list(string)),
    type: field(4, string, { enum: ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] }),
    externalIPs: field(5, list(string)),
    sessionAffinity: field(7, string, { enum: ['ClientIP', 'None'] }),
    loadBalancerIP: field(8, string),
    loadBalancerSourceRanges: field(9, list(string)),
    externalName: field(10, string),
    externalTrafficPolicy: field(11, string, { enum: ['Cluster', 'Local'] }),
    healthCheckNodePort: field(12, int32),
    publishNotReadyAddresses: field(13, boolean),
    sessionAffinityConfig: optional(14, SessionAffinityConfig),
    ipFamilies: field(19, list(string), { enum: ['IPv4', 'IPv6', ''] }),
    ipFamilyPolicy: optional(17, string, { enum: ['SingleStack', 'PreferDualStack', 'RequireDualStack'] }),
    allocateLoadBalancerNodePorts: optional(20, boolean),
    loadBalancerClass: optional(21, string),
    internalTrafficPolicy: optional(22, string, { enum: ['Cluster', 'Local'] }),
    trafficDistribution: optional(23, string),
  },
  { defaults: setServiceDefaults },
);
export interface ServiceSpec extends TypeOf<typeof ServiceSpec> {}

/** How long a client stays with its Pod: three hours. */
const affinitySecondsDefault = 10_800;

interface Defaulted {
  type?: string | undefined;
  sessionAffinity?: string | undefined;
  sessionAffinityConfig?: SessionAffinityConfig | undefined;
  externalIPs?: readonly string[] | undefined;
  externalTrafficPolicy?: string | undefined;
  internalTrafficPolicy?: string | undefined;
  allocateLoadBalancerNodePorts?: boolean | undefined;
}

function setServiceDefaults(spec: Defaulted): void {
  spec.type ||= 'ClusterIP';
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    const timeoutSeconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? affinitySecondsDefault;
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds } };
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type === 'ClusterIP' || spec.type === 'NodePort' || spec.type === 'LoadBalancer') {
    spec.internalTrafficPolicy ??= 'Cluster';
  }
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

/** Whether packets may come from outside of the cluster. */
export function isExternallyAccessible(spec: Pick<Defaulted, 'type' | 'externalIPs'>): boolean {
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') return true;
  return spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0;
}

export const isHeadless = ({ clusterIPs }: Pick<ServiceSpec, 'clusterIPs'>): boolean => clusterIPs?.[0] === 'None';

export const PortStatus = struct('io.k8s.api.core.v1.PortStatus', {
  port: always(1, int32, { required: true }),
  protocol: always(2, string, { required: true, enum: ['TCP', 'UDP', 'SCTP'] }),
  error: optional(3, string),
});
export interface PortStatus extends TypeOf<typeof PortStatus> {}

export const LoadBalancerIngress = struct(
  'io.k8s.api.core.v1.LoadBalancerIngress',
  {
    ip: field(1, string),
    hostname: field(2, string),
    ipMode: optional(3, string, { enum: ['VIP', 'Proxy'] }),
    ports: field(4, list(PortStatus)),
  },
  {
    defaults(ingress) {
      if (ingress.ip) ingress.ipMode ??= 'VIP';
    },
  },
);
export interface LoadBalancerIngress extends TypeOf<typeof LoadBalancerIngress> {}

export const LoadBalancerStatus = struct('io.k8s.api.core.v1.LoadBalancerStatus', {
  ingress: field(1, list(LoadBalancerIngress)),
});
export interface LoadBalancerStatus extends TypeOf<typeof LoadBalancerStatus> {}

export const ServiceStatus = struct('io.k8s.api.core.v1.ServiceStatus', {
  loadBalancer: always(1, LoadBalancerStatus),
  conditions: field(2, list(Condition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' })),
});
export interface ServiceStatus extends TypeOf<typeof ServiceStatus> {}

export const Service = struct(
  'io.k8s.api.core.v1.Service',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, ServiceSpec),
    status: always(3, ServiceStatus),
  },
  { gvk: { group: '', version: 'v1', kind: 'Service' } },
);
export interface Service extends TypeOf<typeof Service> {}

export const services = defineResource({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['svc'],
  categories: ['all'],
  subresources: {
    proxy: {
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
      gvk: { group: '', version: 'v1', kind: 'ServiceProxyOptions' },
    },
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: Service,
});
