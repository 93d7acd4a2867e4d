/** autoscaling/v1 has one metric, the CPU; v2 has any. What v1 cannot say is kept in annotations (recorded in `kinds`). */

import { horizontalPodAutoscalersV1 } from '#api/autoscaling/horizontal-pod-autoscaler-v1.ts';
import { horizontalPodAutoscalers } from '#api/autoscaling/horizontal-pod-autoscaler-v2.ts';
import { otherAnnotations, readCarried, writeCarried } from '#apiserver/resources/autoscaling/v1-annotations.ts';
import type { AnyJson } from '#machinery/schema.ts';

const isCpu = (metric: AnyJson, of: 'target' | 'current') =>
  metric.type === 'Resource' &&
  metric.resource?.name === 'cpu' &&
  metric.resource[of]?.averageUtilization !== undefined;

function toHub(object: AnyJson): AnyJson {
  const { targetCPUUtilizationPercentage: target, ...spec } = object.spec ?? {};
  const { currentCPUUtilizationPercentage: current, ...status } = object.status ?? {};
  const { annotations, ...metadata } = object.metadata ?? {};
  const carried = readCarried(annotations);
  const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } };
  const own = target === undefined ? [] : [{ type: 'Resource', resource: cpu }];
  if (carried.metrics !== undefined || own.length > 0) spec.metrics = [...(carried.metrics ?? []), ...own];
  if (carried.behavior !== undefined) spec.behavior = carried.behavior;
  // What was measured is in the annotation in full.
  if (carried.currentMetrics !== undefined) status.currentMetrics = carried.currentMetrics;
  else if (current !== undefined) {
    status.currentMetrics = [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }];
  }
  if (carried.conditions !== undefined) status.conditions = carried.conditions;
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(metadata, otherAnnotations(annotations)),
    spec,
    status,
  };
}

const withAnnotations = (metadata: AnyJson, annotations: AnyJson): AnyJson =>
  annotations === undefined ? metadata : { ...metadata, annotations };

function fromHub(object: AnyJson): AnyJson {
  const { metrics = [], behavior, ...spec } = object.spec ?? {};
  const { currentMetrics, conditions, ...status } = object.status ?? {};
  const { annotations, ...metadata } = object.metadata ?? {};
  const target = metrics.find((metric: AnyJson) => isCpu(metric, 'target'));
  const current = currentMetrics?.find((metric: AnyJson) => isCpu(metric, 'current'));
  if (target) spec.targetCPUUtilizationPercentage = target.resource.target.averageUtilization;
  if (current) status.currentCPUUtilizationPercentage = current.resource.current.averageUtilization;
  const others = metrics.filter((metric: AnyJson) => !isCpu(metric, 'target'));
  const carried = writeCarried({ metrics: others, currentMetrics, conditions, behavior });
  const all = { ...otherAnnotations(annotations), ...carried };
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(metadata, Object.keys(all).length === 0 ? undefined : all),
    spec,
    status,
  };
}

export const autoscalerConversion = {
  resource: horizontalPodAutoscalersV1,
  hub: horizontalPodAutoscalers,
  toHub,
  fromHub,
};
