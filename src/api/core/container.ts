import { EnvFromSource, EnvVar } from '#api/core/env.ts';
import { pullPolicyOf } from '#api/core/image-name.ts';
import { Lifecycle, Probe } from '#api/core/probe.ts';
import { SecurityContext } from '#api/core/security.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, list, map, optional, quantity, string, struct } from '#machinery/schema.ts';

export const ContainerPort = struct('io.k8s.api.core.v1.ContainerPort', {
  name: field(1, string),
  hostPort: field(2, int32),
  containerPort: always(3, int32, { required: true }),
  protocol: field(4, string, { default: 'TCP', enum: ['TCP', 'UDP', 'SCTP'] }),
  hostIP: field(5, string),
});
export interface ContainerPort extends TypeOf<typeof ContainerPort> {}

export const ContainerResizePolicy = struct('io.k8s.api.core.v1.ContainerResizePolicy', {
  resourceName: always(1, string, {
    required: true,
    enum: [
      'cpu',
      'memory',
      'storage',
      'ephemeral-storage',
      'pods',
      'services',
      'replicationcontrollers',
      'resourcequotas',
      'secrets',
      'configmaps',
      'persistentvolumeclaims',
      'services.nodeports',
      'services.loadbalancers',
      'requests.cpu',
      'requests.memory',
      'requests.storage',
      'requests.ephemeral-storage',
      'limits.cpu',
      'limits.memory',
      'limits.ephemeral-storage',
    ],
  }),
  restartPolicy: always(2, string, { required: true, enum: ['NotRequired', 'RestartContainer'] }),
});
export interface ContainerResizePolicy extends TypeOf<typeof ContainerResizePolicy> {}

export const ResourceClaim = struct('io.k8s.api.core.v1.ResourceClaim', {
  name: always(1, string, { required: true }),
  request: field(2, string),
});
export interface ResourceClaim extends TypeOf<typeof ResourceClaim> {}

export const ResourceRequirements = struct('io.k8s.api.core.v1.ResourceRequirements', {
  limits: field(1, map(quantity)),
  requests: field(2, map(quantity)),
  claims: field(3, list(ResourceClaim, { type: 'map', keys: ['name'] }), { gate: 'DynamicResourceAllocation' }),
});
export interface ResourceRequirements extends TypeOf<typeof ResourceRequirements> {}

export const ContainerRestartRuleOnExitCodes = struct('io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes', {
  operator: always(1, string, { required: true, enum: ['In', 'NotIn'] }),
  values: field(2, list(int32, { type: 'set' })),
});
export interface ContainerRestartRuleOnExitCodes extends TypeOf<typeof ContainerRestartRuleOnExitCodes> {}

export const ContainerRestartRule = struct('io.k8s.api.core.v1.ContainerRestartRule', {
  action: always(1, string, { required: true, enum: ['Restart', 'RestartAllContainers'] }),
  exitCodes: optional(2, ContainerRestartRuleOnExitCodes),
});
export interface ContainerRestartRule extends TypeOf<typeof ContainerRestartRule> {}

export const VolumeDevice = struct('io.k8s.api.core.v1.VolumeDevice', {
  name: always(1, string, { required: true }),
  devicePath: always(2, string, { required: true }),
});
export interface VolumeDevice extends TypeOf<typeof VolumeDevice> {}

export const VolumeMount = struct('io.k8s.api.core.v1.VolumeMount', {
  name: always(1, string, { required: true }),
  readOnly: field(2, boolean),
  recursiveReadOnly: optional(7, string, { enum: ['Disabled', 'IfPossible', 'Enabled'] }),
  mountPath: always(3, string, { required: true }),
  subPath: field(4, string),
  mountPropagation: optional(5, string, { enum: ['None', 'HostToContainer', 'Bidirectional'] }),
  subPathExpr: field(6, string),
});
export interface VolumeMount extends TypeOf<typeof VolumeMount> {}

/** An image that may change under its name is pulled every time. */
function defaultPullPolicy(container: { image?: string | undefined; imagePullPolicy?: string | undefined }): void {
  container.imagePullPolicy ||= pullPolicyOf(container.image ?? '');
}

export const Container = struct(
  'io.k8s.api.core.v1.Container',
  {
    name: always(1, string, { required: true }),
    image: field(2, string),
    command: field(3, list(string)),
    args: field(4, list(string)),
    workingDir: field(5, string),
    ports: field(
      6,
      list(ContainerPort, {
        type: 'map',
        keys: ['containerPort', 'protocol'],
        patch: ['merge'],
        mergeKey: 'containerPort',
      }),
    ),
    envFrom: field(19, list(EnvFromSource)),
    env: field(7, list(EnvVar, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' })),
    resources: always(8, ResourceRequirements),
    resizePolicy: field(23, list(ContainerResizePolicy), { gate: 'InPlacePodVerticalScaling' }),
    restartPolicy: optional(24, string, { enum: ['Always', 'Never', 'OnFailure'] }),
    restartPolicyRules: field(25, list(ContainerRestartRule), { gate: 'ContainerRestartRules' }),
    volumeMounts: field(
      9,
      list(VolumeMount, { type: 'map', keys: ['mountPath'], patch: ['merge'], mergeKey: 'mountPath' }),
    ),
    volumeDevices: field(
      21,
      list(VolumeDevice, { type: 'map', keys: ['devicePath'], patch: ['merge'], mergeKey: 'devicePath' }),
    ),
    livenessProbe: optional(10, Probe),
    readinessProbe: optional(11, Probe),
    startupProbe: optional(22, Probe),
    lifecycle: optional(12, Lifecycle),
    terminationMessagePath: field(13, string, { default: '/dev/termination-log' }),
    terminationMessagePolicy: field(20, string, { default: 'File', enum: ['File', 'FallbackToLogsOnError'] }),
    imagePullPolicy: field(14, string, { enum: ['Always', 'Never', 'IfNotPresent'] }),
    securityContext: optional(15, SecurityContext),
    stdin: field(16, boolean),
    stdinOnce: field(17, boolean),
    tty: field(18, boolean),
  },
  { defaults: defaultPullPolicy },
);
export interface Container extends TypeOf<typeof Container> {}

export const EphemeralContainer = struct(
  'io.k8s.api.core.v1.EphemeralContainer',
  {
    name: always([1, 1], string, { required: true }),
    image: field([1, 2], string),
    command: field([1, 3], list(string)),
    args: field([1, 4], list(string)),
    workingDir: field([1, 5], string),
    ports: field(
      [1, 6],
      list(ContainerPort, {
        type: 'map',
        keys: ['containerPort', 'protocol'],
        patch: ['merge'],
        mergeKey: 'containerPort',
      }),
    ),
    envFrom: field([1, 19], list(EnvFromSource)),
    env: field([1, 7], list(EnvVar, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' })),
    resources: always([1, 8], ResourceRequirements),
    resizePolicy: field([1, 23], list(ContainerResizePolicy)),
    restartPolicy: optional([1, 24], string),
    restartPolicyRules: field([1, 25], list(ContainerRestartRule)),
    volumeMounts: field(
      [1, 9],
      list(VolumeMount, { type: 'map', keys: ['mountPath'], patch: ['merge'], mergeKey: 'mountPath' }),
    ),
    volumeDevices: field(
      [1, 21],
      list(VolumeDevice, { type: 'map', keys: ['devicePath'], patch: ['merge'], mergeKey: 'devicePath' }),
    ),
    livenessProbe: optional([1, 10], Probe),
    readinessProbe: optional([1, 11], Probe),
    startupProbe: optional([1, 22], Probe),
    lifecycle: optional([1, 12], Lifecycle),
    terminationMessagePath: field([1, 13], string, { default: '/dev/termination-log' }),
    terminationMessagePolicy: field([1, 20], string, { default: 'File' }),
    imagePullPolicy: field([1, 14], string),
    securityContext: optional([1, 15], SecurityContext),
    stdin: field([1, 16], boolean),
    stdinOnce: field([1, 17], boolean),
    tty: field([1, 18], boolean),
    targetContainerName: field(2, string),
  },
  { defaults: defaultPullPolicy },
);
export interface EphemeralContainer extends TypeOf<typeof EphemeralContainer> {}
