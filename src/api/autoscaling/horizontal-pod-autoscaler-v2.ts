import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, list, optional, quantity, string, struct, time } from '#machinery/schema.ts';

export const HPAScalingPolicy = struct('io.k8s.api.autoscaling.v2.HPAScalingPolicy', {
  type: always(1, string, { required: true, enum: ['Pods', 'Percent'] }),
  value: always(2, int32, { required: true }),
  periodSeconds: always(3, int32, { required: true }),
});
export interface HPAScalingPolicy extends TypeOf<typeof HPAScalingPolicy> {}

export const HPAScalingRules = struct('io.k8s.api.autoscaling.v2.HPAScalingRules', {
  stabilizationWindowSeconds: optional(3, int32),
  selectPolicy: optional(1, string, { enum: ['Max', 'Min', 'Disabled'] }),
  policies: field(2, list(HPAScalingPolicy)),
  tolerance: optional(4, quantity, { gate: 'HPAConfigurableTolerance' }),
});
export interface HPAScalingRules extends TypeOf<typeof HPAScalingRules> {}

export const HorizontalPodAutoscalerBehavior = struct(
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior',
  {
    scaleUp: optional(1, HPAScalingRules),
    scaleDown: optional(2, HPAScalingRules),
  },
  {
    defaults(behavior) {
      behavior.scaleUp = { stabilizationWindowSeconds: 0, selectPolicy: 'Max', ...behavior.scaleUp };
      behavior.scaleUp.policies ??= [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ];
      behavior.scaleDown = { selectPolicy: 'Max', ...behavior.scaleDown };
      behavior.scaleDown.policies ??= [{ type: 'Percent', value: 100, periodSeconds: 15 }];
    },
  },
);
export interface HorizontalPodAutoscalerBehavior extends TypeOf<typeof HorizontalPodAutoscalerBehavior> {}

export const MetricTarget = struct('io.k8s.api.autoscaling.v2.MetricTarget', {
  type: always(1, string, { required: true, enum: ['Utilization', 'Value', 'AverageValue'] }),
  value: optional(2, quantity),
  averageValue: optional(3, quantity),
  averageUtilization: optional(4, int32),
});
export interface MetricTarget extends TypeOf<typeof MetricTarget> {}

export const ContainerResourceMetricSource = struct('io.k8s.api.autoscaling.v2.ContainerResourceMetricSource', {
  name: always(1, string, { required: true }),
  target: always(2, MetricTarget, { required: true }),
  container: always(3, string, { required: true }),
});
export interface ContainerResourceMetricSource extends TypeOf<typeof ContainerResourceMetricSource> {}

export const MetricIdentifier = struct('io.k8s.api.autoscaling.v2.MetricIdentifier', {
  name: always(1, string, { required: true }),
  selector: optional(2, LabelSelector),
});
export interface MetricIdentifier extends TypeOf<typeof MetricIdentifier> {}

export const ExternalMetricSource = struct('io.k8s.api.autoscaling.v2.ExternalMetricSource', {
  metric: always(1, MetricIdentifier, { required: true }),
  target: always(2, MetricTarget, { required: true }),
});
export interface ExternalMetricSource extends TypeOf<typeof ExternalMetricSource> {}

export const CrossVersionObjectReference = struct('io.k8s.api.autoscaling.v2.CrossVersionObjectReference', {
  kind: always(1, string, { required: true }),
  name: always(2, string, { required: true }),
  apiVersion: field(3, string),
});
export interface CrossVersionObjectReference extends TypeOf<typeof CrossVersionObjectReference> {}

export const ObjectMetricSource = struct('io.k8s.api.autoscaling.v2.ObjectMetricSource', {
  describedObject: always(1, CrossVersionObjectReference, { required: true }),
  target: always(2, MetricTarget, { required: true }),
  metric: always(3, MetricIdentifier, { required: true }),
});
export interface ObjectMetricSource extends TypeOf<typeof ObjectMetricSource> {}

export const PodsMetricSource = struct('io.k8s.api.autoscaling.v2.PodsMetricSource', {
  metric: always(1, MetricIdentifier, { required: true }),
  target: always(2, MetricTarget, { required: true }),
});
export interface PodsMetricSource extends TypeOf<typeof PodsMetricSource> {}

export const ResourceMetricSource = struct('io.k8s.api.autoscaling.v2.ResourceMetricSource', {
  name: always(1, string, { required: true }),
  target: always(2, MetricTarget, { required: true }),
});
export interface ResourceMetricSource extends TypeOf<typeof ResourceMetricSource> {}

export const MetricSpec = struct('io.k8s.api.autoscaling.v2.MetricSpec', {
  type: always(1, string, { required: true, enum: ['Object', 'Pods', 'Resource', 'ContainerResource', 'External'] }),
  object: optional(2, ObjectMetricSource),
  pods: optional(3, PodsMetricSource),
  resource: optional(4, ResourceMetricSource),
  external: optional(5, ExternalMetricSource),
  containerResource: optional(7, ContainerResourceMetricSource),
});
export interface MetricSpec extends TypeOf<typeof MetricSpec> {}

/** Of what Pods ask for: when nothing else is said. */
const usualCpuPercent = 80;

export const HorizontalPodAutoscalerSpec = struct(
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec',
  {
    scaleTargetRef: always(1, CrossVersionObjectReference, { required: true }),
    minReplicas: optional(2, int32, { default: 1 }),
    maxReplicas: always(3, int32, { required: true }),
    metrics: field(4, list(MetricSpec)),
    behavior: optional(5, HorizontalPodAutoscalerBehavior),
  },
  {
    defaults(spec) {
      if (spec.metrics?.length) return;
      const target = { type: 'Utilization', averageUtilization: usualCpuPercent };
      spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
    },
  },
);
export interface HorizontalPodAutoscalerSpec extends TypeOf<typeof HorizontalPodAutoscalerSpec> {}

export const HorizontalPodAutoscalerCondition = struct('io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition', {
  type: always(1, string, { required: true, enum: ['ScalingActive', 'AbleToScale', 'ScalingLimited', 'ScaledToZero'] }),
  status: always(2, string, { required: true }),
  lastTransitionTime: always(3, time),
  reason: field(4, string),
  message: field(5, string),
});
export interface HorizontalPodAutoscalerCondition extends TypeOf<typeof HorizontalPodAutoscalerCondition> {}

export const MetricValueStatus = struct('io.k8s.api.autoscaling.v2.MetricValueStatus', {
  value: optional(1, quantity),
  averageValue: optional(2, quantity),
  averageUtilization: optional(3, int32),
});
export interface MetricValueStatus extends TypeOf<typeof MetricValueStatus> {}

export const ContainerResourceMetricStatus = struct('io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus', {
  name: always(1, string, { required: true }),
  current: always(2, MetricValueStatus, { required: true }),
  container: always(3, string, { required: true }),
});
export interface ContainerResourceMetricStatus extends TypeOf<typeof ContainerResourceMetricStatus> {}

export const ExternalMetricStatus = struct('io.k8s.api.autoscaling.v2.ExternalMetricStatus', {
  metric: always(1, MetricIdentifier, { required: true }),
  current: always(2, MetricValueStatus, { required: true }),
});
export interface ExternalMetricStatus extends TypeOf<typeof ExternalMetricStatus> {}

export const ObjectMetricStatus = struct('io.k8s.api.autoscaling.v2.ObjectMetricStatus', {
  metric: always(1, MetricIdentifier, { required: true }),
  current: always(2, MetricValueStatus, { required: true }),
  describedObject: always(3, CrossVersionObjectReference, { required: true }),
});
export interface ObjectMetricStatus extends TypeOf<typeof ObjectMetricStatus> {}

export const PodsMetricStatus = struct('io.k8s.api.autoscaling.v2.PodsMetricStatus', {
  metric: always(1, MetricIdentifier, { required: true }),
  current: always(2, MetricValueStatus, { required: true }),
});
export interface PodsMetricStatus extends TypeOf<typeof PodsMetricStatus> {}

export const ResourceMetricStatus = struct('io.k8s.api.autoscaling.v2.ResourceMetricStatus', {
  name: always(1, string, { required: true }),
  current: always(2, MetricValueStatus, { required: true }),
});
export interface ResourceMetricStatus extends TypeOf<typeof ResourceMetricStatus> {}

export const MetricStatus = struct('io.k8s.api.autoscaling.v2.MetricStatus', {
  type: always(1, string, { required: true, enum: ['Object', 'Pods', 'Resource', 'ContainerResource', 'External'] }),
  object: optional(2, ObjectMetricStatus),
  pods: optional(3, PodsMetricStatus),
  resource: optional(4, ResourceMetricStatus),
  external: optional(5, ExternalMetricStatus),
  containerResource: optional(7, ContainerResourceMetricStatus),
});
export interface MetricStatus extends TypeOf<typeof MetricStatus> {}

export const HorizontalPodAutoscalerStatus = struct('io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus', {
  observedGeneration: optional(1, int64),
  lastScaleTime: optional(2, time),
  currentReplicas: field(3, int32),
  desiredReplicas: always(4, int32, { required: true }),
  currentMetrics: always(5, list(MetricStatus)),
  conditions: field(
    6,
    list(HorizontalPodAutoscalerCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
  ),
});
export interface HorizontalPodAutoscalerStatus extends TypeOf<typeof HorizontalPodAutoscalerStatus> {}

export const HorizontalPodAutoscaler = struct(
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, HorizontalPodAutoscalerSpec, { required: true }),
    status: always(3, HorizontalPodAutoscalerStatus),
  },
  { gvk: { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' } },
);
export interface HorizontalPodAutoscaler extends TypeOf<typeof HorizontalPodAutoscaler> {}

export const horizontalPodAutoscalers = defineResource({
  group: 'autoscaling',
  version: 'v2',
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
