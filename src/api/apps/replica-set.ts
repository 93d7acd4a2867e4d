import { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, list, optional, string, struct, time } from '#machinery/schema.ts';

export const ReplicaSetSpec = struct(
  'io.k8s.api.apps.v1.ReplicaSetSpec',
  {
    replicas: optional(1, int32, { default: 1, doc: 'How many Pods. 1 if absent.' }),
    minReadySeconds: field(4, int32, { doc: 'Seconds a Pod must be ready for to count as available. 0 if absent.' }),
    selector: optional(2, LabelSelector, {
      required: true,
      doc: 'Which Pods are its own. Must match the template and cannot change.',
    }),
    template: always(3, PodTemplateSpec, { doc: 'The Pods to run.' }),
  },
  { doc: 'What the ReplicaSet keeps running.' },
);
export interface ReplicaSetSpec extends TypeOf<typeof ReplicaSetSpec> {}

export const ReplicaSetCondition = struct(
  'io.k8s.api.apps.v1.ReplicaSetCondition',
  {
    type: always(1, string, { required: true, enum: ['ReplicaFailure'], doc: 'What the condition is about.' }),
    status: always(2, string, { required: true, doc: 'Whether it holds: True, False or Unknown.' }),
    lastTransitionTime: always(3, time, { doc: 'When the status last changed.' }),
    reason: field(4, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(5, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface ReplicaSetCondition extends TypeOf<typeof ReplicaSetCondition> {}

export const ReplicaSetStatus = struct(
  'io.k8s.api.apps.v1.ReplicaSetStatus',
  {
    replicas: always(1, int32, { required: true, doc: 'Pods in all, without those that are ending.' }),
    fullyLabeledReplicas: field(2, int32, { doc: 'Pods that have all labels of the template.' }),
    readyReplicas: field(4, int32, { doc: 'Pods that are ready.' }),
    availableReplicas: field(5, int32, { doc: 'Pods that have been ready for minReadySeconds.' }),
    terminatingReplicas: optional(7, int32, { doc: 'Pods that are ending.' }),
    observedGeneration: field(3, int64, { doc: 'The metadata.generation that the controller has seen.' }),
    conditions: field(
      6,
      list(ReplicaSetCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
      { doc: 'What is true of it now, one entry for each type.' },
    ),
  },
  { doc: 'What is observed of the ReplicaSet.' },
);
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
  {
    doc: 'Keeps a number of equal Pods running. Mostly made by a Deployment.',
    gvk: { group: 'apps', version: 'v1', kind: 'ReplicaSet' },
  },
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
