/** Starts one container: image, configuration, creation, start, postStart hook. Each step that fails says so. */

import type { Pod } from '#api/core/pod.ts';
import type { WaitingReason } from '#kubelet/container-status.ts';
import type { RoledContainer } from '#kubelet/containers-of.ts';
import { pullCredentials } from '#kubelet/credentials.ts';
import type { Image, Mount, PodSandboxConfig } from '#kubelet/cri/runtime.ts';
import type { Downward } from '#kubelet/downward.ts';
import { makeEnvironment } from '#kubelet/env.ts';
import { errorText } from '#kubelet/error-text.ts';
import { runHook } from '#kubelet/hooks.ts';
import type { Host, KubeletPod } from '#kubelet/host.ts';
import { say } from '#kubelet/host.ts';
import type { ImageResult } from '#kubelet/images.ts';
import type { ObservedPod } from '#kubelet/observed.ts';
import { latest } from '#kubelet/observed.ts';
import type { PlannedStart } from '#kubelet/plan.ts';
import { containerConfig } from '#kubelet/runtime-config.ts';
import { containerSecurity } from '#kubelet/security.ts';
import { killContainer } from '#kubelet/termination.ts';
import { unlessAborted } from '#kubelet/unless-aborted.ts';

export interface StartContext {
  host: Host;
  pod: KubeletPod;
  observed: ObservedPod;
  sandboxId: string;
  sandboxConfig: PodSandboxConfig;
  runtimeHandler: string | undefined;
  downward: Downward;
  /** Aborted when the Pod is not wanted any more. */
  signal: AbortSignal;
  /** Called with the id as soon as there is one. */
  onCreated: (containerId: string, name: string) => void;
}

export interface StartFailure extends WaitingReason {
  /** The container exists: how it ended tells more than why it was not started. */
  created?: boolean | undefined;
}

/** Undefined when it runs. */
export async function startContainer(context: StartContext, start: PlannedStart): Promise<StartFailure | undefined> {
  const { host, pod } = context;
  const { target } = start;
  const images = await ensureImages(context, target);
  if (!images.ok) {
    const { reason, message } = images;
    if (!context.signal.aborted) say(host, pod, 'Warning', 'Failed', `Error: ${reason}`, target);
    return { reason, message };
  }
  const failed = (reason: string, error: unknown): StartFailure => {
    say(host, pod, 'Warning', 'Failed', `Error: ${errorText(error)}`, target);
    return { reason, message: errorText(error) };
  };

  let config: Awaited<ReturnType<typeof configure>>;
  try {
    for (const [volume, imageRef] of images.ofVolumes) await host.files?.mountImage(pod, volume, imageRef);
    config = await configure(context, start, images);
  } catch (error) {
    return failed('CreateContainerConfigError', error);
  }
  let containerId: string;
  try {
    containerId = await host.runtime.createContainer(context.sandboxId, config, context.sandboxConfig);
  } catch (error) {
    return failed('CreateContainerError', error);
  }
  context.onCreated(containerId, target.container.name);
  say(host, pod, 'Normal', 'Created', 'Container created', target);
  try {
    await host.runtime.startContainer(containerId);
  } catch (error) {
    return { ...failed('RunContainerError', error), created: true };
  }
  say(host, pod, 'Normal', 'Started', 'Container started', target);
  return postStart(context, start, containerId);
}

/** `about`: the container that its Events are about; absent: the Pod. */
function ensureImage(
  { host, pod, sandboxConfig, runtimeHandler, signal }: StartContext,
  target: RoledContainer,
  about: RoledContainer | undefined,
): Promise<ImageResult> {
  return host.images.ensure({
    pod,
    target,
    sandboxConfig,
    runtimeHandler,
    say: (type, reason, message) => say(host, pod, type, reason, message, about),
    signal,
    credentials: name => pullCredentials(host.environment, pod, name),
  });
}

type Images = (Extract<ImageResult, { ok: true }> & { ofVolumes: Map<string, string> }) | ImageRefusal;
type ImageRefusal = Extract<ImageResult, { ok: false }>;

/** Gets the image of a container, and those that it mounts as volumes. */
async function ensureImages(context: StartContext, target: RoledContainer): Promise<Images> {
  const { role, container } = target;
  const ofVolumes = new Map<string, string>();
  let refusal: ImageRefusal | undefined;
  for (const { name, image } of context.pod.spec.volumes ?? []) {
    if (image === undefined || !container.volumeMounts?.some(mount => mount.name === name)) continue;
    const wanted = { name, image: image.reference, imagePullPolicy: image.pullPolicy };
    const result = await ensureImage(context, { role, container: wanted }, undefined);
    if (result.ok) ofVolumes.set(name, result.imageRef);
    else refusal ??= result;
  }
  const own = await ensureImage(context, target, target);
  return own.ok ? (refusal ?? { ...own, ofVolumes }) : own;
}

async function configure(
  { host, pod, observed, downward }: StartContext,
  { target, attempt }: PlannedStart,
  { imageRef, image }: { imageRef: string; image: Image | undefined },
) {
  const { container } = target;
  const targetName = (container as { targetContainerName?: string }).targetContainerName;
  const security = containerSecurity({
    pod,
    container,
    image,
    seccompDir: host.seccompDir,
    targetId: targetName === undefined ? undefined : latest(observed, targetName)?.id,
  });
  const environment = await makeEnvironment({
    pod,
    container,
    source: host.environment,
    downward,
    readFile: host.files === undefined ? undefined : (volume, path) => readVolumeFile(host, pod, volume, path),
  });
  let mounts: Mount[] = [];
  if (host.files !== undefined) {
    mounts = await host.files.containerMounts({
      pod,
      container,
      attempt,
      environment,
      podIps: downward.podIps,
      canBeReadOnlyBelow: host.runtimeFeatures.recursiveReadOnly,
    });
  }
  return containerConfig({
    pod,
    target,
    attempt,
    imageRef,
    environment,
    mounts,
    security,
    nodeMemoryBytes: host.memoryBytes,
  });
}

async function readVolumeFile(host: Host, pod: Pod, volume: string, path: string) {
  const files = host.files;
  if (files === undefined) return { path, text: undefined };
  return files.readVolumeFile(pod, volume, path);
}

/** A container whose hook fails is killed. */
async function postStart(
  context: StartContext,
  { target }: PlannedStart,
  containerId: string,
): Promise<StartFailure | undefined> {
  const { host, pod, downward } = context;
  const { container } = target;
  const hook = container.lifecycle?.postStart;
  if (hook === undefined) return undefined;
  const podIp = downward.podIps[0] ?? '';
  const running = runHook(host, { pod, podIp, container, containerId }, hook, 0);
  const failure = await unlessAborted(running, context.signal).catch(() => undefined);
  if (failure === undefined) return undefined;
  say(host, pod, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', target);
  await killContainer(host, pod, target, containerId, {
    message: 'FailedPostStartHook',
    graceSeconds: pod.spec.terminationGracePeriodSeconds ?? 0,
    podIp,
  });
  return { reason: 'PostStartHookError', message: failure, created: true };
}
