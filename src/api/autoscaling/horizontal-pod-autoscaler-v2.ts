import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, list, optional, quantity, string, struct, time } from '#machinery/schema.ts';

export const HPAScalingPolicy = struct(
  'io.k8s.api.autoscaling.v2.HPAScalingPolicy',
  {
    type: always(1, string, {
      required: true,
      enum: ['Pods', 'Percent'],
      doc: 'Pods counts them, Percent is of the Pods there are.',
    }),
    value: always(2, int32, { required: true, doc: 'How much may change. More than 0.' }),
    periodSeconds: always(3, int32, { required: true, doc: 'Seconds it is counted over, up to 1800.' }),
  },
  { doc: 'How much may change in a while.' },
);
export interface HPAScalingPolicy extends TypeOf<typeof HPAScalingPolicy> {}

export const HPAScalingRules = struct(
  'io.k8s.api.autoscaling.v2.HPAScalingRules',
  {
    stabilizationWindowSeconds: optional(3, int32, {
      doc: 'Seconds of recommendations looked back on. 0 up and 300 down if absent.',
    }),
    selectPolicy: optional(1, string, {
      enum: ['Max', 'Min', 'Disabled'],
      doc: 'Max, Min or Disabled: which policy decides. Max if absent.',
    }),
    policies: field(2, list(HPAScalingPolicy), {
      doc: 'How much may change. Doubling or 4 Pods up, all down, in 15 seconds if absent.',
    }),
    tolerance: optional(4, quantity, {
      gate: 'HPAConfigurableTolerance',
      doc: 'Distance from the target that is left alone, as a share. 0.1 if absent.',
    }),
  },
  { doc: 'How scaling goes in one direction.' },
);
export interface HPAScalingRules extends TypeOf<typeof HPAScalingRules> {}

export const HorizontalPodAutoscalerBehavior = struct(
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior',
  {
    scaleUp: optional(1, HPAScalingRules, { doc: 'How it grows.' }),
    scaleDown: optional(2, HPAScalingRules, { doc: 'How it shrinks.' }),
  },
  {
    doc: 'How scaling goes.',
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

export const MetricTarget = struct(
  'io.k8s.api.autoscaling.v2.MetricTarget',
  {
    type: always(1, string, {
      required: true,
      enum: ['Utilization', 'Value', 'AverageValue'],
      doc: 'Utilization, Value or AverageValue; it says which of the others is set.',
    }),
    value: optional(2, quantity, { doc: 'Target of the metric as a whole.' }),
    averageValue: optional(3, quantity, { doc: 'Target for each Pod on average.' }),
    averageUtilization: optional(4, int32, { doc: 'Target for each Pod on average, in percent of its requests.' }),
  },
  { doc: 'The value that a metric is to have.' },
);
export interface MetricTarget extends TypeOf<typeof MetricTarget> {}

export const ContainerResourceMetricSource = struct(
  'io.k8s.api.autoscaling.v2.ContainerResourceMetricSource',
  {
    name: always(1, string, { required: true, doc: 'Name of the resource.' }),
    target: always(2, MetricTarget, { required: true, doc: 'Value to keep.' }),
    container: always(3, string, { required: true, doc: 'Name of the container.' }),
  },
  { doc: 'CPU or memory of one container of each Pod.' },
);
export interface ContainerResourceMetricSource extends TypeOf<typeof ContainerResourceMetricSource> {}

export const MetricIdentifier = struct(
  'io.k8s.api.autoscaling.v2.MetricIdentifier',
  {
    name: always(1, string, { required: true, doc: 'Name of the metric.' }),
    selector: optional(2, LabelSelector, { doc: 'Labels of the metric. The name decides alone if absent.' }),
  },
  { doc: 'A metric by name and labels.' },
);
export interface MetricIdentifier extends TypeOf<typeof MetricIdentifier> {}

export const ExternalMetricSource = struct(
  'io.k8s.api.autoscaling.v2.ExternalMetricSource',
  {
    metric: always(1, MetricIdentifier, { required: true, doc: 'The metric.' }),
    target: always(2, MetricTarget, { required: true, doc: 'Value to keep.' }),
  },
  { doc: 'A metric from outside the cluster.' },
);
export interface ExternalMetricSource extends TypeOf<typeof ExternalMetricSource> {}

export const CrossVersionObjectReference = struct(
  'io.k8s.api.autoscaling.v2.CrossVersionObjectReference',
  {
    kind: always(1, string, { required: true, doc: 'Kind of the object.' }),
    name: always(2, string, { required: true, doc: 'Name of the object.' }),
    apiVersion: field(3, string, { doc: 'Group and version of the object.' }),
  },
  { doc: 'An object of the same namespace.' },
);
export interface CrossVersionObjectReference extends TypeOf<typeof CrossVersionObjectReference> {}

export const ObjectMetricSource = struct(
  'io.k8s.api.autoscaling.v2.ObjectMetricSource',
  {
    describedObject: always(1, CrossVersionObjectReference, { required: true, doc: 'The object.' }),
    target: always(2, MetricTarget, { required: true, doc: 'Value to keep.' }),
    metric: always(3, MetricIdentifier, { required: true, doc: 'The metric.' }),
  },
  { doc: 'A metric of one object.' },
);
export interface ObjectMetricSource extends TypeOf<typeof ObjectMetricSource> {}

export const PodsMetricSource = struct(
  'io.k8s.api.autoscaling.v2.PodsMetricSource',
  {
    metric: always(1, MetricIdentifier, { required: true, doc: 'The metric.' }),
    target: always(2, MetricTarget, { required: true, doc: 'Value to keep. Only AverageValue.' }),
  },
  { doc: 'A metric of each Pod, averaged.' },
);
export interface PodsMetricSource extends TypeOf<typeof PodsMetricSource> {}

export const ResourceMetricSource = struct(
  'io.k8s.api.autoscaling.v2.ResourceMetricSource',
  {
    name: always(1, string, { required: true, doc: 'Name of the resource.' }),
    target: always(2, MetricTarget, { required: true, doc: 'Value to keep.' }),
  },
  { doc: 'CPU or memory of the Pods.' },
);
export interface ResourceMetricSource extends TypeOf<typeof ResourceMetricSource> {}

export const MetricSpec = struct(
  'io.k8s.api.autoscaling.v2.MetricSpec',
  {
    type: always(1, string, {
      required: true,
      enum: ['Object', 'Pods', 'Resource', 'ContainerResource', 'External'],
      doc: 'Object, Pods, Resource, External or ContainerResource.',
    }),
    object: optional(2, ObjectMetricSource, { doc: 'A metric of one object.' }),
    pods: optional(3, PodsMetricSource, { doc: 'A metric of each Pod, averaged.' }),
    resource: optional(4, ResourceMetricSource, { doc: 'CPU or memory of the Pods.' }),
    external: optional(5, ExternalMetricSource, { doc: 'A metric from outside the cluster.' }),
    containerResource: optional(7, ContainerResourceMetricSource, {
      doc: 'CPU or memory of one container of each Pod.',
    }),
  },
  { doc: 'A metric and its target. The field named by type is set.' },
);
export interface MetricSpec extends TypeOf<typeof MetricSpec> {}

/** Of what Pods ask for: when nothing else is said. */
const usualCpuPercent = 80;

export const HorizontalPodAutoscalerSpec = struct(
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec',
  {
    scaleTargetRef: always(1, CrossVersionObjectReference, {
      required: true,
      doc: 'Object to scale. It needs the subresource scale.',
    }),
    minReplicas: optional(2, int32, { default: 1, doc: 'Fewest Pods. 1 if absent.' }),
    maxReplicas: always(3, int32, { required: true, doc: 'Most Pods. Not less than minReplicas.' }),
    metrics: field(4, list(MetricSpec), {
      doc: 'Metrics to keep; the one that wants most Pods decides. CPU at 80% if absent.',
    }),
    behavior: optional(5, HorizontalPodAutoscalerBehavior, { doc: 'How fast it grows and shrinks.' }),
  },
  {
    doc: 'What is scaled, how far and by which metrics.',
    defaults(spec) {
      if (spec.metrics?.length) return;
      const target = { type: 'Utilization', averageUtilization: usualCpuPercent };
      spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
    },
  },
);
export interface HorizontalPodAutoscalerSpec extends TypeOf<typeof HorizontalPodAutoscalerSpec> {}

export const HorizontalPodAutoscalerCondition = struct(
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition',
  {
    type: always(1, string, {
      required: true,
      enum: ['ScalingActive', 'AbleToScale', 'ScalingLimited', 'ScaledToZero'],
      doc: 'What the condition is about.',
    }),
    status: always(2, string, { required: true, doc: 'Whether it holds: True, False or Unknown.' }),
    lastTransitionTime: always(3, time, { doc: 'When the status last changed.' }),
    reason: field(4, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(5, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface HorizontalPodAutoscalerCondition extends TypeOf<typeof HorizontalPodAutoscalerCondition> {}

export const MetricValueStatus = struct(
  'io.k8s.api.autoscaling.v2.MetricValueStatus',
  {
    value: optional(1, quantity, { doc: 'Value of the metric as a whole.' }),
    averageValue: optional(2, quantity, { doc: 'Value for each Pod on average.' }),
    averageUtilization: optional(3, int32, { doc: 'Value for each Pod on average, in percent of its requests.' }),
  },
  { doc: 'The value that a metric has.' },
);
export interface MetricValueStatus extends TypeOf<typeof MetricValueStatus> {}

export const ContainerResourceMetricStatus = struct(
  'io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus',
  {
    name: always(1, string, { required: true, doc: 'Name of the resource.' }),
    current: always(2, MetricValueStatus, { required: true, doc: 'Value now.' }),
    container: always(3, string, { required: true, doc: 'Name of the container.' }),
  },
  { doc: 'CPU or memory of one container, as observed.' },
);
export interface ContainerResourceMetricStatus extends TypeOf<typeof ContainerResourceMetricStatus> {}

export const ExternalMetricStatus = struct(
  'io.k8s.api.autoscaling.v2.ExternalMetricStatus',
  {
    metric: always(1, MetricIdentifier, { required: true, doc: 'The metric.' }),
    current: always(2, MetricValueStatus, { required: true, doc: 'Value now.' }),
  },
  { doc: 'A metric from outside, as observed.' },
);
export interface ExternalMetricStatus extends TypeOf<typeof ExternalMetricStatus> {}

export const ObjectMetricStatus = struct(
  'io.k8s.api.autoscaling.v2.ObjectMetricStatus',
  {
    metric: always(1, MetricIdentifier, { required: true, doc: 'The metric.' }),
    current: always(2, MetricValueStatus, { required: true, doc: 'Value now.' }),
    describedObject: always(3, CrossVersionObjectReference, { required: true, doc: 'The object.' }),
  },
  { doc: 'A metric of one object, as observed.' },
);
export interface ObjectMetricStatus extends TypeOf<typeof ObjectMetricStatus> {}

export const PodsMetricStatus = struct(
  'io.k8s.api.autoscaling.v2.PodsMetricStatus',
  {
    metric: always(1, MetricIdentifier, { required: true, doc: 'The metric.' }),
    current: always(2, MetricValueStatus, { required: true, doc: 'Value now.' }),
  },
  { doc: 'A metric of each Pod, as observed.' },
);
export interface PodsMetricStatus extends TypeOf<typeof PodsMetricStatus> {}

export const ResourceMetricStatus = struct(
  'io.k8s.api.autoscaling.v2.ResourceMetricStatus',
  {
    name: always(1, string, { required: true, doc: 'Name of the resource.' }),
    current: always(2, MetricValueStatus, { required: true, doc: 'Value now.' }),
  },
  { doc: 'CPU or memory of the Pods, as observed.' },
);
export interface ResourceMetricStatus extends TypeOf<typeof ResourceMetricStatus> {}

export const MetricStatus = struct(
  'io.k8s.api.autoscaling.v2.MetricStatus',
  {
    type: always(1, string, {
      required: true,
      enum: ['Object', 'Pods', 'Resource', 'ContainerResource', 'External'],
      doc: 'Object, Pods, Resource, External or ContainerResource.',
    }),
    object: optional(2, ObjectMetricStatus, { doc: 'A metric of one object.' }),
    pods: optional(3, PodsMetricStatus, { doc: 'A metric of each Pod, averaged.' }),
    resource: optional(4, ResourceMetricStatus, { doc: 'CPU or memory of the Pods.' }),
    external: optional(5, ExternalMetricStatus, { doc: 'A metric from outside the cluster.' }),
    containerResource: optional(7, ContainerResourceMetricStatus, {
      doc: 'CPU or memory of one container of each Pod.',
    }),
  },
  { doc: 'A metric as observed. The field named by type is set.' },
);
export interface MetricStatus extends TypeOf<typeof MetricStatus> {}

export const HorizontalPodAutoscalerStatus = struct(
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus',
  {
    observedGeneration: optional(1, int64, { doc: 'The metadata.generation that the controller has seen.' }),
    lastScaleTime: optional(2, time, { doc: 'When it last changed the number of Pods.' }),
    currentReplicas: field(3, int32, { doc: 'How many Pods there are.' }),
    desiredReplicas: always(4, int32, { required: true, doc: 'How many Pods it wants.' }),
    currentMetrics: always(5, list(MetricStatus), { doc: 'The metrics, as last read.' }),
    conditions: field(
      6,
      list(HorizontalPodAutoscalerCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
      { doc: 'What is true of it now, one entry for each type.' },
    ),
  },
  { doc: 'What is observed of the autoscaler.' },
);
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
  {
    doc: 'Changes the number of Pods to keep metrics near their targets.',
    gvk: { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' },
  },
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
