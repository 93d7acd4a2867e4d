/** What stands in a cluster from its first moment, beside RBAC and flow control. */

import type { Namespace } from '#api/core/namespace.ts';
import type { PriorityClass } from '#api/scheduling/priority-class.ts';

/** `default` may not be deleted, nor may the first two after it. */
export const systemNamespaces: readonly Namespace[] = ['kube-system', 'kube-public', 'kube-node-lease', 'default'].map(
  name => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
);

function systemClass(name: string, value: number, description: string): PriorityClass {
  const preemptionPolicy = 'PreemptLowerPriority';
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description,
    preemptionPolicy,
  };
}

export const systemPriorityClasses: readonly PriorityClass[] = [
  systemClass(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
  systemClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
];
