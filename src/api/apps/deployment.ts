import { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import {
  always,
  boolean,
  field,
  int32,
  int64,
  intOrString,
  list,
  optional,
  string,
  struct,
  time,
} from '#machinery/schema.ts';

export const RollingUpdateDeployment = struct(
  'io.k8s.api.apps.v1.RollingUpdateDeployment',
  {
    maxUnavailable: optional(1, intOrString, {
      doc: 'Pods that may be missing, a number or a percentage rounded down. 25% if absent.',
    }),
    maxSurge: optional(2, intOrString, {
      doc: 'Pods that may be too many, a number or a percentage rounded up. 25% if absent.',
    }),
  },
  { doc: 'How many Pods a rolling update may miss or add.' },
);
export interface RollingUpdateDeployment extends TypeOf<typeof RollingUpdateDeployment> {}

export const DeploymentStrategy = struct(
  'io.k8s.api.apps.v1.DeploymentStrategy',
  {
    type: field(1, string, {
      default: 'RollingUpdate',
      enum: ['Recreate', 'RollingUpdate'],
      doc: 'Recreate ends all old Pods first, RollingUpdate goes step by step. RollingUpdate if absent.',
    }),
    rollingUpdate: optional(2, RollingUpdateDeployment, {
      doc: 'How far a rolling update may go at once. Only for RollingUpdate.',
    }),
  },
  {
    doc: 'How Pods of an old template give way to new ones.',
    defaults: strategy => {
      if (strategy.type !== 'RollingUpdate') return;
      strategy.rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...strategy.rollingUpdate };
    },
  },
);
export interface DeploymentStrategy extends TypeOf<typeof DeploymentStrategy> {}

export const DeploymentSpec = struct(
  'io.k8s.api.apps.v1.DeploymentSpec',
  {
    replicas: optional(1, int32, { default: 1, doc: 'How many Pods. 1 if absent.' }),
    selector: optional(2, LabelSelector, {
      required: true,
      doc: 'Which Pods are its own. Must match the template and cannot change.',
    }),
    template: always(3, PodTemplateSpec, {
      required: true,
      doc: 'The Pods to run. Its restartPolicy can only be Always.',
    }),
    strategy: always(4, DeploymentStrategy, { patch: ['retainKeys'], doc: 'How old Pods give way to new ones.' }),
    minReadySeconds: field(5, int32, { doc: 'Seconds a Pod must be ready for to count as available. 0 if absent.' }),
    revisionHistoryLimit: optional(6, int32, {
      default: 10,
      doc: 'How many old ReplicaSets are kept for going back. 10 if absent.',
    }),
    paused: field(7, boolean, { doc: 'True holds back new rollouts.' }),
    progressDeadlineSeconds: optional(9, int32, {
      default: 600,
      doc: 'Seconds without progress until a rollout counts as failed. 600 if absent.',
    }),
  },
  { doc: 'What the Deployment keeps running.' },
);
export interface DeploymentSpec extends TypeOf<typeof DeploymentSpec> {}

export const DeploymentCondition = struct(
  'io.k8s.api.apps.v1.DeploymentCondition',
  {
    type: always(1, string, {
      required: true,
      enum: ['Available', 'Progressing', 'ReplicaFailure'],
      doc: 'What the condition is about.',
    }),
    status: always(2, string, { required: true, doc: 'Whether it holds: True, False or Unknown.' }),
    lastUpdateTime: always(6, time, { doc: 'When the condition was last written.' }),
    lastTransitionTime: always(7, time, { doc: 'When the status last changed.' }),
    reason: field(4, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(5, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface DeploymentCondition extends TypeOf<typeof DeploymentCondition> {}

export const DeploymentStatus = struct(
  'io.k8s.api.apps.v1.DeploymentStatus',
  {
    observedGeneration: field(1, int64, { doc: 'The metadata.generation that the controller has seen.' }),
    replicas: field(2, int32, { doc: 'Pods in all, without those that are ending.' }),
    updatedReplicas: field(3, int32, { doc: 'Pods of the newest template.' }),
    readyReplicas: field(7, int32, { doc: 'Pods that are ready.' }),
    availableReplicas: field(4, int32, { doc: 'Pods that have been ready for minReadySeconds.' }),
    unavailableReplicas: field(5, int32, { doc: 'Pods still missing to be fully available.' }),
    terminatingReplicas: optional(9, int32, { doc: 'Pods that are ending.' }),
    conditions: field(
      6,
      list(DeploymentCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
      { doc: 'What is true of it now, one entry for each type.' },
    ),
    collisionCount: optional(8, int32, { doc: 'How often the name of a new ReplicaSet was taken. Part of the hash.' }),
  },
  { doc: 'What is observed of the Deployment.' },
);
export interface DeploymentStatus extends TypeOf<typeof DeploymentStatus> {}

export const Deployment = struct(
  'io.k8s.api.apps.v1.Deployment',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, DeploymentSpec),
    status: always(3, DeploymentStatus),
  },
  {
    doc: 'Keeps Pods of a template running and replaces them when it changes.',
    gvk: { group: 'apps', version: 'v1', kind: 'Deployment' },
  },
);
export interface Deployment extends TypeOf<typeof Deployment> {}

export const deployments = defineResource({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: {
    scale: { verbs: ['get', 'patch', 'update'], gvk: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: Deployment,
});
