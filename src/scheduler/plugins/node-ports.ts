import type { Plugin, Refusal } from '#scheduler/plugin.ts';
import { portsConflict } from '#scheduler/pod-info.ts';

const refusal: Refusal = {
  plugin: 'NodePorts',
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  resolvable: true,
};

/** A port of the host can be had once per address. */
export const nodePorts: Plugin = {
  name: refusal.plugin,
  preFilter({ hostPorts }, table) {
    if (hostPorts.length === 0) return undefined;
    return {
      filter(row) {
        for (const holder of table.portHoldersOf[row]!) {
          for (const held of holder.hostPorts) {
            for (const wanted of hostPorts) if (portsConflict(held, wanted)) return refusal;
          }
        }
        return undefined;
      },
    };
  },
  wakes: {
    node: ({ old }) => old === undefined,
    podGone: ({ info: gone }, { hostPorts }) =>
      gone.hostPorts.some(freed => hostPorts.some(wanted => portsConflict(freed, wanted))),
  },
};
