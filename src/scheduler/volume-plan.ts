/**
 * Which volumes a Pod's claims would get on a node. Claims that are bound already only limit the nodes; those that wait
 * for their first consumer take a volume that is there and reachable, or have one made. Pure.
 */

import type { Node } from '#api/core/node.ts';
import { matchesTerm } from '#api/core/node-affinity.ts';
import type { NodeSelectorTerm } from '#api/core/scheduling.ts';
import type { StorageClass } from '#api/storage/storage-class.ts';
import type { Stored } from '#client/object.ts';
import { selectorTest } from '#loop/selector.ts';
import { compareQuantities } from '#machinery/quantity.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import type { Claim, Storage, Volume } from '#scheduler/storage.ts';

export const bindCompleted = 'pv.kubernetes.io/bind-completed';
const noProvisioner = 'kubernetes.io/no-provisioner';

export interface WaitingClaim {
  readonly claim: Claim;
  readonly storageClass: Stored<StorageClass>;
  /** That would do as far as the volume itself goes, the smallest first. */
  readonly volumes: readonly Volume[];
}

export interface PodClaims {
  readonly bound: readonly Claim[];
  /** Wait for their first consumer: the smallest first, so that the large volumes are left for the large claims. */
  readonly waiting: readonly WaitingClaim[];
}

export interface VolumePlan {
  readonly binds: readonly { readonly claim: Claim; readonly volume: Volume }[];
  readonly makes: readonly Claim[];
}

/** The claims of a Pod, or why it cannot be tried as things are. */
export function podClaims(info: PodInfo, storage: Storage): PodClaims | { readonly problem: string } {
  const bound: Claim[] = [];
  const waiting: WaitingClaim[] = [];
  for (const wanted of info.claims) {
    const claim = storage.claim(info.namespace, wanted.name);
    const problem = claimProblem(claim, wanted, info);
    if (problem !== undefined || claim === undefined) return { problem: problem ?? '' };
    if (isBound(claim)) {
      bound.push(claim);
      continue;
    }
    const storageClass = storage.storageClass(claim.spec.storageClassName ?? '');
    if (storageClass?.volumeBindingMode !== 'WaitForFirstConsumer') {
      return { problem: 'pod has unbound immediate PersistentVolumeClaims' };
    }
    waiting.push({ claim, storageClass, volumes: candidates(claim, storage) });
  }
  waiting.sort((a, b) => compareQuantities(requested(a.claim), requested(b.claim)));
  return { bound, waiting };
}

function claimProblem(claim: Claim | undefined, wanted: PodInfo['claims'][number], info: PodInfo): string | undefined {
  const quoted = JSON.stringify(wanted.name);
  if (claim === undefined) {
    if (!wanted.isEphemeral) return `persistentvolumeclaim ${quoted} not found`;
    return `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`;
  }
  if (claim.status?.phase === 'Lost') {
    const volume = JSON.stringify(claim.spec.volumeName ?? '');
    return `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${volume}`;
  }
  if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim ${quoted} is being deleted`;
  if (wanted.isEphemeral && !claim.metadata.ownerReferences?.some(owner => owner.uid === info.uid)) {
    const { name, namespace } = info.pod.metadata;
    return `PVC ${namespace}/${wanted.name} was not created for pod ${namespace}/${name} (pod is not owner)`;
  }
  return undefined;
}

export function isBound({ spec, metadata }: Claim): boolean {
  return Boolean(spec.volumeName) && metadata.annotations?.[bindCompleted] !== undefined;
}

const requested = (claim: Claim) => claim.spec.resources?.requests?.['storage'] ?? '0';
const capacity = (volume: Volume) => volume.spec.capacity?.['storage'] ?? '0';

function candidates(claim: Claim, storage: Storage): readonly Volume[] {
  const { selector, volumeMode = 'Filesystem', accessModes = [], storageClassName = '' } = claim.spec;
  const selects = selector === undefined ? () => true : selectorTest(selector);
  const fits = (volume: Volume) => {
    const { claimRef } = volume.spec;
    const promisedTo = storage.promised.get(volume.metadata.name);
    if (promisedTo !== undefined && promisedTo !== claim.metadata.uid) return false;
    if (claimRef !== undefined && !isFor(volume, claim)) return false;
    if (claimRef === undefined && (volume.status?.phase !== 'Available' || !selects(volume.metadata.labels)))
      return false;
    if (volume.metadata.deletionTimestamp || (volume.spec.volumeMode ?? 'Filesystem') !== volumeMode) return false;
    if (!accessModes.every(mode => volume.spec.accessModes?.includes(mode))) return false;
    return compareQuantities(capacity(volume), requested(claim)) >= 0;
  };
  const rank = (volume: Volume) => (isFor(volume, claim) ? 0 : 1);
  return storage
    .volumesOfClass(storageClassName)
    .filter(fits)
    .sort((a, b) => rank(a) - rank(b) || compareQuantities(capacity(a), capacity(b)));
}

/** The volume is kept for this claim. */
function isFor({ spec }: Volume, { metadata }: Claim): boolean {
  const { claimRef } = spec;
  if (claimRef?.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return !claimRef.uid || claimRef.uid === metadata.uid;
}

export function reaches({ spec }: Volume, node: Stored<Node>): boolean {
  const required = spec.nodeAffinity?.required;
  return required === undefined || matchesAny(required.nodeSelectorTerms, node);
}

function matchesAny(terms: readonly NodeSelectorTerm[], { metadata }: Stored<Node>): boolean {
  return terms.some(term => matchesTerm(term, metadata.name, metadata.labels ?? {}));
}

/** What the waiting claims would get there; undefined when one of them would get nothing. */
export function planVolumes({ waiting }: PodClaims, node: Stored<Node>): VolumePlan | undefined {
  const binds: { claim: Claim; volume: Volume }[] = [];
  const makes: Claim[] = [];
  const taken = new Set<Volume>();
  for (const { claim, storageClass, volumes } of waiting) {
    const volume = volumes.find(each => !taken.has(each) && reaches(each, node));
    if (volume !== undefined) {
      taken.add(volume);
      binds.push({ claim, volume });
    } else if (canMake(storageClass, node)) makes.push(claim);
    else return undefined;
  }
  return { binds, makes };
}

function canMake({ provisioner, allowedTopologies = [] }: Stored<StorageClass>, node: Stored<Node>): boolean {
  if (!provisioner || provisioner === noProvisioner) return false;
  if (allowedTopologies.length === 0) return true;
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(node.metadata.labels?.[key] ?? '')),
  );
}
