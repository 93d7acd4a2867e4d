import { TypedLocalObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct } from '#machinery/schema.ts';

export const ServiceBackendPort = struct(
  'io.k8s.api.networking.v1.ServiceBackendPort',
  {
    name: field(1, string, { doc: 'Name of the port. Not together with number.' }),
    number: field(2, int32, { doc: 'Number of the port. Not together with name.' }),
  },
  { doc: 'A port of a Service, by name or number.', atomic: true },
);
export interface ServiceBackendPort extends TypeOf<typeof ServiceBackendPort> {}

export const IngressServiceBackend = struct(
  'io.k8s.api.networking.v1.IngressServiceBackend',
  {
    name: always(1, string, { required: true, doc: 'Name of the Service, in the namespace of the Ingress.' }),
    port: always(2, ServiceBackendPort, { doc: 'Port of the Service.' }),
  },
  { doc: 'A Service that requests go to.' },
);
export interface IngressServiceBackend extends TypeOf<typeof IngressServiceBackend> {}

export const IngressBackend = struct(
  'io.k8s.api.networking.v1.IngressBackend',
  {
    resource: optional(3, TypedLocalObjectReference, {
      doc: 'An object of the same namespace. Not together with service.',
    }),
    service: optional(4, IngressServiceBackend, { doc: 'A Service. Not together with resource.' }),
  },
  { doc: 'Where requests go: a Service or a resource.' },
);
export interface IngressBackend extends TypeOf<typeof IngressBackend> {}

export const HTTPIngressPath = struct(
  'io.k8s.api.networking.v1.HTTPIngressPath',
  {
    path: field(1, string, { doc: 'Path of the request, from /. Everything if absent and the type allows it.' }),
    pathType: always(3, string, {
      required: true,
      doc: 'Exact, Prefix (element by element) or ImplementationSpecific.',
    }),
    backend: always(2, IngressBackend, { required: true, doc: 'Where matching requests go.' }),
  },
  { doc: 'A path and the backend it leads to.' },
);
export interface HTTPIngressPath extends TypeOf<typeof HTTPIngressPath> {}

export const HTTPIngressRuleValue = struct(
  'io.k8s.api.networking.v1.HTTPIngressRuleValue',
  {
    paths: always(1, list(HTTPIngressPath), { required: true, doc: 'The paths. The longest that matches wins.' }),
  },
  { doc: 'Paths and their backends.' },
);
export interface HTTPIngressRuleValue extends TypeOf<typeof HTTPIngressRuleValue> {}

export const IngressRule = struct(
  'io.k8s.api.networking.v1.IngressRule',
  {
    host: field(1, string, { doc: 'Host of the request; *. stands for one first label. Every host if absent.' }),
    http: optional([2, 1], HTTPIngressRuleValue, { doc: 'Paths and their backends. The default backend if absent.' }),
  },
  { doc: 'What happens to requests for a host.' },
);
export interface IngressRule extends TypeOf<typeof IngressRule> {}

export const IngressTLS = struct(
  'io.k8s.api.networking.v1.IngressTLS',
  {
    hosts: field(1, list(string), { doc: 'Hosts that the certificate is for. Those of the rules if absent.' }),
    secretName: field(2, string, { doc: 'Secret of the type kubernetes.io/tls that holds it.' }),
  },
  { doc: 'A certificate and the hosts it is for.' },
);
export interface IngressTLS extends TypeOf<typeof IngressTLS> {}

export const IngressSpec = struct(
  'io.k8s.api.networking.v1.IngressSpec',
  {
    ingressClassName: optional(4, string, { doc: 'IngressClass that serves it. The default class if absent.' }),
    defaultBackend: optional(1, IngressBackend, { doc: 'Where requests go that match no rule.' }),
    tls: field(2, list(IngressTLS), { doc: 'Certificates for hosts. All on port 443, told apart by name.' }),
    rules: field(3, list(IngressRule), { doc: 'Rules by host. All requests go to the default backend if absent.' }),
  },
  { doc: 'How requests from outside reach Services.' },
);
export interface IngressSpec extends TypeOf<typeof IngressSpec> {}

export const IngressPortStatus = struct(
  'io.k8s.api.networking.v1.IngressPortStatus',
  {
    port: always(1, int32, { required: true, doc: 'Number of the port.' }),
    protocol: always(2, string, { required: true, doc: 'TCP, UDP or SCTP.' }),
    error: optional(3, string, { doc: 'What went wrong, in CamelCase. Absent if nothing.' }),
  },
  { doc: 'State of a port of an entry point.' },
);
export interface IngressPortStatus extends TypeOf<typeof IngressPortStatus> {}

export const IngressLoadBalancerIngress = struct(
  'io.k8s.api.networking.v1.IngressLoadBalancerIngress',
  {
    ip: field(1, string, { doc: 'IP of the entry point.' }),
    hostname: field(2, string, { doc: 'Name of the entry point.' }),
    ports: field(4, list(IngressPortStatus), { doc: 'State of its ports.' }),
  },
  { doc: 'An entry point.' },
);
export interface IngressLoadBalancerIngress extends TypeOf<typeof IngressLoadBalancerIngress> {}

export const IngressLoadBalancerStatus = struct(
  'io.k8s.api.networking.v1.IngressLoadBalancerStatus',
  {
    ingress: field(1, list(IngressLoadBalancerIngress), { doc: 'Entry points, where traffic comes in.' }),
  },
  { doc: 'State of the load balancer.' },
);
export interface IngressLoadBalancerStatus extends TypeOf<typeof IngressLoadBalancerStatus> {}

export const IngressStatus = struct(
  'io.k8s.api.networking.v1.IngressStatus',
  {
    loadBalancer: always(1, IngressLoadBalancerStatus, { doc: 'State of the load balancer.' }),
  },
  { doc: 'What is observed of the Ingress.' },
);
export interface IngressStatus extends TypeOf<typeof IngressStatus> {}

export const Ingress = struct(
  'io.k8s.api.networking.v1.Ingress',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, IngressSpec),
    status: always(3, IngressStatus),
  },
  {
    doc: 'Leads HTTP requests from outside to Services, by host and path.',
    gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress' },
  },
);
export interface Ingress extends TypeOf<typeof Ingress> {}

export const ingresses = defineResource({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  singular: 'ingress',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['ing'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: Ingress,
});
