/** Statuses that are written for a single step, before the Pod is looked at again. Pure. */

import type { ContainerStatus } from '#api/core/container-status.ts';
import type { Pod, PodStatus } from '#api/core/pod.ts';
import type { Rejection } from '#kubelet/admission.ts';
import type { NewCondition } from '#kubelet/conditions.ts';
import { containersReadyCondition } from '#kubelet/conditions.ts';
import { containerNamed, initContainersOf, mainContainersOf } from '#kubelet/containers-of.ts';
import { qosClassOf } from '#kubelet/resources.ts';
import { rfc3339 } from '#lib/clock.ts';

/** The node does not take the Pod. */
export function rejectedStatus(pod: Pod, { reason, message }: Rejection, nowMs: number): PodStatus {
  return {
    observedGeneration: pod.metadata?.generation,
    phase: 'Failed',
    message: `Pod was rejected: ${message}`,
    reason,
    startTime: rfc3339(nowMs),
    qosClass: qosClassOf(pod),
  };
}

/** The sandbox was made: from here on containers may start. */
export function sandboxReadyStatus(status: PodStatus, nowMs: number): PodStatus {
  const conditions = status.conditions?.map(each =>
    each.type !== 'PodReadyToStartContainers' || each.status === 'True'
      ? each
      : { ...each, status: 'True', lastTransitionTime: rfc3339(nowMs) },
  );
  return { ...status, conditions };
}

/** The startup probe of a container has succeeded. */
export function startedStatus(status: PodStatus, container: string): PodStatus {
  const containerStatuses = status.containerStatuses?.map(each =>
    each.name === container && each.state?.running !== undefined ? { ...each, started: true } : each,
  );
  return { ...status, containerStatuses };
}

const restarting = 'AllContainersRestarting';

/** Only Pods with such a rule have the condition. */
export function restartConditions(pod: Pod, underWay: boolean): NewCondition[] {
  const has = [...initContainersOf(pod), ...mainContainersOf(pod)].some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  );
  if (!has) return [];
  if (!underWay) return [{ type: restarting, status: 'False' }];
  const message = 'container exited with restart policy rule';
  return [{ type: restarting, status: 'True', reason: 'RestartAllContainersStarted', message }];
}

/** All containers are gone, each to be started once more. */
export function restartingStatus(pod: Pod, status: PodStatus): PodStatus {
  const said = {
    reason: 'RestartingAllContainers',
    message: 'The container is removed because RestartAllContainers in place',
  };
  const never = null as unknown as string;
  // Of those that ran, nothing is left to tell of; those that had ended are shown as they were.
  const blank = ({ containerID: _, resources: __, allocatedResources: ___, ...each }: ContainerStatus) => ({
    ...each,
    image: containerNamed(pod, each.name)?.container.image ?? each.image,
    imageID: '',
    ready: false,
    started: false,
  });
  const again = (statuses: PodStatus['containerStatuses']) =>
    statuses?.map(each => ({
      ...(each.state?.terminated === undefined ? blank(each) : each),
      state: { waiting: said },
      lastState: { terminated: { exitCode: 137, ...said, startedAt: never, finishedAt: never } },
      restartCount: each.restartCount + 1,
    }));
  const init = again(status.initContainerStatuses) ?? [];
  const main = again(status.containerStatuses) ?? [];
  const containersReady = containersReadyCondition(pod, { init, main }, status.phase);
  const fresh = [containersReady, { ...containersReady, type: 'Ready' }, { type: restarting, status: 'False' }];
  const conditions = status.conditions?.map(each => {
    const found = fresh.find(({ type }) => type === each.type);
    return found === undefined ? each : { ...each, reason: undefined, message: undefined, ...found };
  });
  return {
    ...status,
    conditions,
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: main,
  };
}
