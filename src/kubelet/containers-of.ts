/** The containers of a Pod by role, and what its policies say about them. Pure. */

import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { ContainerStatus } from '#kubelet/cri/runtime.ts';

export type Role = 'init' | 'sidecar' | 'main' | 'ephemeral';

export interface RoledContainer {
  role: Role;
  container: Container;
}

/** An init container that goes on running beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export const initContainersOf = (pod: Pod): readonly Container[] => pod.spec?.initContainers ?? [];
export const mainContainersOf = (pod: Pod): readonly Container[] => pod.spec?.containers ?? [];
/** An ephemeral container has no field that a container has not, but for its target. */
export const ephemeralContainersOf = (
  pod: Pod,
): readonly (Container & { targetContainerName?: string | undefined })[] =>
  (pod.spec?.ephemeralContainers ?? []) as Container[];

export function allContainersOf(pod: Pod): RoledContainer[] {
  return [
    ...initContainersOf(pod).map(
      container => ({ role: isSidecar(container) ? 'sidecar' : 'init', container }) as const,
    ),
    ...mainContainersOf(pod).map(container => ({ role: 'main', container }) as const),
    ...ephemeralContainersOf(pod).map(container => ({ role: 'ephemeral', container }) as const),
  ];
}

export function containerNamed(pod: Pod, name: string): RoledContainer | undefined {
  return allContainersOf(pod).find(({ container }) => container.name === name);
}

/** `spec.initContainers{i1}`: where a container stands, as Events say it. */
export function containerFieldPath({ role, container }: RoledContainer): string {
  const list = {
    init: 'initContainers',
    sidecar: 'initContainers',
    main: 'containers',
    ephemeral: 'ephemeralContainers',
  };
  return `spec.${list[role]}{${container.name}}`;
}

/** The rule that an exit of the container falls under, if any. */
export function matchingRule(container: Container, exitCode: number): 'Restart' | 'RestartAllContainers' | undefined {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    if (exitCodes === undefined) continue;
    const listed = exitCodes.values?.includes(exitCode) ?? false;
    if (listed === (exitCodes.operator === 'In')) return action as 'Restart' | 'RestartAllContainers';
  }
  return undefined;
}

/** Whether a container that has exited with this code is started again. */
export function restartsAfter(pod: Pod, { role, container }: RoledContainer, exitCode: number): boolean {
  if (role === 'ephemeral') return false;
  if (role === 'sidecar') return true;
  if (matchingRule(container, exitCode) !== undefined) return true;
  const policy = container.restartPolicy ?? pod.spec?.restartPolicy ?? 'Always';
  if (policy === 'Never') return false;
  if (policy === 'OnFailure' || role === 'init') return exitCode !== 0;
  return true;
}

export const isRunning = (status: ContainerStatus | undefined): boolean => status?.state === 'Running';

/** Created and never started counts as failed: its start went wrong, or the kubelet stopped in between. */
export const isDone = (status: ContainerStatus | undefined): boolean => status?.state === 'Exited';

export const hasSucceeded = (status: ContainerStatus | undefined): boolean =>
  status?.state === 'Exited' && status.exitCode === 0;
