/** LimitRange: what containers get that say nothing, and the least and most that containers, Pods and claims may ask for. */

import type { LimitRange, LimitRangeItem } from '#api/core/limit-range.ts';
import type { Admission, AdmissionRequest } from '#apiserver/admission/admission.ts';
import { refusal } from '#apiserver/admission/admission.ts';
import { podContainers } from '#apiserver/admission/pod-containers.ts';
import { aggregate } from '#apiserver/authz/rbac/rbac-authorizer.ts';
import type { Objects } from '#apiserver/objects.ts';
import { addQuantities, compareQuantities, parseQuantity } from '#machinery/quantity.ts';
import type { AnyJson } from '#machinery/schema.ts';

type Quantities = Readonly<Record<string, string>>;

const annotation = 'kubernetes.io/limit-ranger';

export function limitRanger(limitRanges: Objects<LimitRange>): Admission {
  return {
    name: 'LimitRanger',
    handles: ({ operation, group, resource, subresource }) =>
      group === '' &&
      ((resource === 'pods' && subresource === '' && operation === 'CREATE') ||
        (resource === 'pods' && subresource === 'resize' && operation === 'UPDATE') ||
        (resource === 'persistentvolumeclaims' &&
          subresource === '' &&
          (operation === 'CREATE' || operation === 'UPDATE'))),
    mutate(request) {
      if (request.resource !== 'pods' || request.operation !== 'CREATE') return;
      for (const range of limitRanges.list(request.namespace)) completePod(request.object, range);
    },
    validate(request) {
      if (request.object.metadata.deletionTimestamp != null) return;
      for (const range of limitRanges.list(request.namespace)) {
        const problems = (range.spec?.limits ?? []).flatMap(limit => problemsOf(request, limit));
        if (problems.length > 0) throw refusal(request, aggregate(problems));
      }
    },
  };
}

/** Containers first, then init containers: the order shows in the annotation. */
function completePod(pod: AnyJson, range: LimitRange): void {
  const limits = (range.spec?.limits ?? []).filter(limit => limit.type === 'Container');
  const requests: Quantities = Object.assign({}, ...limits.map(limit => limit.defaultRequest ?? {}));
  const maxima: Quantities = Object.assign({}, ...limits.map(limit => limit.default ?? {}));
  const all = podContainers(pod.spec);
  const notes = [
    ...all.filter(each => each.kind === 'container'),
    ...all.filter(each => each.kind === 'init container'),
  ].flatMap(({ kind, container }) => {
    container.resources ??= {};
    const set = [
      [fill(container.resources, 'requests', requests), 'request'],
      [fill(container.resources, 'limits', maxima), 'limit'],
    ] as const;
    return set.flatMap(([names, what]) =>
      names.length === 0 ? [] : [`${names.join(', ')} ${what} for ${kind} ${container.name}`],
    );
  });
  if (notes.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [annotation]: `LimitRanger plugin set: ${notes.join('; ')}`,
  };
}

/** Gives what was missing, by name. */
function fill(resources: AnyJson, field: 'requests' | 'limits', defaults: Quantities): string[] {
  const own: Quantities = resources[field] ?? {};
  const missing = Object.keys(defaults)
    .filter(name => !Object.hasOwn(own, name))
    .sort();
  if (missing.length > 0)
    resources[field] = { ...own, ...Object.fromEntries(missing.map(name => [name, defaults[name]!])) };
  return missing;
}

function problemsOf({ resource, object }: AdmissionRequest, limit: LimitRangeItem): string[] {
  if (resource === 'persistentvolumeclaims') {
    return limit.type === 'PersistentVolumeClaim' ? claimProblems(limit, object.spec?.resources?.requests ?? {}) : [];
  }
  if (limit.type === 'Pod') return checkLimit(limit, podSum(object.spec, 'requests'), podSum(object.spec, 'limits'));
  if (limit.type !== 'Container') return [];
  return podContainers(object.spec)
    .filter(({ kind }) => kind !== 'ephemeral container')
    .flatMap(({ container: { resources } }) => checkLimit(limit, resources?.requests ?? {}, resources?.limits ?? {}));
}

/** What the Pod needs at once: its containers and sidecars together, or the largest step of its start. */
function podSum(spec: AnyJson, field: 'requests' | 'limits'): Quantities {
  const own = (container: AnyJson): Quantities => container.resources?.[field] ?? {};
  let running: Quantities = (spec.containers ?? []).map(own).reduce(added, {});
  let sidecars: Quantities = {};
  let starting: Quantities = {};
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      running = added(running, own(container));
      sidecars = added(sidecars, own(container));
      starting = larger(starting, sidecars);
    } else starting = larger(starting, added(sidecars, own(container)));
  }
  return { ...larger(running, starting), ...spec.resources?.[field] };
}

function added(a: Quantities, b: Quantities): Quantities {
  const sum: Record<string, string> = { ...a };
  for (const [name, value] of Object.entries(b))
    sum[name] = Object.hasOwn(a, name) ? addQuantities(a[name]!, value) : value;
  return sum;
}

function larger(a: Quantities, b: Quantities): Quantities {
  const most: Record<string, string> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    if (!Object.hasOwn(a, name) || compareQuantities(a[name]!, value) < 0) most[name] = value;
  }
  return most;
}

function checkLimit(limit: LimitRangeItem, requests: Quantities, limits: Quantities): string[] {
  const each = (bounds: Quantities | undefined, check: (name: string, bound: string) => string | undefined) =>
    Object.entries(bounds ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, bound]) => check(name, bound) ?? []);
  return [
    ...each(limit.min, (name, bound) =>
      minProblem(`minimum ${name} usage per ${limit.type} is ${bound}`, bound, of(requests, name), of(limits, name)),
    ),
    ...each(limit.max, (name, bound) =>
      maxProblem(`maximum ${name} usage per ${limit.type} is ${bound}`, bound, of(requests, name), of(limits, name)),
    ),
    ...each(limit.maxLimitRequestRatio, (name, bound) =>
      ratioProblem(
        `${name} max limit to request ratio per ${limit.type} is ${bound}`,
        bound,
        of(requests, name),
        of(limits, name),
      ),
    ),
  ];
}

function of(values: Quantities, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function minProblem(rule: string, bound: string, request: string | undefined, limit: string | undefined) {
  if (request === undefined) return `${rule}.  No request is specified`;
  if (compareQuantities(request, bound) < 0) return `${rule}, but request is ${request}`;
  return limit !== undefined && compareQuantities(limit, bound) < 0 ? `${rule}, but limit is ${limit}` : undefined;
}

function maxProblem(rule: string, bound: string, request: string | undefined, limit: string | undefined) {
  if (limit === undefined) return `${rule}.  No limit is specified`;
  if (compareQuantities(limit, bound) > 0) return `${rule}, but limit is ${limit}`;
  return request !== undefined && compareQuantities(request, bound) > 0
    ? `${rule}, but request is ${request}`
    : undefined;
}

function ratioProblem(rule: string, bound: string, request: string | undefined, limit: string | undefined) {
  const numbers = [request, limit].map(value => (value === undefined ? 0 : numberOf(value)));
  const [asked = 0, most = 0] = numbers;
  if (asked === 0) return `${rule}, but no request is specified or request is 0`;
  if (most === 0) return `${rule}, but no limit is specified or limit is 0`;
  const ratio = most / asked;
  return ratio > numberOf(bound) ? `${rule}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}

function numberOf(quantity: string): number {
  return parseQuantity(quantity).toNumber();
}

function claimProblems(limit: LimitRangeItem, requests: Quantities): string[] {
  const problems: string[] = [];
  for (const [name, bound] of Object.entries(limit.min ?? {})) {
    const problem = minProblem(
      `minimum ${name} usage per ${limit.type} is ${bound}`,
      bound,
      of(requests, name),
      undefined,
    );
    if (problem !== undefined) problems.push(problem);
  }
  for (const [name, bound] of Object.entries(limit.max ?? {})) {
    const rule = `maximum ${name} usage per ${limit.type} is ${bound}`;
    const request = of(requests, name);
    if (request === undefined) problems.push(`${rule}.  No request is specified`);
    else if (compareQuantities(request, bound) > 0) problems.push(`${rule}, but request is ${request}`);
  }
  return problems;
}
