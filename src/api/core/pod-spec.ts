import { Container, EphemeralContainer, ResourceRequirements } from '#api/core/container.ts';
import { LocalObjectReference } from '#api/core/references.ts';
import { Affinity, Toleration, TopologySpreadConstraint } from '#api/core/scheduling.ts';
import { PodSecurityContext } from '#api/core/security.ts';
import { Volume } from '#api/core/volume.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import {
  always,
  boolean,
  field,
  int32,
  int64,
  list,
  map,
  optional,
  quantity,
  string,
  struct,
} from '#machinery/schema.ts';

export const PodDNSConfigOption = struct(
  'io.k8s.api.core.v1.PodDNSConfigOption',
  {
    name: field(1, string, { doc: 'Name of the option, such as ndots.' }),
    value: optional(2, string, { doc: 'Value of the option. Absent for options without one.' }),
  },
  { doc: 'One option of the resolver.' },
);
export interface PodDNSConfigOption extends TypeOf<typeof PodDNSConfigOption> {}

export const PodDNSConfig = struct(
  'io.k8s.api.core.v1.PodDNSConfig',
  {
    nameservers: field(1, list(string), { doc: 'IPs of name servers, at most 3.' }),
    searches: field(2, list(string), { doc: 'Domains to try for short names, at most 32.' }),
    options: field(3, list(PodDNSConfigOption), { doc: 'Options of the resolver. They win over those of dnsPolicy.' }),
  },
  { doc: 'Settings of the resolver, added to what dnsPolicy gives.' },
);
export interface PodDNSConfig extends TypeOf<typeof PodDNSConfig> {}

export const HostAlias = struct(
  'io.k8s.api.core.v1.HostAlias',
  {
    ip: always(1, string, { required: true, doc: 'The address.' }),
    hostnames: field(2, list(string), { doc: 'Names of the address.' }),
  },
  { doc: 'A line of the hosts file.' },
);
export interface HostAlias extends TypeOf<typeof HostAlias> {}

export const PodOS = struct(
  'io.k8s.api.core.v1.PodOS',
  {
    name: always(1, string, { required: true, enum: ['linux', 'windows'], doc: 'linux or windows.' }),
  },
  { doc: 'Operating system of the containers.' },
);
export interface PodOS extends TypeOf<typeof PodOS> {}

export const PodReadinessGate = struct(
  'io.k8s.api.core.v1.PodReadinessGate',
  {
    conditionType: always(1, string, {
      required: true,
      enum: [
        'ContainersReady',
        'Initialized',
        'Ready',
        'PodScheduled',
        'DisruptionTarget',
        'PodReadyToStartContainers',
        'PodResizePending',
        'PodResizeInProgress',
        'AllContainersRestarting',
      ],
      doc: 'Type of the condition, set by whoever the gate belongs to.',
    }),
  },
  { doc: 'A condition that must be True for the Pod to be ready.' },
);
export interface PodReadinessGate extends TypeOf<typeof PodReadinessGate> {}

export const PodResourceClaim = struct(
  'io.k8s.api.core.v1.PodResourceClaim',
  {
    name: always(1, string, { required: true, doc: 'Name by which containers refer to it.' }),
    resourceClaimName: optional(3, string, { doc: 'Name of an existing claim of the namespace.' }),
    resourceClaimTemplateName: optional(4, string, { doc: 'Template of which the Pod gets a claim of its own.' }),
  },
  { doc: 'A claim that containers of the Pod may use. Names a claim or a template.' },
);
export interface PodResourceClaim extends TypeOf<typeof PodResourceClaim> {}

export const PodSchedulingGate = struct(
  'io.k8s.api.core.v1.PodSchedulingGate',
  {
    name: always(1, string, { required: true, doc: 'Name of the gate. Who set it removes it.' }),
  },
  { doc: 'Something that holds back the scheduling of the Pod.' },
);
export interface PodSchedulingGate extends TypeOf<typeof PodSchedulingGate> {}

export const PodSchedulingGroup = struct(
  'io.k8s.api.core.v1.PodSchedulingGroup',
  {
    podGroupName: optional(1, string, { doc: "Name of the PodGroup in the Pod's namespace." }),
  },
  { doc: 'The group that the Pod is scheduled with.' },
);
export interface PodSchedulingGroup extends TypeOf<typeof PodSchedulingGroup> {}

/** `serviceAccount` is the old name of `serviceAccountName`; what is stored has both. */
export function mirrorServiceAccount(spec: {
  serviceAccountName?: string | undefined;
  serviceAccount?: string | undefined;
}): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (!name) return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

export const PodSpec = struct(
  'io.k8s.api.core.v1.PodSpec',
  {
    volumes: field(1, list(Volume, { type: 'map', keys: ['name'], patch: ['merge', 'retainKeys'], mergeKey: 'name' }), {
      doc: 'Volumes that containers can mount.',
    }),
    initContainers: field(20, list(Container, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }), {
      doc: 'Containers that run one after another, each to its end, before the others.',
    }),
    containers: always(2, list(Container, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }), {
      required: true,
      doc: 'Containers that run together. At least one; they cannot be added later.',
    }),
    ephemeralContainers: field(
      34,
      list(EphemeralContainer, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
      { doc: 'Containers added while it runs, by the subresource ephemeralcontainers.' },
    ),
    restartPolicy: field(3, string, {
      default: 'Always',
      enum: ['Always', 'OnFailure', 'Never'],
      doc: 'When containers are started again: Always, OnFailure or Never. Always if absent.',
    }),
    terminationGracePeriodSeconds: optional(4, int64, {
      default: 30,
      doc: 'Seconds that containers have from the stop signal to the kill. 30 if absent, 0 kills at once.',
    }),
    activeDeadlineSeconds: optional(5, int64, {
      doc: 'Seconds that the Pod may run on its node, then it fails. No limit if absent.',
    }),
    dnsPolicy: field(6, string, {
      default: 'ClusterFirst',
      enum: ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'],
      doc: 'ClusterFirst, ClusterFirstWithHostNet, Default (as the node) or None. ClusterFirst if absent.',
    }),
    nodeSelector: field(7, map(string, { atomic: true }), { doc: 'Labels that the node must have.' }),
    serviceAccountName: field(8, string, { doc: 'ServiceAccount that it runs as. default if absent.' }),
    serviceAccount: field(9, string, { doc: 'Deprecated: the same as serviceAccountName.' }),
    automountServiceAccountToken: optional(21, boolean, {
      doc: 'Whether containers get a token. The ServiceAccount decides if absent.',
    }),
    nodeName: field(10, string, { doc: 'Node that it runs on. The scheduler fills it in when empty.' }),
    hostNetwork: field(11, boolean, { doc: 'True uses the network of the node.' }),
    hostPID: field(12, boolean, { doc: 'True shows it the processes of the node.' }),
    hostIPC: field(13, boolean, { doc: 'True shares the IPC namespace of the node.' }),
    shareProcessNamespace: optional(27, boolean, { doc: "True lets its containers see each other's processes." }),
    securityContext: optional(14, PodSecurityContext, {
      default: {},
      doc: 'User and isolation for all its containers.',
    }),
    imagePullSecrets: field(
      15,
      list(LocalObjectReference, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
      { doc: 'Secrets with the credentials for pulling images.' },
    ),
    hostname: field(16, string, { doc: 'Its host name. The name of the Pod if absent.' }),
    subdomain: field(17, string, {
      doc: "With it the full name is hostname.subdomain.namespace.svc and the cluster's domain.",
    }),
    affinity: optional(18, Affinity, { doc: 'Which nodes it must or should run on.' }),
    schedulerName: field(19, string, {
      default: 'default-scheduler',
      doc: 'Scheduler that places it. default-scheduler if absent.',
    }),
    tolerations: field(22, list(Toleration), { doc: 'Taints of nodes that it puts up with.' }),
    hostAliases: field(23, list(HostAlias, { type: 'map', keys: ['ip'], patch: ['merge'], mergeKey: 'ip' }), {
      doc: 'Lines to add to /etc/hosts.',
    }),
    priorityClassName: field(24, string, {
      doc: 'PriorityClass that gives the priority. The global default if absent.',
    }),
    priority: optional(25, int32, { doc: 'Higher goes first and may preempt lower. Filled in from the class.' }),
    dnsConfig: optional(26, PodDNSConfig, { doc: 'Settings of the resolver, besides dnsPolicy.' }),
    readinessGates: field(28, list(PodReadinessGate), {
      doc: 'Further conditions that must be True for it to be ready.',
    }),
    runtimeClassName: optional(29, string, { doc: "RuntimeClass that runs it. The node's default if absent." }),
    enableServiceLinks: optional(30, boolean, {
      doc: 'Whether Services become environment variables. True if absent.',
    }),
    preemptionPolicy: optional(31, string, {
      enum: ['PreemptLowerPriority', 'Never'],
      doc: 'Never, or PreemptLowerPriority to make room. PreemptLowerPriority if absent.',
    }),
    overhead: field(32, map(quantity), {
      doc: 'Resources that running the Pod costs besides its containers, from the RuntimeClass.',
    }),
    topologySpreadConstraints: field(
      33,
      list(TopologySpreadConstraint, {
        type: 'map',
        keys: ['topologyKey', 'whenUnsatisfiable'],
        patch: ['merge'],
        mergeKey: 'topologyKey',
      }),
      { doc: 'How to spread Pods over zones, nodes or other domains.' },
    ),
    setHostnameAsFQDN: optional(35, boolean, { doc: 'True makes the host name the full domain name.' }),
    os: optional(36, PodOS, { doc: 'Operating system that it needs.' }),
    hostUsers: optional(37, boolean, { doc: 'False runs it in a user namespace of its own. True if absent.' }),
    schedulingGates: field(
      38,
      list(PodSchedulingGate, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
      { doc: 'It is not scheduled until all of these are removed.' },
    ),
    resourceClaims: field(
      39,
      list(PodResourceClaim, { type: 'map', keys: ['name'], patch: ['merge', 'retainKeys'], mergeKey: 'name' }),
      { gate: 'DynamicResourceAllocation', doc: 'Claims for devices that must be there before it starts.' },
    ),
    resources: optional(40, ResourceRequirements, {
      gate: 'PodLevelResources',
      doc: 'Requests and limits for all its containers together.',
    }),
    hostnameOverride: optional(41, string, {
      gate: 'HostnameOverride',
      doc: 'Host name as is, at most 64 characters, whatever hostname and subdomain say.',
    }),
    schedulingGroup: optional(43, PodSchedulingGroup, {
      gate: 'GenericWorkload',
      doc: 'Group that it is scheduled with.',
    }),
  },
  { doc: 'What the Pod is to run and how.', defaults: mirrorServiceAccount },
);
export interface PodSpec extends TypeOf<typeof PodSpec> {}

export const PodTemplateSpec = struct(
  'io.k8s.api.core.v1.PodTemplateSpec',
  {
    metadata: always(1, ObjectMeta, { doc: 'Labels and annotations of the Pods.' }),
    spec: always(2, PodSpec, { doc: 'What the Pods run.' }),
  },
  { doc: 'A Pod to be made.' },
);
export interface PodTemplateSpec extends TypeOf<typeof PodTemplateSpec> {}
