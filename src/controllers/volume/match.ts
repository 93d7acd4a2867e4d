/** Which volume fits a claim. Pure. */

import type { PersistentVolume } from '#api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import type { Stored } from '#client/object.ts';
import { selectorTest } from '#loop/selector.ts';
import { compareQuantities } from '#machinery/quantity.ts';

type Volume = Stored<PersistentVolume>;
type Claim = Stored<PersistentVolumeClaim>;

export const requested = (claim: Claim) => claim.spec.resources?.requests?.['storage'] ?? '0';
const capacity = (volume: Volume) => volume.spec.capacity?.['storage'] ?? '0';
const betaClassAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** Undefined: none was named, which is not the same as none is wanted (''). */
export function classOf(object: Claim | Volume): string | undefined {
  return object.metadata.annotations?.[betaClassAnnotation] ?? object.spec.storageClassName;
}

/** The volume says it is for this claim: fully, or by name only, as one who reserves it does. */
export function isReservedFor(volume: Volume, claim: Claim): boolean {
  const reference = volume.spec.claimRef;
  if (reference?.name !== claim.metadata.name || reference.namespace !== claim.metadata.namespace) return false;
  return !reference.uid || reference.uid === claim.metadata.uid;
}

/** Why the volume cannot serve the claim that asks for it by name; undefined when it can. */
export function mismatch(volume: Volume, claim: Claim): string | undefined {
  if (compareQuantities(capacity(volume), requested(claim)) < 0) return 'requested PV is too small';
  if ((classOf(volume) ?? '') !== (classOf(claim) ?? '')) return 'storageClassName does not match';
  if (!sameMode(volume, claim)) return 'incompatible volumeMode';
  return hasModes(volume, claim) ? undefined : 'incompatible accessMode';
}

const sameMode = (volume: Volume, claim: Claim) =>
  (volume.spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem');

const hasModes = (volume: Volume, claim: Claim) =>
  (claim.spec.accessModes ?? []).every(mode => volume.spec.accessModes?.includes(mode));

/** The one reserved for it, else the smallest that is free and large enough; while binding waits, only a reserved one. */
export function bestMatch(claim: Claim, volumes: Iterable<Volume>, waits: boolean): Volume | undefined {
  const matches = claim.spec.selector === undefined ? () => true : selectorTest(claim.spec.selector);
  let best: Volume | undefined;
  for (const volume of volumes) {
    if (volume.metadata.deletionTimestamp || !sameMode(volume, claim) || !hasModes(volume, claim)) continue;
    const largeEnough = compareQuantities(capacity(volume), requested(claim)) >= 0;
    if (isReservedFor(volume, claim) && largeEnough) return volume;
    if (waits || volume.spec.claimRef || volume.status.phase !== 'Available' || !largeEnough) continue;
    if ((classOf(volume) ?? '') !== (classOf(claim) ?? '') || !matches(volume.metadata.labels)) continue;
    if ((volume.spec.volumeAttributesClassName ?? '') !== (claim.spec.volumeAttributesClassName ?? '')) continue;
    if (best === undefined || compareQuantities(capacity(volume), capacity(best)) < 0) best = volume;
  }
  return best;
}
