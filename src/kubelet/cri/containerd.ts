/**
 * The runtime over CRI v1, tested with containerd 1.6 and written for later ones too: every call that is newer than 1.6
 * has an answer for a server that does not know it.
 */

import { connect } from 'node:net';
import type { Clock } from '#lib/clock.ts';
import { GrpcError, grpcClient } from '#lib/grpc/client.ts';
import { containerdEvents } from './containerd-events.ts';
import type { WirePodSandboxStats, WirePodSandboxStatus } from './messages.ts';
import { type Method, methods } from './methods.ts';
import type { PodSandboxStats, PodSandboxStatus, Runtime, RuntimeErrorCode, RuntimeEvent } from './runtime.ts';
import { RuntimeError } from './runtime.ts';

export interface ContainerdOptions {
  /** The path of containerd's unix socket. */
  socketPath: string;
  clock: Clock;
}

/** As upstream's kubelet: two minutes, twice that for a sandbox with its network, none for a pull. */
const requestTimeoutMs = 120_000;
const runPodSandboxTimeoutMs = 2 * requestTimeoutMs;

export function containerdRuntime({ socketPath, clock }: ContainerdOptions): Runtime {
  const grpc = grpcClient({ connect: () => connect(socketPath), clock });

  async function call<I, O>(method: Method<I, O>, request: I, timeoutMs = requestTimeoutMs): Promise<O> {
    try {
      const message = method.request.encode(request);
      const limitMs = Number.isFinite(timeoutMs) ? timeoutMs : undefined;
      return method.response.decode(await grpc.unary({ path: method.path, message, timeoutMs: limitMs }));
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      throw new RuntimeError(error.code, error.message, { cause: error });
    }
  }

  const runtime: Runtime = {
    version: () => call(methods.version, {}),
    async status() {
      const { status, runtimeHandlers, features } = await call(methods.status, {});
      return { conditions: status?.conditions ?? [], runtimeHandlers, features };
    },
    async cgroupDriver() {
      const answer = await unless(call(methods.runtimeConfig, {}), 'Unimplemented');
      return answer?.cgroupDriver;
    },
    updatePodCidr: podCidr => done(call(methods.updateRuntimeConfig, { podCidr })),

    async runPodSandbox(config, runtimeHandler = '') {
      return (await call(methods.runPodSandbox, { config, runtimeHandler }, runPodSandboxTimeoutMs)).podSandboxId;
    },
    stopPodSandbox: podSandboxId => done(unless(call(methods.stopPodSandbox, { podSandboxId }), 'NotFound')),
    removePodSandbox: podSandboxId => done(unless(call(methods.removePodSandbox, { podSandboxId }), 'NotFound')),
    async podSandboxStatus(podSandboxId) {
      const { status } = await call(methods.podSandboxStatus, { podSandboxId });
      return unfoldStatus(present(status, podSandboxId));
    },
    listPodSandboxes: async filter => (await call(methods.listPodSandbox, { filter })).items,

    async createContainer(podSandboxId, config, sandboxConfig) {
      return (await call(methods.createContainer, { podSandboxId, config, sandboxConfig })).containerId;
    },
    startContainer: containerId => done(call(methods.startContainer, { containerId })),
    stopContainer(containerId, timeoutSeconds) {
      const timeoutMs = timeoutSeconds * 1000 + requestTimeoutMs;
      return done(unless(call(methods.stopContainer, { containerId, timeoutSeconds }, timeoutMs), 'NotFound'));
    },
    removeContainer: containerId => done(unless(call(methods.removeContainer, { containerId }), 'NotFound')),
    async containerStatus(containerId) {
      return present((await call(methods.containerStatus, { containerId })).status, containerId);
    },
    listContainers: async filter => (await call(methods.listContainers, { filter })).containers,
    updateContainerResources: (containerId, linux) =>
      done(call(methods.updateContainerResources, { containerId, linux })),
    updatePodSandboxResources: (podSandboxId, resources) =>
      done(unless(call(methods.updatePodSandboxResources, { podSandboxId, ...resources }), 'Unimplemented')),
    reopenContainerLog: containerId => done(call(methods.reopenContainerLog, { containerId })),

    execSync(containerId, command, timeoutSeconds) {
      // The server keeps the time; ours only ends a call that it forgot.
      const timeoutMs = timeoutSeconds === 0 ? Number.POSITIVE_INFINITY : timeoutSeconds * 1000 + requestTimeoutMs;
      return call(methods.execSync, { containerId, command, timeoutSeconds }, timeoutMs);
    },
    exec: async request => (await call(methods.exec, request)).url,
    attach: async request => (await call(methods.attach, request)).url,
    portForward: async (podSandboxId, ports) => (await call(methods.portForward, { podSandboxId, ports })).url,

    async containerStats(containerId) {
      return present((await call(methods.containerStats, { containerId })).stats, containerId);
    },
    listContainerStats: async filter => (await call(methods.listContainerStats, { filter })).stats,
    async podSandboxStats(podSandboxId) {
      return unfoldStats(present((await call(methods.podSandboxStats, { podSandboxId })).stats, podSandboxId));
    },
    async listPodSandboxStats(filter) {
      return (await call(methods.listPodSandboxStats, { filter })).stats.map(unfoldStats);
    },

    listImages: async () => (await call(methods.listImages, {})).images,
    imageStatus: async image => (await call(methods.imageStatus, { image })).image,
    pullImage: async (image, auth, sandboxConfig) =>
      (await call(methods.pullImage, { image, auth, sandboxConfig }, Number.POSITIVE_INFINITY)).imageRef,
    removeImage: image => done(unless(call(methods.removeImage, { image }), 'NotFound')),
    imageFsInfo: () => call(methods.imageFsInfo, {}),

    events: onEvent => containerdEvents({ grpc, clock, settled: event => settled(runtime, event) }, onEvent),
    close: () => grpc.close(),
  };
  return runtime;
}

/** For calls whose answer says nothing. */
async function done(answer: Promise<unknown>): Promise<void> {
  await answer;
}

/** The answer, or undefined when the call failed with `code`. */
async function unless<T>(answer: Promise<T>, code: RuntimeErrorCode): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RuntimeError && error.code === code) return undefined;
    throw error;
  }
}

/** A server that answers without the status it was asked for is taken to say that there is none. */
function present<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw new RuntimeError('NotFound', `no status of ${id}`);
  return value;
}

function unfoldStatus({ network, ...status }: WirePodSandboxStatus): PodSandboxStatus {
  return { ...status, ip: network?.ip ?? '', additionalIps: network?.additionalIps.map(each => each.ip) ?? [] };
}

function unfoldStats({ attributes, linux }: WirePodSandboxStats): PodSandboxStats {
  return { attributes, containers: [], ...linux };
}

/** Whether CRI's status shows the event already; a container or sandbox that is gone shows everything. */
async function settled(runtime: Runtime, event: RuntimeEvent): Promise<boolean> {
  if (event.type === 'relist' || event.type === 'oom') return true;
  const container = await unless(runtime.containerStatus(event.id), 'NotFound');
  const sandbox = container ?? (await unless(runtime.podSandboxStatus(event.id), 'NotFound'));
  if (sandbox === undefined) return true;
  switch (event.type) {
    case 'started':
      return sandbox.state !== 'Created';
    case 'exited':
      return sandbox.state === 'Exited' || sandbox.state === 'NotReady';
    case 'deleted':
      return false;
  }
}
