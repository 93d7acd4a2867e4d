import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, optional, string, struct, time } from '#machinery/schema.ts';

export const CrossVersionObjectReference = struct(
  'io.k8s.api.autoscaling.v1.CrossVersionObjectReference',
  {
    kind: always(1, string, { required: true }),
    name: always(2, string, { required: true }),
    apiVersion: field(3, string),
  },
  { atomic: true },
);
export interface CrossVersionObjectReference extends TypeOf<typeof CrossVersionObjectReference> {}

export const HorizontalPodAutoscalerSpec = struct('io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec', {
  scaleTargetRef: always(1, CrossVersionObjectReference, { required: true }),
  minReplicas: optional(2, int32, { default: 1 }),
  maxReplicas: always(3, int32, { required: true }),
  targetCPUUtilizationPercentage: optional(4, int32, { default: 80 }),
});
export interface HorizontalPodAutoscalerSpec extends TypeOf<typeof HorizontalPodAutoscalerSpec> {}

export const HorizontalPodAutoscalerStatus = struct('io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus', {
  observedGeneration: optional(1, int64),
  lastScaleTime: optional(2, time),
  currentReplicas: always(3, int32, { required: true }),
  desiredReplicas: always(4, int32, { required: true }),
  currentCPUUtilizationPercentage: optional(5, int32),
});
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
  { gvk: { group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler' } },
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
