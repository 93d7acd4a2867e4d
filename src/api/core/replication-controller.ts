import { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, list, map, optional, string, struct, time } from '#machinery/schema.ts';

export const ReplicationControllerSpec = struct(
  'io.k8s.api.core.v1.ReplicationControllerSpec',
  {
    replicas: optional(1, int32, { default: 1, doc: 'How many Pods. 1 if absent.' }),
    minReadySeconds: field(4, int32, { doc: 'Seconds a Pod must be ready for to count as available. 0 if absent.' }),
    selector: field(2, map(string, { atomic: true }), { doc: 'Labels of its Pods. Those of the template if absent.' }),
    template: optional(3, PodTemplateSpec, { doc: 'The Pods to run.' }),
  },
  { doc: 'What the ReplicationController keeps running.' },
);
export interface ReplicationControllerSpec extends TypeOf<typeof ReplicationControllerSpec> {}

export const ReplicationControllerCondition = struct(
  'io.k8s.api.core.v1.ReplicationControllerCondition',
  {
    type: always(1, string, { required: true, enum: ['ReplicaFailure'], doc: 'What the condition is about.' }),
    status: always(2, string, {
      required: true,
      enum: ['True', 'False', 'Unknown'],
      doc: 'Whether it holds: True, False or Unknown.',
    }),
    lastTransitionTime: always(3, time, { doc: 'When the status last changed.' }),
    reason: field(4, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(5, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface ReplicationControllerCondition extends TypeOf<typeof ReplicationControllerCondition> {}

export const ReplicationControllerStatus = struct(
  'io.k8s.api.core.v1.ReplicationControllerStatus',
  {
    replicas: always(1, int32, { required: true, doc: 'Pods in all.' }),
    fullyLabeledReplicas: field(2, int32, { doc: 'Pods that have all labels of the template.' }),
    readyReplicas: field(4, int32, { doc: 'Pods that are ready.' }),
    availableReplicas: field(5, int32, { doc: 'Pods that have been ready for minReadySeconds.' }),
    observedGeneration: field(3, int64, { doc: 'The metadata.generation that the controller has seen.' }),
    conditions: field(
      6,
      list(ReplicationControllerCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
      { doc: 'What is true of it now, one entry for each type.' },
    ),
  },
  { doc: 'What is observed of the ReplicationController.' },
);
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
    doc: 'Keeps a number of equal Pods running. A Deployment does it better.',
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
