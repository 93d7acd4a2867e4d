/** What a Pod asks for and may use, added up over its containers, and as the kernel counts it. Pure. */

import type { Container } from '#api/core/container.ts';
import type { Pod, PodStatus } from '#api/core/pod.ts';
import type { ResourceSide } from '#api/core/pod-resources.ts';
import { addResources, aggregateContainers, qosClassOf as qosClassOfSpec } from '#api/core/pod-resources.ts';
import { initContainersOf, mainContainersOf } from '#kubelet/containers-of.ts';
import type { ContainerResources } from '#kubelet/cri/runtime.ts';
import { parseQuantity } from '#machinery/quantity.ts';

export type Amounts = Readonly<Record<string, string>>;
export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** What the containers need together; what the Pod says for itself goes before it, its overhead on top. */
export function podAmounts(pod: Pod, side: ResourceSide): Amounts {
  const total: Record<string, string> = {
    ...aggregateContainers(pod.spec ?? { containers: [] }, side),
    ...pod.spec?.resources?.[side],
  };
  for (const [name, amount] of Object.entries(pod.spec?.overhead ?? {})) {
    // An overhead on top of no limit is still no limit.
    if (side === 'requests' || name in total) addResources(total, { [name]: amount });
  }
  return total;
}

/**
 * Pod-level amounts as the status shows them; undefined for a Pod that asks for nothing. No cgroup tells how much memory is
 * requested: upstream goes on showing what it had shown, whatever a resize has made of it.
 */
export function podResources(
  allocated: Pod,
  actual: Pod,
  shown: PodStatus['resources'],
): Pick<PodStatus, 'allocatedResources' | 'resources'> | undefined {
  const requested = podAmounts(allocated, 'requests');
  const memory = shown?.requests?.['memory'];
  const requests = { ...podAmounts(actual, 'requests'), ...(memory === undefined ? {} : { memory }) };
  const limits = podAmounts(actual, 'limits');
  const has = (amounts: Amounts) => Object.keys(amounts).length > 0;
  if (!has(requested) && !has(requests) && !has(limits)) return undefined;
  return {
    ...(has(requested) ? { allocatedResources: requested } : {}),
    resources: { ...(has(limits) ? { limits } : {}), ...(has(requests) ? { requests } : {}) },
  };
}

/** As the API server wrote it: it does not change with a resize. */
export function qosClassOf(pod: Pod): QosClass {
  return (pod.status?.qosClass as QosClass | undefined) ?? qosClassOfSpec(pod.spec ?? { containers: [] });
}

const positive = (text: string | undefined): boolean => text !== undefined && parseQuantity(text).sign > 0;

const milli = (text: string | undefined): number => (text === undefined ? 0 : parseQuantity(text).milli);
const bytes = (text: string | undefined): number => (text === undefined ? 0 : parseQuantity(text).units);

const sharesPerCpu = 1024;
const sharesMin = 2;
const sharesMax = 262_144;
export const cpuPeriodUs = 100_000;
const quotaUsMin = 1000;

export function cpuShares(cpuMilli: number): number {
  return Math.min(Math.max(Math.floor((cpuMilli * sharesPerCpu) / 1000), sharesMin), sharesMax);
}

/** Undefined: no limit. */
export function cpuQuotaUs(cpuMilli: number): number | undefined {
  return cpuMilli === 0 ? undefined : Math.max(Math.floor((cpuMilli * cpuPeriodUs) / 1000), quotaUsMin);
}

/** What the runtime sets on the cgroup of a container. What it does not say itself it takes from its Pod. */
export function containerCgroup(pod: Pod, container: Container, nodeMemoryBytes: number): ContainerResources {
  const podLevel = pod.spec?.resources;
  const { requests = {}, limits = {} } = container.resources ?? {};
  const cpuLimit = limits['cpu'] ?? podLevel?.limits?.['cpu'];
  const memoryLimit = limits['memory'] ?? podLevel?.limits?.['memory'];
  const cpuRequest = requests['cpu'] ?? cpuLimit;
  const quota = cpuQuotaUs(milli(cpuLimit));
  return {
    cpuPeriodUs,
    cpuShares: cpuShares(milli(cpuRequest)),
    ...(quota === undefined ? {} : { cpuQuotaUs: quota }),
    memoryLimitBytes: bytes(memoryLimit),
    oomScoreAdj: oomScoreAdj(pod, container, nodeMemoryBytes),
    hugepageLimits: hugepageLimits(limits),
  };
}

function hugepageLimits(limits: Amounts): { pageSize: string; limitBytes: number }[] {
  return Object.entries(limits)
    .filter(([name]) => name.startsWith('hugepages-'))
    .map(([name, amount]) => ({ pageSize: `${name.slice('hugepages-'.length, -1)}B`, limitBytes: bytes(amount) }));
}

export interface PodCgroup {
  cpuShares: number;
  cpuQuotaUs: number | undefined;
  memoryLimitBytes: number | undefined;
}

/** The limits of the Pod's cgroup. One container without a limit leaves the Pod without. */
export function podCgroup(pod: Pod): PodCgroup {
  const limits = podAmounts(pod, 'limits');
  const requests = podAmounts(pod, 'requests');
  const bounded = (name: string) =>
    pod.spec?.resources?.limits?.[name] !== undefined ||
    [...initContainersOf(pod), ...mainContainersOf(pod)].every(container =>
      positive(container.resources?.limits?.[name]),
    );
  return {
    cpuShares: cpuShares(milli(requests['cpu'] ?? limits['cpu'])),
    cpuQuotaUs: bounded('cpu') ? cpuQuotaUs(milli(limits['cpu'])) : undefined,
    memoryLimitBytes: bounded('memory') ? bytes(limits['memory']) : undefined,
  };
}

/** The larger of each; no limit is the largest. */
export function roomFor(one: PodCgroup, other: PodCgroup): PodCgroup {
  const larger = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? undefined : Math.max(a, b);
  return {
    cpuShares: Math.max(one.cpuShares, other.cpuShares),
    cpuQuotaUs: larger(one.cpuQuotaUs, other.cpuQuotaUs),
    memoryLimitBytes: larger(one.memoryLimitBytes, other.memoryLimitBytes),
  };
}

const criticalPriorityMin = 2_000_000_000;

export const isCritical = (pod: Pod): boolean => (pod.spec?.priority ?? 0) >= criticalPriorityMin;

/** Who the kernel kills first when memory runs out: 1000 is first. Burstable ones by how little they asked for. */
export function oomScoreAdj(pod: Pod, container: Container, nodeMemoryBytes: number): number {
  const critical = -997;
  if ((pod.spec?.priority ?? 0) >= criticalPriorityMin) return critical;
  const qos = qosClassOf(pod);
  if (qos === 'Guaranteed') return critical;
  if (qos === 'BestEffort') return 1000;
  const request = bytes(container.resources?.requests?.['memory']);
  const score = 1000 - Math.floor((1000 * request) / Math.max(nodeMemoryBytes, 1));
  // Above Guaranteed, below BestEffort.
  return Math.min(Math.max(score, 1000 + critical), 999);
}
