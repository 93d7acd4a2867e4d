import { Condition, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, intOrString, list, map, optional, string, struct } from '#machinery/schema.ts';

export const ServicePort = struct(
  'io.k8s.api.core.v1.ServicePort',
  {
    name: field(1, string, { doc: 'Name, unique in the Service. May be empty if there is only one port.' }),
    protocol: field(2, string, {
      default: 'TCP',
      enum: ['TCP', 'UDP', 'SCTP'],
      doc: 'TCP, UDP or SCTP. TCP if absent.',
    }),
    appProtocol: optional(6, string, { doc: 'Protocol spoken on top, such as kubernetes.io/h2c. A hint.' }),
    port: always(3, int32, { required: true, doc: 'Port of the Service.' }),
    targetPort: always(4, intOrString, { doc: "Number or name of the Pods' port. The same as port if absent." }),
    nodePort: field(5, int32, { doc: 'Port on every node. Chosen by the server if absent and the type needs one.' }),
  },
  {
    doc: 'A port that the Service offers.',
    defaults(port) {
      if (!port.targetPort) port.targetPort = port.port ?? 0;
    },
  },
);
export interface ServicePort extends TypeOf<typeof ServicePort> {}

export const ClientIPConfig = struct(
  'io.k8s.api.core.v1.ClientIPConfig',
  {
    timeoutSeconds: optional(1, int32, {
      doc: 'Seconds that a client stays with its endpoint, up to 86400. 10800 if absent.',
    }),
  },
  { doc: "Affinity by the client's IP." },
);
export interface ClientIPConfig extends TypeOf<typeof ClientIPConfig> {}

export const SessionAffinityConfig = struct(
  'io.k8s.api.core.v1.SessionAffinityConfig',
  {
    clientIP: optional(1, ClientIPConfig, { doc: "Settings of affinity by the client's IP." }),
  },
  { doc: 'Settings of session affinity.' },
);
export interface SessionAffinityConfig extends TypeOf<typeof SessionAffinityConfig> {}

export const ServiceSpec = struct(
  'io.k8s.api.core.v1.ServiceSpec',
  {
    ports: field(
      1,
      list(ServicePort, { type: 'map', keys: ['port', 'protocol'], patch: ['merge'], mergeKey: 'port' }),
      { doc: 'Ports that it offers.' },
    ),
    selector: field(2, map(string, { atomic: true }), {
      doc: 'Labels of the Pods. Without one the endpoints are made by others.',
    }),
    clusterIP: field(3, string, { doc: 'Its IP in the cluster. Chosen if empty; None makes it headless.' }),
    clusterIPs: field(18, list(string), { doc: 'Its IPs, one for each family. The first is clusterIP.' }),
    type: field(4, string, {
      enum: ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'],
      doc: 'ClusterIP, NodePort, LoadBalancer or ExternalName. ClusterIP if absent.',
    }),
    externalIPs: field(5, list(string), {
      doc: 'Further IPs for which nodes accept its traffic. Nobody manages them.',
    }),
    sessionAffinity: field(7, string, {
      enum: ['ClientIP', 'None'],
      doc: 'ClientIP keeps a client with one endpoint. None if absent.',
    }),
    loadBalancerIP: field(8, string, { doc: 'Deprecated: IP wanted of the load balancer.' }),
    loadBalancerSourceRanges: field(9, list(string), {
      doc: 'Client ranges that the load balancer lets in. All if absent.',
    }),
    externalName: field(10, string, { doc: 'Name that DNS answers with, for the type ExternalName.' }),
    externalTrafficPolicy: field(11, string, {
      enum: ['Cluster', 'Local'],
      doc: "Local uses only endpoints of the node and keeps the client's IP. Cluster if absent.",
    }),
    healthCheckNodePort: field(12, int32, {
      doc: 'Port where nodes say if they have endpoints, for load balancers with policy Local.',
    }),
    publishNotReadyAddresses: field(13, boolean, { doc: 'True treats endpoints as ready before they are.' }),
    sessionAffinityConfig: optional(14, SessionAffinityConfig, { doc: 'Settings of session affinity.' }),
    ipFamilies: field(19, list(string), {
      enum: ['IPv4', 'IPv6', ''],
      doc: 'IPv4, IPv6 or both in order. Those of the cluster if absent.',
    }),
    ipFamilyPolicy: optional(17, string, {
      enum: ['SingleStack', 'PreferDualStack', 'RequireDualStack'],
      doc: 'SingleStack, PreferDualStack or RequireDualStack. SingleStack if absent.',
    }),
    allocateLoadBalancerNodePorts: optional(20, boolean, {
      doc: 'False gives a load balancer no node ports. True if absent.',
    }),
    loadBalancerClass: optional(21, string, { doc: 'Which load balancer is to serve it. The default one if absent.' }),
    internalTrafficPolicy: optional(22, string, {
      enum: ['Cluster', 'Local'],
      doc: "Local uses only endpoints of the client's node. Cluster if absent.",
    }),
    trafficDistribution: optional(23, string, {
      doc: 'PreferSameZone or PreferSameNode prefers endpoints nearby. No preference if absent.',
    }),
  },
  { doc: 'What the Service offers and to which Pods it leads.', defaults: setServiceDefaults },
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

export const PortStatus = struct(
  'io.k8s.api.core.v1.PortStatus',
  {
    port: always(1, int32, { required: true, doc: 'Number of the port.' }),
    protocol: always(2, string, { required: true, enum: ['TCP', 'UDP', 'SCTP'], doc: 'TCP, UDP or SCTP.' }),
    error: optional(3, string, { doc: 'What went wrong, in CamelCase. Absent if nothing.' }),
  },
  { doc: 'State of a port of a load balancer.' },
);
export interface PortStatus extends TypeOf<typeof PortStatus> {}

export const LoadBalancerIngress = struct(
  'io.k8s.api.core.v1.LoadBalancerIngress',
  {
    ip: field(1, string, { doc: 'IP of the entry point.' }),
    hostname: field(2, string, { doc: 'Name of the entry point.' }),
    ipMode: optional(3, string, {
      enum: ['VIP', 'Proxy'],
      doc: 'VIP keeps the address of the Service, Proxy replaces it. VIP if absent.',
    }),
    ports: field(4, list(PortStatus), { doc: 'State of its ports.' }),
  },
  {
    doc: 'An entry point of a load balancer.',
    defaults(ingress) {
      if (ingress.ip) ingress.ipMode ??= 'VIP';
    },
  },
);
export interface LoadBalancerIngress extends TypeOf<typeof LoadBalancerIngress> {}

export const LoadBalancerStatus = struct(
  'io.k8s.api.core.v1.LoadBalancerStatus',
  {
    ingress: field(1, list(LoadBalancerIngress), { doc: 'Entry points, where traffic comes in.' }),
  },
  { doc: 'State of a load balancer.' },
);
export interface LoadBalancerStatus extends TypeOf<typeof LoadBalancerStatus> {}

export const ServiceStatus = struct(
  'io.k8s.api.core.v1.ServiceStatus',
  {
    loadBalancer: always(1, LoadBalancerStatus, { doc: 'State of its load balancer.' }),
    conditions: field(2, list(Condition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }), {
      doc: 'What is true of it now, one entry for each type.',
    }),
  },
  { doc: 'What is observed of the Service.' },
);
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
  { doc: 'A stable name and address for a set of Pods.', gvk: { group: '', version: 'v1', kind: 'Service' } },
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
