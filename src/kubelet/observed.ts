/** What the runtime runs for one Pod, read in one go. */

import type { ContainerStatus, PodSandboxStatus, Runtime } from '#kubelet/cri/runtime.ts';
import { RuntimeError } from '#kubelet/cri/runtime.ts';
import { podUidLabel } from '#kubelet/labels.ts';

/** The status of a container, with the sandbox it is in. */
export interface ObservedContainer extends ContainerStatus {
  podSandboxId: string;
}

export interface ObservedPod {
  /** The newest first. */
  sandboxes: readonly PodSandboxStatus[];
  /** All attempts of all containers, the newest first. */
  containers: readonly ObservedContainer[];
}

export const nothingObserved: ObservedPod = { sandboxes: [], containers: [] };

export async function observePod(runtime: Runtime, uid: string): Promise<ObservedPod> {
  const labelSelector = { [podUidLabel]: uid };
  const [sandboxes, containers] = await Promise.all([
    runtime.listPodSandboxes({ labelSelector }),
    runtime.listContainers({ labelSelector }),
  ]);
  const [sandboxStatuses, containerStatuses] = await Promise.all([
    Promise.all(sandboxes.map(({ id }) => unlessGone(runtime.podSandboxStatus(id)))),
    Promise.all(
      containers.map(async ({ id, podSandboxId }) => {
        const status = await unlessGone(runtime.containerStatus(id));
        return status === undefined ? undefined : { ...status, podSandboxId };
      }),
    ),
  ]);
  return {
    sandboxes: sandboxStatuses.filter(isThere).sort((a, b) => b.createdAtMs - a.createdAtMs),
    containers: containerStatuses
      .filter(isThere)
      .sort((a, b) => b.createdAtMs - a.createdAtMs || b.metadata.attempt - a.metadata.attempt),
  };
}

/** The newest attempt of a container. */
export function latest(observed: ObservedPod, name: string): ObservedContainer | undefined {
  return observed.containers.find(({ metadata }) => metadata.name === name);
}

export function runsAnything({ containers, sandboxes }: ObservedPod): boolean {
  return containers.some(({ state }) => state === 'Running') || sandboxes.some(({ state }) => state === 'Ready');
}

/** The sandbox that the Pod runs in now; older ones are remains. */
export function currentSandbox(observed: ObservedPod): PodSandboxStatus | undefined {
  return observed.sandboxes[0];
}

/** Removed between the list and the question. */
function unlessGone<T>(status: Promise<T>): Promise<T | undefined> {
  return status.catch(error => {
    if (error instanceof RuntimeError && error.code === 'NotFound') return undefined;
    throw error;
  });
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}
