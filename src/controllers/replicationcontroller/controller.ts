/** ReplicationControllers: the older form of ReplicaSets, with a plain map as selector. */

import type { ReplicaSet } from '#api/apps/replica-set.ts';
import { replicationControllers } from '#api/core/replication-controller.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { replicaController } from '#controllers/replicaset/controller.ts';
import type { Controller } from '#loop/controller.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import type { Resource } from '#machinery/resource.ts';

export function replicationControllerController(deps: ControllerDeps): Controller {
  return replicaController(deps, {
    controllerName: 'replicationcontroller-controller',
    component: 'replication-controller',
    // Spec and status have a ReplicaSet's fields, but for the selector.
    resource: replicationControllers as unknown as Resource<ReplicaSet>,
    countsTerminating: false,
    selectorOf: controller => selectorOf(controller.spec?.selector as unknown as Record<string, string> | undefined),
  });
}

function selectorOf(labels: Record<string, string> | undefined): LabelSelector | undefined {
  return labels === undefined || Object.keys(labels).length === 0 ? undefined : { matchLabels: labels };
}
