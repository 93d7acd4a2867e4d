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

export const RollingUpdateDeployment = struct('io.k8s.api.apps.v1.RollingUpdateDeployment', {
  maxUnavailable: optional(1, intOrString),
  maxSurge: optional(2, intOrString),
});
export interface RollingUpdateDeployment extends TypeOf<typeof RollingUpdateDeployment> {}

export const DeploymentStrategy = struct(
  'io.k8s.api.apps.v1.DeploymentStrategy',
  {
    type: field(1, string, { default: 'RollingUpdate', enum: ['Recreate', 'RollingUpdate'] }),
    rollingUpdate: optional(2, RollingUpdateDeployment),
  },
  {
    defaults: strategy => {
      if (strategy.type !== 'RollingUpdate') return;
      strategy.rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...strategy.rollingUpdate };
    },
  },
);
export interface DeploymentStrategy extends TypeOf<typeof DeploymentStrategy> {}

export const DeploymentSpec = struct('io.k8s.api.apps.v1.DeploymentSpec', {
  replicas: optional(1, int32, { default: 1 }),
  selector: optional(2, LabelSelector, { required: true }),
  template: always(3, PodTemplateSpec, { required: true }),
  strategy: always(4, DeploymentStrategy, { patch: ['retainKeys'] }),
  minReadySeconds: field(5, int32),
  revisionHistoryLimit: optional(6, int32, { default: 10 }),
  paused: field(7, boolean),
  progressDeadlineSeconds: optional(9, int32, { default: 600 }),
});
export interface DeploymentSpec extends TypeOf<typeof DeploymentSpec> {}

export const DeploymentCondition = struct('io.k8s.api.apps.v1.DeploymentCondition', {
  type: always(1, string, { required: true, enum: ['Available', 'Progressing', 'ReplicaFailure'] }),
  status: always(2, string, { required: true }),
  lastUpdateTime: always(6, time),
  lastTransitionTime: always(7, time),
  reason: field(4, string),
  message: field(5, string),
});
export interface DeploymentCondition extends TypeOf<typeof DeploymentCondition> {}

export const DeploymentStatus = struct('io.k8s.api.apps.v1.DeploymentStatus', {
  observedGeneration: field(1, int64),
  replicas: field(2, int32),
  updatedReplicas: field(3, int32),
  readyReplicas: field(7, int32),
  availableReplicas: field(4, int32),
  unavailableReplicas: field(5, int32),
  terminatingReplicas: optional(9, int32),
  conditions: field(6, list(DeploymentCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' })),
  collisionCount: optional(8, int32),
});
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
  { gvk: { group: 'apps', version: 'v1', kind: 'Deployment' } },
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
