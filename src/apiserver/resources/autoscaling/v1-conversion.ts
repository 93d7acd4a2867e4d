/** autoscaling/v1 has one metric, the CPU; v2 has any. What v1 cannot say is kept in annotations (recorded in `kinds`). */

import { horizontalPodAutoscalersV1 } from '#api/autoscaling/horizontal-pod-autoscaler-v1.ts';
import { horizontalPodAutoscalers } from '#api/autoscaling/horizontal-pod-autoscaler-v2.ts';
import type { AnyJson } from '#machinery/schema.ts';

const isCpu = (metric: AnyJson, of: 'target' | 'current') =>
  metric.type === 'Resource' &&
  metric.resource?.name === 'cpu' &&
  metric.resource[of]?.averageUtilization !== undefined;

function toHub(object: AnyJson): AnyJson {
  const { targetCPUUtilizationPercentage: target, ...spec } = object.spec ?? {};
  const { currentCPUUtilizationPercentage: current, ...status } = object.status ?? {};
  if (target !== undefined) {
    const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } };
    spec.metrics = [{ type: 'Resource', resource }];
  }
  if (current !== undefined) {
    status.currentMetrics = [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }];
  }
  return { ...object, apiVersion: 'autoscaling/v2', spec, status };
}

function fromHub(object: AnyJson): AnyJson {
  const { metrics = [], behavior: _, ...spec } = object.spec ?? {};
  const { currentMetrics, conditions: __, ...status } = object.status ?? {};
  const target = metrics.find((metric: AnyJson) => isCpu(metric, 'target'));
  const current = currentMetrics?.find((metric: AnyJson) => isCpu(metric, 'current'));
  if (target) spec.targetCPUUtilizationPercentage = target.resource.target.averageUtilization;
  if (current) status.currentCPUUtilizationPercentage = current.resource.current.averageUtilization;
  return { ...object, apiVersion: 'autoscaling/v1', spec, status };
}

export const autoscalerConversion = {
  resource: horizontalPodAutoscalersV1,
  hub: horizontalPodAutoscalers,
  toHub,
  fromHub,
};
