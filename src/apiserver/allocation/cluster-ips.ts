/**
 * Cluster addresses of Services. An address is taken by making the IPAddress object of its name: of two servers that try,
 * one succeeds (upstream: registry/core/service/ipallocator). The lower part of the range is left to addresses that people
 * choose; those given out come from the upper part while it lasts.
 */

import { type IPAddress, ipAddresses } from '#api/networking/ip-address.ts';
import type { ObjectWriter } from '#apiserver/authz/bootstrap/reconcile.ts';
import type { Objects } from '#apiserver/objects.ts';
import { formatAddress, parseAddress, parseRange, rangeHas } from '#lib/ip.ts';
import type { Random } from '#lib/random.ts';
import { ApiError } from '#machinery/api-error.ts';

export const serviceRange = '10.96.0.0/16';
export const managedByLabel = 'ipaddress.kubernetes.io/managed-by';
export const managedBy = 'ipallocator.k8s.io';

/** Why an address cannot be had. */
export class AllocationError extends Error {
  override name = 'AllocationError';
}

export const taken = 'provided IP is already allocated';
export const outside = 'the provided network does not match the current range';

export interface Owner {
  readonly namespace: string;
  readonly name: string;
}

export interface ClusterIPs {
  /** Takes this address. Throws AllocationError. */
  claim(address: string, owner: Owner, dryRun: boolean): Promise<void>;
  /** Takes any free one. Throws AllocationError. */
  claimAny(owner: Owner, dryRun: boolean): Promise<string>;
  release(address: string, owner: Owner): Promise<void>;
}

interface Deps {
  readonly writer: () => ObjectWriter;
  readonly addresses: Objects<IPAddress>;
  readonly random: Random;
  readonly range?: string;
}

/** At most this many addresses at the low end are left to static use (upstream: 256, at least 16, else a 16th). */
const staticMax = 256;

export function clusterIPs({ writer, addresses, random, range: text = serviceRange }: Deps): ClusterIPs {
  const range = parseRange(text)!;
  const size = 2 ** (range.first.bits - range.prefix);
  const last = size - 2; // The first address names the network, the last is its broadcast.
  const dynamicFrom = Math.min(Math.max(16, Math.floor(size / 16)), staticMax);
  const at = (offset: number) => formatAddress({ bits: 32, value: range.first.value + BigInt(offset) });

  const isUsable = (address: string) => {
    const parsed = parseAddress(address);
    if (parsed === undefined || !rangeHas(range, parsed)) return false;
    const offset = Number(parsed.value - range.first.value);
    return offset >= 1 && offset <= last;
  };

  async function tryClaim(address: string, owner: Owner): Promise<boolean> {
    try {
      await writer().create(ipAddresses, objectFor(address, owner));
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'AlreadyExists') return false;
      throw error;
    }
  }

  /** A dry run is told in other words that an address lies outside; nothing inside is asked for. */
  function rehearse(address: string): void {
    const parsed = parseAddress(address);
    if (parsed === undefined || !rangeHas(range, parsed)) {
      throw new AllocationError(
        `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${text}`,
      );
    }
  }

  /** From a place by chance through the whole band, so that servers seldom try the same. */
  async function claimWithin(from: number, to: number, owner: Owner): Promise<string | undefined> {
    const count = to - from + 1;
    if (count <= 0) return undefined;
    const start = Math.floor(random.next() * count);
    for (let step = 0; step < count; step++) {
      const address = at(from + ((start + step) % count));
      if (addresses.get('', address) === undefined && (await tryClaim(address, owner))) return address;
    }
    return undefined;
  }

  return {
    async claim(address, owner, dryRun) {
      if (dryRun) rehearse(address);
      else if (!isUsable(address)) throw new AllocationError(outside);
      else if (!(await tryClaim(address, owner))) throw new AllocationError(taken);
    },
    async claimAny(owner, dryRun) {
      if (dryRun) return at(0); // Some address of the range: it is never kept.
      const found =
        (await claimWithin(dynamicFrom + 1, last, owner)) ?? (await claimWithin(1, Math.min(dynamicFrom, last), owner));
      if (found === undefined) throw new AllocationError('range is full');
      return found;
    },
    async release(address, owner) {
      const parent = addresses.get('', address)?.spec?.parentRef;
      if (parent?.name !== owner.name || parent.namespace !== owner.namespace) return;
      try {
        await writer().delete(ipAddresses, '', address);
      } catch (error) {
        if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error;
      }
    },
  };
}

function objectFor(address: string, { namespace, name }: Owner): IPAddress {
  return {
    metadata: {
      name: address,
      labels: {
        'ipaddress.kubernetes.io/ip-family': address.includes(':') ? 'IPv6' : 'IPv4',
        [managedByLabel]: managedBy,
      },
    },
    spec: { parentRef: { resource: 'services', namespace, name } },
  };
}
