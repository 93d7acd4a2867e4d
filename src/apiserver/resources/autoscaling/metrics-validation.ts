/** What an autoscaler may watch. */

import type { MetricIdentifier, MetricSpec, MetricTarget } from '#api/autoscaling/horizontal-pod-autoscaler-v2.ts';
import { inspectContainerResourceName } from '#apiserver/resources/core/pod-resources.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import { quantityOf } from '#machinery/quantity.ts';
import { type FieldError, forbidden, invalid, notSupported, required } from '#machinery/validation/field-error.ts';
import { checkDns1123Label, checkPathSegmentName } from '#machinery/validation/names.ts';

const sources = {
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
  External: 'external',
  ContainerResource: 'containerResource',
} as const;
type Source = (typeof sources)[keyof typeof sources];

export function inspectMetrics(metrics: readonly MetricSpec[], path: string, errors: FieldError[]): void {
  for (const [at, metric] of metrics.entries()) inspectMetric(metric, `${path}[${at}]`, errors);
}

function inspectMetric(metric: MetricSpec, path: string, errors: FieldError[]): void {
  const { type = '' } = metric;
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'));
  const expected = Object.hasOwn(sources, type) ? (sources as Readonly<Record<string, Source>>)[type] : undefined;
  if (expected === undefined) errors.push(notSupported(`${path}.type`, type, Object.keys(sources).sort()));
  inspectSources(metric, path, errors);
  if (expected === undefined) {
    // An absent type is named twice; messages show it once, the causes count it.
    if (type === '') errors.push(notSupported(`${path}.type`, type, Object.keys(sources).sort()));
    else errors.push(required(`${path}.${lowerFirst(type)}`, 'must populate information for the given metric source'));
    return;
  }
  const present = Object.values(sources).filter(source => metric[source] !== undefined);
  for (const source of present.length > 1 ? present : []) {
    if (source !== expected) errors.push(forbidden(`${path}.${source}`, 'must populate the given metric source only'));
  }
  if (metric[expected] === undefined) {
    errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'));
  }
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);

function inspectSources(metric: MetricSpec, path: string, errors: FieldError[]): void {
  const { object, pods, resource, containerResource, external } = metric;
  if (object) {
    inspectReference(
      object.describedObject?.kind,
      object.describedObject?.name,
      `${path}.object.describedObject`,
      errors,
    );
    inspectIdentifier(object.metric, `${path}.object.metric`, errors);
    inspectTarget(object.target, `${path}.object.target`, errors);
    if (object.target?.value === undefined && object.target?.averageValue === undefined) {
      errors.push(required(`${path}.object.target.averageValue`, 'must set either a target value or averageValue'));
    }
  }
  if (external) {
    const own = `${path}.external`;
    inspectIdentifier(external.metric, `${own}.metric`, errors);
    inspectTarget(external.target, `${own}.target`, errors);
    const { value, averageValue } = external.target ?? {};
    const why = (what: string) => `${what} both a target value for metric and a per-pod target`;
    if (value === undefined && averageValue === undefined) {
      errors.push(
        required(`${own}.target.averageValue`, 'must set either a target value for metric or a per-pod target'),
      );
    }
    if (value !== undefined && averageValue !== undefined)
      errors.push(forbidden(`${own}.target.value`, why('may not set')));
  }
  if (pods) {
    inspectIdentifier(pods.metric, `${path}.pods.metric`, errors);
    inspectTarget(pods.target, `${path}.pods.target`, errors);
    if (pods.target?.averageValue === undefined) {
      errors.push(required(`${path}.pods.target.averageValue`, 'must specify a positive target averageValue'));
    }
  }
  if (containerResource) inspectResource(containerResource, `${path}.containerResource`, errors, containerResource);
  if (resource) inspectResource(resource, `${path}.resource`, errors);
}

/** Kind and name of another object. */
export function inspectReference(
  kind: string | undefined,
  name: string | undefined,
  path: string,
  errors: FieldError[],
) {
  for (const [field, text] of Object.entries({ kind, name })) {
    if (!text) errors.push(required(`${path}.${field}`));
    else addProblems(errors, `${path}.${field}`, text, checkPathSegmentName(text));
  }
}

function inspectIdentifier(metric: MetricIdentifier | undefined, path: string, errors: FieldError[]): void {
  if (!metric?.name) errors.push(required(`${path}.name`, 'must specify a metric name'));
  else addProblems(errors, `${path}.name`, metric.name, checkPathSegmentName(metric.name));
}

interface ResourceSource {
  readonly name?: string;
  readonly target?: MetricTarget;
}

function inspectResource(
  { name = '', target }: ResourceSource,
  path: string,
  errors: FieldError[],
  inContainer?: { readonly container?: string },
): void {
  if (name === '') errors.push(required(`${path}.name`, 'must specify a resource name'));
  else if (inContainer) inspectContainerResourceName(name, `${path}.name`, errors);
  if (inContainer && !inContainer.container) errors.push(required(`${path}.container`, 'must specify a container'));
  else if (inContainer?.container) {
    addProblems(errors, `${path}.container`, inContainer.container, checkDns1123Label(inContainer.container));
  }
  inspectTarget(target, `${path}.target`, errors);
  const { averageUtilization, averageValue } = target ?? {};
  if (averageUtilization === undefined && averageValue === undefined) {
    const why = 'must set either a target raw value or a target utilization';
    errors.push(required(`${path}.target.averageUtilization`, why));
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    const why = 'may not set both a target raw value and a target utilization';
    errors.push(forbidden(`${path}.target.averageValue`, why));
  }
}

function inspectTarget(target: MetricTarget | undefined, path: string, errors: FieldError[]): void {
  const { type = '', value, averageValue, averageUtilization } = target ?? {};
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric target type'));
  if (type !== 'Utilization' && type !== 'Value' && type !== 'AverageValue') {
    errors.push(invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  }
  for (const [field, amount] of Object.entries({ value, averageValue })) {
    if (amount !== undefined && (quantityOf(amount)?.sign ?? 0) <= 0) {
      errors.push(invalid(`${path}.${field}`, amount, 'must be positive'));
    }
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'));
  }
}
