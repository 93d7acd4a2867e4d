/**
 * What the scheduler knows of the nodes: a row each, a typed array for each thing that is asked of every node. Kept up by
 * change, so that a decision costs the nodes it looks at and never the Pods that run.
 *
 * A Pod that was given a node but is not yet seen there is *assumed*: it counts as if it ran. A Pod whose node is unknown
 * (deleted, or not yet heard of) keeps a row without a node, which takes part in nothing.
 *
 * @example
 * const table = new NodeTable(); table.putNode(node); table.put(podInfo, 'n1', { assumed: true });
 * table.resource('cpu')?.requested[table.rowOf('n1')!];
 */

import type { Node } from '#api/core/node.ts';
import type { Taint } from '#api/core/scheduling.ts';
import type { Stored } from '#client/object.ts';
import { assert, must } from '#lib/assert.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import { LabelColumns } from '#scheduler/label-columns.ts';
import { PodCounts } from '#scheduler/pod-counts.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import { amountOf } from '#scheduler/pod-requests.ts';
import type { Storage } from '#scheduler/storage.ts';
import { noStorage } from '#scheduler/storage.ts';

export interface ResourceColumn {
  allocatable: Float64Array;
  requested: Float64Array;
}

interface Placed {
  readonly info: PodInfo;
  readonly row: number;
  readonly assumed: boolean;
}

const rowsFirst = 64;
const zoneLabel = 'topology.kubernetes.io/zone';
const regionLabel = 'topology.kubernetes.io/region';

export class NodeTable {
  readonly #rows = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #resources = new Map<string, ResourceColumn>();
  readonly #taintLists = new Map<string, number>();
  readonly #placed = new Map<string, Placed>();
  #capacity = rowsFirst;
  #order: Int32Array | undefined;

  readonly names: string[] = [];
  readonly nodes: (Stored<Node> | undefined)[] = [];
  readonly podsOf: Set<PodInfo>[] = [];
  /** Only those that hold a port of the host. */
  readonly portHoldersOf: Set<PodInfo>[] = [];
  /** Nodes with the same taints share a number; `taintLists` has the taints of each. */
  taintListOf = new Int32Array(rowsFirst);
  readonly taintLists: (readonly Taint[])[] = [];
  usualCpuMilli = new Float64Array(rowsFirst);
  usualMemoryBytes = new Float64Array(rowsFirst);
  readonly labels = new LabelColumns(rowsFirst);
  readonly counts = new PodCounts(this.podsOf);
  /** What selects the Pods of the Services and sets that a Pod belongs to; handed in, because it takes other kinds. */
  selectorOfOwners: (info: PodInfo) => LabelSelector | undefined = () => undefined;
  /** Claims and volumes; handed in, too. */
  storage: Storage = noStorage;
  /** Which rows have an image, and how large it is there. */
  readonly images = new Map<string, Map<number, number>>();
  nodeCount = 0;

  constructor() {
    for (const name of ['cpu', 'memory', 'ephemeral-storage', 'pods']) this.#addResource(name);
  }

  get rowCount(): number {
    return this.names.length;
  }

  rowOf(name: string): number | undefined {
    const row = this.#rows.get(name);
    return row === undefined || this.nodes[row] === undefined ? undefined : row;
  }

  nodeOf(row: number): Stored<Node> {
    return must(this.nodes[row], () => `row ${row} has no node`);
  }

  /** Undefined when no node offers it. */
  resource(name: string): ResourceColumn | undefined {
    return this.#resources.get(name);
  }

  /** The rows of all nodes, the zones taking turns, so that whoever stops early has seen all of them. */
  get order(): Int32Array {
    return (this.#order ??= this.#zoneTurns());
  }

  putNode(node: Stored<Node>): void {
    const row = this.#rowFor(node.metadata.name);
    const old = this.nodes[row];
    if (old === undefined) this.nodeCount++;
    if (old === undefined || zoneOf(old) !== zoneOf(node)) this.#order = undefined;
    this.nodes[row] = node;
    this.#setAllocatable(row, node);
    this.taintListOf[row] = this.#taintList(node.spec.taints ?? []);
    this.labels.set(row, node.metadata.labels ?? {});
    if (old?.status.images !== node.status.images) this.#setImages(row, old, node);
  }

  removeNode(name: string): void {
    const row = this.rowOf(name);
    if (row === undefined) return;
    this.#setImages(row, this.nodes[row], undefined);
    this.nodes[row] = undefined;
    this.nodeCount--;
    this.#order = undefined;
    for (const column of this.#resources.values()) column.allocatable[row] = 0;
    this.labels.set(row, {});
    this.#freeIfEmpty(row);
  }

  /** The Pod is, or is assumed to be, on that node; wherever it was counted before, it no longer is. */
  put(info: PodInfo, nodeName: string, { assumed }: { assumed: boolean }): void {
    const before = this.#placed.get(info.uid);
    if (before !== undefined && before.info === info && this.names[before.row] === nodeName) {
      if (before.assumed !== assumed) this.#placed.set(info.uid, { ...before, assumed });
      return;
    }
    if (before !== undefined) this.remove(info.uid);
    const row = this.#rowFor(nodeName);
    this.#placed.set(info.uid, { info, row, assumed });
    this.#count(row, info, 1);
  }

  remove(uid: string): PodInfo | undefined {
    const placed = this.#placed.get(uid);
    if (placed === undefined) return undefined;
    this.#placed.delete(uid);
    this.#count(placed.row, placed.info, -1);
    this.#freeIfEmpty(placed.row);
    return placed.info;
  }

  placeOf(uid: string): Placed | undefined {
    return this.#placed.get(uid);
  }

  /** Whether the Pod counts without having been seen on its node. */
  isAssumed(uid: string): boolean {
    return this.#placed.get(uid)?.assumed ?? false;
  }

  #count(row: number, info: PodInfo, sign: 1 | -1): void {
    const { amounts, usualCpuMilli, usualMemoryBytes } = info.requests;
    for (const [name, amount] of amounts) {
      const column = this.#resources.get(name);
      if (column !== undefined) column.requested[row]! += sign * amount;
    }
    this.#resources.get('pods')!.requested[row]! += sign;
    this.usualCpuMilli[row]! += sign * usualCpuMilli;
    this.usualMemoryBytes[row]! += sign * usualMemoryBytes;
    if (sign === 1) {
      this.podsOf[row]!.add(info);
      if (info.hostPorts.length > 0) this.portHoldersOf[row]!.add(info);
      this.counts.podAdded(row, info);
    } else {
      this.podsOf[row]!.delete(info);
      this.portHoldersOf[row]!.delete(info);
      this.counts.podRemoved(row, info);
    }
  }

  #setAllocatable(row: number, node: Stored<Node>): void {
    const offered = node.status?.allocatable ?? {};
    for (const [name, column] of this.#resources) {
      const text = offered[name];
      column.allocatable[row] = text === undefined ? 0 : amountOf(name, text);
    }
    for (const name in offered) {
      if (this.#resources.has(name)) continue;
      this.#addResource(name).allocatable[row] = amountOf(name, offered[name]!);
    }
  }

  /** A resource that nodes never offered before may already be asked for by Pods that run. */
  #addResource(name: string): ResourceColumn {
    const column = { allocatable: new Float64Array(this.#capacity), requested: new Float64Array(this.#capacity) };
    this.#resources.set(name, column);
    for (const { info, row } of this.#placed.values()) column.requested[row]! += info.requests.amounts.get(name) ?? 0;
    return column;
  }

  #taintList(taints: readonly Taint[]): number {
    const text = JSON.stringify(taints.map(({ key, value, effect }) => [key, value ?? '', effect]));
    let id = this.#taintLists.get(text);
    if (id === undefined) {
      id = this.taintLists.length;
      this.taintLists.push(taints);
      this.#taintLists.set(text, id);
    }
    return id;
  }

  #setImages(row: number, old: Stored<Node> | undefined, node: Stored<Node> | undefined): void {
    for (const { names = [] } of old?.status?.images ?? []) {
      for (const name of names) {
        const rows = this.images.get(name);
        if (rows?.delete(row) && rows.size === 0) this.images.delete(name);
      }
    }
    for (const { names = [], sizeBytes = 0 } of node?.status?.images ?? []) {
      for (const name of names) {
        const rows = this.images.get(name);
        if (rows === undefined) this.images.set(name, new Map([[row, Number(sizeBytes)]]));
        else rows.set(row, Number(sizeBytes));
      }
    }
  }

  #rowFor(name: string): number {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const row = this.#free.pop() ?? this.names.length;
    if (row === this.#capacity) this.#grow();
    this.#rows.set(name, row);
    this.names[row] = name;
    this.nodes[row] = undefined;
    this.podsOf[row] = new Set();
    this.portHoldersOf[row] = new Set();
    return row;
  }

  #freeIfEmpty(row: number): void {
    if (this.nodes[row] !== undefined || this.podsOf[row]!.size > 0) return;
    this.#rows.delete(this.names[row]!);
    this.names[row] = '';
    this.#free.push(row);
    for (const [name, { requested }] of this.#resources) {
      assert(requested[row] === 0, () => `an empty row has ${requested[row]} ${name} requested`);
    }
  }

  #grow(): void {
    this.#capacity *= 2;
    const grown = (old: Float64Array) => {
      const next = new Float64Array(this.#capacity);
      next.set(old);
      return next;
    };
    for (const column of this.#resources.values()) {
      column.allocatable = grown(column.allocatable);
      column.requested = grown(column.requested);
    }
    this.usualCpuMilli = grown(this.usualCpuMilli);
    this.usualMemoryBytes = grown(this.usualMemoryBytes);
    const taints = new Int32Array(this.#capacity);
    taints.set(this.taintListOf);
    this.taintListOf = taints;
    this.labels.grow(this.#capacity);
  }

  #zoneTurns(): Int32Array {
    const zones = new Map<string, number[]>();
    for (const [row, node] of this.nodes.entries()) {
      if (node === undefined) continue;
      const zone = zoneOf(node);
      const rows = zones.get(zone);
      if (rows === undefined) zones.set(zone, [row]);
      else rows.push(row);
    }
    const order = new Int32Array(this.nodeCount);
    const lists = [...zones.values()];
    let at = 0;
    for (let turn = 0; at < order.length; turn++) {
      for (const rows of lists) if (turn < rows.length) order[at++] = rows[turn]!;
    }
    return order;
  }
}

function zoneOf(node: Stored<Node>): string {
  const labels = node.metadata.labels ?? {};
  return `${labels[regionLabel] ?? ''}\0${labels[zoneLabel] ?? ''}`;
}
