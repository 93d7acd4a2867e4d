/** Namespaces that are being deleted: empties them, then lets them go. */

import type { Namespace } from '#api/core/namespace.ts';
import { namespaces } from '#api/core/namespace.ts';
import { pods } from '#api/core/pod.ts';
import { isNotFound } from '#client/api-error.ts';
import { discover } from '#client/discovery.ts';
import type { Stored } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { deletionConditions } from '#controllers/namespace/conditions.ts';
import { emptyNamespace } from '#controllers/namespace/content.ts';
import type { Controller, Outcome } from '#loop/controller.ts';
import { done, wakeAfter } from '#loop/controller.ts';
import { sameJson } from '#loop/same.ts';

/** Time for every API server to see that the namespace is going, so that none lets anything new in behind our back. */
const settleMs = 5_000;
const finalizer = 'kubernetes';

export function namespaceController(deps: ControllerDeps): Controller {
  const { client, clock, informers } = deps;
  const all = informers.of(namespaces);
  const podCopy = informers.of(pods);
  const isTerminating = (namespace: Namespace | undefined) => Boolean(namespace?.metadata?.deletionTimestamp);

  async function reconcile(name: string): Promise<Outcome> {
    const seen = all.byKey(name);
    if (seen === undefined || !isTerminating(seen) || !seen.spec.finalizers?.includes(finalizer)) return done;
    const namespace = await client.get(namespaces, { name }).catch(undefinedWhenGone);
    if (namespace === undefined || !isTerminating(namespace)) return done;
    const discovery = await discover(client);
    const emptied = await emptyNamespace(client, name, discovery.resources, clock.nowMs());
    if (emptied.waitsForPods) return wakeAfter(retryMs(emptied.estimateSeconds));
    const before = namespace.status.conditions ?? [];
    const conditions = deletionConditions(before, discovery, emptied, clock.nowMs());
    const current = sameJson(conditions, before)
      ? namespace
      : await client.updateStatus(namespaces, { ...namespace, status: { ...namespace.status, conditions } });
    if (emptied.failures.length > 0) throw new Error(emptied.failures.join(', '));
    if (discovery.failures.length > 0) throw new Error('not every API could be asked for its resources');
    if (emptied.estimateSeconds > 0) return wakeAfter(retryMs(emptied.estimateSeconds));
    await letGo(current);
    return done;
  }

  async function letGo(namespace: Stored<Namespace>): Promise<void> {
    const finalizers = namespace.spec.finalizers?.filter(each => each !== finalizer);
    const body = { ...namespace, spec: { ...namespace.spec, finalizers } };
    await client.updateSubresource(namespaces, 'finalize', body).catch(error => {
      if (!isNotFound(error)) throw error;
    });
  }

  return {
    name: 'namespace-controller',
    reads: [all, podCopy],
    workers: 10,
    wake(queue) {
      const wake = (namespace: Stored<Namespace>) => {
        if (isTerminating(namespace)) queue.addAfter(namespace.metadata.name, settleMs);
      };
      all.on({ add: wake, update: (_, namespace) => wake(namespace) });
      // The last Pod has ended: no need to wait for its whole grace period.
      podCopy.on({
        delete({ metadata: { namespace = '' } }) {
          if (!isTerminating(all.byKey(namespace)) || podCopy.inNamespace(namespace).length > 0) return;
          const since = Date.parse(all.byKey(namespace)?.metadata.deletionTimestamp ?? '');
          queue.addAfter(namespace, Math.max(0, since + settleMs - clock.nowMs()));
        },
      });
    },
    reconcile,
  };
}

/** Upstream's half-time: half the estimate and a second. */
const retryMs = (estimateSeconds: number) => (Math.floor(estimateSeconds / 2) + 1) * 1000;

function undefinedWhenGone(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}
