/**
 * What the kubelet asks of a container runtime: CRI v1 in our words. Two implementations: `containerd.ts` speaks CRI to
 * a real containerd, `simulated.ts` keeps its containers in memory. The names follow CRI, so that its documentation
 * applies; the differences are that
 *
 * - enumerations are words, times are milliseconds since 1970 (with a fraction), absent messages are `undefined`;
 * - the wrapper messages (`Int64Value`, `UInt64Value`) are plain numbers, absent when the wrapper is;
 * - `events` is a stream that every runtime has, also one older than CRI's `GetContainerEvents`.
 *
 * Every call rejects with a `RuntimeError`. Stop and remove calls succeed when there is nothing left to stop or remove.
 */

import type { GrpcCode } from '#lib/grpc/client.ts';

/** CRI's errors are gRPC's. */
export type RuntimeErrorCode = GrpcCode;

/** The message is the runtime's own, as it goes into Events and statuses. */
export class RuntimeError extends Error {
  override name = 'RuntimeError';
  readonly code: RuntimeErrorCode;
  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type StringMap = Readonly<Record<string, string>>;

export interface RuntimeVersion {
  runtimeName: string;
  runtimeVersion: string;
  runtimeApiVersion: string;
}

/** `RuntimeReady` and `NetworkReady` are the two that decide whether the node is ready. */
export interface RuntimeCondition {
  type: string;
  status: boolean;
  reason: string;
  message: string;
}

export interface RuntimeHandler {
  /** Empty for the default handler. */
  name: string;
  features?: { recursiveReadOnlyMounts: boolean; userNamespaces: boolean } | undefined;
}

export interface RuntimeStatus {
  conditions: RuntimeCondition[];
  /** Empty from a runtime that does not tell. */
  runtimeHandlers: RuntimeHandler[];
  features?: { supplementalGroupsPolicy: boolean } | undefined;
}

export type CgroupDriver = 'systemd' | 'cgroupfs';

// Pod sandboxes

export interface PodSandboxMetadata {
  name: string;
  uid: string;
  namespace: string;
  attempt?: number | undefined;
}

export interface DnsConfig {
  servers?: readonly string[] | undefined;
  searches?: readonly string[] | undefined;
  options?: readonly string[] | undefined;
}

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface PortMapping {
  protocol?: Protocol | undefined;
  containerPort: number;
  hostPort?: number | undefined;
  hostIp?: string | undefined;
}

/** `Pod`: shared by the Pod's containers. `Container`: its own. `Node`: the node's. `Target`: that of another container. */
export type NamespaceMode = 'Pod' | 'Container' | 'Node' | 'Target';

export interface IdMapping {
  hostId: number;
  containerId: number;
  length: number;
}

export interface NamespaceOptions {
  network?: NamespaceMode | undefined;
  pid?: NamespaceMode | undefined;
  ipc?: NamespaceMode | undefined;
  targetId?: string | undefined;
  /** Mode `Pod` asks for a user namespace, `Node` for none. */
  userns?: { mode?: NamespaceMode | undefined; uids?: readonly IdMapping[]; gids?: readonly IdMapping[] } | undefined;
}

export interface SecurityProfile {
  type?: 'RuntimeDefault' | 'Unconfined' | 'Localhost' | undefined;
  /** The path on the node of a seccomp profile, or the name of an AppArmor profile. */
  localhostRef?: string | undefined;
}

export interface SeLinuxOptions {
  user?: string | undefined;
  role?: string | undefined;
  type?: string | undefined;
  level?: string | undefined;
}

export interface SandboxSecurityContext {
  namespaceOptions?: NamespaceOptions | undefined;
  seLinuxOptions?: SeLinuxOptions | undefined;
  runAsUser?: number | undefined;
  runAsGroup?: number | undefined;
  readonlyRootfs?: boolean | undefined;
  supplementalGroups?: readonly number[] | undefined;
  supplementalGroupsPolicy?: 'Merge' | 'Strict' | undefined;
  privileged?: boolean | undefined;
  seccomp?: SecurityProfile | undefined;
  appArmor?: SecurityProfile | undefined;
}

export interface HugepageLimit {
  pageSize: string;
  limitBytes: number;
}

export interface ContainerResources {
  cpuPeriodUs?: number | undefined;
  cpuQuotaUs?: number | undefined;
  cpuShares?: number | undefined;
  memoryLimitBytes?: number | undefined;
  oomScoreAdj?: number | undefined;
  cpusetCpus?: string | undefined;
  cpusetMems?: string | undefined;
  hugepageLimits?: readonly HugepageLimit[] | undefined;
  /** Files of cgroup v2 written as they are. */
  unified?: StringMap | undefined;
  memorySwapLimitBytes?: number | undefined;
}

export interface LinuxPodSandboxConfig {
  cgroupParent?: string | undefined;
  securityContext?: SandboxSecurityContext | undefined;
  sysctls?: StringMap | undefined;
  overhead?: ContainerResources | undefined;
  resources?: ContainerResources | undefined;
}

export interface PodSandboxConfig {
  metadata: PodSandboxMetadata;
  hostname?: string | undefined;
  /** Where the logs of the Pod's containers are: `/var/log/pods/<namespace>_<name>_<uid>`. */
  logDirectory?: string | undefined;
  dnsConfig?: DnsConfig | undefined;
  portMappings?: readonly PortMapping[] | undefined;
  labels?: StringMap | undefined;
  annotations?: StringMap | undefined;
  linux?: LinuxPodSandboxConfig | undefined;
}

export type PodSandboxState = 'Ready' | 'NotReady';

export interface PodSandbox {
  id: string;
  metadata: PodSandboxMetadata;
  state: PodSandboxState;
  createdAtMs: number;
  labels: StringMap;
  annotations: StringMap;
  runtimeHandler: string;
}

export interface PodSandboxStatus extends PodSandbox {
  /** Empty for a Pod on the node's own network. */
  ip: string;
  additionalIps: string[];
  namespaceOptions?: NamespaceOptions | undefined;
}

export interface PodSandboxFilter {
  id?: string | undefined;
  state?: PodSandboxState | undefined;
  labelSelector?: StringMap | undefined;
}

// Containers

export interface ImageSpec {
  image: string;
  annotations?: StringMap | undefined;
  /** The name as the person wrote it in the Pod. */
  userSpecifiedImage?: string | undefined;
  runtimeHandler?: string | undefined;
}

export interface Mount {
  containerPath: string;
  hostPath: string;
  readonly?: boolean | undefined;
  selinuxRelabel?: boolean | undefined;
  propagation?: 'Private' | 'HostToContainer' | 'Bidirectional' | undefined;
  recursiveReadOnly?: boolean | undefined;
  /** An image volume: the content of the image instead of a host path. */
  image?: ImageSpec | undefined;
  imageSubPath?: string | undefined;
}

export interface ContainerSecurityContext {
  capabilities?: { add?: readonly string[]; drop?: readonly string[] } | undefined;
  privileged?: boolean | undefined;
  namespaceOptions?: NamespaceOptions | undefined;
  seLinuxOptions?: SeLinuxOptions | undefined;
  runAsUser?: number | undefined;
  runAsGroup?: number | undefined;
  runAsUsername?: string | undefined;
  readonlyRootfs?: boolean | undefined;
  supplementalGroups?: readonly number[] | undefined;
  supplementalGroupsPolicy?: 'Merge' | 'Strict' | undefined;
  noNewPrivs?: boolean | undefined;
  maskedPaths?: readonly string[] | undefined;
  readonlyPaths?: readonly string[] | undefined;
  seccomp?: SecurityProfile | undefined;
  appArmor?: SecurityProfile | undefined;
}

export interface ContainerConfig {
  metadata: { name: string; attempt?: number | undefined };
  image: ImageSpec;
  command?: readonly string[] | undefined;
  args?: readonly string[] | undefined;
  workingDir?: string | undefined;
  envs?: readonly { key: string; value: string }[] | undefined;
  mounts?: readonly Mount[] | undefined;
  devices?: readonly { containerPath: string; hostPath: string; permissions: string }[] | undefined;
  labels?: StringMap | undefined;
  annotations?: StringMap | undefined;
  /** Below the sandbox's logDirectory: `<container>/<attempt>.log`. */
  logPath?: string | undefined;
  stdin?: boolean | undefined;
  stdinOnce?: boolean | undefined;
  tty?: boolean | undefined;
  linux?: { resources?: ContainerResources | undefined; securityContext?: ContainerSecurityContext } | undefined;
  /** `SIGTERM`; only newer runtimes heed it. */
  stopSignal?: string | undefined;
}

export type ContainerState = 'Created' | 'Running' | 'Exited' | 'Unknown';

export interface Container {
  id: string;
  podSandboxId: string;
  metadata: { name: string; attempt: number };
  image: ImageSpec;
  /** The digest that the name meant, `docker.io/library/nginx@sha256:…`, or the image id. */
  imageRef: string;
  /** Empty from a runtime that does not tell (containerd before 2.0). */
  imageId: string;
  state: ContainerState;
  createdAtMs: number;
  labels: StringMap;
  annotations: StringMap;
}

export interface ContainerStatus {
  id: string;
  metadata: { name: string; attempt: number };
  state: ContainerState;
  createdAtMs: number;
  /** 0 until started. */
  startedAtMs: number;
  /** 0 until finished. */
  finishedAtMs: number;
  exitCode: number;
  image: ImageSpec;
  imageRef: string;
  imageId: string;
  /** `Completed`, `Error`, `OOMKilled`, `StartError` … */
  reason: string;
  message: string;
  labels: StringMap;
  annotations: StringMap;
  mounts: Mount[];
  logPath: string;
  resources?: ContainerResources | undefined;
  user?: { uid: number; gid: number; supplementalGroups: number[] } | undefined;
  stopSignal?: string | undefined;
}

export interface ContainerFilter {
  id?: string | undefined;
  state?: ContainerState | undefined;
  podSandboxId?: string | undefined;
  labelSelector?: StringMap | undefined;
}

// Streams

export interface ExecSyncResult {
  stdout: Uint8Array;
  stderr: Uint8Array;
  exitCode: number;
}

export interface ExecRequest {
  containerId: string;
  command: readonly string[];
  tty: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}

export type AttachRequest = Omit<ExecRequest, 'command'>;

// Stats

export interface CpuUsage {
  timestampMs: number;
  usageCoreNanoSeconds?: number | undefined;
  usageNanoCores?: number | undefined;
}

export interface MemoryUsage {
  timestampMs: number;
  workingSetBytes?: number | undefined;
  availableBytes?: number | undefined;
  usageBytes?: number | undefined;
  rssBytes?: number | undefined;
  pageFaults?: number | undefined;
  majorPageFaults?: number | undefined;
}

export interface FilesystemUsage {
  timestampMs: number;
  mountpoint: string;
  usedBytes?: number | undefined;
  inodesUsed?: number | undefined;
}

export interface InterfaceUsage {
  name: string;
  rxBytes?: number | undefined;
  rxErrors?: number | undefined;
  txBytes?: number | undefined;
  txErrors?: number | undefined;
}

export interface ContainerStats {
  attributes: { id: string; metadata: { name: string; attempt: number }; labels: StringMap; annotations: StringMap };
  cpu?: CpuUsage | undefined;
  memory?: MemoryUsage | undefined;
  writableLayer?: FilesystemUsage | undefined;
  swap?: { timestampMs: number; availableBytes?: number | undefined; usageBytes?: number | undefined } | undefined;
}

export interface PodSandboxStats {
  attributes: { id: string; metadata: PodSandboxMetadata; labels: StringMap; annotations: StringMap };
  cpu?: CpuUsage | undefined;
  memory?: MemoryUsage | undefined;
  network?:
    | { timestampMs: number; defaultInterface?: InterfaceUsage | undefined; interfaces: InterfaceUsage[] }
    | undefined;
  processCount?: number | undefined;
  containers: ContainerStats[];
}

// Images

export interface Image {
  /** `sha256:…` of the image's configuration. */
  id: string;
  repoTags: string[];
  repoDigests: string[];
  sizeBytes: number;
  /** The user that the image asks to run as: a number, or a name. */
  uid?: number | undefined;
  username: string;
  pinned: boolean;
}

export interface AuthConfig {
  username?: string | undefined;
  password?: string | undefined;
  auth?: string | undefined;
  serverAddress?: string | undefined;
  identityToken?: string | undefined;
  registryToken?: string | undefined;
}

export interface ImageFsInfo {
  imageFilesystems: FilesystemUsage[];
  /** Empty when containers live on the image filesystem. */
  containerFilesystems: FilesystemUsage[];
}

// Events

/**
 * `id` is a container's or a sandbox's (a sandbox `started` when its pause process did). When an event is delivered, the
 * status calls already show it. `relist` says that events may have been lost (the stream was opened, or opened again):
 * list sandboxes and containers and compare.
 */
export type RuntimeEvent =
  | { type: 'relist' }
  | { type: 'started' | 'deleted'; id: string }
  | { type: 'exited'; id: string; exitCode: number }
  | { type: 'oom'; id: string };

export interface Subscription {
  close(): void;
}

export interface Runtime {
  version(): Promise<RuntimeVersion>;
  status(): Promise<RuntimeStatus>;
  /** How the runtime drives cgroups; undefined from one that cannot tell. */
  cgroupDriver(): Promise<CgroupDriver | undefined>;
  /** Tells the runtime the node's Pod range; for runtimes that hand out addresses themselves (the simulated one). */
  updatePodCidr(podCidr: string): Promise<void>;

  /** Makes and starts the sandbox, network included; answers its id. */
  runPodSandbox(config: PodSandboxConfig, runtimeHandler?: string): Promise<string>;
  /** Kills what runs in it and takes its network down. */
  stopPodSandbox(podSandboxId: string): Promise<void>;
  /** Removes it with its containers. */
  removePodSandbox(podSandboxId: string): Promise<void>;
  podSandboxStatus(podSandboxId: string): Promise<PodSandboxStatus>;
  listPodSandboxes(filter?: PodSandboxFilter): Promise<PodSandbox[]>;

  /** Answers the container's id. `sandboxConfig` is what the sandbox was made from. */
  createContainer(podSandboxId: string, config: ContainerConfig, sandboxConfig: PodSandboxConfig): Promise<string>;
  startContainer(containerId: string): Promise<void>;
  /** Sends the stop signal, waits up to `timeoutSeconds`, kills. */
  stopContainer(containerId: string, timeoutSeconds: number): Promise<void>;
  /** A running container is killed first. */
  removeContainer(containerId: string): Promise<void>;
  containerStatus(containerId: string): Promise<ContainerStatus>;
  listContainers(filter?: ContainerFilter): Promise<Container[]>;
  updateContainerResources(containerId: string, resources: ContainerResources): Promise<void>;
  /** Unimplemented in containerd before 2.1. */
  updatePodSandboxResources(
    podSandboxId: string,
    resources: { overhead?: ContainerResources; resources?: ContainerResources },
  ): Promise<void>;
  /** After the log file was renamed: open the path anew. */
  reopenContainerLog(containerId: string): Promise<void>;

  /** Rejects with DeadlineExceeded when the command runs longer than `timeoutSeconds` (0: no limit). */
  execSync(containerId: string, command: readonly string[], timeoutSeconds: number): Promise<ExecSyncResult>;
  /** The next three answer the URL of a stream, good for one connection that upgrades to SPDY/3.1 or WebSocket. */
  exec(request: ExecRequest): Promise<string>;
  attach(request: AttachRequest): Promise<string>;
  portForward(podSandboxId: string, ports: readonly number[]): Promise<string>;

  containerStats(containerId: string): Promise<ContainerStats>;
  listContainerStats(filter?: Omit<ContainerFilter, 'state'>): Promise<ContainerStats[]>;
  podSandboxStats(podSandboxId: string): Promise<PodSandboxStats>;
  listPodSandboxStats(filter?: Omit<PodSandboxFilter, 'state'>): Promise<PodSandboxStats[]>;

  listImages(): Promise<Image[]>;
  /** Undefined when the image is not on the node. */
  imageStatus(image: ImageSpec): Promise<Image | undefined>;
  /** Answers the reference to hand to createContainer. */
  pullImage(image: ImageSpec, auth?: AuthConfig, sandboxConfig?: PodSandboxConfig): Promise<string>;
  removeImage(image: ImageSpec): Promise<void>;
  imageFsInfo(): Promise<ImageFsInfo>;

  /** Calls back in order, never synchronously, first with `relist`; reconnects by itself until closed. */
  events(onEvent: (event: RuntimeEvent) => void): Subscription;
  /** Ends connections and timers; calls under way reject with Canceled. */
  close(): void;
}
