import type { Plugin, Refusal } from '#scheduler/plugin.ts';

const refusal: Refusal = {
  plugin: 'NodeName',
  reasons: ["node(s) didn't match the requested node name"],
  resolvable: false,
};

/** A Pod that names its node is not scheduled at all; only `explain` asks about one. */
export const nodeName: Plugin = {
  name: refusal.plugin,
  preFilter({ pod }, table) {
    const name = pod.spec.nodeName;
    return name ? { filter: row => (table.names[row] === name ? undefined : refusal) } : undefined;
  },
  wakes: { node: ({ node }, { pod }) => !pod.spec.nodeName || node.metadata.name === pod.spec.nodeName },
};
