import { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, intOrString, list, optional, string, struct, time } from '#machinery/schema.ts';

export const StatefulSetOrdinals = struct(
  'io.k8s.api.apps.v1.StatefulSetOrdinals',
  {
    start: always(1, int32, { doc: 'Number of the first Pod. 0 if absent.' }),
  },
  { doc: 'How the Pods are numbered.' },
);
export interface StatefulSetOrdinals extends TypeOf<typeof StatefulSetOrdinals> {}

export const StatefulSetPersistentVolumeClaimRetentionPolicy = struct(
  'io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy',
  {
    whenDeleted: field(1, string, {
      default: 'Retain',
      enum: ['Retain', 'Delete'],
      doc: 'Retain or Delete them with the set. Retain if absent.',
    }),
    whenScaled: field(2, string, {
      default: 'Retain',
      enum: ['Retain', 'Delete'],
      doc: 'Retain or Delete those of Pods scaled away. Retain if absent.',
    }),
  },
  { doc: 'What becomes of claims that were made from templates.' },
);
export interface StatefulSetPersistentVolumeClaimRetentionPolicy
  extends TypeOf<typeof StatefulSetPersistentVolumeClaimRetentionPolicy> {}

export const RollingUpdateStatefulSetStrategy = struct(
  'io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy',
  {
    partition: optional(1, int32, { doc: 'Only Pods with this ordinal or a higher one are updated. 0 if absent.' }),
    maxUnavailable: optional(2, intOrString, {
      gate: 'MaxUnavailableStatefulSet',
      doc: 'Pods that may be missing, a number or a percentage. 1 if absent.',
    }),
  },
  { doc: 'Which Pods a rolling update takes.' },
);
export interface RollingUpdateStatefulSetStrategy extends TypeOf<typeof RollingUpdateStatefulSetStrategy> {}

export const StatefulSetUpdateStrategy = struct(
  'io.k8s.api.apps.v1.StatefulSetUpdateStrategy',
  {
    type: field(1, string, {
      enum: ['RollingUpdate', 'OnDelete'],
      doc: 'RollingUpdate, or OnDelete to wait until they are deleted. RollingUpdate if absent.',
    }),
    rollingUpdate: optional(2, RollingUpdateStatefulSetStrategy, {
      doc: 'Which Pods a rolling update takes. Only for RollingUpdate.',
    }),
  },
  {
    doc: 'How Pods of an old template give way to new ones.',
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
    replicas: optional(1, int32, { default: 1, doc: 'How many Pods. 1 if absent.' }),
    selector: optional(2, LabelSelector, {
      required: true,
      doc: 'Which Pods are its own. Must match the template and cannot change.',
    }),
    template: always(3, PodTemplateSpec, {
      required: true,
      doc: 'The Pods to run, named after the set and their number.',
    }),
    volumeClaimTemplates: field(4, list(PersistentVolumeClaim), {
      doc: 'Claims that each Pod gets of its own. Cannot change.',
    }),
    serviceName: always(5, string, { doc: 'Headless Service that gives the Pods their names in DNS.' }),
    podManagementPolicy: field(6, string, {
      default: 'OrderedReady',
      enum: ['OrderedReady', 'Parallel'],
      doc: 'OrderedReady waits for each Pod in turn, Parallel does not. OrderedReady if absent.',
    }),
    updateStrategy: always(7, StatefulSetUpdateStrategy, { doc: 'How old Pods give way to new ones.' }),
    revisionHistoryLimit: optional(8, int32, {
      default: 10,
      doc: 'How many old templates are kept for going back. 10 if absent.',
    }),
    minReadySeconds: field(9, int32, { doc: 'Seconds a Pod must be ready for to count as available. 0 if absent.' }),
    persistentVolumeClaimRetentionPolicy: optional(10, StatefulSetPersistentVolumeClaimRetentionPolicy, {
      default: {},
      doc: 'What becomes of claims. They are kept if absent.',
    }),
    ordinals: optional(11, StatefulSetOrdinals, { doc: 'How the Pods are numbered. From 0 if absent.' }),
  },
  {
    doc: 'What the StatefulSet keeps running.',
    defaults: spec => {
      for (const claim of spec.volumeClaimTemplates ?? []) {
        claim.kind = 'PersistentVolumeClaim';
        claim.apiVersion = 'v1';
      }
    },
  },
);
export interface StatefulSetSpec extends TypeOf<typeof StatefulSetSpec> {}

export const StatefulSetCondition = struct(
  'io.k8s.api.apps.v1.StatefulSetCondition',
  {
    type: always(1, string, { required: true, doc: 'What the condition is about.' }),
    status: always(2, string, { required: true, doc: 'Whether it holds: True, False or Unknown.' }),
    lastTransitionTime: always(3, time, { doc: 'When the status last changed.' }),
    reason: field(4, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(5, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface StatefulSetCondition extends TypeOf<typeof StatefulSetCondition> {}

export const StatefulSetStatus = struct(
  'io.k8s.api.apps.v1.StatefulSetStatus',
  {
    observedGeneration: field(1, int64, { doc: 'The metadata.generation that the controller has seen.' }),
    replicas: always(2, int32, { required: true, doc: 'Pods in all.' }),
    readyReplicas: field(3, int32, { doc: 'Pods that are ready.' }),
    currentReplicas: field(4, int32, { doc: 'Pods of currentRevision.' }),
    updatedReplicas: field(5, int32, { doc: 'Pods of updateRevision.' }),
    currentRevision: field(6, string, { doc: 'Revision that the Pods not yet updated have.' }),
    updateRevision: field(7, string, { doc: 'Revision that the updated Pods have.' }),
    collisionCount: optional(9, int32, { doc: 'How often the name of a new revision was taken. Part of the hash.' }),
    conditions: field(
      10,
      list(StatefulSetCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
      { doc: 'What is true of it now, one entry for each type.' },
    ),
    availableReplicas: always(11, int32, { doc: 'Pods that have been ready for minReadySeconds.' }),
  },
  { doc: 'What is observed of the StatefulSet.' },
);
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
  {
    doc: 'Keeps numbered Pods running, each with a name and volumes that stay its own.',
    gvk: { group: 'apps', version: 'v1', kind: 'StatefulSet' },
  },
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
