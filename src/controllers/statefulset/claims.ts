/** The claims of a StatefulSet's Pods: made before the Pod, kept or given up as the set's policy says. */

import type { StatefulSet } from '#api/apps/stateful-set.ts';
import { statefulSets } from '#api/apps/stateful-set.ts';
import type { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { isAlreadyExists } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Informer } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';
import { messageOf } from '#controllers/pod-control.ts';
import { claimName, endOf, podName, startOf } from '#controllers/statefulset/pods.ts';
import type { EventRecorder } from '#loop/events.ts';
import { controllerReference } from '#loop/owners.ts';
import { sameJson } from '#loop/same.ts';
import type { OwnerReference } from '#machinery/meta.ts';

export interface ClaimDeps {
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly claims: Informer<PersistentVolumeClaim>;
}

export async function makeClaims(deps: ClaimDeps, set: Stored<StatefulSet>, ordinal: number): Promise<void> {
  const { client, recorder, claims } = deps;
  const { namespace } = set.metadata;
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const name = claimName(template, set, ordinal);
    if (claims.get(namespace, name) !== undefined) continue;
    const labels = { ...template.metadata?.labels, ...set.spec.selector.matchLabels };
    const metadata = { name, namespace, labels, annotations: template.metadata?.annotations };
    const shown = `Claim ${name} Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name}`;
    try {
      await client.create(persistentVolumeClaims, { metadata, spec: template.spec });
      recorder.say(statefulSets, set, 'Normal', 'SuccessfulCreate', `Create ${shown} success`);
    } catch (error) {
      if (isAlreadyExists(error)) continue;
      recorder.say(statefulSets, set, 'Warning', 'FailedCreate', `Create ${shown} failed error: ${messageOf(error)}`);
      throw error;
    }
  }
}

const whenDeleted = (set: StatefulSet) => set.spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete';
const whenScaled = (set: StatefulSet) => set.spec?.persistentVolumeClaimRetentionPolicy?.whenScaled === 'Delete';

/** Who owns the claim: nobody, the set (it goes with the set), or its Pod (it goes with the Pod that is scaled away). */
export function claimOwners(set: Stored<StatefulSet>, pod: Stored<Pod>, ordinal: number): OwnerReference[] {
  const surplus = ordinal < startOf(set) || ordinal >= endOf(set);
  if (surplus && whenScaled(set)) return [controllerReference(pods, pod)];
  return whenDeleted(set) ? [controllerReference(statefulSets, set)] : [];
}

/** Puts the owners of a Pod's claims right, leaving those of others. */
export async function ownClaims(
  deps: ClaimDeps,
  set: Stored<StatefulSet>,
  pod: Stored<Pod>,
  ordinal: number,
): Promise<void> {
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const claim = deps.claims.get(set.metadata.namespace, claimName(template, set, ordinal));
    if (claim === undefined || claim.metadata.deletionTimestamp) continue;
    const before = claim.metadata.ownerReferences ?? [];
    const others = before.filter(each => !isOurs(each, set, pod));
    const after = [...others, ...claimOwners(set, pod, ordinal)];
    const key = (owners: readonly OwnerReference[]) => owners.map(({ kind, uid }) => `${kind}/${uid}`);
    if (sameJson(key(before), key(after))) continue;
    const metadata = { ...claim.metadata, ownerReferences: after };
    await deps.client.update(persistentVolumeClaims, { ...claim, metadata });
  }
}

const isOurs = ({ kind, name }: OwnerReference, set: Stored<StatefulSet>, pod: Stored<Pod>) =>
  (kind === 'StatefulSet' && name === set.metadata.name) || (kind === 'Pod' && name === pod.metadata.name);
