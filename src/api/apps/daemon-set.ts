import { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, intOrString, list, optional, string, struct, time } from '#machinery/schema.ts';

export const RollingUpdateDaemonSet = struct(
  'io.k8s.api.apps.v1.RollingUpdateDaemonSet',
  {
    maxUnavailable: optional(1, intOrString, {
      doc: 'Nodes that may be without a ready Pod, a number or a percentage rounded up. 1 if absent.',
    }),
    maxSurge: optional(2, intOrString, {
      doc: 'Nodes that may have the old and a new Pod, a number or a percentage. 0 if absent.',
    }),
  },
  { doc: 'How many nodes a rolling update may take at once.' },
);
export interface RollingUpdateDaemonSet extends TypeOf<typeof RollingUpdateDaemonSet> {}

export const DaemonSetUpdateStrategy = struct(
  'io.k8s.api.apps.v1.DaemonSetUpdateStrategy',
  {
    type: field(1, string, {
      default: 'RollingUpdate',
      enum: ['RollingUpdate', 'OnDelete'],
      doc: 'RollingUpdate, or OnDelete to wait until they are deleted. RollingUpdate if absent.',
    }),
    rollingUpdate: optional(2, RollingUpdateDaemonSet, {
      doc: 'How far a rolling update may go at once. Only for RollingUpdate.',
    }),
  },
  {
    doc: 'How Pods of an old template give way to new ones.',
    defaults: strategy => {
      if (strategy.type !== 'RollingUpdate') return;
      strategy.rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...strategy.rollingUpdate };
    },
  },
);
export interface DaemonSetUpdateStrategy extends TypeOf<typeof DaemonSetUpdateStrategy> {}

export const DaemonSetSpec = struct(
  'io.k8s.api.apps.v1.DaemonSetSpec',
  {
    selector: optional(1, LabelSelector, {
      required: true,
      doc: 'Which Pods are its own. Must match the template and cannot change.',
    }),
    template: always(2, PodTemplateSpec, { required: true, doc: 'The Pods to run, one on each node that it fits.' }),
    updateStrategy: always(3, DaemonSetUpdateStrategy, { doc: 'How old Pods give way to new ones.' }),
    minReadySeconds: field(4, int32, { doc: 'Seconds a Pod must be ready for to count as available. 0 if absent.' }),
    revisionHistoryLimit: optional(6, int32, {
      default: 10,
      doc: 'How many old templates are kept for going back. 10 if absent.',
    }),
  },
  { doc: 'What the DaemonSet keeps running.' },
);
export interface DaemonSetSpec extends TypeOf<typeof DaemonSetSpec> {}

export const DaemonSetCondition = struct(
  'io.k8s.api.apps.v1.DaemonSetCondition',
  {
    type: always(1, string, { required: true, doc: 'What the condition is about.' }),
    status: always(2, string, { required: true, doc: 'Whether it holds: True, False or Unknown.' }),
    lastTransitionTime: always(3, time, { doc: 'When the status last changed.' }),
    reason: field(4, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(5, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface DaemonSetCondition extends TypeOf<typeof DaemonSetCondition> {}

export const DaemonSetStatus = struct(
  'io.k8s.api.apps.v1.DaemonSetStatus',
  {
    currentNumberScheduled: always(1, int32, { required: true, doc: 'Nodes that should have a Pod and do.' }),
    numberMisscheduled: always(2, int32, { required: true, doc: 'Nodes that should not have a Pod but do.' }),
    desiredNumberScheduled: always(3, int32, { required: true, doc: 'Nodes that should have a Pod.' }),
    numberReady: always(4, int32, { required: true, doc: 'Nodes that should have a Pod and have a ready one.' }),
    observedGeneration: field(5, int64, { doc: 'The metadata.generation that the controller has seen.' }),
    updatedNumberScheduled: field(6, int32, { doc: 'Nodes with a Pod of the newest template.' }),
    numberAvailable: field(7, int32, { doc: 'Nodes whose Pod has been ready for minReadySeconds.' }),
    numberUnavailable: field(8, int32, { doc: 'Nodes that should have an available Pod but do not.' }),
    collisionCount: optional(9, int32, { doc: 'How often the name of a new revision was taken. Part of the hash.' }),
    conditions: field(
      10,
      list(DaemonSetCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
      { doc: 'What is true of it now, one entry for each type.' },
    ),
  },
  { doc: 'What is observed of the DaemonSet.' },
);
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
    doc: 'Keeps one Pod running on each node that it fits.',
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
