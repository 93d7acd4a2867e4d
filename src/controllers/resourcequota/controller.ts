/** Resource quotas: adds up what the objects of a namespace use, of the kinds that a quota names. */

import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import { pods } from '#api/core/pod.ts';
import { type Counted, countedBy, countName, matchesScopes, quotaUsage, type Usage } from '#api/core/quota-usage.ts';
import type { ResourceQuota } from '#api/core/resource-quota.ts';
import { resourceQuotas } from '#api/core/resource-quota.ts';
import { services } from '#api/core/service.ts';
import { discover } from '#client/discovery.ts';
import type { Informer } from '#client/informer.ts';
import type { ApiObject, Stored } from '#client/object.ts';
import { keyOf } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeBySelf } from '#loop/controller.ts';
import type { WorkQueue } from '#loop/queue.ts';
import { sameJson } from '#loop/same.ts';
import { addQuantities } from '#machinery/quantity.ts';

/** Many objects come and go at once; their namespace's quotas are added up a little later, once for all. */
const settleMs = 100;

/** What the objects use of each name that the quota limits. */
export function usedOf(quota: ResourceQuota, objects: readonly (readonly [Counted, unknown])[], nowMs: number): Usage {
  const used: Usage = {};
  for (const name of Object.keys(quota.spec?.hard ?? {})) if (countedBy(name) !== undefined) used[name] = '0';
  for (const [kind, object] of objects) {
    if (!matchesScopes(quota, kind, object)) continue;
    for (const [name, amount] of Object.entries(quotaUsage(kind, object, nowMs))) {
      if (used[name] !== undefined) used[name] = addQuantities(used[name], amount);
    }
  }
  return used;
}

export function resourceQuotaController(deps: ControllerDeps): Controller {
  const { client, clock, informers } = deps;
  const all = informers.of(resourceQuotas);
  /** By count name. Of these three the amounts count, of others only how many there are. */
  const copies = new Map<string, Informer<ApiObject>>();
  let queue: WorkQueue | undefined;

  function follow(kind: Counted, informer: Informer<ApiObject>): void {
    copies.set(countName(kind), informer);
    const wake = ({ metadata }: Stored<ApiObject>) => {
      for (const quota of all.inNamespace(metadata.namespace ?? '')) queue?.addAfter(keyOf(quota), settleMs);
    };
    const isPod = kind.group === '' && kind.plural === 'pods';
    informer.on({
      add: wake,
      delete: wake,
      // Amounts change when a Pod ends, or a Service or claim is edited.
      update(old, object) {
        const phase = (each: Stored<ApiObject>) => (each as { status?: { phase?: string } }).status?.phase;
        const changed = isPod ? phase(old) !== phase(object) : old.metadata.generation !== object.metadata.generation;
        if (changed || (kind.group === '' && !isPod && kind.plural !== 'secrets')) wake(object);
      },
    });
  }

  async function copyOf(kind: Counted): Promise<Informer<ApiObject> | undefined> {
    const known = copies.get(countName(kind));
    if (known !== undefined) return known;
    const { resources } = await discover(client);
    const resource = resources.find(each => each.preferred && each.group === kind.group && each.plural === kind.plural);
    if (resource === undefined || !resource.verbs.includes('watch')) return undefined;
    const informer = informers.existing(resource) ?? informers.of<ApiObject>(resource, { metadataOnly: true });
    await informer.synced;
    follow(kind, informer);
    return informer;
  }

  async function objectsFor(quota: Stored<ResourceQuota>): Promise<(readonly [Counted, unknown])[]> {
    const kinds = new Map<string, Counted>();
    for (const name of Object.keys(quota.spec.hard ?? {})) {
      const kind = countedBy(name);
      if (kind !== undefined) kinds.set(countName(kind), kind);
    }
    const objects: (readonly [Counted, unknown])[] = [];
    for (const kind of kinds.values()) {
      const informer = await copyOf(kind);
      for (const object of informer?.inNamespace(quota.metadata.namespace ?? '') ?? []) objects.push([kind, object]);
    }
    return objects;
  }

  const full = [pods, services, persistentVolumeClaims].map(resource => ({
    kind: resource as Counted,
    informer: informers.of<ApiObject>(resource),
  }));
  return {
    name: 'resourcequota-controller',
    reads: [all, ...full.map(each => each.informer)],
    workers: 5,
    wake(ownQueue) {
      queue = ownQueue;
      wakeBySelf(ownQueue, all);
      for (const { kind, informer } of full) follow(kind, informer);
    },
    async reconcile(key) {
      const quota = all.byKey(key);
      if (quota === undefined) return done;
      const used = usedOf(quota, await objectsFor(quota), clock.nowMs());
      const status = { hard: quota.spec.hard, used };
      if (!sameJson(status, quota.status)) await client.updateStatus(resourceQuotas, { ...quota, status });
      return done;
    },
  };
}
