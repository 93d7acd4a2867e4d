/** The calls of CRI v1 that the kubelet makes: path, request and response of each. */

import {
  bool,
  boxed,
  bytes,
  enumeration,
  field,
  int32,
  int64,
  list,
  type Message,
  message,
  string,
} from '#lib/protobuf/message.ts';
import * as wire from './messages.ts';
import type * as cri from './runtime.ts';

export interface Method<I, O> {
  readonly path: string;
  readonly request: Message<I>;
  readonly response: Message<O>;
}

function runtimeMethod<I, O>(name: string, request: Message<I>, response: Message<O>): Method<I, O> {
  return { path: `/runtime.v1.RuntimeService/${name}`, request, response };
}

function imageMethod<I, O>(name: string, request: Message<I>, response: Message<O>): Method<I, O> {
  return { path: `/runtime.v1.ImageService/${name}`, request, response };
}

const nothing = message<Record<never, never>>({});
const sandboxId = message<{ podSandboxId: string }>({ podSandboxId: field(1, string) });
const containerId = message<{ containerId: string }>({ containerId: field(1, string) });
const imageOnly = message<{ image: cri.ImageSpec }>({ image: field(1, wire.ImageSpec) });
const url = message<{ url: string }>({ url: field(1, string) });

const version = runtimeMethod(
  'Version',
  nothing,
  message<cri.RuntimeVersion>({
    runtimeName: field(2, string),
    runtimeVersion: field(3, string),
    runtimeApiVersion: field(4, string),
  }),
);

const RuntimeCondition = message<cri.RuntimeCondition>({
  type: field(1, string),
  status: field(2, bool),
  reason: field(3, string),
  message: field(4, string),
});

const RuntimeHandler = message<cri.RuntimeHandler>({
  name: field(1, string),
  features: field(
    2,
    message<NonNullable<cri.RuntimeHandler['features']>>({
      recursiveReadOnlyMounts: field(1, bool),
      userNamespaces: field(2, bool),
    }),
  ),
});

interface StatusResponse extends Pick<cri.RuntimeStatus, 'runtimeHandlers' | 'features'> {
  status?: { conditions: cri.RuntimeCondition[] } | undefined;
}

const status = runtimeMethod(
  'Status',
  nothing,
  message<StatusResponse>({
    status: field(1, message<{ conditions: cri.RuntimeCondition[] }>({ conditions: list(1, RuntimeCondition) })),
    runtimeHandlers: list(3, RuntimeHandler),
    features: field(
      4,
      message<NonNullable<cri.RuntimeStatus['features']>>({ supplementalGroupsPolicy: field(1, bool) }),
    ),
  }),
);

const createContainer = runtimeMethod(
  'CreateContainer',
  message<{ podSandboxId: string; config: cri.ContainerConfig; sandboxConfig: cri.PodSandboxConfig }>({
    podSandboxId: field(1, string),
    config: field(2, wire.ContainerConfig),
    sandboxConfig: field(3, wire.PodSandboxConfig),
  }),
  containerId,
);

const execSync = runtimeMethod(
  'ExecSync',
  message<{ containerId: string; command: readonly string[]; timeoutSeconds: number }>({
    containerId: field(1, string),
    command: list(2, string),
    timeoutSeconds: field(3, int64),
  }),
  message<cri.ExecSyncResult>({ stdout: field(1, bytes), stderr: field(2, bytes), exitCode: field(3, int32) }),
);

const exec = runtimeMethod(
  'Exec',
  message<cri.ExecRequest>({
    containerId: field(1, string),
    command: list(2, string),
    tty: field(3, bool),
    stdin: field(4, bool),
    stdout: field(5, bool),
    stderr: field(6, bool),
  }),
  url,
);

/** The same fields as in Exec under other numbers. */
const attach = runtimeMethod(
  'Attach',
  message<cri.AttachRequest>({
    containerId: field(1, string),
    stdin: field(2, bool),
    tty: field(3, bool),
    stdout: field(4, bool),
    stderr: field(5, bool),
  }),
  url,
);

const updateContainerResources = runtimeMethod(
  'UpdateContainerResources',
  message<{ containerId: string; linux: cri.ContainerResources }>({
    containerId: field(1, string),
    linux: field(2, wire.ContainerResources),
  }),
  nothing,
);

const updatePodSandboxResources = runtimeMethod(
  'UpdatePodSandboxResources',
  message<{ podSandboxId: string; overhead?: cri.ContainerResources; resources?: cri.ContainerResources }>({
    podSandboxId: field(1, string),
    overhead: field(2, wire.ContainerResources),
    resources: field(3, wire.ContainerResources),
  }),
  nothing,
);

const pullImage = imageMethod(
  'PullImage',
  message<{ image: cri.ImageSpec; auth?: cri.AuthConfig; sandboxConfig?: cri.PodSandboxConfig }>({
    image: field(1, wire.ImageSpec),
    auth: field(2, wire.AuthConfig),
    sandboxConfig: field(3, wire.PodSandboxConfig),
  }),
  message<{ imageRef: string }>({ imageRef: field(1, string) }),
);

export const methods = {
  version,
  status,
  runtimeConfig: runtimeMethod(
    'RuntimeConfig',
    nothing,
    message<{ cgroupDriver?: cri.CgroupDriver }>({
      cgroupDriver: field(1, boxed(1, enumeration(['systemd', 'cgroupfs']))),
    }),
  ),
  updateRuntimeConfig: runtimeMethod(
    'UpdateRuntimeConfig',
    message<{ podCidr?: string }>({ podCidr: field(1, boxed(1, boxed(1, string))) }),
    nothing,
  ),
  runPodSandbox: runtimeMethod(
    'RunPodSandbox',
    message<{ config: cri.PodSandboxConfig; runtimeHandler: string }>({
      config: field(1, wire.PodSandboxConfig),
      runtimeHandler: field(2, string),
    }),
    sandboxId,
  ),
  stopPodSandbox: runtimeMethod('StopPodSandbox', sandboxId, nothing),
  removePodSandbox: runtimeMethod('RemovePodSandbox', sandboxId, nothing),
  podSandboxStatus: runtimeMethod(
    'PodSandboxStatus',
    sandboxId,
    message<{ status?: wire.WirePodSandboxStatus }>({ status: field(1, wire.PodSandboxStatus) }),
  ),
  listPodSandbox: runtimeMethod(
    'ListPodSandbox',
    message<{ filter?: cri.PodSandboxFilter | undefined }>({ filter: field(1, wire.PodSandboxFilter) }),
    message<{ items: cri.PodSandbox[] }>({ items: list(1, wire.PodSandbox) }),
  ),
  createContainer,
  startContainer: runtimeMethod('StartContainer', containerId, nothing),
  stopContainer: runtimeMethod(
    'StopContainer',
    message<{ containerId: string; timeoutSeconds: number }>({
      containerId: field(1, string),
      timeoutSeconds: field(2, int64),
    }),
    nothing,
  ),
  removeContainer: runtimeMethod('RemoveContainer', containerId, nothing),
  containerStatus: runtimeMethod(
    'ContainerStatus',
    containerId,
    message<{ status?: cri.ContainerStatus }>({ status: field(1, wire.ContainerStatus) }),
  ),
  listContainers: runtimeMethod(
    'ListContainers',
    message<{ filter?: cri.ContainerFilter | undefined }>({ filter: field(1, wire.ContainerFilter) }),
    message<{ containers: cri.Container[] }>({ containers: list(1, wire.Container) }),
  ),
  updateContainerResources,
  updatePodSandboxResources,
  reopenContainerLog: runtimeMethod('ReopenContainerLog', containerId, nothing),
  execSync,
  exec,
  attach,
  portForward: runtimeMethod(
    'PortForward',
    message<{ podSandboxId: string; ports: readonly number[] }>({
      podSandboxId: field(1, string),
      ports: list(2, int32),
    }),
    url,
  ),
  containerStats: runtimeMethod(
    'ContainerStats',
    containerId,
    message<{ stats?: cri.ContainerStats }>({ stats: field(1, wire.ContainerStats) }),
  ),
  listContainerStats: runtimeMethod(
    'ListContainerStats',
    message<{ filter?: Omit<cri.ContainerFilter, 'state'> | undefined }>({
      filter: field(1, wire.ContainerStatsFilter),
    }),
    message<{ stats: cri.ContainerStats[] }>({ stats: list(1, wire.ContainerStats) }),
  ),
  podSandboxStats: runtimeMethod(
    'PodSandboxStats',
    sandboxId,
    message<{ stats?: wire.WirePodSandboxStats }>({ stats: field(1, wire.PodSandboxStats) }),
  ),
  listPodSandboxStats: runtimeMethod(
    'ListPodSandboxStats',
    message<{ filter?: Omit<cri.PodSandboxFilter, 'state'> | undefined }>({
      filter: field(1, wire.PodSandboxStatsFilter),
    }),
    message<{ stats: wire.WirePodSandboxStats[] }>({ stats: list(1, wire.PodSandboxStats) }),
  ),
  listImages: imageMethod('ListImages', nothing, message<{ images: cri.Image[] }>({ images: list(1, wire.Image) })),
  imageStatus: imageMethod('ImageStatus', imageOnly, message<{ image?: cri.Image }>({ image: field(1, wire.Image) })),
  pullImage,
  removeImage: imageMethod('RemoveImage', imageOnly, nothing),
  imageFsInfo: imageMethod(
    'ImageFsInfo',
    nothing,
    message<cri.ImageFsInfo>({
      imageFilesystems: list(1, wire.FilesystemUsage),
      containerFilesystems: list(2, wire.FilesystemUsage),
    }),
  ),
};
