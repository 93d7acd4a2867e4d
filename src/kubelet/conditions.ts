/** The conditions of a Pod that the kubelet owns. Pure. */

import type { ContainerStatus } from '#api/core/container-status.ts';
import type { Pod, PodCondition, PodStatus } from '#api/core/pod.ts';
import { initContainersOf, isSidecar, mainContainersOf } from '#kubelet/containers-of.ts';

/** A condition before it has times. */
export type NewCondition = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

const ownedTypes: ReadonlySet<string> = new Set([
  'PodScheduled',
  'Ready',
  'Initialized',
  'ContainersReady',
  'PodReadyToStartContainers',
  'PodResizePending',
  'PodResizeInProgress',
  'AllContainersRestarting',
]);

/** What others have set (readiness gates, a disruption) stays as it is. */
export const isOwnCondition = (type: string): boolean => ownedTypes.has(type);

interface Statuses {
  init: readonly ContainerStatus[];
  main: readonly ContainerStatus[];
}

export function initializedCondition(pod: Pod, { init, main }: Statuses, phase: string | undefined): NewCondition {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  const begun = main.some(
    ({ state, lastState, started }) =>
      started || state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined,
  );
  if (begun) return { type, status: 'True' };
  const incomplete = initContainersOf(pod).filter(container => {
    const status = init.find(({ name }) => name === container.name);
    return isSidecar(container) ? status?.started !== true : status?.ready !== true;
  });
  if (incomplete.length === 0) return { type, status: 'True' };
  const message = `containers with incomplete status: [${incomplete.map(({ name }) => name).join(' ')}]`;
  return { type, status: 'False', reason: 'ContainersNotInitialized', message };
}

export function containersReadyCondition(pod: Pod, { init, main }: Statuses, phase: string | undefined): NewCondition {
  const type = 'ContainersReady';
  const all = [...init, ...main];
  const watched = [...initContainersOf(pod).filter(isSidecar), ...mainContainersOf(pod)];
  const unready = watched.filter(({ name }) => all.find(status => status.name === name)?.ready !== true);
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  if (unready.length === 0) return { type, status: 'True' };
  const message = `containers with unready status: [${unready.map(({ name }) => name).join(' ')}]`;
  return { type, status: 'False', reason: 'ContainersNotReady', message };
}

export function readyCondition(
  pod: Pod,
  containersReady: NewCondition,
  present: PodStatus['conditions'],
): NewCondition {
  if (containersReady.status !== 'True') return { ...containersReady, type: 'Ready' };
  const complaints: string[] = [];
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const condition = present?.find(({ type }) => type === conditionType);
    if (condition === undefined) {
      complaints.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    } else if (condition.status !== 'True') {
      complaints.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`);
    }
  }
  if (complaints.length === 0) return { type: 'Ready', status: 'True' };
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: complaints.join(', ') };
}
