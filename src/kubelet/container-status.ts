/** The status of each container as the API shows it, from what the runtime shows. Pure. */

import type { Container } from '#api/core/container.ts';
import type { ContainerState, ContainerStatus, VolumeMountStatus } from '#api/core/container-status.ts';
import type { Pod } from '#api/core/pod.ts';
import type { RoledContainer } from '#kubelet/containers-of.ts';
import { containerNamed, initContainersOf, restartsAfter } from '#kubelet/containers-of.ts';
import { containerNotes } from '#kubelet/labels.ts';
import type { ObservedContainer, ObservedPod } from '#kubelet/observed.ts';
import type { Verdicts } from '#kubelet/plan.ts';
import { hasStarted } from '#kubelet/plan.ts';
import { rfc3339 } from '#lib/clock.ts';

/** Why a container does not run yet, from the last try to start it. */
export interface WaitingReason {
  reason: string;
  message: string;
}

export interface ContainerStatusInput {
  pod: Pod;
  /** The status before: what it remembers outlives the containers in the runtime. */
  before: readonly ContainerStatus[];
  observed: ObservedPod;
  verdicts: (containerId: string) => Verdicts;
  /** By container name. */
  reasons: ReadonlyMap<string, WaitingReason>;
  /** `containerd`: what container ids start with. */
  runtimeName: string;
  /** Whether the runtime can make mounts read-only all the way down. */
  recursiveReadOnly: boolean;
  /** What the node has agreed to, and what the containers run with; absent: both as the Pod says. */
  resized?: { allocated: Pod; actual: Pod } | undefined;
}

export function containerStatus(input: ContainerStatusInput, target: RoledContainer): ContainerStatus {
  const { pod, observed, reasons } = input;
  const { container } = target;
  const attempts = observed.containers.filter(({ metadata }) => metadata.name === container.name);
  const [newest, previous] = attempts;
  const before = input.before.find(({ name }) => name === container.name);
  const status = newest === undefined ? unseen(input, target, before) : seen(input, target, newest, previous, before);
  const reason = reasons.get(container.name);
  if (reason === undefined || !willStart(pod, target, newest)) return status;
  const { state } = status;
  return {
    ...status,
    state: { waiting: { ...reason } },
    lastState: state?.terminated === undefined ? status.lastState : { terminated: state.terminated },
  };
}

/** Whether the next sync will try to start it. */
function willStart(pod: Pod, target: RoledContainer, newest: ObservedContainer | undefined): boolean {
  if (pod.metadata?.deletionTimestamp !== undefined) return false;
  if (newest === undefined) return true;
  if (newest.state === 'Running') return false;
  if (newest.state !== 'Exited') return true;
  // An ephemeral container is not tried again, yet upstream shows why its only try failed.
  if (target.role === 'ephemeral') return newest.exitCode !== 0;
  return restartsAfter(pod, target, newest.exitCode);
}

function unseen(
  input: ContainerStatusInput,
  target: RoledContainer,
  before: ContainerStatus | undefined,
): ContainerStatus {
  if (before?.state?.terminated !== undefined) return before;
  const status = blank(input, target);
  if (before === undefined) return status;
  status.restartCount = before.restartCount;
  status.lastState = before.lastState ?? {};
  if (before.state?.running === undefined) return status;
  // It ran and is gone without a trace.
  if (input.pod.metadata?.deletionTimestamp === undefined) status.restartCount++;
  const message = 'The container could not be located when the pod was deleted.  The container used to be Running';
  status.lastState = { terminated: lost(message) };
  return status;
}

/** The state of a container that nothing tells of any more. */
export function lost(message: string): NonNullable<ContainerState['terminated']> {
  return {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message,
    startedAt: null as unknown as string,
    finishedAt: null as unknown as string,
  };
}

function blank({ pod, recursiveReadOnly }: ContainerStatusInput, { role, container }: RoledContainer): ContainerStatus {
  const initializing = role !== 'ephemeral' && initContainersOf(pod).length > 0;
  const mounts = mountStatuses(container, recursiveReadOnly);
  return {
    name: container.name,
    state: { waiting: { reason: initializing ? 'PodInitializing' : 'ContainerCreating' } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: container.image ?? '',
    imageID: '',
    ...(role === 'ephemeral' ? {} : { started: false }),
    ...(mounts.length === 0 ? {} : { volumeMounts: mounts }),
  };
}

function seen(
  input: ContainerStatusInput,
  target: RoledContainer,
  newest: ObservedContainer,
  previous: ObservedContainer | undefined,
  before: ContainerStatus | undefined,
): ContainerStatus {
  const { role, container } = target;
  const running = newest.state === 'Running';
  const verdicts = input.verdicts(newest.id);
  const started = role === 'init' ? running : hasStarted(container, newest, verdicts);
  const lastState = previous?.state === 'Exited' ? stateOf(input, previous) : (before?.lastState ?? {});
  const requests = amounts(input.resized?.allocated, container)?.requests;
  const mounts = mountStatuses(container, input.recursiveReadOnly);
  return {
    name: container.name,
    state: stateOf(input, newest),
    lastState: previous === undefined && newest.metadata.attempt === 0 ? {} : lastState,
    ready: isReady(target, newest, started, verdicts),
    restartCount: containerNotes(newest.annotations).restartCount,
    image: newest.image.image,
    imageID: newest.imageRef,
    containerID: `${input.runtimeName}://${newest.id}`,
    ...(role === 'ephemeral' ? {} : { started }),
    ...(requests === undefined ? {} : { allocatedResources: requests }),
    resources: shownResources(input, container),
    ...(mounts.length === 0 ? {} : { volumeMounts: mounts }),
    ...(newest.user === undefined ? {} : { user: { linux: newest.user } }),
    ...(newest.stopSignal === undefined || newest.stopSignal === '' ? {} : { stopSignal: newest.stopSignal }),
  };
}

function isReady(
  { role, container }: RoledContainer,
  status: ObservedContainer,
  started: boolean,
  verdicts: Verdicts,
): boolean {
  if (role === 'init') return status.state === 'Exited' && status.exitCode === 0;
  if (role === 'ephemeral') return false;
  return started && (container.readinessProbe === undefined || verdicts.readiness === true);
}

function stateOf({ runtimeName }: ContainerStatusInput, status: ObservedContainer): ContainerState {
  switch (status.state) {
    case 'Created':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'Running':
      return { running: { startedAt: rfc3339(status.startedAtMs) } };
    default:
      return {
        terminated: {
          exitCode: status.exitCode,
          reason: status.reason === '' ? (status.exitCode === 0 ? 'Completed' : 'Error') : status.reason,
          ...(status.message === '' ? {} : { message: status.message }),
          startedAt: rfc3339(status.startedAtMs),
          finishedAt: rfc3339(status.finishedAtMs),
          containerID: `${runtimeName}://${status.id}`,
        },
      };
  }
}

function amounts(pod: Pod | undefined, container: Container): Container['resources'] {
  const own = pod === undefined ? undefined : containerNamed(pod, container.name)?.container;
  return (own ?? container).resources;
}

/** What it runs with; a limit or request that it has not had before is shown as soon as the node has agreed to it. */
function shownResources({ resized }: ContainerStatusInput, container: Container): ContainerStatus['resources'] {
  const actual = amounts(resized?.actual, container);
  const allocated = amounts(resized?.allocated, container);
  const limits = withNew(actual?.limits, allocated?.limits);
  const requests = withNew(actual?.requests, allocated?.requests);
  return { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) };
}

function withNew<T>(actual: T | undefined, allocated: T | undefined): T | undefined {
  return actual === undefined || allocated === undefined ? (actual ?? allocated) : { ...allocated, ...actual };
}

function mountStatuses(container: Container, recursiveReadOnly: boolean): VolumeMountStatus[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly, recursiveReadOnly: wanted }) => {
    if (!readOnly) return { name, mountPath };
    const enabled = recursiveReadOnly && (wanted === 'Enabled' || wanted === 'IfPossible');
    return { name, mountPath, readOnly, recursiveReadOnly: enabled ? 'Enabled' : 'Disabled' };
  });
}
