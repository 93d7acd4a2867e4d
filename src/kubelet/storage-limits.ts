/**
 * Limits of what a Pod keeps on the node's disk. Who exceeds one is evicted. Pure.
 *
 * Three of them, in the order in which upstream looks: an emptyDir's `sizeLimit`; what the containers' limits of
 * `ephemeral-storage` allow all together, their emptyDirs included; and each container's own, for its log and what it has
 * written to its root.
 */

import type { Pod } from '#api/core/pod.ts';
import type { Volume } from '#api/core/volume.ts';
import { mainContainersOf } from '#kubelet/containers-of.ts';
import { podAmounts } from '#kubelet/resources.ts';
import { parseQuantity } from '#machinery/quantity.ts';

export interface StorageUse {
  /** Bytes of each emptyDir on disk, by its name. */
  volumes: ReadonlyMap<string, number>;
  /** Bytes of each container's log and root, by its name. */
  containers: ReadonlyMap<string, number>;
}

const resource = 'ephemeral-storage';

const bytes = (text: string): number => parseQuantity(text).units;
const sum = (amounts: Iterable<number>): number => [...amounts].reduce((total, amount) => total + amount, 0);

/** The emptyDirs that are on disk; one in memory is as large as it can get from the start. */
export function disksOf(pod: Pod): Volume[] {
  return (pod.spec?.volumes ?? []).filter(({ emptyDir }) => emptyDir !== undefined && (emptyDir.medium ?? '') === '');
}

export function hasStorageLimits(pod: Pod): boolean {
  return podAmounts(pod, 'limits')[resource] !== undefined || disksOf(pod).some(({ emptyDir }) => emptyDir?.sizeLimit);
}

/** What the Event and the status say of the first limit that is exceeded, as upstream says it. */
export function exceededStorage(pod: Pod, { volumes, containers }: StorageUse): string | undefined {
  for (const { name, emptyDir } of disksOf(pod)) {
    const limit = emptyDir?.sizeLimit;
    if (limit === undefined || bytes(limit) === 0 || (volumes.get(name) ?? 0) <= bytes(limit)) continue;
    return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `;
  }
  const ofAll = podAmounts(pod, 'limits')[resource];
  if (ofAll !== undefined && sum(volumes.values()) + sum(containers.values()) > bytes(ofAll)) {
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${ofAll}. `;
  }
  for (const { name, resources } of mainContainersOf(pod)) {
    const limit = resources?.limits?.[resource];
    if (limit === undefined || (containers.get(name) ?? 0) <= bytes(limit)) continue;
    return `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
  }
  return undefined;
}
