/** Binds the volumes of a Pod before the Pod itself: says which volume is whose, and waits until that is so. */

import { persistentVolumes } from '#api/core/persistent-volume.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import type { Client } from '#client/client.ts';
import type { Clock } from '#lib/clock.ts';
import type { Claim, InformedStorage, Volume } from '#scheduler/storage.ts';
import type { VolumePlan } from '#scheduler/volume-plan.ts';
import { isBound } from '#scheduler/volume-plan.ts';

const boundByController = 'pv.kubernetes.io/bound-by-controller';
const selectedNode = 'volume.kubernetes.io/selected-node';
/** Making a volume may take a while; then the Pod is tried anew. */
const bindMsMax = 600_000;

export interface VolumeBinding {
  readonly client: Client;
  readonly clock: Clock;
  readonly storage: InformedStorage;
  readonly signal: AbortSignal;
}

/** Rejects when a volume was not bound: it was refused, its claim is gone, or it takes too long. */
export async function bindVolumes(plan: VolumePlan, nodeName: string, binding: VolumeBinding): Promise<void> {
  const { client, storage } = binding;
  for (const { claim, volume } of plan.binds) {
    if (volume.spec.claimRef === undefined) await client.update(persistentVolumes, boundTo(volume, claim));
  }
  for (const claim of plan.makes) {
    const current = storage.claim(claim.metadata.namespace ?? '', claim.metadata.name) ?? claim;
    const annotations = { ...current.metadata.annotations, [selectedNode]: nodeName };
    const written = { ...current, metadata: { ...current.metadata, annotations } };
    await client.update(persistentVolumeClaims, written);
  }
  const waits = [...plan.binds.map(({ claim }) => claim), ...plan.makes];
  await Promise.all(waits.map(claim => untilBound(claim, plan.makes.includes(claim) ? nodeName : undefined, binding)));
}

function boundTo(volume: Volume, claim: Claim): Volume {
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion };
  const annotations = { ...volume.metadata.annotations, [boundByController]: 'yes' };
  return { ...volume, metadata: { ...volume.metadata, annotations }, spec: { ...volume.spec, claimRef } };
}

function untilBound(claim: Claim, madeFor: string | undefined, binding: VolumeBinding): Promise<void> {
  const { storage, clock, signal } = binding;
  const { uid, namespace = '', name } = claim.metadata;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      stop();
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const fail = (why: string) => end(() => reject(new Error(why)));
    const onAbort = () => fail('the scheduler was stopped');
    const timer = clock.after(bindMsMax, () => fail('timed out waiting for the condition'), { idle: true });
    let wasSelected = false;
    const consider = (current: Claim) => {
      if (current.metadata.uid !== uid) return;
      if (isBound(current)) return end(resolve);
      const selected = current.metadata.annotations?.[selectedNode];
      if (selected !== undefined) wasSelected = true;
      else if (madeFor !== undefined && wasSelected)
        fail(`selectedNode annotation reset for PVC ${JSON.stringify(name)}`);
    };
    const stop = storage.claims.on({
      update: (_, current) => consider(current),
      delete: gone => gone.metadata.uid === uid && fail(`persistentvolumeclaim ${JSON.stringify(name)} not found`),
    });
    signal.addEventListener('abort', onAbort, { once: true });
    const current = storage.claim(namespace, name);
    if (current !== undefined) consider(current);
  });
}
