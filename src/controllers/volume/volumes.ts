/** One step of a volume: says whether it is free, bound or let go, and does with a released one what its policy says. */

import type { PersistentVolume } from '#api/core/persistent-volume.ts';
import { persistentVolumes } from '#api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import { isNotFound } from '#client/api-error.ts';
import type { Key, Stored } from '#client/object.ts';
import { keyOf } from '#client/object.ts';
import { boundByController, type VolumeDeps, writeVolumePhase } from '#controllers/volume/claims.ts';
import { recycle } from '#controllers/volume/recycle.ts';

type Volume = Stored<PersistentVolume>;
type Claim = Stored<PersistentVolumeClaim>;

const provisionedBy = 'pv.kubernetes.io/provisioned-by';
const inTreePrefix = 'kubernetes.io/';
/** Where upstream's own host path volumes are; it deletes no others. */
const scratchPath = /^\/tmp\/.+/;

/** `wakeClaim`: the claim has the next step to do. */
export async function syncVolume(volume: Volume, deps: VolumeDeps, wakeClaim: (key: Key) => void): Promise<void> {
  const { claimRef } = volume.spec;
  if (claimRef === undefined || !claimRef.uid) {
    await writeVolumePhase(volume, 'Available', undefined, deps);
    return;
  }
  const claim = await claimOf(volume, deps);
  if (claim === undefined) return release(volume, deps);
  if (!claim.spec.volumeName) {
    wakeClaim(keyOf(claim));
    return;
  }
  if (claim.spec.volumeName === volume.metadata.name) {
    await writeVolumePhase(volume, 'Bound', undefined, deps);
    return;
  }
  await unbind(volume, deps);
}

/** The very claim that the volume names. The copy may be behind: before a volume is released the server is asked. */
async function claimOf(volume: Volume, { claims, client }: VolumeDeps): Promise<Claim | undefined> {
  const { namespace, name = '', uid } = volume.spec.claimRef ?? {};
  const copied = claims.get(namespace, name);
  if (copied?.metadata.uid === uid) return copied;
  if (volume.status.phase === 'Released' || volume.status.phase === 'Failed') return undefined;
  try {
    const claim = await client.get(persistentVolumeClaims, { namespace, name });
    return claim.metadata.uid === uid ? claim : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Its claim has taken another volume: this one is free again, or reserved as it was. */
async function unbind(volume: Volume, deps: VolumeDeps): Promise<void> {
  const byUs = volume.metadata.annotations?.[boundByController] !== undefined;
  const { [boundByController]: _, ...annotations } = volume.metadata.annotations ?? {};
  const { namespace, name } = volume.spec.claimRef ?? {};
  const spec = { ...volume.spec, claimRef: byUs ? undefined : { namespace, name } };
  const metadata = { ...volume.metadata, annotations };
  const free = await deps.client.update(persistentVolumes, { ...volume, metadata, spec });
  await writeVolumePhase(free, 'Available', undefined, deps);
}

async function release(volume: Volume, deps: VolumeDeps): Promise<void> {
  const settled = volume.status.phase === 'Released' || volume.status.phase === 'Failed';
  const released = settled ? volume : await writeVolumePhase(volume, 'Released', undefined, deps);
  if (volume.spec.persistentVolumeReclaimPolicy === 'Delete' && !volume.metadata.deletionTimestamp) {
    await remove(released, deps);
  }
  if (volume.spec.persistentVolumeReclaimPolicy === 'Recycle' && (await recycle(released, deps))) {
    await unbind(released, deps);
  }
}

async function remove(volume: Volume, deps: VolumeDeps): Promise<void> {
  const { name, annotations } = volume.metadata;
  const provisioner = annotations?.[provisionedBy];
  // Whoever made it deletes it.
  if (provisioner !== undefined && !provisioner.startsWith(inTreePrefix)) return;
  if (scratchPath.test(volume.spec.hostPath?.path ?? '')) {
    await deps.client.delete(persistentVolumes, { name }).catch(error => {
      if (!isNotFound(error)) throw error;
    });
    return;
  }
  const message = `error getting deleter volume plugin for volume "${name}": no deletable volume plugin matched`;
  if (volume.status.message === message) return;
  await writeVolumePhase(volume, 'Failed', message, deps);
  deps.recorder.say(persistentVolumes, volume, 'Warning', 'VolumeFailedDelete', message);
}
