import { toleratesTaint } from '#api/core/tolerations.ts';
import type { Plugin, Refusal } from '#scheduler/plugin.ts';

const unschedulableTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const refusal: Refusal = {
  plugin: 'NodeUnschedulable',
  reasons: ['node(s) were unschedulable'],
  resolvable: false,
};

/** Cordoned nodes take no Pod, but those that tolerate the taint of it. */
export const nodeUnschedulable: Plugin = {
  name: refusal.plugin,
  preFilter({ pod }, table) {
    if (toleratesTaint(pod.spec.tolerations, unschedulableTaint)) return undefined;
    return { filter: row => (table.nodes[row]!.spec?.unschedulable ? refusal : undefined) };
  },
  wakes: {
    self: (_, { pod }) => toleratesTaint(pod.spec.tolerations, unschedulableTaint),
    node: ({ old, node }) => !node.spec?.unschedulable && (old === undefined || Boolean(old.spec?.unschedulable)),
  },
};
