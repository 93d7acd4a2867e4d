/** How much a Pod takes of a node, in plain numbers: CPU in thousandths, everything else in whole units. */

import type { Container } from '#api/core/container.ts';
import type { Pod, PodStatus } from '#api/core/pod.ts';
import type { ResourceList } from '#api/core/pod-resources.ts';
import { isPodLevelResource } from '#api/core/pod-resources.ts';
import { parseQuantity } from '#machinery/quantity.ts';

export type Amounts = Map<string, number>;

/** What a container without a request is taken to use when nodes are compared: 100 millicores and 200 MiB. */
export const usualCpuMilli = 100;
export const usualMemoryBytes = 200 * 1024 * 1024;
const usual: Amounts = new Map([
  ['cpu', usualCpuMilli],
  ['memory', usualMemoryBytes],
]);

export function amountOf(resource: string, text: string): number {
  const quantity = parseQuantity(text);
  return resource === 'cpu' ? quantity.milli : quantity.units;
}

export interface PodRequests {
  /** What must be free on the node. */
  readonly amounts: Amounts;
  /** For comparing nodes: containers that ask for nothing count with the usual. */
  readonly usualCpuMilli: number;
  readonly usualMemoryBytes: number;
}

export function podRequestsOf(pod: Pod): PodRequests {
  const amounts = sumOf(pod, undefined);
  const atLeast = sumOf(pod, usual);
  return { amounts, usualCpuMilli: atLeast.get('cpu') ?? 0, usualMemoryBytes: atLeast.get('memory') ?? 0 };
}

/**
 * Containers side by side, or the peak of the init containers if that is more; sidecars run beside all that starts after
 * them. Then what the Pod asks for as a whole instead, and the overhead of its sandbox.
 *
 * @example init 3, sidecar 1, then init 1, container 1: the most of 3, 1 + 1 and 1 + 1 is 3.
 */
function sumOf(pod: Pod, missing: Amounts | undefined): Amounts {
  const { containers = [], initContainers = [], resources, overhead } = pod.spec ?? { containers: [] };
  const total: Amounts = new Map();
  for (const container of containers) add(total, requestsOf(container, pod.status, missing));
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of initContainers) {
    const requests = requestsOf(container, pod.status, missing);
    if (container.restartPolicy === 'Always') {
      add(total, requests);
      add(sidecars, requests);
      raise(peak, sidecars);
    } else {
      add(requests, sidecars);
      raise(peak, requests);
    }
  }
  raise(total, peak);
  for (const [name, text] of Object.entries(resources?.requests ?? {})) {
    if (isPodLevelResource(name)) total.set(name, amountOf(name, text));
  }
  if (overhead !== undefined) add(total, fromList(overhead));
  return total;
}

/** While a container is being resized it counts with the most of what it asks for, was promised and has. */
function requestsOf(container: Container, status: PodStatus | undefined, missing: Amounts | undefined): Amounts {
  const requests = fromList(container.resources?.requests);
  const list = container.restartPolicy === 'Always' ? status?.initContainerStatuses : status?.containerStatuses;
  const state = list?.find(each => each.name === container.name);
  if (state?.allocatedResources !== undefined) raise(requests, fromList(state.allocatedResources));
  if (state?.resources?.requests !== undefined) raise(requests, fromList(state.resources.requests));
  if (missing !== undefined) for (const [name, amount] of missing) if (!requests.has(name)) requests.set(name, amount);
  return requests;
}

function fromList(list: ResourceList | undefined): Amounts {
  const amounts: Amounts = new Map();
  if (list !== undefined) for (const name in list) amounts.set(name, amountOf(name, list[name]!));
  return amounts;
}

function add(target: Amounts, added: Amounts): void {
  for (const [name, amount] of added) target.set(name, (target.get(name) ?? 0) + amount);
}

function raise(target: Amounts, floor: Amounts): void {
  for (const [name, amount] of floor) if (amount > (target.get(name) ?? 0)) target.set(name, amount);
}
