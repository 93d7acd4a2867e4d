/** The filters of all plugins for one Pod. A node does when no filter refuses it; the first that does says why. */

import type { NodeTable } from '#scheduler/node-table.ts';
import type { NodeFilter, Plugin, Refusal } from '#scheduler/plugin.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

export interface Rejection {
  readonly plugin: string;
  readonly message: string;
  readonly resolvable: boolean;
}

export class NodeFilters {
  readonly #info: PodInfo;
  readonly #table: NodeTable;
  readonly #plugins: readonly Plugin[];
  /** In the order of the plugins; nothing where the Pod does not concern the plugin. */
  readonly #filters: (NodeFilter | undefined)[] = [];
  /** Set when no node will do. */
  readonly rejection: Rejection | undefined;
  /** The only nodes worth a look, by name; undefined: all. */
  readonly onlyNodes: ReadonlySet<string> | undefined;
  /** The plugins that left `onlyNodes`. */
  readonly onlyNodesBy: readonly string[];

  constructor(info: PodInfo, table: NodeTable, plugins: readonly Plugin[]) {
    this.#info = info;
    this.#table = table;
    this.#plugins = plugins;
    let onlyNodes: ReadonlySet<string> | undefined;
    const onlyNodesBy: string[] = [];
    for (const plugin of plugins) {
      const result = plugin.preFilter?.(info, table);
      if (result !== undefined && 'rejection' in result) {
        this.rejection = { plugin: plugin.name, message: result.rejection, resolvable: result.resolvable };
        break;
      }
      this.#filters.push(result?.filter);
      if (result?.onlyNodes === undefined) continue;
      onlyNodes = onlyNodes === undefined ? result.onlyNodes : onlyNodes.intersection(result.onlyNodes);
      onlyNodesBy.push(plugin.name);
    }
    this.onlyNodes = onlyNodes;
    this.onlyNodesBy = onlyNodesBy;
  }

  run(row: number): Refusal | undefined {
    for (const filter of this.#filters) {
      const refusal = filter?.(row);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** What every plugin has against the node, not only the first. */
  runAll(row: number): readonly Refusal[] {
    return this.#filters.map(filter => filter?.(row)).filter(refusal => refusal !== undefined);
  }

  /** After Pods came to or left a node: sums over many nodes are taken anew, everything else reads the table anyway. */
  refresh(): void {
    for (const [at, plugin] of this.#plugins.entries()) {
      if (!plugin.sumsNodes) continue;
      const result = plugin.preFilter?.(this.#info, this.#table);
      this.#filters[at] = result !== undefined && 'filter' in result ? result.filter : undefined;
    }
  }
}
