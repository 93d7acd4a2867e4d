import { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, intOrString, list, optional, string, struct, time } from '#machinery/schema.ts';

export const RollingUpdateDaemonSet = struct('io.k8s.api.apps.v1.RollingUpdateDaemonSet', {
  maxUnavailable: optional(1, intOrString),
  maxSurge: optional(2, intOrString),
});
export interface RollingUpdateDaemonSet extends TypeOf<typeof RollingUpdateDaemonSet> {}

export const DaemonSetUpdateStrategy = struct(
  'io.k8s.api.apps.v1.DaemonSetUpdateStrategy',
  {
    type: field(1, string, { default: 'RollingUpdate', enum: ['RollingUpdate', 'OnDelete'] }),
    rollingUpdate: optional(2, RollingUpdateDaemonSet),
  },
  {
    defaults: strategy => {
      if (strategy.type !== 'RollingUpdate') return;
      strategy.rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...strategy.rollingUpdate };
    },
  },
);
export interface DaemonSetUpdateStrategy extends TypeOf<typeof DaemonSetUpdateStrategy> {}

export const DaemonSetSpec = struct('io.k8s.api.apps.v1.DaemonSetSpec', {
  selector: optional(1, LabelSelector, { required: true }),
  template: always(2, PodTemplateSpec, { required: true }),
  updateStrategy: always(3, DaemonSetUpdateStrategy),
  minReadySeconds: field(4, int32),
  revisionHistoryLimit: optional(6, int32, { default: 10 }),
});
export interface DaemonSetSpec extends TypeOf<typeof DaemonSetSpec> {}

export const DaemonSetCondition = struct('io.k8s.api.apps.v1.DaemonSetCondition', {
  type: always(1, string, { required: true }),
  status: always(2, string, { required: true }),
  lastTransitionTime: always(3, time),
  reason: field(4, string),
  message: field(5, string),
});
export interface DaemonSetCondition extends TypeOf<typeof DaemonSetCondition> {}

export const DaemonSetStatus = struct('io.k8s.api.apps.v1.DaemonSetStatus', {
  currentNumberScheduled: always(1, int32, { required: true }),
  numberMisscheduled: always(2, int32, { required: true }),
  desiredNumberScheduled: always(3, int32, { required: true }),
  numberReady: always(4, int32, { required: true }),
  observedGeneration: field(5, int64),
  updatedNumberScheduled: field(6, int32),
  numberAvailable: field(7, int32),
  numberUnavailable: field(8, int32),
  collisionCount: optional(9, int32),
  conditions: field(10, list(DaemonSetCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' })),
});
export interface DaemonSetStatus extends TypeOf<typeof DaemonSetStatus> {}

/** How often the template has changed: a field of old, kept for old clients. The server counts. */
export const templateGenerationAnnotation = 'deprecated.daemonset.template.generation';

export const DaemonSet = struct(
  'io.k8s.api.apps.v1.DaemonSet',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, DaemonSetSpec),
    status: always(3, DaemonSetStatus),
  },
  {
    gvk: { group: 'apps', version: 'v1', kind: 'DaemonSet' },
    defaults: set => {
      const annotations = { [templateGenerationAnnotation]: '0', ...set.metadata?.annotations };
      set.metadata = { ...set.metadata, annotations };
    },
  },
);
export interface DaemonSet extends TypeOf<typeof DaemonSet> {}

export const daemonSets = defineResource({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  singular: 'daemonset',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['ds'],
  categories: ['all'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: DaemonSet,
});
