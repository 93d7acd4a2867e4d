/**
 * Recycles a released volume, an old policy that only host paths and NFS know: a Pod empties it, then it is free again.
 * What is said of that Pod is said of the volume too.
 */

import { events } from '#api/core/event.ts';
import type { PersistentVolume } from '#api/core/persistent-volume.ts';
import { persistentVolumes } from '#api/core/persistent-volume.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { isPodTerminal } from '#api/core/pod-state.ts';
import { isAlreadyExists, isNotFound } from '#client/api-error.ts';
import type { Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import { type VolumeDeps, writeVolumePhase } from '#controllers/volume/claims.ts';

type Volume = Stored<PersistentVolume>;

const podNamespace = 'default';
const podNamePrefix = 'recycler-for-';
const activeSecondsMax = 60;
const image = 'registry.k8s.io/build-image/debian-base:bookworm-v1.0.4';
const scrub = 'test -e /scrub && find /scrub -mindepth 1 -delete && test -z "$(ls -A /scrub)" || exit 1';

/** The volume that a Pod empties; undefined for any other Pod. */
export function recycledBy({ metadata }: Stored<Pod>): string | undefined {
  const isOurs = metadata.namespace === podNamespace && metadata.name.startsWith(podNamePrefix);
  return isOurs ? metadata.name.slice(podNamePrefix.length) : undefined;
}

export function recyclerPod({ metadata, spec: { hostPath, nfs } }: Volume): Pod {
  const container = {
    name: 'pv-recycler',
    image,
    command: ['/bin/sh'],
    args: ['-c', scrub],
    volumeMounts: [{ name: 'vol', mountPath: '/scrub' }],
  };
  return {
    metadata: { name: `${podNamePrefix}${metadata.name}`, namespace: podNamespace },
    spec: {
      activeDeadlineSeconds: activeSecondsMax,
      restartPolicy: 'Never',
      volumes: [{ name: 'vol', hostPath, nfs }],
      containers: [container],
    },
  };
}

/** One step: true when the volume is empty. The end of the Pod wakes the next. */
export async function recycle(volume: Volume, deps: VolumeDeps): Promise<boolean> {
  const { client, recorder } = deps;
  if (volume.spec.hostPath === undefined && volume.spec.nfs === undefined) {
    await fail(volume, 'No recycler plugin found for the volume!', deps);
    return false;
  }
  const wanted = recyclerPod(volume);
  const pod = await client.get(pods, refOf(wanted)).catch(error => {
    if (!isNotFound(error)) throw error;
    return undefined;
  });
  if (pod === undefined) {
    if (volume.status.phase === 'Failed') return false;
    await client.create(pods, wanted).catch(error => {
      if (!isAlreadyExists(error)) throw error;
    });
    return false;
  }
  if (!isPodTerminal(pod)) return false;
  await passOn(volume, pod, deps);
  const failure =
    pod.status.phase === 'Failed' ? pod.status.message || 'pod failed, pod.Status.Message unknown.' : undefined;
  if (failure !== undefined) await fail(volume, `Recycle failed: ${failure}`, deps);
  else recorder.say(persistentVolumes, volume, 'Normal', 'VolumeRecycled', 'Volume recycled');
  await client.delete(pods, refOf(pod)).catch(error => {
    if (!isNotFound(error)) throw error;
  });
  return failure === undefined;
}

async function passOn(volume: Volume, { metadata }: Stored<Pod>, { client, recorder }: VolumeDeps): Promise<void> {
  const fieldSelector = `involvedObject.uid=${metadata.uid}`;
  const { items } = await client.list(events, { namespace: podNamespace, fieldSelector });
  for (const { type, message } of items) {
    const kind = type === 'Warning' ? 'Warning' : 'Normal';
    recorder.say(persistentVolumes, volume, kind, 'RecyclerPod', `Recycler pod: ${message}`);
  }
}

async function fail(volume: Volume, message: string, deps: VolumeDeps): Promise<void> {
  if (volume.status.phase === 'Failed' && volume.status.message === message) return;
  await writeVolumePhase(volume, 'Failed', message, deps);
  deps.recorder.say(persistentVolumes, volume, 'Warning', 'VolumeFailedRecycle', message);
}
