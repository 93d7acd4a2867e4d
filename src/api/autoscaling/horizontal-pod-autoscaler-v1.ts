import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, optional, string, struct, time } from '#machinery/schema.ts';

export const CrossVersionObjectReference = struct(
  'io.k8s.api.autoscaling.v1.CrossVersionObjectReference',
  {
    kind: always(1, string, { required: true, doc: 'Kind of the object.' }),
    name: always(2, string, { required: true, doc: 'Name of the object.' }),
    apiVersion: field(3, string, { doc: 'Group and version of the object.' }),
  },
  { doc: 'An object of the same namespace.', atomic: true },
);
export interface CrossVersionObjectReference extends TypeOf<typeof CrossVersionObjectReference> {}

export const HorizontalPodAutoscalerSpec = struct(
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec',
  {
    scaleTargetRef: always(1, CrossVersionObjectReference, {
      required: true,
      doc: 'Object to scale. It needs the subresource scale.',
    }),
    minReplicas: optional(2, int32, { default: 1, doc: 'Fewest Pods. 1 if absent.' }),
    maxReplicas: always(3, int32, { required: true, doc: 'Most Pods. Not less than minReplicas.' }),
    targetCPUUtilizationPercentage: optional(4, int32, {
      default: 80,
      doc: 'CPU use to keep, in percent of the requests. 80 if absent.',
    }),
  },
  { doc: 'What is scaled and how far.' },
);
export interface HorizontalPodAutoscalerSpec extends TypeOf<typeof HorizontalPodAutoscalerSpec> {}

export const HorizontalPodAutoscalerStatus = struct(
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus',
  {
    observedGeneration: optional(1, int64, { doc: 'The metadata.generation that the controller has seen.' }),
    lastScaleTime: optional(2, time, { doc: 'When it last changed the number of Pods.' }),
    currentReplicas: always(3, int32, { required: true, doc: 'How many Pods there are.' }),
    desiredReplicas: always(4, int32, { required: true, doc: 'How many Pods it wants.' }),
    currentCPUUtilizationPercentage: optional(5, int32, { doc: 'CPU use now, in percent of the requests.' }),
  },
  { doc: 'What is observed of the autoscaler.' },
);
export interface HorizontalPodAutoscalerStatus extends TypeOf<typeof HorizontalPodAutoscalerStatus> {}

export const HorizontalPodAutoscaler = struct(
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, HorizontalPodAutoscalerSpec, { required: true }),
    status: always(3, HorizontalPodAutoscalerStatus),
  },
  {
    doc: 'Changes the number of Pods to keep their CPU use near a target.',
    gvk: { group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler' },
  },
);
export interface HorizontalPodAutoscaler extends TypeOf<typeof HorizontalPodAutoscaler> {}

export const horizontalPodAutoscalersV1 = defineResource({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: HorizontalPodAutoscaler,
});
