/**
 * Makes claims and Services agree again when the server starts: a server that was killed may have left a claim without its
 * Service, and Services of a restored store may have no claims (upstream: registry/core/service/{ip,port}allocator repair).
 */

import { isHeadless, type Service } from '#api/core/service.ts';
import { type IPAddress, ipAddresses } from '#api/networking/ip-address.ts';
import { AllocationError, type ClusterIPs, managedBy, managedByLabel } from '#apiserver/allocation/cluster-ips.ts';
import type { NodePorts, PortClaim } from '#apiserver/allocation/node-ports.ts';
import { heldHealthCheckPort, heldPorts } from '#apiserver/allocation/services.ts';
import type { ObjectWriter } from '#apiserver/authz/bootstrap/reconcile.ts';
import { ApiError } from '#machinery/api-error.ts';

/** Claims younger than this may belong to a write that another server is just making. */
const graceMs = 60_000;

export interface RepairPlan {
  readonly portsToClaim: ReadonlyMap<number, string>;
  readonly portsToFree: readonly number[];
  readonly addressesToClaim: ReadonlyMap<string, { readonly namespace: string; readonly name: string }>;
  readonly addressesToFree: readonly string[];
}

export interface RepairState {
  readonly services: Iterable<Service>;
  readonly addresses: Iterable<IPAddress>;
  readonly ports: ReadonlyMap<number, PortClaim>;
  readonly nowMs: number;
}

/** Pure: what has to be done. */
export function planRepair({ services, addresses, ports, nowMs }: RepairState): RepairPlan {
  const wantedPorts = new Map<number, string>();
  const wantedAddresses = new Map<string, { namespace: string; name: string }>();
  for (const { metadata, spec = {} } of services) {
    const { namespace = '', name = '' } = metadata ?? {};
    for (const port of [...heldPorts(spec), ...heldHealthCheckPort(spec)])
      wantedPorts.set(port, `${namespace}/${name}`);
    if (spec.type === 'ExternalName' || isHeadless(spec)) continue;
    for (const address of spec.clusterIPs ?? []) wantedAddresses.set(address, { namespace, name });
  }
  const addressesToFree: string[] = [];
  for (const { metadata, spec } of addresses) {
    const address = metadata?.name ?? '';
    const owner = wantedAddresses.get(address);
    const parent = spec?.parentRef;
    if (owner !== undefined && parent?.name === owner.name && parent.namespace === owner.namespace) {
      wantedAddresses.delete(address);
    } else if (metadata?.labels?.[managedByLabel] === managedBy) {
      if (nowMs - Date.parse(metadata.creationTimestamp ?? '') > graceMs) addressesToFree.push(address);
    }
  }
  const portsToFree = [...ports]
    .filter(([port, { claimedAtMs }]) => !wantedPorts.has(port) && nowMs - claimedAtMs > graceMs)
    .map(([port]) => port);
  for (const port of ports.keys()) wantedPorts.delete(port);
  return { portsToClaim: wantedPorts, portsToFree, addressesToClaim: wantedAddresses, addressesToFree };
}

export interface RepairTools {
  readonly ports: NodePorts;
  readonly clusterIPs: ClusterIPs;
  readonly writer: ObjectWriter;
}

/** What somebody else has claimed meanwhile is theirs. */
export async function repair(plan: RepairPlan, { ports, clusterIPs, writer }: RepairTools): Promise<void> {
  for (const port of plan.portsToFree) await ports.release(port);
  for (const [port, owner] of plan.portsToClaim) await ports.operation(owner, false).claim(port);
  for (const address of plan.addressesToFree) {
    await writer.delete(ipAddresses, '', address).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error;
    });
  }
  for (const [address, owner] of plan.addressesToClaim) {
    await clusterIPs.claim(address, owner, false).catch((error: unknown) => {
      if (!(error instanceof AllocationError)) throw error;
    });
  }
}
