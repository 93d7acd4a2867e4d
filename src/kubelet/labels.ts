/** What the kubelet writes on sandboxes and containers, so that a kubelet that starts later knows them again. Upstream's names. */

import { createHash } from 'node:crypto';
import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { StringMap } from '#kubelet/cri/runtime.ts';

export const podNameLabel = 'io.kubernetes.pod.name';
export const podNamespaceLabel = 'io.kubernetes.pod.namespace';
export const podUidLabel = 'io.kubernetes.pod.uid';
export const containerNameLabel = 'io.kubernetes.container.name';

const containerHash = 'io.kubernetes.container.hash';
const restartCount = 'io.kubernetes.container.restartCount';
const terminationMessagePath = 'io.kubernetes.container.terminationMessagePath';
const terminationMessagePolicy = 'io.kubernetes.container.terminationMessagePolicy';
const preStopHandler = 'io.kubernetes.container.preStopHandler';
const containerPorts = 'io.kubernetes.container.ports';
const podDeletionGracePeriod = 'io.kubernetes.pod.deletionGracePeriod';
const podTerminationGracePeriod = 'io.kubernetes.pod.terminationGracePeriod';

export interface PodKey {
  namespace: string;
  name: string;
  uid: string;
}

export function podKey(pod: Pod): PodKey {
  const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
  return { namespace, name, uid };
}

/** `web-0_default(5c1f…)`, as messages name a Pod. */
export function podText({ namespace, name, uid }: PodKey): string {
  return `${name}_${namespace}(${uid})`;
}

export function sandboxLabels(pod: Pod): StringMap {
  return { ...pod.metadata?.labels, ...podIdentity(pod) };
}

export function sandboxAnnotations(pod: Pod): StringMap {
  return { ...pod.metadata?.annotations };
}

export function containerLabels(pod: Pod, container: Container): StringMap {
  return { ...podIdentity(pod), [containerNameLabel]: container.name };
}

function podIdentity(pod: Pod): StringMap {
  const { namespace, name, uid } = podKey(pod);
  return { [podNameLabel]: name, [podNamespaceLabel]: namespace, [podUidLabel]: uid };
}

export function containerAnnotations(pod: Pod, container: Container, attempt: number): StringMap {
  const deletionGrace = pod.metadata?.deletionGracePeriodSeconds;
  const terminationGrace = pod.spec?.terminationGracePeriodSeconds;
  const preStop = container.lifecycle?.preStop;
  return {
    [containerHash]: hashContainer(container),
    [restartCount]: String(attempt),
    [terminationMessagePath]: container.terminationMessagePath ?? '',
    [terminationMessagePolicy]: container.terminationMessagePolicy ?? '',
    ...(deletionGrace === undefined ? {} : { [podDeletionGracePeriod]: String(deletionGrace) }),
    ...(terminationGrace === undefined ? {} : { [podTerminationGracePeriod]: String(terminationGrace) }),
    ...(preStop === undefined ? {} : { [preStopHandler]: JSON.stringify(preStop) }),
    ...(container.ports === undefined ? {} : { [containerPorts]: JSON.stringify(container.ports) }),
  };
}

/** What of a container cannot change while it runs. Resources can (a resize), so only the name and the image count. */
export function hashContainer(container: Pick<Container, 'name' | 'image'>): string {
  const text = JSON.stringify({ name: container.name, image: container.image ?? '' });
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

export interface ContainerNotes {
  hash: string | undefined;
  restartCount: number;
  terminationMessagePath: string;
  terminationMessagePolicy: string;
  terminationGraceSeconds: number | undefined;
}

export function containerNotes(annotations: StringMap): ContainerNotes {
  const grace = annotations[podDeletionGracePeriod] ?? annotations[podTerminationGracePeriod];
  return {
    hash: annotations[containerHash],
    restartCount: Number(annotations[restartCount] ?? 0) || 0,
    terminationMessagePath: annotations[terminationMessagePath] ?? '',
    terminationMessagePolicy: annotations[terminationMessagePolicy] ?? '',
    terminationGraceSeconds: grace === undefined ? undefined : Number(grace),
  };
}

export function podKeyFromLabels(labels: StringMap): PodKey | undefined {
  const uid = labels[podUidLabel];
  if (uid === undefined) return undefined;
  return { uid, name: labels[podNameLabel] ?? '', namespace: labels[podNamespaceLabel] ?? '' };
}
