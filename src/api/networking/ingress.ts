import { TypedLocalObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct } from '#machinery/schema.ts';

export const ServiceBackendPort = struct(
  'io.k8s.api.networking.v1.ServiceBackendPort',
  {
    name: field(1, string),
    number: field(2, int32),
  },
  { atomic: true },
);
export interface ServiceBackendPort extends TypeOf<typeof ServiceBackendPort> {}

export const IngressServiceBackend = struct('io.k8s.api.networking.v1.IngressServiceBackend', {
  name: always(1, string, { required: true }),
  port: always(2, ServiceBackendPort),
});
export interface IngressServiceBackend extends TypeOf<typeof IngressServiceBackend> {}

export const IngressBackend = struct('io.k8s.api.networking.v1.IngressBackend', {
  resource: optional(3, TypedLocalObjectReference),
  service: optional(4, IngressServiceBackend),
});
export interface IngressBackend extends TypeOf<typeof IngressBackend> {}

export const HTTPIngressPath = struct('io.k8s.api.networking.v1.HTTPIngressPath', {
  path: field(1, string),
  pathType: always(3, string, { required: true }),
  backend: always(2, IngressBackend, { required: true }),
});
export interface HTTPIngressPath extends TypeOf<typeof HTTPIngressPath> {}

export const HTTPIngressRuleValue = struct('io.k8s.api.networking.v1.HTTPIngressRuleValue', {
  paths: always(1, list(HTTPIngressPath), { required: true }),
});
export interface HTTPIngressRuleValue extends TypeOf<typeof HTTPIngressRuleValue> {}

export const IngressRule = struct('io.k8s.api.networking.v1.IngressRule', {
  host: field(1, string),
  http: optional([2, 1], HTTPIngressRuleValue),
});
export interface IngressRule extends TypeOf<typeof IngressRule> {}

export const IngressTLS = struct('io.k8s.api.networking.v1.IngressTLS', {
  hosts: field(1, list(string)),
  secretName: field(2, string),
});
export interface IngressTLS extends TypeOf<typeof IngressTLS> {}

export const IngressSpec = struct('io.k8s.api.networking.v1.IngressSpec', {
  ingressClassName: optional(4, string),
  defaultBackend: optional(1, IngressBackend),
  tls: field(2, list(IngressTLS)),
  rules: field(3, list(IngressRule)),
});
export interface IngressSpec extends TypeOf<typeof IngressSpec> {}

export const IngressPortStatus = struct('io.k8s.api.networking.v1.IngressPortStatus', {
  port: always(1, int32, { required: true }),
  protocol: always(2, string, { required: true }),
  error: optional(3, string),
});
export interface IngressPortStatus extends TypeOf<typeof IngressPortStatus> {}

export const IngressLoadBalancerIngress = struct('io.k8s.api.networking.v1.IngressLoadBalancerIngress', {
  ip: field(1, string),
  hostname: field(2, string),
  ports: field(4, list(IngressPortStatus)),
});
export interface IngressLoadBalancerIngress extends TypeOf<typeof IngressLoadBalancerIngress> {}

export const IngressLoadBalancerStatus = struct('io.k8s.api.networking.v1.IngressLoadBalancerStatus', {
  ingress: field(1, list(IngressLoadBalancerIngress)),
});
export interface IngressLoadBalancerStatus extends TypeOf<typeof IngressLoadBalancerStatus> {}

export const IngressStatus = struct('io.k8s.api.networking.v1.IngressStatus', {
  loadBalancer: always(1, IngressLoadBalancerStatus),
});
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
  { gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress' } },
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
