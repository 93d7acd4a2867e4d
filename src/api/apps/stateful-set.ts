import { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, intOrString, list, optional, string, struct, time } from '#machinery/schema.ts';

export const StatefulSetOrdinals = struct('io.k8s.api.apps.v1.StatefulSetOrdinals', {
  start: always(1, int32),
});
export interface StatefulSetOrdinals extends TypeOf<typeof StatefulSetOrdinals> {}

export const StatefulSetPersistentVolumeClaimRetentionPolicy = struct(
  'io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy',
  {
    whenDeleted: field(1, string, { default: 'Retain', enum: ['Retain', 'Delete'] }),
    whenScaled: field(2, string, { default: 'Retain', enum: ['Retain', 'Delete'] }),
  },
);
export interface StatefulSetPersistentVolumeClaimRetentionPolicy
  extends TypeOf<typeof StatefulSetPersistentVolumeClaimRetentionPolicy> {}

export const RollingUpdateStatefulSetStrategy = struct('io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy', {
  partition: optional(1, int32),
  maxUnavailable: optional(2, intOrString, { gate: 'MaxUnavailableStatefulSet' }),
});
export interface RollingUpdateStatefulSetStrategy extends TypeOf<typeof RollingUpdateStatefulSetStrategy> {}

export const StatefulSetUpdateStrategy = struct(
  'io.k8s.api.apps.v1.StatefulSetUpdateStrategy',
  {
    type: field(1, string, { enum: ['RollingUpdate', 'OnDelete'] }),
    rollingUpdate: optional(2, RollingUpdateStatefulSetStrategy),
  },
  {
    defaults: strategy => {
      if (!strategy.type) {
        strategy.type = 'RollingUpdate';
        strategy.rollingUpdate ??= {};
      }
      if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0;
    },
  },
);
export interface StatefulSetUpdateStrategy extends TypeOf<typeof StatefulSetUpdateStrategy> {}

export const StatefulSetSpec = struct(
  'io.k8s.api.apps.v1.StatefulSetSpec',
  {
    replicas: optional(1, int32, { default: 1 }),
    selector: optional(2, LabelSelector, { required: true }),
    template: always(3, PodTemplateSpec, { required: true }),
    volumeClaimTemplates: field(4, list(PersistentVolumeClaim)),
    serviceName: always(5, string),
    podManagementPolicy: field(6, string, { default: 'OrderedReady', enum: ['OrderedReady', 'Parallel'] }),
    updateStrategy: always(7, StatefulSetUpdateStrategy),
    revisionHistoryLimit: optional(8, int32, { default: 10 }),
    minReadySeconds: field(9, int32),
    persistentVolumeClaimRetentionPolicy: optional(10, StatefulSetPersistentVolumeClaimRetentionPolicy, {
      default: {},
    }),
    ordinals: optional(11, StatefulSetOrdinals),
  },
  {
    defaults: spec => {
      for (const claim of spec.volumeClaimTemplates ?? []) {
        claim.kind = 'PersistentVolumeClaim';
        claim.apiVersion = 'v1';
      }
    },
  },
);
export interface StatefulSetSpec extends TypeOf<typeof StatefulSetSpec> {}

export const StatefulSetCondition = struct('io.k8s.api.apps.v1.StatefulSetCondition', {
  type: always(1, string, { required: true }),
  status: always(2, string, { required: true }),
  lastTransitionTime: always(3, time),
  reason: field(4, string),
  message: field(5, string),
});
export interface StatefulSetCondition extends TypeOf<typeof StatefulSetCondition> {}

export const StatefulSetStatus = struct('io.k8s.api.apps.v1.StatefulSetStatus', {
  observedGeneration: field(1, int64),
  replicas: always(2, int32, { required: true }),
  readyReplicas: field(3, int32),
  currentReplicas: field(4, int32),
  updatedReplicas: field(5, int32),
  currentRevision: field(6, string),
  updateRevision: field(7, string),
  collisionCount: optional(9, int32),
  conditions: field(
    10,
    list(StatefulSetCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
  ),
  availableReplicas: always(11, int32),
});
export interface StatefulSetStatus extends TypeOf<typeof StatefulSetStatus> {}

export const StatefulSet = struct(
  'io.k8s.api.apps.v1.StatefulSet',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, StatefulSetSpec),
    status: always(3, StatefulSetStatus),
  },
  { gvk: { group: 'apps', version: 'v1', kind: 'StatefulSet' } },
);
export interface StatefulSet extends TypeOf<typeof StatefulSet> {}

export const statefulSets = defineResource({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  singular: 'statefulset',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['sts'],
  categories: ['all'],
  subresources: {
    scale: { verbs: ['get', 'patch', 'update'], gvk: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: StatefulSet,
});
