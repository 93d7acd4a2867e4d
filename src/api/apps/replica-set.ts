import { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, list, optional, string, struct, time } from '#machinery/schema.ts';

export const ReplicaSetSpec = struct('io.k8s.api.apps.v1.ReplicaSetSpec', {
  replicas: optional(1, int32, { default: 1 }),
  minReadySeconds: field(4, int32),
  selector: optional(2, LabelSelector, { required: true }),
  template: always(3, PodTemplateSpec),
});
export interface ReplicaSetSpec extends TypeOf<typeof ReplicaSetSpec> {}

export const ReplicaSetCondition = struct('io.k8s.api.apps.v1.ReplicaSetCondition', {
  type: always(1, string, { required: true, enum: ['ReplicaFailure'] }),
  status: always(2, string, { required: true }),
  lastTransitionTime: always(3, time),
  reason: field(4, string),
  message: field(5, string),
});
export interface ReplicaSetCondition extends TypeOf<typeof ReplicaSetCondition> {}

export const ReplicaSetStatus = struct('io.k8s.api.apps.v1.ReplicaSetStatus', {
  replicas: always(1, int32, { required: true }),
  fullyLabeledReplicas: field(2, int32),
  readyReplicas: field(4, int32),
  availableReplicas: field(5, int32),
  terminatingReplicas: optional(7, int32),
  observedGeneration: field(3, int64),
  conditions: field(6, list(ReplicaSetCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' })),
});
export interface ReplicaSetStatus extends TypeOf<typeof ReplicaSetStatus> {}

export const ReplicaSet = struct(
  'io.k8s.api.apps.v1.ReplicaSet',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, ReplicaSetSpec),
    status: always(3, ReplicaSetStatus),
  },
  { gvk: { group: 'apps', version: 'v1', kind: 'ReplicaSet' } },
);
export interface ReplicaSet extends TypeOf<typeof ReplicaSet> {}

export const replicaSets = defineResource({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['rs'],
  categories: ['all'],
  subresources: {
    scale: { verbs: ['get', 'patch', 'update'], gvk: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: ReplicaSet,
});
