/** Ranges of Service addresses: says when one may be used, and keeps it while an address of it still is. */

import { ipAddresses } from '#api/networking/ip-address.ts';
import type { ServiceCIDR } from '#api/networking/service-cidr.ts';
import { serviceCIDRs } from '#api/networking/service-cidr.ts';
import type { Stored } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { rfc3339 } from '#lib/clock.ts';
import { parseAddress, parseRange, rangeHas } from '#lib/ip.ts';
import type { Controller, Outcome } from '#loop/controller.ts';
import { done, wakeAfter, wakeBySelf } from '#loop/controller.ts';

const finalizer = 'networking.k8s.io/service-cidr-finalizer';
/** Time for every API server to see that the range is going, so that none gives an address of it any more. */
const settleMs = 10_000;

/** Whether any of the ranges has the address. */
export function contains(ranges: readonly string[], address: string): boolean {
  const parsed = parseAddress(address);
  if (parsed === undefined) return false;
  return ranges.some(text => {
    const range = parseRange(text);
    return range !== undefined && rangeHas(range, parsed);
  });
}

export function serviceCidrController({ client, clock, informers, events }: ControllerDeps): Controller {
  const all = informers.of(serviceCIDRs);
  const addresses = informers.of(ipAddresses);
  const recorder = events('service-cidr-controller');

  /** An address that no other range would have. */
  function isNeeded(range: Stored<ServiceCIDR>): boolean {
    const others = [...all.values()].filter(each => each !== range && !each.metadata.deletionTimestamp);
    const covered = others.flatMap(each => each.spec.cidrs ?? []);
    return [...addresses.values()].some(({ metadata }) => {
      return contains(range.spec.cidrs ?? [], metadata.name) && !contains(covered, metadata.name);
    });
  }

  async function say(range: Stored<ServiceCIDR>, status: string, reason: string, message: string): Promise<void> {
    const type = 'Ready';
    const old = range.status.conditions?.find(condition => condition.type === type);
    if (old?.status === status && old.reason === reason) return;
    const lastTransitionTime = rfc3339(clock.nowMs());
    const others = range.status.conditions?.filter(condition => condition !== old) ?? [];
    const conditions = [...others, { type, status, lastTransitionTime, reason, message }];
    await client.updateStatus(serviceCIDRs, { ...range, status: { ...range.status, conditions } });
  }

  async function letGo(range: Stored<ServiceCIDR>): Promise<Outcome> {
    const { metadata } = range;
    if (!metadata.finalizers?.includes(finalizer)) return done;
    if (isNeeded(range)) {
      const message =
        'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';
      await say(range, 'False', 'Terminating', message);
      recorder.say(serviceCIDRs, range, 'Warning', 'KubernetesServiceCIDRError', message);
      return done; // The last of the addresses wakes the loop when it goes.
    }
    const leftMs = Date.parse(metadata.deletionTimestamp ?? '') + settleMs - clock.nowMs();
    if (leftMs > 0) return wakeAfter(leftMs);
    const finalizers = metadata.finalizers.filter(each => each !== finalizer);
    await client.update(serviceCIDRs, { ...range, metadata: { ...metadata, finalizers } });
    return done;
  }

  return {
    name: 'service-cidr-controller',
    reads: [all, addresses],
    wake(queue) {
      wakeBySelf(queue, all);
      const wakeTerminating = () => {
        for (const range of all.values()) if (range.metadata.deletionTimestamp) queue.add(range.metadata.name);
      };
      addresses.on({ delete: wakeTerminating });
      // A new range may take over the addresses of one that is going.
      all.on({ add: wakeTerminating });
    },
    async reconcile(name) {
      const range = all.byKey(name);
      if (range === undefined) return done;
      if (range.metadata.deletionTimestamp) return letGo(range);
      if (!range.metadata.finalizers?.includes(finalizer)) {
        const finalizers = [...(range.metadata.finalizers ?? []), finalizer];
        await client.update(serviceCIDRs, { ...range, metadata: { ...range.metadata, finalizers } });
        return done; // Its own change wakes the loop.
      }
      await say(range, 'True', '', 'Kubernetes Service CIDR is ready');
      return done;
    },
  };
}
