/**
 * Which node was cleared for which Pod. Such a Pod comes first there: whoever is no more important must fit beside it.
 */

import type { NodeFilters } from '#scheduler/filters.ts';
import type { NodeTable } from '#scheduler/node-table.ts';
import type { Refusal } from '#scheduler/plugin.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

interface Nomination {
  readonly info: PodInfo;
  readonly nodeName: string;
}

export class Nominations {
  readonly #table: NodeTable;
  readonly #byPod = new Map<string, Nomination>();
  readonly #byNode = new Map<string, Map<string, PodInfo>>();

  constructor(table: NodeTable) {
    this.#table = table;
  }

  set(info: PodInfo, nodeName: string): void {
    this.remove(info.uid);
    this.#byPod.set(info.uid, { info, nodeName });
    const ofNode = this.#byNode.get(nodeName);
    if (ofNode === undefined) this.#byNode.set(nodeName, new Map([[info.uid, info]]));
    else ofNode.set(info.uid, info);
  }

  remove(uid: string): void {
    const nomination = this.#byPod.get(uid);
    if (nomination === undefined) return;
    this.#byPod.delete(uid);
    const ofNode = this.#byNode.get(nomination.nodeName);
    if (ofNode?.delete(uid) && ofNode.size === 0) this.#byNode.delete(nomination.nodeName);
  }

  nodeOf(uid: string): string | undefined {
    return this.#byPod.get(uid)?.nodeName;
  }

  onNode(nodeName: string): readonly PodInfo[] {
    return [...(this.#byNode.get(nodeName)?.values() ?? [])];
  }

  /** Runs the filters as if the Pods this node was cleared for ran there already, and then without them. */
  refusalAt(row: number, info: PodInfo, filters: NodeFilters): Refusal | undefined {
    const table = this.#table;
    const name = table.names[row]!;
    const ofNode = this.#byNode.size === 0 ? undefined : this.#byNode.get(name);
    if (ofNode === undefined) return filters.run(row);
    const before = [...ofNode.values()].filter(each => each.uid !== info.uid && each.priority >= info.priority);
    const added = before.filter(each => table.placeOf(each.uid) === undefined);
    if (added.length === 0) return filters.run(row);
    for (const each of added) table.put(each, name, { assumed: true });
    filters.refresh();
    const refusal = filters.run(row);
    for (const each of added) table.remove(each.uid);
    filters.refresh();
    return refusal ?? filters.run(row);
  }
}
