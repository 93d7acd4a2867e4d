/** What a Pod asks for as a whole. */

import type { Container } from '#api/core/container.ts';
import type { PodSpec } from '#api/core/pod-spec.ts';
import { parseQuantity } from '#machinery/quantity.ts';

/** Amounts by the name of a resource: `{ cpu: '500m', memory: '64Mi' }`. */
export type ResourceList = Readonly<Record<string, string>>;

export type ResourceSide = 'requests' | 'limits';

/**
 * The sum of the containers that run side by side, or the most that an init container needs on its way if that is more.
 * A sidecar (an init container that is restarted always) runs beside everything that starts after it.
 */
export function aggregateContainers(
  spec: Pick<PodSpec, 'containers' | 'initContainers'>,
  side: ResourceSide,
): Record<string, string> {
  const of = (container: Container): ResourceList => container.resources?.[side] ?? {};
  const total: Record<string, string> = {};
  for (const container of spec.containers ?? []) addResources(total, of(container));
  const sidecars: Record<string, string> = {};
  const initPeak: Record<string, string> = {};
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      addResources(total, of(container));
      addResources(sidecars, of(container));
      raiseResources(initPeak, sidecars);
    } else {
      const together = { ...of(container) };
      addResources(together, sidecars);
      raiseResources(initPeak, together);
    }
  }
  raiseResources(total, initPeak);
  return total;
}

export function addResources(target: Record<string, string>, added: ResourceList): void {
  for (const [name, amount] of Object.entries(added)) {
    const known = target[name];
    target[name] = known === undefined ? amount : parseQuantity(known).add(parseQuantity(amount)).toString();
  }
}

/** Each resource at least as much as in `floor`. */
export function raiseResources(target: Record<string, string>, floor: ResourceList): void {
  for (const [name, amount] of Object.entries(floor)) {
    const known = target[name];
    if (known === undefined || parseQuantity(amount).compare(parseQuantity(known)) > 0) target[name] = amount;
  }
}

export const isHugePages = (resource: string): boolean => resource.startsWith('hugepages-');

/** Resources that a Pod may ask for as a whole, for its containers to share. */
export const isPodLevelResource = (resource: string): boolean =>
  resource === 'cpu' || resource === 'memory' || isHugePages(resource);

/** A resource of Kubernetes itself, not one that a device plugin brings. */
export const isNativeResource = (resource: string): boolean =>
  !resource.includes('/') || resource.includes('kubernetes.io/');

export function isExtendedResource(resource: string): boolean {
  return !isNativeResource(resource) && !resource.startsWith('requests.');
}

/** Guaranteed when every container's CPU and memory are capped at what is asked, BestEffort when nothing is asked. */
export function qosClassOf(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  // Resources of the Pod as a whole, even none, are what counts where there are any.
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const all = spec.resources ? [spec.resources] : containers.map(container => container.resources);
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  let everyIsCapped = true;
  for (const resources of all) {
    addResources(requests, computeOnly(resources?.requests));
    const capped = computeOnly(resources?.limits);
    addResources(limits, capped);
    if (capped['cpu'] === undefined || capped['memory'] === undefined) everyIsCapped = false;
  }
  if (!hasAny(requests) && !hasAny(limits)) return 'BestEffort';
  if (!everyIsCapped || Object.keys(requests).length !== Object.keys(limits).length) return 'Burstable';
  const same = Object.entries(requests).every(
    ([name, amount]) => limits[name] !== undefined && parseQuantity(amount).compare(parseQuantity(limits[name])) === 0,
  );
  return same ? 'Guaranteed' : 'Burstable';
}

const hasAny = (list: ResourceList | undefined): boolean => list !== undefined && Object.keys(list).length > 0;

/** CPU and memory, as far as any is asked. */
function computeOnly(list: ResourceList | undefined): ResourceList {
  const entries = Object.entries(list ?? {}).filter(
    ([name, amount]) => (name === 'cpu' || name === 'memory') && parseQuantity(amount).sign > 0,
  );
  return Object.fromEntries(entries);
}
