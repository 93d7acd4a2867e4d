/**
 * Ports of the nodes, for Services. A port is taken by putting a key of its number that must not exist yet: of two
 * servers that try, one succeeds. The low ports are left to those that people choose.
 */

import type { Random } from '#lib/random.ts';
import type { Store } from '#store/store.ts';

export const nodePortMin = 30_000;
export const nodePortMax = 32_767;
const count = nodePortMax - nodePortMin + 1;
/** At most 128 ports, at least 16, else a 32nd of them. */
const staticCount = Math.min(Math.max(16, Math.floor(count / 32)), 128);
const dynamicMin = nodePortMin + staticCount;

export const nodePortPrefix = '/registry/ranges/nodeports/';
const keyOf = (port: number) => `${nodePortPrefix}${port}`;

export const portTaken = 'provided port is already allocated';
export const portOutside = `provided port is not in the valid range. The range of valid ports is ${nodePortMin}-${nodePortMax}`;
export const portsFull = 'range is full';

/** What stands in the store for a port that is taken. */
export interface PortClaim {
  readonly service: string;
  readonly claimedAtMs: number;
}

/** The ports of one write; in a dry run nothing is taken. */
export interface PortOperation {
  /** Undefined: it is now ours. */
  claim(port: number): Promise<string | undefined>;
  claimAny(): Promise<number | undefined>;
}

export interface NodePorts {
  operation(owner: string, dryRun: boolean): PortOperation;
  release(port: number): Promise<void>;
  /** Every claim in the store. */
  all(): Promise<ReadonlyMap<number, PortClaim>>;
}

export interface NodePortDeps {
  readonly store: Store;
  readonly random: Random;
  readonly nowMs: () => number;
}

export function nodePorts({ store, random, nowMs }: NodePortDeps): NodePorts {
  const isInside = (port: number) => port >= nodePortMin && port <= nodePortMax;

  async function put(port: number, owner: string): Promise<boolean> {
    const value: PortClaim = { service: owner, claimedAtMs: nowMs() };
    const written = await store.put(keyOf(port), Buffer.from(JSON.stringify(value)), { expected: 0 });
    return written.ok;
  }

  async function all(): Promise<Map<number, PortClaim>> {
    const { items } = await store.range({ prefix: nodePortPrefix });
    return new Map(
      items.map(({ key, value }) => [
        Number(key.slice(nodePortPrefix.length)),
        JSON.parse(Buffer.from(value).toString()) as PortClaim,
      ]),
    );
  }

  async function putWithin(from: number, to: number, owner: string): Promise<number | undefined> {
    const known = await all();
    const size = to - from + 1;
    const start = Math.floor(random.next() * size);
    for (let step = 0; step < size; step++) {
      const port = from + ((start + step) % size);
      if (!known.has(port) && (await put(port, owner))) return port;
    }
    return undefined;
  }

  /** As upstream rehearses: ports outside of the range pass, and one given is the next after the highest so far. */
  function rehearsal(): PortOperation {
    const claimed = new Set<number>();
    return {
      async claim(port) {
        if (claimed.has(port) || (await store.get(keyOf(port))) !== undefined) return portTaken;
        claimed.add(port);
        return undefined;
      },
      async claimAny() {
        const port = 1 + (claimed.size === 0 ? nodePortMax + 1 : Math.max(...claimed));
        claimed.add(port);
        return port;
      },
    };
  }

  return {
    operation(owner, dryRun) {
      if (dryRun) return rehearsal();
      return {
        async claim(port) {
          if (!isInside(port)) return portOutside;
          return (await put(port, owner)) ? undefined : portTaken;
        },
        claimAny: async () =>
          (await putWithin(dynamicMin, nodePortMax, owner)) ?? (await putWithin(nodePortMin, dynamicMin - 1, owner)),
      };
    },
    async release(port) {
      await store.delete(keyOf(port));
    },
    all,
  };
}
