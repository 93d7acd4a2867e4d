/**
 * What autoscaling/v1 has no fields for, it carries in annotations, as JSON of structures of its own: metrics other than the
 * CPU's, what was measured, conditions and behaviour. Annotations that cannot be read are dropped like those that can.
 */

import {
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  MetricSpec,
  MetricStatus,
} from '#api/autoscaling/horizontal-pod-autoscaler-v2.ts';
import { goJson, internalJson } from '#apiserver/resources/internal-form.ts';
import { decoderOf } from '#machinery/codec/decode.ts';
import { type AnyJson, list, type Schema } from '#machinery/schema.ts';

const prefix = 'autoscaling.alpha.kubernetes.io/';
const names = ['metrics', 'current-metrics', 'conditions', 'behavior'];

/** The annotations without those that stand for fields; undefined when none is left. */
export function otherAnnotations(annotations: Readonly<Record<string, string>> = {}): AnyJson {
  const left = Object.entries(annotations).filter(([key]) => !names.some(name => key === prefix + name));
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

export interface Carried {
  readonly metrics?: AnyJson[] | undefined;
  readonly currentMetrics?: AnyJson[] | undefined;
  readonly conditions?: AnyJson[] | undefined;
  readonly behavior?: AnyJson;
}

/** The annotations of what is carried, each of the version's own form. */
export function writeCarried({ metrics, currentMetrics, conditions, behavior }: Carried): Record<string, string> {
  const all: Record<string, string> = {};
  if (metrics?.length) all[`${prefix}metrics`] = goJson(metrics.map(specToV1));
  if (currentMetrics?.length) all[`${prefix}current-metrics`] = goJson(currentMetrics.map(statusToV1));
  if (conditions?.length) all[`${prefix}conditions`] = goJson(conditions);
  // Upstream writes its inner structure here, and keeps to it.
  if (behavior) all[`${prefix}behavior`] = internalJson(HorizontalPodAutoscalerBehavior, behavior);
  return all;
}

export function readCarried(annotations: Readonly<Record<string, string>> = {}): Carried {
  const read = (name: string, schema: Schema, convert: (value: AnyJson) => AnyJson): AnyJson => {
    const text = annotations[prefix + name];
    if (text === undefined) return undefined;
    try {
      const notes = { unknownField: false, wrongValue: false };
      const value = decoderOf(schema)(convert(JSON.parse(text)), notes);
      return notes.wrongValue ? undefined : value;
    } catch {
      return undefined;
    }
  };
  const each = (convert: (item: AnyJson) => AnyJson) => (value: AnyJson) => value.map(convert);
  const behavior = read('behavior', HorizontalPodAutoscalerBehavior, fromInner);
  for (const rules of [behavior?.scaleUp, behavior?.scaleDown]) if (rules) rules.policies ??= [];
  return {
    metrics: read('metrics', list(MetricSpec), each(specFromV1)),
    currentMetrics: read('current-metrics', list(MetricStatus), each(statusFromV1)),
    conditions: read('conditions', list(HorizontalPodAutoscalerCondition), value => value),
    behavior: behavior && Object.keys(behavior).length > 0 ? behavior : undefined,
  };
}

/** `ScaleUp` or `scaleUp`: Go reads either. */
function fromInner(value: AnyJson): AnyJson {
  if (Array.isArray(value)) return value.map(fromInner);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key.slice(0, 1).toLowerCase() + key.slice(1),
    fromInner(inner),
  ]);
  return Object.fromEntries(entries);
}

function specToV1({ type, object, pods, resource, containerResource, external }: AnyJson): AnyJson {
  const ofResource = ({ name, target, container }: AnyJson) => ({
    name,
    targetAverageUtilization: target.averageUtilization,
    targetAverageValue: target.averageValue,
    container,
  });
  return {
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      targetValue: object.target.value ?? '0',
      selector: object.metric.selector,
      averageValue: object.target.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      targetAverageValue: pods.target.averageValue ?? '0',
      selector: pods.metric.selector,
    },
    resource: resource && ofResource(resource),
    containerResource: containerResource && ofResource(containerResource),
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      targetValue: external.target.value,
      targetAverageValue: external.target.averageValue,
    },
  };
}

function specFromV1({ type, object, pods, resource, containerResource, external }: AnyJson): AnyJson {
  const ofResource = ({ name, targetAverageUtilization, targetAverageValue, container }: AnyJson) => ({
    name,
    target: {
      type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
      averageValue: targetAverageValue,
      averageUtilization: targetAverageUtilization,
    },
    ...(container === undefined ? {} : { container }),
  });
  return {
    type,
    object: object && {
      describedObject: object.target,
      target: {
        type: object.averageValue === undefined ? 'Value' : 'AverageValue',
        value: object.targetValue,
        averageValue: object.averageValue,
      },
      metric: { name: object.metricName, selector: object.selector },
    },
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
    },
    resource: resource && ofResource(resource),
    containerResource: containerResource && ofResource(containerResource),
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      target: {
        type: external.targetValue === undefined ? 'AverageValue' : 'Value',
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      },
    },
  };
}

function statusToV1({ type, object, pods, resource, containerResource, external }: AnyJson): AnyJson {
  const ofResource = ({ name, current, container }: AnyJson) => ({
    name,
    currentAverageUtilization: current.averageUtilization,
    currentAverageValue: current.averageValue ?? '0',
    container,
  });
  return {
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      currentValue: object.current.value ?? '0',
      selector: object.metric.selector,
      averageValue: object.current.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      currentAverageValue: pods.current.averageValue ?? '0',
      selector: pods.metric.selector,
    },
    resource: resource && ofResource(resource),
    containerResource: containerResource && ofResource(containerResource),
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      currentValue: external.current.value ?? '0',
      currentAverageValue: external.current.averageValue,
    },
  };
}

function statusFromV1({ type, object, pods, resource, containerResource, external }: AnyJson): AnyJson {
  const ofResource = ({ name, currentAverageUtilization, currentAverageValue, container }: AnyJson) => ({
    name,
    current: { averageValue: currentAverageValue, averageUtilization: currentAverageUtilization },
    ...(container === undefined ? {} : { container }),
  });
  return {
    type,
    object: object && {
      metric: { name: object.metricName, selector: object.selector },
      current: { value: object.currentValue, averageValue: object.averageValue },
      describedObject: object.target,
    },
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      current: { averageValue: pods.currentAverageValue },
    },
    resource: resource && ofResource(resource),
    containerResource: containerResource && ofResource(containerResource),
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      current: { value: external.currentValue, averageValue: external.currentAverageValue },
    },
  };
}
