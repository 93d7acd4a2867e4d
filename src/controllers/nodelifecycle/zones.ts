/**
 * How fast Pods may be driven from Nodes that are not well, zone by zone: slowly, slower when much of a zone is down (it is
 * more likely the network than the Nodes), not at all when everything is down (it is more likely us). Pure but for the
 * turn of the queue.
 */

import type { Node } from '#api/core/node.ts';

export type ZoneState = 'normal' | 'partial' | 'full';

const evictionsPerSecond = 0.1;
const evictionsPerSecondSlow = 0.01;
/** From so many Nodes on a zone that is partly down goes on slowly; a smaller one stops. */
const largeZoneNodes = 50;
const unhealthyShare = 0.55;

export function zoneOf(node: Node): string {
  const labels = node.metadata?.labels ?? {};
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\0:${zone}`;
}

export function zoneState(nodes: readonly { readonly ready: boolean }[]): ZoneState {
  const readyCount = nodes.filter(node => node.ready).length;
  const notReadyCount = nodes.length - readyCount;
  if (readyCount === 0 && notReadyCount > 0) return 'full';
  if (notReadyCount > 2 && notReadyCount / nodes.length >= unhealthyShare) return 'partial';
  return 'normal';
}

/** Nodes to taint a second; 0: none. `allDown`: every zone is down. */
export function evictionRate(state: ZoneState, nodeCount: number, allDown: boolean): number {
  if (allDown) return 0;
  if (state === 'partial') return nodeCount > largeZoneNodes ? evictionsPerSecondSlow : 0;
  return evictionsPerSecond;
}

/** The Nodes of one zone that wait for their taint. */
export class ZoneQueue {
  readonly #waiting = new Set<string>();
  #nextAtMs = 0;

  add(node: string): void {
    this.#waiting.add(node);
  }

  remove(node: string): void {
    this.#waiting.delete(node);
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** The Node whose turn it is; undefined while none may be taken. */
  take(rate: number, nowMs: number): string | undefined {
    if (rate === 0 || nowMs < this.#nextAtMs) return undefined;
    const next = this.#waiting.values().next();
    if (next.done) return undefined;
    this.#waiting.delete(next.value);
    this.#nextAtMs = nowMs + 1000 / rate;
    return next.value;
  }

  /** How long until the next may be taken; undefined when none waits, or none may be taken at all. */
  waitMs(rate: number, nowMs: number): number | undefined {
    if (rate === 0 || this.#waiting.size === 0) return undefined;
    return Math.max(0, this.#nextAtMs - nowMs);
  }
}
