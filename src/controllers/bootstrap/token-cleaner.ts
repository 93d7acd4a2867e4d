/** Deletes bootstrap tokens when their time is over. */

import { secrets } from '#api/core/secret.ts';
import { isNotFound } from '#client/api-error.ts';
import { refOf } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeAfter, wakeBySelf } from '#loop/controller.ts';

const type = 'bootstrap.kubernetes.io/token';

export function tokenCleanerController({ client, clock, informers }: ControllerDeps): Controller {
  const all = informers.of(secrets, { namespace: 'kube-system', fieldSelector: `type=${type}` });
  return {
    name: 'token-cleaner-controller',
    reads: [all],
    wake: queue => wakeBySelf(queue, all),
    async reconcile(key) {
      const secret = all.byKey(key);
      const encoded = secret?.data?.['expiration'];
      if (secret === undefined || !encoded) return done;
      const atMs = Date.parse(Buffer.from(encoded, 'base64').toString('utf8'));
      // One that cannot be read counts as over: it must not live for ever.
      const leftMs = Number.isNaN(atMs) ? 0 : atMs - clock.nowMs();
      if (leftMs > 0) return wakeAfter(leftMs);
      await client.delete(secrets, refOf(secret), { preconditions: { uid: secret.metadata.uid } }).catch(error => {
        if (!isNotFound(error)) throw error;
      });
      return done;
    },
  };
}
