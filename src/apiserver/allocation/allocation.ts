/** What the server allocates as it writes: so far Services are given addresses and ports. */

import { services } from '#api/core/service.ts';
import { ipAddresses } from '#api/networking/ip-address.ts';
import { clusterIPs } from '#apiserver/allocation/cluster-ips.ts';
import { nodePorts } from '#apiserver/allocation/node-ports.ts';
import { planRepair, repair } from '#apiserver/allocation/repair.ts';
import { serviceAllocator } from '#apiserver/allocation/services.ts';
import type { ObjectWriter } from '#apiserver/authz/bootstrap/reconcile.ts';
import { objectsOf } from '#apiserver/cache-objects.ts';
import type { Allocation, ResourceRequest } from '#apiserver/request.ts';
import type { ServedResources } from '#apiserver/served.ts';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { Store } from '#store/store.ts';

export interface AllocationDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly resources: ServedResources;
  /** The server's own: it is made after the server, which asks for this. */
  readonly writer: () => ObjectWriter;
}

export interface ServiceAllocation extends Allocation {
  /** Once, when the caches are filled. */
  repair(): Promise<void>;
}

export function makeAllocation(deps: AllocationDeps): ServiceAllocation {
  const { store, clock, random, resources } = deps;
  const ports = nodePorts({ store, random, nowMs: () => clock.nowMs() });
  const addresses = clusterIPs({ writer: deps.writer, random, addresses: objectsOf(resources, ipAddresses) });
  const allocator = serviceAllocator({ addresses, ports });
  const isService = ({ served, info }: ResourceRequest) => served.stored.hub === services && info.subresource === '';
  return {
    async repair() {
      const state = {
        services: objectsOf(resources, services).list(),
        addresses: objectsOf(resources, ipAddresses).list(),
        ports: await ports.all(),
        nowMs: clock.nowMs(),
      };
      await repair(planRepair(state), { ports, clusterIPs: addresses, writer: deps.writer() });
    },
    allocate: async (request, object, old, dryRun) =>
      isService(request) ? allocator.allocate(object, old, dryRun) : undefined,
    async free(request, object) {
      if (request.served.stored.hub === services) await allocator.free(object);
    },
  };
}
