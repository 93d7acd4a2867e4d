import type { Node } from '#api/core/node.ts';
import type { Stored } from '#client/object.ts';
import type { NodeTable, ResourceColumn } from '#scheduler/node-table.ts';
import type { NodeFilter, Plugin } from '#scheduler/plugin.ts';
import { nodeScoreMax } from '#scheduler/plugin.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import { amountOf, podRequestsOf } from '#scheduler/pod-requests.ts';

const name = 'NodeResourcesFit';

interface Wanted {
  readonly reason: string;
  readonly amount: number;
  /** Absent when no node offers the resource. */
  readonly column: ResourceColumn | undefined;
}

/** A node has enough of everything that is asked for, and among those the least used is best. */
export const nodeResourcesFit: Plugin = {
  name,
  weight: 1,
  preFilter: (info, table) => ({ filter: fits(info, table) }),
  preScore({ requests }, table) {
    const { allocatable: cpu } = table.resource('cpu')!;
    const { allocatable: memory } = table.resource('memory')!;
    return {
      score(row) {
        const shares = [
          leastUsed(table.usualCpuMilli[row]! + requests.usualCpuMilli, cpu[row]!),
          leastUsed(table.usualMemoryBytes[row]! + requests.usualMemoryBytes, memory[row]!),
        ].filter(share => share !== undefined);
        return shares.length === 0 ? 0 : Math.trunc(shares.reduce((sum, share) => sum + share, 0) / shares.length);
      },
    };
  },
  wakes: {
    self: ({ old }, { requests }) => asksForLess(podRequestsOf(old).amounts, requests.amounts),
    node: ({ old, node }, info) => offersEnough(node, info) && (old === undefined || offersMore(old, node, info)),
    podGone: () => true,
  },
};

function leastUsed(requested: number, capacity: number): number | undefined {
  if (capacity === 0) return undefined;
  return requested > capacity ? 0 : Math.trunc(((capacity - requested) * nodeScoreMax) / capacity);
}

function fits({ requests }: PodInfo, table: NodeTable): NodeFilter {
  const { allocatable: podsMax, requested: podCount } = table.resource('pods')!;
  const wanted: Wanted[] = [];
  for (const [resource, amount] of requests.amounts) {
    if (amount > 0) wanted.push({ reason: `Insufficient ${resource}`, amount, column: table.resource(resource) });
  }
  return row => {
    let reasons: string[] | undefined;
    let resolvable = true;
    if (podCount[row]! + 1 > podsMax[row]!) (reasons ??= []).push('Too many pods');
    for (const { reason, amount, column } of wanted) {
      const allocatable = column === undefined ? 0 : column.allocatable[row]!;
      if (amount <= allocatable - (column === undefined ? 0 : column.requested[row]!)) continue;
      (reasons ??= []).push(reason);
      if (amount > allocatable) resolvable = false;
    }
    return reasons === undefined ? undefined : { plugin: name, reasons, resolvable };
  };
}

const offered = (node: Stored<Node>, resource: string): number => {
  const text = node.status?.allocatable?.[resource];
  return text === undefined ? 0 : amountOf(resource, text);
};

function offersEnough(node: Stored<Node>, { requests }: PodInfo): boolean {
  if (offered(node, 'pods') < 1) return false;
  for (const [resource, amount] of requests.amounts) if (amount > offered(node, resource)) return false;
  return true;
}

function offersMore(old: Stored<Node>, node: Stored<Node>, { requests }: PodInfo): boolean {
  return [...requests.amounts.keys(), 'pods'].some(resource => offered(node, resource) > offered(old, resource));
}

function asksForLess(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): boolean {
  for (const [resource, amount] of before) if ((now.get(resource) ?? 0) < amount) return true;
  return false;
}
