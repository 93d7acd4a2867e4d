/**
 * The messages of CRI v1 (package `runtime.v1`) as they are on the wire, read into and written from the types of
 * `runtime.ts`. Where both differ (nested status messages), the type of the wire is here and `containerd.ts` unfolds it.
 */

import type { Field } from '#lib/protobuf/message.ts';
import {
  bool,
  boxed,
  enumeration,
  field,
  int32,
  int64,
  list,
  mapped,
  message,
  string,
  stringMap,
  uint32,
  uint64,
} from '#lib/protobuf/message.ts';
import type * as cri from './runtime.ts';

const nanosecondsPerMs = 1e6;

/** Nanoseconds on the wire. */
const timeMs = mapped(
  int64,
  ns => ns / nanosecondsPerMs,
  ms => Math.round(ms * nanosecondsPerMs),
);
const int64Value = boxed(1, int64);
const uint64Value = boxed(1, uint64);

// Pod sandboxes

const Protocol = enumeration(['TCP', 'UDP', 'SCTP']);
const NamespaceMode = enumeration(['Pod', 'Container', 'Node', 'Target']);
const SupplementalGroupsPolicy = enumeration(['Merge', 'Strict']);
const PodSandboxState = enumeration(['Ready', 'NotReady']);

const PodSandboxMetadata = message<cri.PodSandboxMetadata>({
  name: field(1, string),
  uid: field(2, string),
  namespace: field(3, string),
  attempt: field(4, uint32),
});

const IdMapping = message<cri.IdMapping>({
  hostId: field(1, uint32),
  containerId: field(2, uint32),
  length: field(3, uint32),
});

const NamespaceOptions = message<cri.NamespaceOptions>({
  network: field(1, NamespaceMode),
  pid: field(2, NamespaceMode),
  ipc: field(3, NamespaceMode),
  targetId: field(4, string),
  userns: field(
    5,
    message<NonNullable<cri.NamespaceOptions['userns']>>({
      mode: field(1, NamespaceMode),
      uids: list(2, IdMapping),
      gids: list(3, IdMapping),
    }),
  ),
});

const SecurityProfile = message<cri.SecurityProfile>({
  type: field(1, enumeration(['RuntimeDefault', 'Unconfined', 'Localhost'])),
  localhostRef: field(2, string),
});

const SeLinuxOptions = message<cri.SeLinuxOptions>({
  user: field(1, string),
  role: field(2, string),
  type: field(3, string),
  level: field(4, string),
});

export const ContainerResources = message<cri.ContainerResources>({
  cpuPeriodUs: field(1, int64),
  cpuQuotaUs: field(2, int64),
  cpuShares: field(3, int64),
  memoryLimitBytes: field(4, int64),
  oomScoreAdj: field(5, int64),
  cpusetCpus: field(6, string),
  cpusetMems: field(7, string),
  hugepageLimits: list(8, message<cri.HugepageLimit>({ pageSize: field(1, string), limitBytes: field(2, uint64) })),
  unified: stringMap(9),
  memorySwapLimitBytes: field(10, int64),
});

export const PodSandboxConfig = message<cri.PodSandboxConfig>({
  metadata: field(1, PodSandboxMetadata),
  hostname: field(2, string),
  logDirectory: field(3, string),
  dnsConfig: field(
    4,
    message<cri.DnsConfig>({ servers: list(1, string), searches: list(2, string), options: list(3, string) }),
  ),
  portMappings: list(
    5,
    message<cri.PortMapping>({
      protocol: field(1, Protocol),
      containerPort: field(2, int32),
      hostPort: field(3, int32),
      hostIp: field(4, string),
    }),
  ),
  labels: stringMap(6),
  annotations: stringMap(7),
  linux: field(
    8,
    message<cri.LinuxPodSandboxConfig>({
      cgroupParent: field(1, string),
      securityContext: field(
        2,
        message<cri.SandboxSecurityContext>({
          namespaceOptions: field(1, NamespaceOptions),
          seLinuxOptions: field(2, SeLinuxOptions),
          runAsUser: field(3, int64Value),
          readonlyRootfs: field(4, bool),
          supplementalGroups: list(5, int64),
          privileged: field(6, bool),
          runAsGroup: field(8, int64Value),
          seccomp: field(9, SecurityProfile),
          appArmor: field(10, SecurityProfile),
          supplementalGroupsPolicy: field(11, SupplementalGroupsPolicy),
        }),
      ),
      sysctls: stringMap(3),
      overhead: field(4, ContainerResources),
      resources: field(5, ContainerResources),
    }),
  ),
});

export const PodSandbox = message<cri.PodSandbox>({
  id: field(1, string),
  metadata: field(2, PodSandboxMetadata),
  state: field(3, PodSandboxState),
  createdAtMs: field(4, timeMs),
  labels: stringMap(5),
  annotations: stringMap(6),
  runtimeHandler: field(7, string),
});

export interface WirePodSandboxStatus extends cri.PodSandbox {
  network?: { ip: string; additionalIps: { ip: string }[] } | undefined;
  /** LinuxPodSandboxStatus.namespaces.options */
  namespaceOptions?: cri.NamespaceOptions | undefined;
}

export const PodSandboxStatus = message<WirePodSandboxStatus>({
  id: field(1, string),
  metadata: field(2, PodSandboxMetadata),
  state: field(3, PodSandboxState),
  createdAtMs: field(4, timeMs),
  network: field(
    5,
    message<NonNullable<WirePodSandboxStatus['network']>>({
      ip: field(1, string),
      additionalIps: list(2, message<{ ip: string }>({ ip: field(1, string) })),
    }),
  ),
  namespaceOptions: field(6, boxed(1, boxed(2, NamespaceOptions))),
  labels: stringMap(7),
  annotations: stringMap(8),
  runtimeHandler: field(9, string),
});

export const PodSandboxFilter = message<cri.PodSandboxFilter>({
  id: field(1, string),
  state: field(2, boxed(1, PodSandboxState)),
  labelSelector: stringMap(3),
});

// Containers

export const ImageSpec = message<cri.ImageSpec>({
  image: field(1, string),
  annotations: stringMap(2),
  userSpecifiedImage: field(18, string),
  runtimeHandler: field(19, string),
});

const ContainerState = enumeration(['Created', 'Running', 'Exited', 'Unknown']);

const ContainerMetadata = message<{ name: string; attempt: number }>({
  name: field(1, string),
  attempt: field(2, uint32),
});

const Mount = message<cri.Mount>({
  containerPath: field(1, string),
  hostPath: field(2, string),
  readonly: field(3, bool),
  selinuxRelabel: field(4, bool),
  propagation: field(5, enumeration(['Private', 'HostToContainer', 'Bidirectional'])),
  recursiveReadOnly: field(8, bool),
  image: field(9, ImageSpec),
  imageSubPath: field(10, string),
});

const ContainerSecurityContext = message<cri.ContainerSecurityContext>({
  capabilities: field(
    1,
    message<NonNullable<cri.ContainerSecurityContext['capabilities']>>({ add: list(1, string), drop: list(2, string) }),
  ),
  privileged: field(2, bool),
  namespaceOptions: field(3, NamespaceOptions),
  seLinuxOptions: field(4, SeLinuxOptions),
  runAsUser: field(5, int64Value),
  runAsUsername: field(6, string),
  readonlyRootfs: field(7, bool),
  supplementalGroups: list(8, int64),
  noNewPrivs: field(11, bool),
  runAsGroup: field(12, int64Value),
  maskedPaths: list(13, string),
  readonlyPaths: list(14, string),
  seccomp: field(15, SecurityProfile),
  appArmor: field(16, SecurityProfile),
  supplementalGroupsPolicy: field(17, SupplementalGroupsPolicy),
});

/** Every signal that CRI can name, in its order; the empty word leaves it to the runtime. */
const signals: readonly string[] = [
  '',
  ...['SIGABRT', 'SIGALRM', 'SIGBUS', 'SIGCHLD', 'SIGCLD', 'SIGCONT', 'SIGFPE', 'SIGHUP', 'SIGILL', 'SIGINT', 'SIGIO'],
  ...['SIGIOT', 'SIGKILL', 'SIGPIPE', 'SIGPOLL', 'SIGPROF', 'SIGPWR', 'SIGQUIT', 'SIGSEGV', 'SIGSTKFLT', 'SIGSTOP'],
  ...['SIGSYS', 'SIGTERM', 'SIGTRAP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGUSR1', 'SIGUSR2', 'SIGVTALRM'],
  ...['SIGWINCH', 'SIGXCPU', 'SIGXFSZ', 'SIGRTMIN'],
  ...Array.from({ length: 15 }, (_, index) => `SIGRTMINPLUS${index + 1}`),
  ...Array.from({ length: 14 }, (_, index) => `SIGRTMAXMINUS${14 - index}`),
  'SIGRTMAX',
];
const StopSignal = enumeration(signals);

export const ContainerConfig = message<cri.ContainerConfig>({
  metadata: field(1, ContainerMetadata) as Field<cri.ContainerConfig['metadata']>,
  image: field(2, ImageSpec),
  command: list(3, string),
  args: list(4, string),
  workingDir: field(5, string),
  envs: list(6, message<{ key: string; value: string }>({ key: field(1, string), value: field(2, string) })),
  mounts: list(7, Mount),
  devices: list(
    8,
    message<NonNullable<cri.ContainerConfig['devices']>[number]>({
      containerPath: field(1, string),
      hostPath: field(2, string),
      permissions: field(3, string),
    }),
  ),
  labels: stringMap(9),
  annotations: stringMap(10),
  logPath: field(11, string),
  stdin: field(12, bool),
  stdinOnce: field(13, bool),
  tty: field(14, bool),
  linux: field(
    15,
    message<NonNullable<cri.ContainerConfig['linux']>>({
      resources: field(1, ContainerResources),
      securityContext: field(2, ContainerSecurityContext),
    }),
  ),
  stopSignal: field(18, StopSignal),
});

export const Container = message<cri.Container>({
  id: field(1, string),
  podSandboxId: field(2, string),
  metadata: field(3, ContainerMetadata),
  image: field(4, ImageSpec),
  imageRef: field(5, string),
  state: field(6, ContainerState),
  createdAtMs: field(7, timeMs),
  labels: stringMap(8),
  annotations: stringMap(9),
  imageId: field(10, string),
});

export const ContainerStatus = message<cri.ContainerStatus>({
  id: field(1, string),
  metadata: field(2, ContainerMetadata),
  state: field(3, ContainerState),
  createdAtMs: field(4, timeMs),
  startedAtMs: field(5, timeMs),
  finishedAtMs: field(6, timeMs),
  exitCode: field(7, int32),
  image: field(8, ImageSpec),
  imageRef: field(9, string),
  reason: field(10, string),
  message: field(11, string),
  labels: stringMap(12),
  annotations: stringMap(13),
  mounts: list(14, Mount),
  logPath: field(15, string),
  resources: field(16, boxed(1, ContainerResources)),
  imageId: field(17, string),
  user: field(
    18,
    boxed(
      1,
      message<NonNullable<cri.ContainerStatus['user']>>({
        uid: field(1, int64),
        gid: field(2, int64),
        supplementalGroups: list(3, int64),
      }),
    ),
  ),
  stopSignal: field(19, StopSignal),
});

export const ContainerFilter = message<cri.ContainerFilter>({
  id: field(1, string),
  state: field(2, boxed(1, ContainerState)),
  podSandboxId: field(3, string),
  labelSelector: stringMap(4),
});

// Stats

const CpuUsage = message<cri.CpuUsage>({
  timestampMs: field(1, timeMs),
  usageCoreNanoSeconds: field(2, uint64Value),
  usageNanoCores: field(3, uint64Value),
});

const MemoryUsage = message<cri.MemoryUsage>({
  timestampMs: field(1, timeMs),
  workingSetBytes: field(2, uint64Value),
  availableBytes: field(3, uint64Value),
  usageBytes: field(4, uint64Value),
  rssBytes: field(5, uint64Value),
  pageFaults: field(6, uint64Value),
  majorPageFaults: field(7, uint64Value),
});

export const FilesystemUsage = message<cri.FilesystemUsage>({
  timestampMs: field(1, timeMs),
  mountpoint: field(2, boxed(1, string)),
  usedBytes: field(3, uint64Value),
  inodesUsed: field(4, uint64Value),
});

const InterfaceUsage = message<cri.InterfaceUsage>({
  name: field(1, string),
  rxBytes: field(2, uint64Value),
  rxErrors: field(3, uint64Value),
  txBytes: field(4, uint64Value),
  txErrors: field(5, uint64Value),
});

export const ContainerStats = message<cri.ContainerStats>({
  attributes: field(
    1,
    message<cri.ContainerStats['attributes']>({
      id: field(1, string),
      metadata: field(2, ContainerMetadata),
      labels: stringMap(3),
      annotations: stringMap(4),
    }),
  ),
  cpu: field(2, CpuUsage),
  memory: field(3, MemoryUsage),
  writableLayer: field(4, FilesystemUsage),
  swap: field(
    5,
    message<NonNullable<cri.ContainerStats['swap']>>({
      timestampMs: field(1, timeMs),
      availableBytes: field(2, uint64Value),
      usageBytes: field(3, uint64Value),
    }),
  ),
});

export interface WirePodSandboxStats {
  attributes: cri.PodSandboxStats['attributes'];
  linux?: Omit<cri.PodSandboxStats, 'attributes'> | undefined;
}

export const PodSandboxStats = message<WirePodSandboxStats>({
  attributes: field(
    1,
    message<cri.PodSandboxStats['attributes']>({
      id: field(1, string),
      metadata: field(2, PodSandboxMetadata),
      labels: stringMap(3),
      annotations: stringMap(4),
    }),
  ),
  linux: field(
    2,
    message<NonNullable<WirePodSandboxStats['linux']>>({
      cpu: field(1, CpuUsage),
      memory: field(2, MemoryUsage),
      network: field(
        3,
        message<NonNullable<cri.PodSandboxStats['network']>>({
          timestampMs: field(1, timeMs),
          defaultInterface: field(2, InterfaceUsage),
          interfaces: list(3, InterfaceUsage),
        }),
      ),
      processCount: field(4, boxed(2, uint64Value)),
      containers: list(5, ContainerStats),
    }),
  ),
});

export const ContainerStatsFilter = message<Omit<cri.ContainerFilter, 'state'>>({
  id: field(1, string),
  podSandboxId: field(2, string),
  labelSelector: stringMap(3),
});

export const PodSandboxStatsFilter = message<Omit<cri.PodSandboxFilter, 'state'>>({
  id: field(1, string),
  labelSelector: stringMap(2),
});

// Images

export const Image = message<cri.Image>({
  id: field(1, string),
  repoTags: list(2, string),
  repoDigests: list(3, string),
  sizeBytes: field(4, uint64),
  uid: field(5, int64Value),
  username: field(6, string),
  pinned: field(8, bool),
});

export const AuthConfig = message<cri.AuthConfig>({
  username: field(1, string),
  password: field(2, string),
  auth: field(3, string),
  serverAddress: field(4, string),
  identityToken: field(5, string),
  registryToken: field(6, string),
});
