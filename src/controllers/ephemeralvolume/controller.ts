/** Makes the claims of generic ephemeral volumes: each belongs to its Pod and goes with it. */

import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import type { Volume } from '#api/core/volume.ts';
import { isAlreadyExists } from '#client/api-error.ts';
import type { Stored } from '#client/object.ts';
import { keyOf } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done } from '#loop/controller.ts';
import { controllerReference } from '#loop/owners.ts';

export function ephemeralVolumeController(deps: ControllerDeps): Controller {
  const { client, informers } = deps;
  const podCopy = informers.of(pods);
  const claims = informers.of(persistentVolumeClaims);
  const recorder = deps.events('ephemeral_volume');

  async function make(pod: Stored<Pod>, volume: Volume): Promise<void> {
    const template = volume.ephemeral?.volumeClaimTemplate;
    if (template === undefined) return;
    const { namespace, name: podName, uid } = pod.metadata;
    const name = `${podName}-${volume.name}`;
    const existing = claims.get(namespace, name);
    if (existing !== undefined) {
      if (existing.metadata.ownerReferences?.some(owner => owner.controller && owner.uid === uid)) return;
      const message = `ephemeral volume ${volume.name}: PVC ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`;
      recorder.say(pods, pod, 'Warning', 'FailedBinding', message);
      throw new Error(message);
    }
    const { labels, annotations } = template.metadata ?? {};
    const ownerReferences = [controllerReference(pods, pod)];
    const metadata = { name, namespace, labels, annotations, ownerReferences };
    await client.create(persistentVolumeClaims, { metadata, spec: template.spec }).catch(error => {
      // Ours that has not come back yet, or a stranger's: the next look tells.
      if (!isAlreadyExists(error)) throw error;
    });
  }

  return {
    name: 'ephemeral-volume-controller',
    reads: [podCopy, claims],
    workers: 5,
    wake(queue) {
      const wake = (pod: Stored<Pod>) => {
        if (pod.spec.volumes?.some(volume => volume.ephemeral)) queue.add(keyOf(pod));
      };
      podCopy.on({ add: wake });
      claims.on({
        delete({ metadata }) {
          const owner = metadata.ownerReferences?.find(each => each.controller && each.kind === pods.kind);
          const pod = owner === undefined ? undefined : podCopy.get(metadata.namespace, owner.name);
          if (pod !== undefined) wake(pod);
        },
      });
    },
    async reconcile(key) {
      const pod = podCopy.byKey(key);
      if (pod === undefined || pod.metadata.deletionTimestamp) return done;
      for (const volume of pod.spec.volumes ?? []) await make(pod, volume);
      return done;
    },
  };
}
