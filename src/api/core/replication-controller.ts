import { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, list, map, optional, string, struct, time } from '#machinery/schema.ts';

export const ReplicationControllerSpec = struct('io.k8s.api.core.v1.ReplicationControllerSpec', {
  replicas: optional(1, int32, { default: 1 }),
  minReadySeconds: field(4, int32),
  selector: field(2, map(string, { atomic: true })),
  template: optional(3, PodTemplateSpec),
});
export interface ReplicationControllerSpec extends TypeOf<typeof ReplicationControllerSpec> {}

export const ReplicationControllerCondition = struct('io.k8s.api.core.v1.ReplicationControllerCondition', {
  type: always(1, string, { required: true, enum: ['ReplicaFailure'] }),
  status: always(2, string, { required: true, enum: ['True', 'False', 'Unknown'] }),
  lastTransitionTime: always(3, time),
  reason: field(4, string),
  message: field(5, string),
});
export interface ReplicationControllerCondition extends TypeOf<typeof ReplicationControllerCondition> {}

export const ReplicationControllerStatus = struct('io.k8s.api.core.v1.ReplicationControllerStatus', {
  replicas: always(1, int32, { required: true }),
  fullyLabeledReplicas: field(2, int32),
  readyReplicas: field(4, int32),
  availableReplicas: field(5, int32),
  observedGeneration: field(3, int64),
  conditions: field(
    6,
    list(ReplicationControllerCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
  ),
});
export interface ReplicationControllerStatus extends TypeOf<typeof ReplicationControllerStatus> {}

const isEmpty = (map: Readonly<Record<string, string>> | undefined): boolean => Object.keys(map ?? {}).length === 0;

export const ReplicationController = struct(
  'io.k8s.api.core.v1.ReplicationController',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, ReplicationControllerSpec),
    status: always(3, ReplicationControllerStatus),
  },
  {
    gvk: { group: '', version: 'v1', kind: 'ReplicationController' },
    defaults: controller => {
      const labels = controller.spec?.template?.metadata?.labels;
      if (!labels || !controller.spec) return;
      if (isEmpty(controller.spec.selector)) controller.spec.selector = { ...labels };
      if (isEmpty(controller.metadata?.labels)) controller.metadata = { ...controller.metadata, labels: { ...labels } };
    },
  },
);
export interface ReplicationController extends TypeOf<typeof ReplicationController> {}

export const replicationControllers = defineResource({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  singular: 'replicationcontroller',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['rc'],
  categories: ['all'],
  subresources: {
    scale: { verbs: ['get', 'patch', 'update'], gvk: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: ReplicationController,
});
