/** The status of a Pod, from what the runtime shows and what the worker knows. Pure. */

import type { ContainerStatus } from '#api/core/container-status.ts';
import type { Pod, PodCondition, PodStatus } from '#api/core/pod.ts';
import type { NewCondition } from '#kubelet/conditions.ts';
import { containersReadyCondition, initializedCondition, isOwnCondition, readyCondition } from '#kubelet/conditions.ts';
import type { ContainerStatusInput } from '#kubelet/container-status.ts';
import { containerStatus, lost } from '#kubelet/container-status.ts';
import type { RoledContainer } from '#kubelet/containers-of.ts';
import { allContainersOf, isSidecar, restartsAfter } from '#kubelet/containers-of.ts';
import { currentSandbox } from '#kubelet/observed.ts';
import { podResources } from '#kubelet/resources.ts';
import { rfc3339 } from '#lib/clock.ts';

/** Why the kubelet ended a Pod by itself: a deadline, an eviction. */
export interface TerminalReason {
  phase: 'Failed' | 'Succeeded';
  reason: string;
  message: string;
}

export const deadlineExceeded: TerminalReason = {
  phase: 'Failed',
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};

/** Until when a Pod may be active; undefined for ever. */
export function deadlineMs(pod: Pod, { startTime }: PodStatus): number | undefined {
  const seconds = pod.spec?.activeDeadlineSeconds;
  return seconds === undefined || startTime === undefined ? undefined : Date.parse(startTime) + seconds * 1000;
}

export interface PodStatusInput extends Omit<ContainerStatusInput, 'before'> {
  /** The status as it was written last, or as the API had it. */
  before: PodStatus;
  nowMs: number;
  hostIps: readonly string[];
  qosClass: string;
  terminal?: TerminalReason | undefined;
  /** Its containers may still run: the phase does not say that it is over, though the conditions do. */
  mayRun: boolean;
  /** Nothing of it will be started again. */
  ending: boolean;
  /** Nothing is awaited any more: what is not known to have ended is said to have. */
  isLast: boolean;
  /** Conditions beside the usual ones: a resize, a restart of all containers. */
  extraConditions?: { first?: readonly NewCondition[]; last?: readonly NewCondition[] } | undefined;
}

/** `isOver`: it has ended, whether or not the phase says so yet. */
export function podStatus(input: PodStatusInput): { status: PodStatus; isOver: boolean } {
  const { pod, before } = input;
  const of = (roles: readonly RoledContainer['role'][], known: readonly ContainerStatus[] | undefined) =>
    allContainersOf(pod)
      .filter(({ role }) => roles.includes(role))
      .map(target => containerStatus({ ...input, before: known ?? [] }, target));
  const init = of(['init', 'sidecar'], before.initContainerStatuses);
  const main = of(['main'], before.containerStatuses);
  const ephemeral = of(['ephemeral'], before.ephemeralContainerStatuses);
  const { phase, conditions, isOver } = judged(input, { init, main });
  const over = input.ending && input.isLast;
  if (over) endUnknown(pod, init, main);
  const resources = podResources(input.resized?.allocated ?? pod, input.resized?.actual ?? pod, before.resources);
  const status: PodStatus = {
    observedGeneration: pod.metadata?.generation,
    phase: over ? closingPhase(phase) : phase,
    conditions,
    ...said(input, phase),
    ...addresses(input),
    startTime: before.startTime ?? rfc3339(input.nowMs),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: main,
    qosClass: before.qosClass ?? input.qosClass,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    ...(resources === undefined ? {} : resources),
  };
  return { status: { ...keptFields(before), ...status }, isOver };
}

/** Fields that others own. */
function keptFields(before: PodStatus): PodStatus {
  const { nominatedNodeName, resourceClaimStatuses, extendedResourceClaimStatus, resize } = before;
  const kept: PodStatus = { nominatedNodeName, resourceClaimStatuses, extendedResourceClaimStatus, resize };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}

function said({ terminal, mayRun, before }: PodStatusInput, phase: string | undefined): PodStatus {
  const isOver = phase === 'Failed' || phase === 'Succeeded';
  if (terminal !== undefined && !mayRun) return { message: terminal.message, reason: terminal.reason };
  if (isOver && before.phase === phase && before.reason !== undefined) {
    return { message: before.message, reason: before.reason };
  }
  return {};
}

/**
 * Phase and conditions. A Pod that has ended while its containers may still run keeps the phase it had: others take
 * Failed and Succeeded to mean that nothing of it runs.
 */
function judged(
  input: PodStatusInput,
  statuses: { init: ContainerStatus[]; main: ContainerStatus[] },
): { phase: string | undefined; conditions: PodCondition[]; isOver: boolean } {
  const { pod, before, terminal } = input;
  const phase = terminal?.phase ?? podPhase(input, statuses);
  const isOver = phase === 'Failed' || phase === 'Succeeded';
  const wasOver = before.phase === 'Failed' || before.phase === 'Succeeded';
  const containersReady = containersReadyCondition(pod, statuses, phase);
  const fresh: NewCondition[] = [
    ...(input.extraConditions?.first ?? []),
    { type: 'PodReadyToStartContainers', status: isSandboxReady(input) ? 'True' : 'False' },
    initializedCondition(pod, statuses, phase),
    readyCondition(pod, containersReady, pod.status?.conditions),
    containersReady,
    { type: 'PodScheduled', status: 'True' },
    ...(input.extraConditions?.last ?? []),
  ];
  return {
    isOver,
    phase: isOver && !wasOver && input.mayRun ? (before.phase ?? 'Pending') : phase,
    conditions: mergeConditions(pod, before.conditions ?? [], fresh, input.nowMs),
  };
}

function mergeConditions(
  pod: Pod,
  before: readonly PodCondition[],
  fresh: readonly NewCondition[],
  nowMs: number,
): PodCondition[] {
  // Of those of others the API has the newest.
  const foreign = (pod.status?.conditions ?? []).filter(({ type }) => !isOwnCondition(type));
  const own = fresh.map(condition => {
    const old = before.find(({ type }) => type === condition.type);
    const { type, status, reason, message } = condition;
    return {
      type,
      // Upstream does not say it of this one.
      ...(type === 'AllContainersRestarting' ? {} : { observedGeneration: pod.metadata?.generation }),
      status,
      lastProbeTime: null as unknown as string,
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : rfc3339(nowMs),
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    };
  });
  return [...foreign, ...own];
}

function isSandboxReady({ pod, observed }: PodStatusInput): boolean {
  const sandbox = currentSandbox(observed);
  return sandbox?.state === 'Ready' && (pod.spec?.hostNetwork === true || sandbox.ip !== '');
}

function addresses({ pod, observed, hostIps, before }: PodStatusInput): PodStatus {
  const [hostIP] = hostIps;
  const sandbox = observed.sandboxes.find(({ ip }) => ip !== '');
  const ofSandbox = sandbox === undefined ? [] : [sandbox.ip, ...sandbox.additionalIps];
  const kept = before.podIPs?.map(({ ip }) => ip) ?? [];
  const podIps = pod.spec?.hostNetwork ? hostIps : ofSandbox.length > 0 ? ofSandbox : kept;
  return {
    ...(hostIP === undefined ? {} : { hostIP, hostIPs: hostIps.map(ip => ({ ip })) }),
    ...(podIps[0] === undefined ? {} : { podIP: podIps[0], podIPs: podIps.map(ip => ({ ip })) }),
  };
}

/**
 * In a Pod that is over, what nothing tells of: its containers, once it was initialized; of its init containers those up
 * to the last that was ever begun, and the first in any case.
 */
function endUnknown(pod: Pod, init: ContainerStatus[], main: ContainerStatus[]): void {
  const begun = init.findLastIndex(({ state, lastState }) => state?.waiting === undefined || wasEnded(lastState));
  const all = [...init.slice(0, Math.max(begun, 0) + 1), ...(wasInitialized(pod, init, main) ? main : [])];
  for (const status of all) {
    if (status.state?.terminated !== undefined) continue;
    status.state = { terminated: lost('The container could not be located when the pod was terminated') };
  }
}

const wasEnded = (state: ContainerStatus['state']) => state?.terminated !== undefined;

/** A container has ever run, or the last of the init containers has done its work. */
function wasInitialized(pod: Pod, init: readonly ContainerStatus[], main: readonly ContainerStatus[]): boolean {
  const last = init.at(-1);
  if (last === undefined || main.some(({ state, lastState }) => state?.waiting === undefined || wasEnded(lastState)))
    return true;
  if (isSidecarNamed(pod, last.name) && last.state?.running !== undefined && last.started) return true;
  return [last.state, last.lastState].some(state => state?.terminated?.exitCode === 0);
}

const closingPhase = (phase: string | undefined) => (phase === 'Succeeded' ? phase : 'Failed');

/** Where a Pod is in its life, from the states of its containers. */
function podPhase(input: PodStatusInput, { init, main }: { init: ContainerStatus[]; main: ContainerStatus[] }): string {
  const { pod, ending } = input;
  const before = initPhase(input, init, main);
  if (before !== undefined) return before;
  let running = 0;
  let waiting = 0;
  let stopped = 0;
  let succeeded = 0;
  let restarting = 0;
  for (const { state, lastState, name } of main) {
    if (state?.running !== undefined) running++;
    else if (state?.terminated !== undefined) {
      stopped++;
      const { exitCode } = state.terminated;
      if (exitCode === 0) succeeded++;
      const container = pod.spec?.containers.find(other => other.name === name);
      if (container !== undefined && restartsAfter(pod, { role: 'main', container }, exitCode)) restarting++;
    } else if (lastState?.terminated !== undefined) {
      stopped++;
      restarting++;
    } else waiting++;
  }
  if (waiting > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (!ending && restarting > 0) return 'Running';
  if (stopped === 0) return 'Pending';
  // While sidecars run it is not over: they may still write what the others have left.
  if (!ending && init.some(({ name, state }) => state?.running !== undefined && isSidecarNamed(pod, name)))
    return 'Running';
  return stopped === succeeded ? 'Succeeded' : 'Failed';
}

function isSidecarNamed(pod: Pod, name: string): boolean {
  return pod.spec?.initContainers?.some(container => container.name === name && isSidecar(container)) ?? false;
}

/** Undefined once the init containers have nothing more to say. */
function initPhase(
  { pod, ending }: PodStatusInput,
  init: ContainerStatus[],
  main: ContainerStatus[],
): string | undefined {
  const begun = main.some(({ state }) => state?.running !== undefined || state?.terminated !== undefined);
  let pending = false;
  for (const container of pod.spec?.initContainers ?? []) {
    const status = init.find(({ name }) => name === container.name);
    const { state, lastState } = status ?? {};
    if (isSidecar(container)) {
      const waits = state?.waiting !== undefined && lastState?.terminated === undefined;
      if (!begun && (waits || (state?.running !== undefined && status?.started !== true))) pending = true;
      continue;
    }
    // One that waits will be started, whatever became of it before.
    const ended = state?.terminated;
    if (ended === undefined) {
      if (!begun) pending = true;
    } else if (ended.exitCode !== 0) {
      if (ending || !restartsAfter(pod, { role: 'init', container }, ended.exitCode)) return 'Failed';
      pending = true;
    }
  }
  return pending ? 'Pending' : undefined;
}
