/** The Pods of a StatefulSet: their names, their order, how they are made. Pure. */

import type { StatefulSet } from '#api/apps/stateful-set.ts';
import { statefulSets } from '#api/apps/stateful-set.ts';
import type { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import type { Pod } from '#api/core/pod.ts';
import type { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { isPodAvailable, isPodReady } from '#api/core/pod-state.ts';
import type { Stored } from '#client/object.ts';
import { podFromTemplate } from '#controllers/pod-control.ts';

export const revisionLabel = 'controller-revision-hash';
const podNameLabel = 'statefulset.kubernetes.io/pod-name';
const podIndexLabel = 'apps.kubernetes.io/pod-index';

/** `web-2` of `web` is 2; undefined for a name of another set. */
export function ordinalOf(setName: string, podName: string): number | undefined {
  const match = /^(.*)-(\d{1,9})$/.exec(podName);
  return match?.[1] === setName ? Number(match[2]) : undefined;
}

export const startOf = (set: StatefulSet) => set.spec?.ordinals?.start ?? 0;
export const endOf = (set: StatefulSet) => startOf(set) + (set.spec?.replicas ?? 1);
export const podName = (set: StatefulSet, ordinal: number) => `${set.metadata?.name}-${ordinal}`;
export const claimName = (template: PersistentVolumeClaim, set: StatefulSet, ordinal: number) =>
  `${template.metadata?.name}-${set.metadata?.name}-${ordinal}`;

export const isTerminating = (pod: Pod) => Boolean(pod.metadata?.deletionTimestamp);
export const isRunningAndReady = (pod: Pod) => pod.status?.phase === 'Running' && isPodReady(pod);
export const revisionOf = (pod: Pod) => pod.metadata?.labels?.[revisionLabel];

export function isAvailable(set: StatefulSet, pod: Pod, nowMs: number): boolean {
  return isRunningAndReady(pod) && isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs);
}

export const isHealthy = (set: StatefulSet, pod: Pod, nowMs: number) =>
  isAvailable(set, pod, nowMs) && !isTerminating(pod);

export function newPod(
  set: Stored<StatefulSet>,
  template: PodTemplateSpec | undefined,
  ordinal: number,
  revision: string,
): Pod {
  const name = podName(set, ordinal);
  const pod = podFromTemplate(template, statefulSets, set, { name });
  const labels = {
    ...pod.metadata?.labels,
    [podIndexLabel]: String(ordinal),
    [revisionLabel]: revision,
    [podNameLabel]: name,
  };
  return {
    metadata: { ...pod.metadata, name, generateName: `${set.metadata.name}-`, labels },
    spec: { ...pod.spec!, hostname: name, subdomain: set.spec.serviceName, volumes: volumesOf(set, template, ordinal) },
  };
}

/** Its claims as volumes; they win over volumes of the same name in the template. */
function volumesOf(set: StatefulSet, template: PodTemplateSpec | undefined, ordinal: number) {
  const claims = (set.spec?.volumeClaimTemplates ?? []).map(each => ({
    name: each.metadata?.name ?? '',
    persistentVolumeClaim: { claimName: claimName(each, set, ordinal) },
  }));
  const others = (template?.spec?.volumes ?? []).filter(volume => !claims.some(claim => claim.name === volume.name));
  const all = [...claims, ...others];
  return all.length > 0 ? all : undefined;
}
