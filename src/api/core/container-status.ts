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

export const ResourceHealth = struct(
  'io.k8s.api.core.v1.ResourceHealth',
  {
    resourceID: always(1, string, { required: true, doc: 'Name of the device, unique within its resource.' }),
    health: field(2, string, {
      enum: ['Healthy', 'Unhealthy', 'Unknown'],
      doc: 'Healthy, Unhealthy or Unknown. Unknown if absent.',
    }),
    message: field(6, string, { gate: 'ResourceHealthStatusMessage', doc: 'More about the health, for people.' }),
  },
  { doc: 'Health of one device.' },
);
export interface ResourceHealth extends TypeOf<typeof ResourceHealth> {}

export const ResourceStatus = struct(
  'io.k8s.api.core.v1.ResourceStatus',
  {
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
      doc: "Resource, or claim:NAME/REQUEST for a claim's devices.",
    }),
    resources: field(2, list(ResourceHealth, { type: 'map', keys: ['resourceID'] }), {
      doc: 'The devices, one by one.',
    }),
  },
  { doc: 'Health of the devices of one resource.' },
);
export interface ResourceStatus extends TypeOf<typeof ResourceStatus> {}

export const ContainerStateRunning = struct(
  'io.k8s.api.core.v1.ContainerStateRunning',
  {
    startedAt: always(1, time, { doc: 'When it started.' }),
  },
  { doc: 'A container that runs.' },
);
export interface ContainerStateRunning extends TypeOf<typeof ContainerStateRunning> {}

export const ContainerStateTerminated = struct(
  'io.k8s.api.core.v1.ContainerStateTerminated',
  {
    exitCode: always(1, int32, { required: true, doc: 'Exit code of its first process.' }),
    signal: field(2, int32, { doc: 'Signal that ended it. Absent if none.' }),
    reason: field(3, string, { doc: 'Why it ended, in CamelCase, such as Completed, Error or OOMKilled.' }),
    message: field(4, string, { doc: 'What it left as its last words.' }),
    startedAt: always(5, time, { doc: 'When it had started.' }),
    finishedAt: always(6, time, { doc: 'When it ended.' }),
    containerID: field(7, string, { doc: 'ID of the container, as runtime://id.' }),
  },
  { doc: 'A container that has ended.' },
);
export interface ContainerStateTerminated extends TypeOf<typeof ContainerStateTerminated> {}

export const ContainerStateWaiting = struct(
  'io.k8s.api.core.v1.ContainerStateWaiting',
  {
    reason: field(1, string, { doc: 'Why it waits, in CamelCase, such as ContainerCreating or CrashLoopBackOff.' }),
    message: field(2, string, { doc: 'Why it waits, for people.' }),
  },
  { doc: 'A container that does not run yet, or not now.' },
);
export interface ContainerStateWaiting extends TypeOf<typeof ContainerStateWaiting> {}

export const ContainerState = struct(
  'io.k8s.api.core.v1.ContainerState',
  {
    waiting: optional(1, ContainerStateWaiting, { doc: 'It waits to start.' }),
    running: optional(2, ContainerStateRunning, { doc: 'It runs.' }),
    terminated: optional(3, ContainerStateTerminated, { doc: 'It has ended.' }),
  },
  { doc: 'State of a container. One is set; waiting when none is.' },
);
export interface ContainerState extends TypeOf<typeof ContainerState> {}

export const LinuxContainerUser = struct(
  'io.k8s.api.core.v1.LinuxContainerUser',
  {
    uid: always(1, int64, { required: true, doc: 'User ID.' }),
    gid: always(2, int64, { required: true, doc: 'Primary group ID.' }),
    supplementalGroups: field(3, list(int64), { doc: 'Further group IDs.' }),
  },
  { doc: "The user that a container's first process started as." },
);
export interface LinuxContainerUser extends TypeOf<typeof LinuxContainerUser> {}

export const ContainerUser = struct(
  'io.k8s.api.core.v1.ContainerUser',
  {
    linux: optional(1, LinuxContainerUser, { doc: 'The user on Linux.' }),
  },
  { doc: 'The user of a container, by platform.' },
);
export interface ContainerUser extends TypeOf<typeof ContainerUser> {}

export const ImageVolumeStatus = struct(
  'io.k8s.api.core.v1.ImageVolumeStatus',
  {
    imageRef: always(1, string, { required: true, doc: 'The image that is mounted, with its digest.' }),
  },
  { doc: 'State of an image volume.' },
);
export interface ImageVolumeStatus extends TypeOf<typeof ImageVolumeStatus> {}

export const VolumeStatus = struct(
  'io.k8s.api.core.v1.VolumeStatus',
  {
    image: optional(1, ImageVolumeStatus, { gate: 'ImageVolumeWithDigest', doc: 'State of an image volume.' }),
  },
  { doc: 'State of a mounted volume, by type.' },
);
export interface VolumeStatus extends TypeOf<typeof VolumeStatus> {}

export const VolumeMountStatus = struct(
  'io.k8s.api.core.v1.VolumeMountStatus',
  {
    name: always(1, string, { required: true, doc: "Name of the mount's volume." }),
    mountPath: always(2, string, { required: true, doc: 'Path in the container.' }),
    readOnly: field(3, boolean, { doc: 'Whether it is read-only.' }),
    recursiveReadOnly: optional(4, string, {
      enum: ['Disabled', 'IfPossible', 'Enabled'],
      doc: 'Whether mounts below it are read-only: Disabled or Enabled.',
    }),
    volumeStatus: optional(5, VolumeStatus, { doc: 'State of the volume. Only for some types.' }),
  },
  { doc: 'A volume as it is mounted.' },
);
export interface VolumeMountStatus extends TypeOf<typeof VolumeMountStatus> {}

export const ContainerStatus = struct(
  'io.k8s.api.core.v1.ContainerStatus',
  {
    name: always(1, string, { required: true, doc: 'Name of the container.' }),
    state: always(2, ContainerState, { doc: 'State now.' }),
    lastState: always(3, ContainerState, { doc: 'State before the last restart. Empty if there was none.' }),
    ready: always(4, boolean, { required: true, doc: 'Whether it runs and its readiness probe succeeds.' }),
    restartCount: always(5, int32, {
      required: true,
      doc: 'How often it was restarted. Old containers may be collected and not count.',
    }),
    image: always(6, string, { required: true, doc: 'Image that it runs.' }),
    imageID: always(7, string, { required: true, doc: 'Image that it runs, by digest.' }),
    containerID: field(8, string, { doc: 'ID of the container, as runtime://id.' }),
    started: optional(9, boolean, { doc: 'Whether the startup probe and the postStart hook have succeeded.' }),
    allocatedResources: field(10, map(quantity), { doc: 'Requests that the node has reserved for it.' }),
    resources: optional(11, ResourceRequirements, {
      gate: 'InPlacePodVerticalScaling',
      doc: 'Requests and limits that hold now.',
    }),
    volumeMounts: field(
      12,
      list(VolumeMountStatus, { type: 'map', keys: ['mountPath'], patch: ['merge'], mergeKey: 'mountPath' }),
      { doc: 'Volumes as they are mounted.' },
    ),
    user: optional(13, ContainerUser, { gate: 'SupplementalGroupsPolicy', doc: 'User that it started as.' }),
    allocatedResourcesStatus: field(
      14,
      list(ResourceStatus, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
      { gate: 'ResourceHealthStatus', doc: 'Health of the devices that it has.' },
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
      doc: 'Signal that stops it.',
    }),
  },
  { doc: 'What is observed of one container.' },
);
export interface ContainerStatus extends TypeOf<typeof ContainerStatus> {}
