/** Requests, limits and claims: of containers, of a Pod as a whole, and what a sandbox costs. */

import type { Container, ResourceRequirements } from '#api/core/container.ts';
import {
  aggregateContainers,
  isExtendedResource,
  isHugePages,
  isNativeResource,
  isPodLevelResource,
} from '#api/core/pod-resources.ts';
import type { PodSpec } from '#api/core/pod-spec.ts';
import { addProblems, atLeastZero } from '#apiserver/resources/messages.ts';
import { parseQuantity, quantityOf } from '#machinery/quantity.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { duplicate, forbidden, invalid, notSupported, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkDns1123Label, checkQualifiedName } from '#machinery/validation/names.ts';

type InspectName = (resource: string, path: FieldPath, errors: FieldError[]) => void;

const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);

const standardResources = new Set([
  ...containerResources,
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'requests.storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'services.nodeports',
  'services.loadbalancers',
]);

const countedResources = new Set([
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);

export function inspectResourceName(resource: string, path: FieldPath, errors: FieldError[]): void {
  const problems = checkQualifiedName(resource);
  addProblems(errors, path, resource, problems);
  if (problems.length > 0 || resource.includes('/')) return;
  const known = standardResources.has(resource) || isHugePages(resource) || resource.startsWith('requests.hugepages-');
  if (!known) errors.push(invalid(path, resource, 'must be a standard resource type or fully qualified'));
}

export function inspectContainerResourceName(resource: string, path: FieldPath, errors: FieldError[]): void {
  inspectResourceName(resource, path, errors);
  if (!resource.includes('/')) {
    if (!containerResources.has(resource) && !isHugePages(resource)) {
      errors.push(invalid(path, resource, 'must be a standard resource for containers'));
    }
  } else if (!isNativeResource(resource) && !isExtendedName(resource)) {
    errors.push(invalid(path, resource, "doesn't follow extended resource name standard"));
  }
}

export const isExtendedName = (resource: string): boolean =>
  isExtendedResource(resource) && checkQualifiedName(`requests.${resource}`).length === 0;

function inspectPodResourceName(resource: string, path: FieldPath, errors: FieldError[]): void {
  const countBefore = errors.length;
  inspectResourceName(resource, path, errors);
  if (errors.length === countBefore && !isPodLevelResource(resource)) {
    errors.push(notSupported(path, resource, ['cpu', 'hugepages-', 'memory']));
  }
}

/** Not below zero, and whole where things are counted. */
export function inspectAmount(resource: string, amount: string, path: FieldPath, errors: FieldError[]): void {
  const quantity = parseQuantity(amount);
  if (quantity.sign < 0) errors.push(invalid(path, amount, atLeastZero));
  const isCounted = countedResources.has(resource) || isExtendedName(resource);
  if (isCounted && quantity.milli % 1000 !== 0) errors.push(invalid(path, amount, 'must be an integer'));
}

/** Huge pages come whole: 3Mi of pages of 2Mi is no amount. */
function inspectPages(resource: string, amount: string, path: FieldPath, errors: FieldError[]): void {
  if (!isHugePages(resource)) return;
  const page = quantityOf(resource.slice('hugepages-'.length));
  const divides =
    page !== undefined && page.sign > 0 && page.milli % 1000 === 0 && parseQuantity(amount).units % page.units === 0;
  if (!divides) errors.push(invalid(path, amount, `${amount} is not positive integer multiple of ${resource}`));
}

const overcommits = (resource: string): boolean => isNativeResource(resource) && !isHugePages(resource);

function inspectRequirements(
  requirements: ResourceRequirements,
  inspectName: InspectName,
  path: FieldPath,
  errors: FieldError[],
): void {
  const limits = requirements.limits ?? {};
  const requests = requirements.requests ?? {};
  for (const [resource, amount] of Object.entries(limits)) {
    const at = `${path}.limits[${resource}]`;
    inspectName(resource, at, errors);
    inspectAmount(resource, amount, at, errors);
    inspectPages(resource, amount, at, errors);
  }
  for (const [resource, amount] of Object.entries(requests)) {
    const at = `${path}.requests[${resource}]`;
    inspectName(resource, at, errors);
    inspectAmount(resource, amount, at, errors);
    const limit = Object.hasOwn(limits, resource) ? limits[resource] : undefined;
    inspectWithinLimit(resource, amount, limit, path, errors);
    inspectPages(resource, amount, at, errors);
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.some(name => name === 'cpu' || name === 'memory')) {
    errors.push(forbidden(path, 'HugePages require cpu or memory'));
  }
}

function inspectWithinLimit(
  resource: string,
  amount: string,
  limit: string | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (limit === undefined) {
    if (!overcommits(resource)) {
      errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
    }
    return;
  }
  const order = parseQuantity(amount).compare(parseQuantity(limit));
  if (order !== 0 && !overcommits(resource)) {
    errors.push(invalid(`${path}.requests`, amount, `must be equal to ${resource} limit of ${limit}`));
  } else if (order > 0) {
    errors.push(invalid(`${path}.requests`, amount, `must be less than or equal to ${resource} limit of ${limit}`));
  }
}

export function inspectContainerResources(
  resources: ResourceRequirements,
  podClaims: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldError[],
): void {
  inspectRequirements(resources, inspectContainerResourceName, path, errors);
  inspectClaims(resources, podClaims, `${path}.claims`, errors);
}

function inspectClaims(
  { claims = [] }: ResourceRequirements,
  podClaims: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (claims.length === 0) return;
  const among = podClaims.size === 0 ? ' which is empty' : `: ${[...podClaims].sort().join(', ')}`;
  const seen = new Set<string>();
  claims.forEach(({ name, request }, i) => {
    const at = `${path}[${i}]`;
    if (name === '') {
      errors.push(required(at));
      return;
    }
    if (request) addProblems(errors, `${at}.request`, request, checkDns1123Label(request));
    const key = request ? `${name}/${request}` : name;
    if (seen.has(key)) errors.push(duplicate(at, key));
    seen.add(key);
    if (podClaims.has(name)) return;
    errors.push({
      type: 'FieldValueNotFound',
      path: at,
      message: `Not found: ${JSON.stringify(name)}: must be one of the names in pod.spec.resourceClaims${among}`,
    });
  });
}

export function inspectOverhead(
  overhead: Readonly<Record<string, string>>,
  path: FieldPath,
  errors: FieldError[],
): void {
  inspectRequirements({ limits: { ...overhead } }, inspectContainerResourceName, path, errors);
}

/** What a Pod asks for as a whole must cover what its containers ask for. */
export function inspectPodResources(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const resources = spec.resources;
  if (!resources) return;
  if (resources.claims) errors.push(forbidden(`${path}.claims`, 'claims may not be set for Resources at pod-level'));
  inspectRequirements(resources, inspectPodResourceName, path, errors);
  const podRequests = resources.requests ?? {};
  for (const [resource, sum] of Object.entries(aggregateContainers(spec, 'requests'))) {
    const amount = Object.hasOwn(podRequests, resource) ? podRequests[resource] : undefined;
    if (amount === undefined || !isPodLevelResource(resource)) continue;
    if (parseQuantity(sum).compare(parseQuantity(amount)) > 0) {
      const problem = `must be greater than or equal to aggregate container requests of ${sum}`;
      errors.push(invalid(`${path}.requests[${resource}]`, amount, problem));
    }
  }
  inspectLimitsWithin(spec.containers ?? [], resources.limits ?? {}, `${path}.containers`, errors);
  inspectLimitsWithin(spec.initContainers ?? [], resources.limits ?? {}, `${path}.initContainers`, errors);
}

function inspectLimitsWithin(
  containers: readonly Container[],
  podLimits: Readonly<Record<string, string>>,
  path: FieldPath,
  errors: FieldError[],
): void {
  containers.forEach((container, i) => {
    for (const [resource, limit] of Object.entries(container.resources?.limits ?? {})) {
      const podLimit = Object.hasOwn(podLimits, resource) ? podLimits[resource] : undefined;
      if (podLimit === undefined || parseQuantity(limit).compare(parseQuantity(podLimit)) <= 0) continue;
      const problem = `must be less than or equal to pod limits of ${podLimit}`;
      errors.push(invalid(`${path}[${i}][${resource}].limits`, limit, problem));
    }
  });
}
