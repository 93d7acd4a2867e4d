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

export const PodDNSConfigOption = struct('io.k8s.api.core.v1.PodDNSConfigOption', {
  name: field(1, string),
  value: optional(2, string),
});
export interface PodDNSConfigOption extends TypeOf<typeof PodDNSConfigOption> {}

export const PodDNSConfig = struct('io.k8s.api.core.v1.PodDNSConfig', {
  nameservers: field(1, list(string)),
  searches: field(2, list(string)),
  options: field(3, list(PodDNSConfigOption)),
});
export interface PodDNSConfig extends TypeOf<typeof PodDNSConfig> {}

export const HostAlias = struct('io.k8s.api.core.v1.HostAlias', {
  ip: always(1, string, { required: true }),
  hostnames: field(2, list(string)),
});
export interface HostAlias extends TypeOf<typeof HostAlias> {}

export const PodOS = struct('io.k8s.api.core.v1.PodOS', {
  name: always(1, string, { required: true, enum: ['linux', 'windows'] }),
});
export interface PodOS extends TypeOf<typeof PodOS> {}

export const PodReadinessGate = struct('io.k8s.api.core.v1.PodReadinessGate', {
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
  }),
});
export interface PodReadinessGate extends TypeOf<typeof PodReadinessGate> {}

export const PodResourceClaim = struct('io.k8s.api.core.v1.PodResourceClaim', {
  name: always(1, string, { required: true }),
  resourceClaimName: optional(3, string),
  resourceClaimTemplateName: optional(4, string),
});
export interface PodResourceClaim extends TypeOf<typeof PodResourceClaim> {}

export const PodSchedulingGate = struct('io.k8s.api.core.v1.PodSchedulingGate', {
  name: always(1, string, { required: true }),
});
export interface PodSchedulingGate extends TypeOf<typeof PodSchedulingGate> {}

export const PodSchedulingGroup = struct('io.k8s.api.core.v1.PodSchedulingGroup', {
  podGroupName: optional(1, string),
});
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
    volumes: field(1, list(Volume, { type: 'map', keys: ['name'], patch: ['merge', 'retainKeys'], mergeKey: 'name' })),
    initContainers: field(20, list(Container, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' })),
    containers: always(2, list(Container, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }), {
      required: true,
    }),
    ephemeralContainers: field(
      34,
      list(EphemeralContainer, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
    ),
    restartPolicy: field(3, string, { default: 'Always', enum: ['Always', 'OnFailure', 'Never'] }),
    terminationGracePeriodSeconds: optional(4, int64, { default: 30 }),
    activeDeadlineSeconds: optional(5, int64),
    dnsPolicy: field(6, string, {
      default: 'ClusterFirst',
      enum: ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'],
    }),
    nodeSelector: field(7, map(string, { atomic: true })),
    serviceAccountName: field(8, string),
    serviceAccount: field(9, string),
    automountServiceAccountToken: optional(21, boolean),
    nodeName: field(10, string),
    hostNetwork: field(11, boolean),
    hostPID: field(12, boolean),
    hostIPC: field(13, boolean),
    shareProcessNamespace: optional(27, boolean),
    securityContext: optional(14, PodSecurityContext, { default: {} }),
    imagePullSecrets: field(
      15,
      list(LocalObjectReference, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
    ),
    hostname: field(16, string),
    subdomain: field(17, string),
    affinity: optional(18, Affinity),
    schedulerName: field(19, string, { default: 'default-scheduler' }),
    tolerations: field(22, list(Toleration)),
    hostAliases: field(23, list(HostAlias, { type: 'map', keys: ['ip'], patch: ['merge'], mergeKey: 'ip' })),
    priorityClassName: field(24, string),
    priority: optional(25, int32),
    dnsConfig: optional(26, PodDNSConfig),
    readinessGates: field(28, list(PodReadinessGate)),
    runtimeClassName: optional(29, string),
    enableServiceLinks: optional(30, boolean),
    preemptionPolicy: optional(31, string, { enum: ['PreemptLowerPriority', 'Never'] }),
    overhead: field(32, map(quantity)),
    topologySpreadConstraints: field(
      33,
      list(TopologySpreadConstraint, {
        type: 'map',
        keys: ['topologyKey', 'whenUnsatisfiable'],
        patch: ['merge'],
        mergeKey: 'topologyKey',
      }),
    ),
    setHostnameAsFQDN: optional(35, boolean),
    os: optional(36, PodOS),
    hostUsers: optional(37, boolean),
    schedulingGates: field(
      38,
      list(PodSchedulingGate, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
    ),
    resourceClaims: field(
      39,
      list(PodResourceClaim, { type: 'map', keys: ['name'], patch: ['merge', 'retainKeys'], mergeKey: 'name' }),
      { gate: 'DynamicResourceAllocation' },
    ),
    resources: optional(40, ResourceRequirements, { gate: 'PodLevelResources' }),
    hostnameOverride: optional(41, string, { gate: 'HostnameOverride' }),
    schedulingGroup: optional(43, PodSchedulingGroup, { gate: 'GenericWorkload' }),
  },
  { defaults: mirrorServiceAccount },
);
export interface PodSpec extends TypeOf<typeof PodSpec> {}

export const PodTemplateSpec = struct('io.k8s.api.core.v1.PodTemplateSpec', {
  metadata: always(1, ObjectMeta),
  spec: always(2, PodSpec),
});
export interface PodTemplateSpec extends TypeOf<typeof PodTemplateSpec> {}
