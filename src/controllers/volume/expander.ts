/** Tells who waits for a larger volume that somebody outside has to make it: no volume here can grow by itself. */

import type { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import { keyOf } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done } from '#loop/controller.ts';
import { compareQuantities } from '#machinery/quantity.ts';

const requestedOf = (claim: PersistentVolumeClaim) => claim.spec?.resources?.requests?.['storage'] ?? '0';

/** A bound claim that asks for more than it has. */
function wantsMore(claim: PersistentVolumeClaim): boolean {
  const has = claim.status?.capacity?.['storage'] ?? '0';
  return claim.status?.phase === 'Bound' && compareQuantities(requestedOf(claim), has) > 0;
}

export function volumeExpanderController(deps: ControllerDeps): Controller {
  const claims = deps.informers.of(persistentVolumeClaims);
  const recorder = deps.events('volume_expand');
  return {
    name: 'persistentvolume-expander-controller',
    reads: [claims],
    workers: 1,
    wake(queue) {
      claims.on({
        add: claim => queue.add(keyOf(claim)),
        update(old, claim) {
          if (compareQuantities(requestedOf(claim), requestedOf(old)) > 0) queue.add(keyOf(claim));
        },
      });
    },
    async reconcile(key) {
      const claim = claims.byKey(key);
      if (claim === undefined || !wantsMore(claim)) return done;
      const message = 'waiting for an external controller to expand this PVC';
      recorder.say(persistentVolumeClaims, claim, 'Normal', 'ExternalExpanding', message);
      return done;
    },
  };
}
