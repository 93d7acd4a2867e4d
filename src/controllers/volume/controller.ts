/** Binds claims to volumes: wiring. What happens in one step is in claims.ts and volumes.ts. */

import { persistentVolumes } from '#api/core/persistent-volume.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { isPodTerminal } from '#api/core/pod-state.ts';
import { storageClasses } from '#api/storage/storage-class.ts';
import type { Index } from '#client/informer.ts';
import type { Key, Stored } from '#client/object.ts';
import { keyFor, keyOf } from '#client/object.ts';
import { claimsOf } from '#controllers/claims-of.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { bindCompleted, syncClaim, type VolumeDeps } from '#controllers/volume/claims.ts';
import { recycledBy } from '#controllers/volume/recycle.ts';
import { syncVolume } from '#controllers/volume/volumes.ts';
import type { Controller } from '#loop/controller.ts';
import { done } from '#loop/controller.ts';

const byClaim: Index<Pod> = {
  name: 'claim',
  valuesOf: pod => claimsOf(pod).map(name => keyFor(pod.metadata.namespace, name)),
};

/** Two kinds of key in one queue: `volume//name` and `claim//namespace/name`. */
const volumeKey = (name: string): Key => `volume//${name}`;
const claimKey = (key: Key): Key => `claim//${key}`;

export function volumeBinderController(deps: ControllerDeps): Controller {
  const { client, clock, informers } = deps;
  const volumes = informers.of(persistentVolumes);
  const claims = informers.of(persistentVolumeClaims);
  const classes = informers.of(storageClasses);
  const podCopy = informers.of(pods);
  const recorder = deps.events('persistentvolume-controller');
  const usersOf: VolumeDeps['usersOf'] = claim => podCopy.by(byClaim, keyOf(claim));
  const volumeDeps: VolumeDeps = { client, clock, recorder, volumes, claims, classes, usersOf };
  let wakeClaim: (key: Key) => void = () => {};

  return {
    name: 'persistentvolume-binder-controller',
    reads: [volumes, claims, classes, podCopy],
    // One at a time: two claims must not be given the same volume.
    workers: 1,
    wake(queue) {
      wakeClaim = key => queue.add(claimKey(key));
      const wakeUnbound = () => {
        for (const claim of claims.values()) {
          if (claim.metadata.annotations?.[bindCompleted] === undefined) wakeClaim(keyOf(claim));
        }
      };
      const wakeOwnVolume = (name: string | undefined) => {
        if (name) queue.add(volumeKey(name));
      };
      claims.on({
        add: claim => wakeClaim(keyOf(claim)),
        update(_, claim) {
          wakeClaim(keyOf(claim));
          wakeOwnVolume(claim.spec.volumeName);
        },
        delete: claim => wakeOwnVolume(claim.spec.volumeName),
      });
      volumes.on({
        add: volume => queue.add(volumeKey(volume.metadata.name)),
        update(old, volume) {
          queue.add(volumeKey(volume.metadata.name));
          if (volume.status.phase === 'Available' && old.status.phase !== 'Available') wakeUnbound();
        },
        delete({ spec: { claimRef } }) {
          if (claimRef?.name) wakeClaim(keyFor(claimRef.namespace, claimRef.name));
        },
      });
      const wakeRecycled = (pod: Stored<Pod>) => {
        const name = recycledBy(pod);
        if (name !== undefined && isPodTerminal(pod)) queue.add(volumeKey(name));
      };
      podCopy.on({ update: (_, pod) => wakeRecycled(pod) });
      classes.on({ add: wakeUnbound, update: wakeUnbound });
    },
    async reconcile(key) {
      const [kind, name = ''] = key.split('//');
      if (kind === 'volume') {
        const volume = volumes.byKey(name);
        if (volume !== undefined) await syncVolume(volume, volumeDeps, wakeClaim);
      } else {
        const claim = claims.byKey(name);
        if (claim !== undefined && !claim.metadata.deletionTimestamp) await syncClaim(claim, volumeDeps);
      }
      return done;
    },
  };
}
