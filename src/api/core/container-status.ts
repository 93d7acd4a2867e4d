import { ResourceRequirements } from '#api/core/container.ts';
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
  time,
} from '#machinery/schema.ts';

export const ResourceHealth = struct('io.k8s.api.core.v1.ResourceHealth', {
  resourceID: always(1, string, { required: true }),
  health: field(2, string, { enum: ['Healthy', 'Unhealthy', 'Unknown'] }),
  message: field(6, string, { gate: 'ResourceHealthStatusMessage' }),
});
export interface ResourceHealth extends TypeOf<typeof ResourceHealth> {}

export const ResourceStatus = struct('io.k8s.api.core.v1.ResourceStatus', {
  name: always(1, string, {
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
  resources: field(2, list(ResourceHealth, { type: 'map', keys: ['resourceID'] })),
});
export interface ResourceStatus extends TypeOf<typeof ResourceStatus> {}

export const ContainerStateRunning = struct('io.k8s.api.core.v1.ContainerStateRunning', {
  startedAt: always(1, time),
});
export interface ContainerStateRunning extends TypeOf<typeof ContainerStateRunning> {}

export const ContainerStateTerminated = struct('io.k8s.api.core.v1.ContainerStateTerminated', {
  exitCode: always(1, int32, { required: true }),
  signal: field(2, int32),
  reason: field(3, string),
  message: field(4, string),
  startedAt: always(5, time),
  finishedAt: always(6, time),
  containerID: field(7, string),
});
export interface ContainerStateTerminated extends TypeOf<typeof ContainerStateTerminated> {}

export const ContainerStateWaiting = struct('io.k8s.api.core.v1.ContainerStateWaiting', {
  reason: field(1, string),
  message: field(2, string),
});
export interface ContainerStateWaiting extends TypeOf<typeof ContainerStateWaiting> {}

export const ContainerState = struct('io.k8s.api.core.v1.ContainerState', {
  waiting: optional(1, ContainerStateWaiting),
  running: optional(2, ContainerStateRunning),
  terminated: optional(3, ContainerStateTerminated),
});
export interface ContainerState extends TypeOf<typeof ContainerState> {}

export const LinuxContainerUser = struct('io.k8s.api.core.v1.LinuxContainerUser', {
  uid: always(1, int64, { required: true }),
  gid: always(2, int64, { required: true }),
  supplementalGroups: field(3, list(int64)),
});
export interface LinuxContainerUser extends TypeOf<typeof LinuxContainerUser> {}

export const ContainerUser = struct('io.k8s.api.core.v1.ContainerUser', {
  linux: optional(1, LinuxContainerUser),
});
export interface ContainerUser extends TypeOf<typeof ContainerUser> {}

export const ImageVolumeStatus = struct('io.k8s.api.core.v1.ImageVolumeStatus', {
  imageRef: always(1, string, { required: true }),
});
export interface ImageVolumeStatus extends TypeOf<typeof ImageVolumeStatus> {}

export const VolumeStatus = struct('io.k8s.api.core.v1.VolumeStatus', {
  image: optional(1, ImageVolumeStatus, { gate: 'ImageVolumeWithDigest' }),
});
export interface VolumeStatus extends TypeOf<typeof VolumeStatus> {}

export const VolumeMountStatus = struct('io.k8s.api.core.v1.VolumeMountStatus', {
  name: always(1, string, { required: true }),
  mountPath: always(2, string, { required: true }),
  readOnly: field(3, boolean),
  recursiveReadOnly: optional(4, string, { enum: ['Disabled', 'IfPossible', 'Enabled'] }),
  volumeStatus: optional(5, VolumeStatus),
});
export interface VolumeMountStatus extends TypeOf<typeof VolumeMountStatus> {}

export const ContainerStatus = struct('io.k8s.api.core.v1.ContainerStatus', {
  name: always(1, string, { required: true }),
  state: always(2, ContainerState),
  lastState: always(3, ContainerState),
  ready: always(4, boolean, { required: true }),
  restartCount: always(5, int32, { required: true }),
  image: always(6, string, { required: true }),
  imageID: always(7, string, { required: true }),
  containerID: field(8, string),
  started: optional(9, boolean),
  allocatedResources: field(10, map(quantity)),
  resources: optional(11, ResourceRequirements, { gate: 'InPlacePodVerticalScaling' }),
  volumeMounts: field(
    12,
    list(VolumeMountStatus, { type: 'map', keys: ['mountPath'], patch: ['merge'], mergeKey: 'mountPath' }),
  ),
  user: optional(13, ContainerUser, { gate: 'SupplementalGroupsPolicy' }),
  allocatedResourcesStatus: field(
    14,
    list(ResourceStatus, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
    { gate: 'ResourceHealthStatus' },
  ),
  stopSignal: optional(15, string, {
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
    gate: 'ContainerStopSignals',
  }),
});
export interface ContainerStatus extends TypeOf<typeof ContainerStatus> {}
