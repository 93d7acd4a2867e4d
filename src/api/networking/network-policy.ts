import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, intOrString, list, optional, string, struct } from '#machinery/schema.ts';

export const NetworkPolicyPort = struct('io.k8s.api.networking.v1.NetworkPolicyPort', {
  protocol: optional(1, string, { default: 'TCP' }),
  port: optional(2, intOrString),
  endPort: optional(3, int32),
});
export interface NetworkPolicyPort extends TypeOf<typeof NetworkPolicyPort> {}

export const IPBlock = struct('io.k8s.api.networking.v1.IPBlock', {
  cidr: always(1, string, { required: true }),
  except: field(2, list(string)),
});
export interface IPBlock extends TypeOf<typeof IPBlock> {}

export const NetworkPolicyPeer = struct('io.k8s.api.networking.v1.NetworkPolicyPeer', {
  podSelector: optional(1, LabelSelector),
  namespaceSelector: optional(2, LabelSelector),
  ipBlock: optional(3, IPBlock),
});
export interface NetworkPolicyPeer extends TypeOf<typeof NetworkPolicyPeer> {}

export const NetworkPolicyEgressRule = struct('io.k8s.api.networking.v1.NetworkPolicyEgressRule', {
  ports: field(1, list(NetworkPolicyPort)),
  to: field(2, list(NetworkPolicyPeer)),
});
export interface NetworkPolicyEgressRule extends TypeOf<typeof NetworkPolicyEgressRule> {}

export const NetworkPolicyIngressRule = struct('io.k8s.api.networking.v1.NetworkPolicyIngressRule', {
  ports: field(1, list(NetworkPolicyPort)),
  from: field(2, list(NetworkPolicyPeer)),
});
export interface NetworkPolicyIngressRule extends TypeOf<typeof NetworkPolicyIngressRule> {}

export const NetworkPolicySpec = struct(
  'io.k8s.api.networking.v1.NetworkPolicySpec',
  {
    podSelector: always(1, LabelSelector),
    ingress: field(2, list(NetworkPolicyIngressRule)),
    egress: field(3, list(NetworkPolicyEgressRule)),
    policyTypes: field(4, list(string), { enum: ['Ingress', 'Egress'] }),
  },
  {
    defaults(spec) {
      if (spec.policyTypes?.length) return;
      spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
    },
  },
);
export interface NetworkPolicySpec extends TypeOf<typeof NetworkPolicySpec> {}

export const NetworkPolicy = struct(
  'io.k8s.api.networking.v1.NetworkPolicy',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, NetworkPolicySpec),
  },
  { gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' } },
);
export interface NetworkPolicy extends TypeOf<typeof NetworkPolicy> {}

export const networkPolicies = defineResource({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  singular: 'networkpolicy',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['netpol'],
  schema: NetworkPolicy,
});
