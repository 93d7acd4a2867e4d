import { pullPolicyOf } from '#api/core/image-name.ts';
import { SecurityContext } from '#api/core/security.ts';
import type { TypeOf } from '#machinery/schema.ts';
import {
  always,
  boolean,
  field,
  int32,
  int64,
  intOrString,
  list,
  map,
  optional,
  quantity,
  string,
  struct,
} from '#machinery/schema.ts';

export const ConfigMapKeySelector = struct(
  'io.k8s.api.core.v1.ConfigMapKeySelector',
  {
    name: field([1, 1], string),
    key: always(2, string, { required: true }),
    optional: optional(3, boolean),
  },
  { atomic: true },
);
export interface ConfigMapKeySelector extends TypeOf<typeof ConfigMapKeySelector> {}

export const ObjectFieldSelector = struct(
  'io.k8s.api.core.v1.ObjectFieldSelector',
  {
    apiVersion: field(1, string, { default: 'v1' }),
    fieldPath: always(2, string, { required: true }),
  },
  { atomic: true },
);
export interface ObjectFieldSelector extends TypeOf<typeof ObjectFieldSelector> {}

export const FileKeySelector = struct(
  'io.k8s.api.core.v1.FileKeySelector',
  {
    volumeName: always(1, string, { required: true }),
    path: always(2, string, { required: true }),
    key: always(3, string, { required: true }),
    optional: optional(4, boolean, { default: false }),
  },
  { atomic: true },
);
export interface FileKeySelector extends TypeOf<typeof FileKeySelector> {}

export const ResourceFieldSelector = struct(
  'io.k8s.api.core.v1.ResourceFieldSelector',
  {
    containerName: field(1, string),
    resource: always(2, string, { required: true }),
    divisor: always(3, quantity),
  },
  { atomic: true },
);
export interface ResourceFieldSelector extends TypeOf<typeof ResourceFieldSelector> {}

export const SecretKeySelector = struct(
  'io.k8s.api.core.v1.SecretKeySelector',
  {
    name: field([1, 1], string),
    key: always(2, string, { required: true }),
    optional: optional(3, boolean),
  },
  { atomic: true },
);
export interface SecretKeySelector extends TypeOf<typeof SecretKeySelector> {}

export const EnvVarSource = struct('io.k8s.api.core.v1.EnvVarSource', {
  fieldRef: optional(1, ObjectFieldSelector),
  resourceFieldRef: optional(2, ResourceFieldSelector),
  configMapKeyRef: optional(3, ConfigMapKeySelector),
  secretKeyRef: optional(4, SecretKeySelector),
  fileKeyRef: optional(5, FileKeySelector, { gate: 'EnvFiles' }),
});
export interface EnvVarSource extends TypeOf<typeof EnvVarSource> {}

export const EnvVar = struct('io.k8s.api.core.v1.EnvVar', {
  name: always(1, string, { required: true }),
  value: field(2, string),
  valueFrom: optional(3, EnvVarSource),
});
export interface EnvVar extends TypeOf<typeof EnvVar> {}

export const ConfigMapEnvSource = struct('io.k8s.api.core.v1.ConfigMapEnvSource', {
  name: field([1, 1], string),
  optional: optional(2, boolean),
});
export interface ConfigMapEnvSource extends TypeOf<typeof ConfigMapEnvSource> {}

export const SecretEnvSource = struct('io.k8s.api.core.v1.SecretEnvSource', {
  name: field([1, 1], string),
  optional: optional(2, boolean),
});
export interface SecretEnvSource extends TypeOf<typeof SecretEnvSource> {}

export const EnvFromSource = struct('io.k8s.api.core.v1.EnvFromSource', {
  prefix: field(1, string),
  configMapRef: optional(2, ConfigMapEnvSource),
  secretRef: optional(3, SecretEnvSource),
});
export interface EnvFromSource extends TypeOf<typeof EnvFromSource> {}

export const ExecAction = struct('io.k8s.api.core.v1.ExecAction', {
  command: field(1, list(string)),
});
export interface ExecAction extends TypeOf<typeof ExecAction> {}

export const HTTPHeader = struct('io.k8s.api.core.v1.HTTPHeader', {
  name: always(1, string, { required: true }),
  value: always(2, string, { required: true }),
});
export interface HTTPHeader extends TypeOf<typeof HTTPHeader> {}

export const HTTPGetAction = struct('io.k8s.api.core.v1.HTTPGetAction', {
  path: field(1, string, { default: '/' }),
  port: always(2, intOrString, { required: true }),
  host: field(3, string),
  scheme: field(4, string, { default: 'HTTP', enum: ['HTTP', 'HTTPS'] }),
  httpHeaders: field(5, list(HTTPHeader)),
});
export interface HTTPGetAction extends TypeOf<typeof HTTPGetAction> {}

export const SleepAction = struct('io.k8s.api.core.v1.SleepAction', {
  seconds: always(1, int64, { required: true }),
});
export interface SleepAction extends TypeOf<typeof SleepAction> {}

export const TCPSocketAction = struct('io.k8s.api.core.v1.TCPSocketAction', {
  port: always(1, intOrString, { required: true }),
  host: field(2, string),
});
export interface TCPSocketAction extends TypeOf<typeof TCPSocketAction> {}

export const LifecycleHandler = struct('io.k8s.api.core.v1.LifecycleHandler', {
  exec: optional(1, ExecAction),
  httpGet: optional(2, HTTPGetAction),
  tcpSocket: optional(3, TCPSocketAction),
  sleep: optional(4, SleepAction),
});
export interface LifecycleHandler extends TypeOf<typeof LifecycleHandler> {}

export const Lifecycle = struct('io.k8s.api.core.v1.Lifecycle', {
  postStart: optional(1, LifecycleHandler),
  preStop: optional(2, LifecycleHandler),
  stopSignal: optional(3, string, {
    enum: [
      'SIGABRT',
      'SIGALRM',
      'SIGBUS',
      'SIGCHLD',
      'SIGCLD',
      'SIGCONT',
      'SIGFPE',
      'SIGHUP',
      'SIGILL',
      'SIGINT',
      'SIGIO',
      'SIGIOT',
      'SIGKILL',
      'SIGPIPE',
      'SIGPOLL',
      'SIGPROF',
      'SIGPWR',
      'SIGQUIT',
      'SIGSEGV',
      'SIGSTKFLT',
      'SIGSTOP',
      'SIGSYS',
      'SIGTERM',
      'SIGTRAP',
      'SIGTSTP',
      'SIGTTIN',
      'SIGTTOU',
      'SIGURG',
      'SIGUSR1',
      'SIGUSR2',
      'SIGVTALRM',
      'SIGWINCH',
      'SIGXCPU',
      'SIGXFSZ',
      'SIGRTMIN',
      'SIGRTMIN+1',
      'SIGRTMIN+2',
      'SIGRTMIN+3',
      'SIGRTMIN+4',
      'SIGRTMIN+5',
      'SIGRTMIN+6',
      'SIGRTMIN+7',
      'SIGRTMIN+8',
      'SIGRTMIN+9',
      'SIGRTMIN+10',
      'SIGRTMIN+11',
      'SIGRTMIN+12',
      'SIGRTMIN+13',
      'SIGRTMIN+14',
      'SIGRTMIN+15',
      'SIGRTMAX-14',
      'SIGRTMAX-13',
      'SIGRTMAX-12',
      'SIGRTMAX-11',
      'SIGRTMAX-10',
      'SIGRTMAX-9',
      'SIGRTMAX-8',
      'SIGRTMAX-7',
      'SIGRTMAX-6',
      'SIGRTMAX-5',
      'SIGRTMAX-4',
      'SIGRTMAX-3',
      'SIGRTMAX-2',
      'SIGRTMAX-1',
      'SIGRTMAX',
    ],
  }),
});
export interface Lifecycle extends TypeOf<typeof Lifecycle> {}

export const GRPCAction = struct('io.k8s.api.core.v1.GRPCAction', {
  port: always(1, int32, { required: true }),
  service: optional(2, string, { default: '' }),
});
export interface GRPCAction extends TypeOf<typeof GRPCAction> {}

export const Probe = struct('io.k8s.api.core.v1.Probe', {
  exec: optional([1, 1], ExecAction),
  httpGet: optional([1, 2], HTTPGetAction),
  tcpSocket: optional([1, 3], TCPSocketAction),
  grpc: optional([1, 4], GRPCAction),
  initialDelaySeconds: field(2, int32),
  timeoutSeconds: field(3, int32, { default: 1 }),
  periodSeconds: field(4, int32, { default: 10 }),
  successThreshold: field(5, int32, { default: 1 }),
  failureThreshold: field(6, int32, { default: 3 }),
  terminationGracePeriodSeconds: optional(7, int64),
});
export interface Probe extends TypeOf<typeof Probe> {}

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
