/** Keeps claims that Pods use, and volumes that claims are bound to, until they are free: by a finalizer. */

import type { PersistentVolume } from '#api/core/persistent-volume.ts';
import { persistentVolumes } from '#api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import type { Index } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';
import { keyFor, keyOf } from '#client/object.ts';
import { claimsOf } from '#controllers/claims-of.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeBySelf } from '#loop/controller.ts';
import type { ObjectMeta } from '#machinery/meta.ts';

const claimFinalizer = 'kubernetes.io/pvc-protection';
const volumeFinalizer = 'kubernetes.io/pv-protection';

const byClaim: Index<Pod> = {
  name: 'claim',
  valuesOf: pod => claimsOf(pod).map(name => keyFor(pod.metadata.namespace, name)),
};

/** The metadata with the finalizer put on or taken off; undefined when it is as it should be. */
function withFinalizer(meta: ObjectMeta, finalizer: string, inUse: boolean): ObjectMeta | undefined {
  const has = meta.finalizers?.includes(finalizer) ?? false;
  if (!meta.deletionTimestamp && !has) return { ...meta, finalizers: [...(meta.finalizers ?? []), finalizer] };
  if (!meta.deletionTimestamp || !has || inUse) return undefined;
  return { ...meta, finalizers: meta.finalizers?.filter(each => each !== finalizer) };
}

export function claimProtectionController({ client, informers }: ControllerDeps): Controller {
  const all = informers.of(persistentVolumeClaims);
  const podCopy = informers.of(pods);
  /** A Pod that was never given a Node uses nothing once it is going. A finished one still holds its claims. */
  const uses = (pod: Stored<Pod>) => Boolean(pod.spec.nodeName) || !pod.metadata.deletionTimestamp;

  /** The copy may be behind: a Pod that was just made must not lose its claim. */
  async function isUsed(claim: Stored<PersistentVolumeClaim>): Promise<boolean> {
    if (podCopy.by(byClaim, keyOf(claim)).some(uses)) return true;
    const { namespace, name } = claim.metadata;
    const list = await client.list(pods, { namespace });
    return list.items.some(pod => uses(pod) && claimsOf(pod).includes(name));
  }

  return {
    name: 'persistentvolumeclaim-protection-controller',
    reads: [all, podCopy],
    wake(queue) {
      wakeBySelf(queue, all);
      const wakeClaims = (pod: Stored<Pod>) => {
        for (const name of claimsOf(pod)) queue.add(keyFor(pod.metadata.namespace, name));
      };
      podCopy.on({ update: (_, pod) => wakeClaims(pod), delete: wakeClaims });
    },
    async reconcile(key) {
      const claim = all.byKey(key);
      if (claim === undefined) return done;
      const metadata = withFinalizer(claim.metadata, claimFinalizer, false);
      if (metadata === undefined || (claim.metadata.deletionTimestamp && (await isUsed(claim)))) return done;
      await client.update(persistentVolumeClaims, { ...claim, metadata });
      return done;
    },
  };
}

export function volumeProtectionController({ client, informers }: ControllerDeps): Controller {
  const all = informers.of(persistentVolumes);
  const isBound = (volume: PersistentVolume) => volume.status?.phase === 'Bound';
  return {
    name: 'persistentvolume-protection-controller',
    reads: [all],
    wake: queue => wakeBySelf(queue, all),
    async reconcile(key) {
      const volume = all.byKey(key);
      if (volume === undefined) return done;
      const metadata = withFinalizer(volume.metadata, volumeFinalizer, isBound(volume));
      if (metadata !== undefined) await client.update(persistentVolumes, { ...volume, metadata });
      return done;
    },
  };
}
