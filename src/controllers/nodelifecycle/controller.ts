/**
 * Watches over Nodes. A kubelet is heard of when its Lease or the status of its Node changes; one that stays silent for the
 * grace period has its conditions set to Unknown and its Pods marked not ready. Taints follow the conditions: NoSchedule at
 * once, NoExecute (which drives Pods away) in turn and by zone.
 */

import type { Lease } from '#api/coordination/lease.ts';
import { leases } from '#api/coordination/lease.ts';
import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import { pods } from '#api/core/pod.ts';
import { byNodeName } from '#client/indexes.ts';
import type { Key, Stored } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import {
  evictionKey,
  hasNoExecute,
  missingLabels,
  noExecute,
  noScheduleChange,
  notReadyKey,
  type ReadyStatus,
  readyStatus,
  silentConditions,
  unreachableKey,
} from '#controllers/nodelifecycle/health.ts';
import { changeTaints, markPodsNotReady, sayOfNode } from '#controllers/nodelifecycle/node-writes.ts';
import { evictionRate, ZoneQueue, type ZoneState, zoneOf, zoneState } from '#controllers/nodelifecycle/zones.ts';
import type { Controller, Outcome } from '#loop/controller.ts';
import { done, wakeAfter } from '#loop/controller.ts';
import type { WorkQueue } from '#loop/queue.ts';
import { sameJson } from '#loop/same.ts';

/** Upstream's node-monitor-grace-period and node-startup-grace-period. */
const graceMs = 50_000;
const startupGraceMs = 60_000;
/** Nodes that fail together are seen together before the first of them is tainted. */
const taintPassDelayMs = 100;
const leaseNamespace = 'kube-node-lease';
/** No Node can have this name. */
const zonesKey: Key = '/zones';

/** What is known of one Node. */
interface Known {
  node: Stored<Node>;
  /** When its kubelet was last heard of, by our clock. */
  heardMs: number;
  zone: string;
  /** Its Pods have still to be marked not ready. */
  podsToMark: boolean;
}

export function nodeLifecycleController(deps: ControllerDeps): Controller {
  const { informers } = deps;
  const loop = new NodeLifecycle(deps);
  const nodeCopy = informers.of(nodes);
  const leaseCopy = informers.of(leases, { namespace: leaseNamespace });
  return {
    name: 'node-lifecycle-controller',
    reads: [nodeCopy, leaseCopy, informers.of(pods)],
    workers: 8,
    wake(queue) {
      loop.queue = queue;
      const wake = (node: Stored<Node>) => queue.add(node.metadata.name);
      nodeCopy.on({
        add: wake,
        update(old, node) {
          if (!sameJson(old.status, node.status)) loop.hear(node.metadata.name);
          wake(node);
        },
        delete: wake,
      });
      const hear = (lease: Stored<Lease>) => loop.hear(lease.metadata.name);
      leaseCopy.on({
        update(old, lease) {
          if (old.spec.renewTime !== lease.spec.renewTime) hear(lease);
        },
      });
    },
    reconcile: key => (key === zonesKey ? loop.taintPass() : loop.reconcile(key)),
  };
}

class NodeLifecycle {
  readonly #deps: ControllerDeps;
  readonly #known = new Map<string, Known>();
  readonly #zones = new Map<string, ZoneQueue>();
  readonly #recorder;
  queue: WorkQueue | undefined;
  #allDown = false;

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
    this.#recorder = deps.events('node-controller');
  }

  /** A sign of life. Our own write of Unknown is none. */
  hear(name: string): void {
    const known = this.#known.get(name);
    if (known === undefined) return;
    const current = this.#deps.informers.of(nodes).byKey(name);
    const before = readyStatus(known.node);
    if (before !== 'Unknown' && current !== undefined && readyStatus(current) === 'Unknown') return;
    known.heardMs = this.#deps.clock.monotonicMs();
  }

  async reconcile(name: string): Promise<Outcome> {
    const { clock, client, informers } = this.#deps;
    const seen = informers.of(nodes).byKey(name);
    const known = this.#know(name, seen);
    if (seen === undefined || known === undefined) return done;
    const labels = missingLabels(seen);
    if (labels !== undefined) await client.patchStrategic(nodes, { name }, { metadata: { labels } });
    const node = await this.#judge(known, seen);
    known.node = node;
    await changeTaints(client, clock, name, noScheduleChange(node));
    this.#updateZones();
    await this.#planEviction(known, node);
    if (known.podsToMark) {
      await markPodsNotReady(client, clock, this.#recorder, informers.of(pods).by(byNodeName, name));
      known.podsToMark = false;
    }
    const leftMs = this.#silentAtMs(known, node) - clock.monotonicMs();
    return leftMs > 0 ? wakeAfter(leftMs) : done;
  }

  /** Taints the Nodes whose turn it is. */
  async taintPass(): Promise<Outcome> {
    const { clock, informers } = this.#deps;
    let nextMs: number | undefined;
    for (const [zone, queue] of this.#zones) {
      const rate = this.#rate(zone);
      const name = queue.take(rate, clock.monotonicMs());
      const node = name === undefined ? undefined : informers.of(nodes).byKey(name);
      const key = node === undefined ? undefined : evictionKey(readyStatus(node));
      if (name !== undefined && key !== undefined) await this.#swap(name, key);
      const waitMs = queue.waitMs(rate, clock.monotonicMs());
      if (waitMs !== undefined) nextMs = Math.min(nextMs ?? waitMs, waitMs);
    }
    return nextMs === undefined ? done : wakeAfter(nextMs);
  }

  #know(name: string, seen: Stored<Node> | undefined): Known | undefined {
    const known = this.#known.get(name);
    if (seen === undefined) {
      if (known === undefined) return undefined;
      this.#known.delete(name);
      this.#zones.get(known.zone)?.remove(name);
      sayOfNode(
        this.#recorder,
        known.node,
        'RemovingNode',
        `Node ${name} event: Removing Node ${name} from Controller`,
      );
      this.#updateZones();
      return undefined;
    }
    if (known !== undefined) {
      known.zone = this.#moved(known, zoneOf(seen), name);
      return known;
    }
    const first: Known = { node: seen, heardMs: this.#deps.clock.monotonicMs(), zone: zoneOf(seen), podsToMark: false };
    this.#known.set(name, first);
    sayOfNode(this.#recorder, seen, 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
    return first;
  }

  #moved(known: Known, zone: string, name: string): string {
    if (known.zone !== zone) this.#zones.get(known.zone)?.remove(name);
    return zone;
  }

  #silentAtMs(known: Known, node: Node): number {
    return known.heardMs + (readyStatus(node) === undefined ? startupGraceMs : graceMs);
  }

  /** Writes the conditions of a Node that has been silent for too long. Gives the Node as it is then. */
  async #judge(known: Known, node: Stored<Node>): Promise<Stored<Node>> {
    const { client, clock } = this.#deps;
    if (clock.monotonicMs() < this.#silentAtMs(known, node)) return node;
    const conditions = silentConditions(node, clock.nowMs());
    if (sameJson(conditions, node.status.conditions)) return node;
    const wasReady = readyStatus(node) === 'True';
    const judged = await client.updateStatus(nodes, { ...node, status: { ...node.status, conditions } });
    if (wasReady) {
      const { name } = node.metadata;
      sayOfNode(this.#recorder, judged, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
      known.podsToMark = true;
    }
    return judged;
  }

  async #planEviction(known: Known, node: Stored<Node>): Promise<void> {
    const { name } = node.metadata;
    const key = evictionKey(readyStatus(node));
    if (key === undefined) {
      this.#zoneQueue(known.zone).remove(name);
      if (readyStatus(node) === 'True') await this.#lift(name, node);
      return;
    }
    if (hasNoExecute(node, key)) return;
    // Already on its way out: only the name of the trouble has changed.
    if (hasNoExecute(node, key === notReadyKey ? unreachableKey : notReadyKey)) return this.#swap(name, key);
    this.#zoneQueue(known.zone).add(name);
    this.queue?.addAfter(zonesKey, taintPassDelayMs);
  }

  #swap(name: string, key: string): Promise<void> {
    const other = key === notReadyKey ? unreachableKey : notReadyKey;
    const change = { add: [noExecute(key)], remove: [noExecute(other)] };
    return changeTaints(this.#deps.client, this.#deps.clock, name, change);
  }

  async #lift(name: string, node: Node): Promise<void> {
    const present = [notReadyKey, unreachableKey].filter(key => hasNoExecute(node, key));
    await changeTaints(this.#deps.client, this.#deps.clock, name, { add: [], remove: present.map(noExecute) });
  }

  #zoneQueue(zone: string): ZoneQueue {
    let queue = this.#zones.get(zone);
    if (queue === undefined) this.#zones.set(zone, (queue = new ZoneQueue()));
    return queue;
  }

  #stateOf(zone: string): { state: ZoneState; nodeCount: number } {
    const inZone = [...this.#known.values()].filter(known => known.zone === zone);
    const readiness = inZone.map(({ node }) => ({ ready: (readyStatus(node) as ReadyStatus | undefined) === 'True' }));
    return { state: zoneState(readiness), nodeCount: inZone.length };
  }

  #rate(zone: string): number {
    const { state, nodeCount } = this.#stateOf(zone);
    return evictionRate(state, nodeCount, this.#allDown);
  }

  /** When everything is down nothing is evicted, and what was begun is undone; when that ends, every Node gets its grace anew. */
  #updateZones(): void {
    const zones = new Set([...this.#known.values()].map(known => known.zone));
    const allDown = zones.size > 0 && [...zones].every(zone => this.#stateOf(zone).state === 'full');
    if (allDown === this.#allDown) return;
    this.#allDown = allDown;
    const { clock, log } = this.#deps;
    log.info(allDown ? 'no node is ready: evictions stop' : 'nodes are ready again: evictions go on');
    for (const [name, known] of this.#known) {
      if (!allDown) known.heardMs = clock.monotonicMs();
      else
        void this.#lift(name, known.node).catch(error => log.warn('could not lift a taint', { error: String(error) }));
    }
    if (!allDown) for (const name of this.#known.keys()) this.queue?.add(name);
  }
}
