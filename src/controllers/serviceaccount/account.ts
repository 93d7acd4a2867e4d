/** Every namespace has a ServiceAccount called default. */

import type { Namespace } from '#api/core/namespace.ts';
import { namespaces } from '#api/core/namespace.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import { isAlreadyExists, isNamespaceTerminating } from '#client/api-error.ts';
import type { Stored } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done } from '#loop/controller.ts';

const accountName = 'default';

export function serviceAccountController({ client, informers }: ControllerDeps): Controller {
  const all = informers.of(namespaces);
  const accounts = informers.of(serviceAccounts);
  return {
    name: 'serviceaccount-controller',
    reads: [all, accounts],
    wake(queue) {
      const wake = (namespace: Stored<Namespace>) => queue.add(namespace.metadata.name);
      all.on({ add: wake, update: (_, namespace) => wake(namespace) });
      accounts.on({ delete: ({ metadata }) => queue.add(metadata.namespace ?? '') });
    },
    async reconcile(namespace) {
      const owner = all.byKey(namespace);
      if (owner === undefined || owner.metadata.deletionTimestamp) return done;
      if (accounts.get(namespace, accountName) !== undefined) return done;
      try {
        await client.create(serviceAccounts, { metadata: { namespace, name: accountName } });
      } catch (error) {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
      }
      return done;
    },
  };
}
