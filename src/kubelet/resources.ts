/** What a Pod asks for and may use, added up over its containers, and as the kernel counts it. Pure. */

import type { Container } from '#api/core/container.ts';
import type { Pod, PodStatus } from '#api/core/pod.ts';
import { initContainersOf, isSidecar, mainContainersOf } from '#kubelet/containers-of.ts';
import type { ContainerResources } from '#kubelet/cri/runtime.ts';
import { addQuantities, compareQuantities, parseQuantity } from '#machinery/quantity.ts';

export type Amounts = Readonly<Record<string, string>>;
type Kind = 'requests' | 'limits';
export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const plus = (a: Amounts, b: Amounts): Amounts => combine(a, b, addQuantities);
const larger = (a: Amounts, b: Amounts): Amounts => combine(a, b, (x, y) => (compareQuantities(x, y) >= 0 ? x : y));

function combine(a: Amounts, b: Amounts, choose: (x: string, y: string) => string): Amounts {
  const out: Record<string, string> = { ...a };
  for (const [name, amount] of Object.entries(b)) {
    const other = out[name];
    out[name] = other === undefined ? amount : choose(other, amount);
  }
  return out;
}

const ofContainer = (container: Container, kind: Kind): Amounts => container.resources?.[kind] ?? {};

/**
 * The containers that run together, or an init container with the sidecars before it if that is more; what the Pod says
 * for itself goes first.
 */
export function podAmounts(pod: Pod, kind: Kind): Amounts {
  let together: Amounts = {};
  for (const container of mainContainersOf(pod)) together = plus(together, ofContainer(container, kind));
  let sidecars: Amounts = {};
  let initMost: Amounts = {};
  for (const container of initContainersOf(pod)) {
    const own = ofContainer(container, kind);
    if (isSidecar(container)) {
      together = plus(together, own);
      sidecars = plus(sidecars, own);
      initMost = larger(initMost, sidecars);
    } else initMost = larger(initMost, plus(sidecars, own));
  }
  const amounts = { ...larger(together, initMost), ...pod.spec?.resources?.[kind] };
  const overhead = pod.spec?.overhead ?? {};
  if (kind === 'requests') return plus(amounts, overhead);
  // An overhead on top of no limit is still no limit.
  const bounded = Object.fromEntries(Object.entries(overhead).filter(([name]) => name in amounts));
  return plus(amounts, bounded);
}

/** Pod-level amounts as the status shows them; undefined for a Pod that asks for nothing. */
export function podResources(pod: Pod): Pick<PodStatus, 'allocatedResources' | 'resources'> | undefined {
  const requests = podAmounts(pod, 'requests');
  const limits = podAmounts(pod, 'limits');
  const hasRequests = Object.keys(requests).length > 0;
  const hasLimits = Object.keys(limits).length > 0;
  if (!hasRequests && !hasLimits) return undefined;
  return {
    ...(hasRequests ? { allocatedResources: requests } : {}),
    resources: { ...(hasLimits ? { limits } : {}), ...(hasRequests ? { requests } : {}) },
  };
}

/** Guaranteed: cpu and memory limits everywhere, equal to the requests. BestEffort: none at all. */
export function qosClassOf(pod: Pod): QosClass {
  if (pod.status?.qosClass !== undefined) return pod.status.qosClass as QosClass;
  const sets =
    pod.spec?.resources?.requests !== undefined || pod.spec?.resources?.limits !== undefined
      ? [pod.spec.resources]
      : [...initContainersOf(pod), ...mainContainersOf(pod)].map(({ resources }) => resources ?? {});
  let any = false;
  let guaranteed = true;
  for (const { requests = {}, limits = {} } of sets) {
    for (const name of ['cpu', 'memory']) {
      const request = requests[name];
      const limit = limits[name];
      if (positive(request) || positive(limit)) any = true;
      if (!positive(limit) || (request !== undefined && compareQuantities(request, limit as string) !== 0)) {
        guaranteed = false;
      }
    }
  }
  return !any ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable';
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
