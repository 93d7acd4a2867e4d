import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, intOrString, list, optional, string, struct } from '#machinery/schema.ts';

export const NetworkPolicyPort = struct(
  'io.k8s.api.networking.v1.NetworkPolicyPort',
  {
    protocol: optional(1, string, { default: 'TCP', doc: 'TCP, UDP or SCTP. TCP if absent.' }),
    port: optional(2, intOrString, { doc: 'Number or name of the port. All if absent.' }),
    endPort: optional(3, int32, { doc: 'Last port of a range that begins at port.' }),
  },
  { doc: 'Ports of a rule.' },
);
export interface NetworkPolicyPort extends TypeOf<typeof NetworkPolicyPort> {}

export const IPBlock = struct(
  'io.k8s.api.networking.v1.IPBlock',
  {
    cidr: always(1, string, { required: true, doc: 'The range, such as 192.0.2.0/24.' }),
    except: field(2, list(string), { doc: 'Parts of the range that do not count.' }),
  },
  { doc: 'A range of IPs.' },
);
export interface IPBlock extends TypeOf<typeof IPBlock> {}

export const NetworkPolicyPeer = struct(
  'io.k8s.api.networking.v1.NetworkPolicyPeer',
  {
    podSelector: optional(1, LabelSelector, {
      doc: "Pods by label, in the policy's namespace or those of namespaceSelector.",
    }),
    namespaceSelector: optional(2, LabelSelector, { doc: 'Namespaces by label. Empty selects all.' }),
    ipBlock: optional(3, IPBlock, { doc: 'A range of IPs. Not together with the selectors.' }),
  },
  { doc: 'Pods or addresses at the other end.' },
);
export interface NetworkPolicyPeer extends TypeOf<typeof NetworkPolicyPeer> {}

export const NetworkPolicyEgressRule = struct(
  'io.k8s.api.networking.v1.NetworkPolicyEgressRule',
  {
    ports: field(1, list(NetworkPolicyPort), { doc: 'Ports at the other end. All if empty.' }),
    to: field(2, list(NetworkPolicyPeer), { doc: 'Where it may go. Everywhere if empty.' }),
  },
  { doc: 'Traffic that may leave the Pods.' },
);
export interface NetworkPolicyEgressRule extends TypeOf<typeof NetworkPolicyEgressRule> {}

export const NetworkPolicyIngressRule = struct(
  'io.k8s.api.networking.v1.NetworkPolicyIngressRule',
  {
    ports: field(1, list(NetworkPolicyPort), { doc: 'Ports of the Pods. All if empty.' }),
    from: field(2, list(NetworkPolicyPeer), { doc: 'Where it may come from. Everywhere if empty.' }),
  },
  { doc: 'Traffic that may reach the Pods.' },
);
export interface NetworkPolicyIngressRule extends TypeOf<typeof NetworkPolicyIngressRule> {}

export const NetworkPolicySpec = struct(
  'io.k8s.api.networking.v1.NetworkPolicySpec',
  {
    podSelector: always(1, LabelSelector, { doc: 'Pods of the namespace that it is for. Empty selects all.' }),
    ingress: field(2, list(NetworkPolicyIngressRule), { doc: 'What may reach them. Nothing if empty.' }),
    egress: field(3, list(NetworkPolicyEgressRule), {
      doc: 'What may leave them. Nothing if empty and Egress is among policyTypes.',
    }),
    policyTypes: field(4, list(string), {
      enum: ['Ingress', 'Egress'],
      doc: 'Directions that it is for. Ingress, and Egress if there are egress rules, if absent.',
    }),
  },
  {
    doc: 'Which Pods the policy is for and what it lets through.',
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
  {
    doc: 'Lets only listed traffic reach or leave certain Pods.',
    gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
  },
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
