/** What an object uses up of a quota. Shared by whoever counts and whoever refuses. Pure. */

import type { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import type { Pod } from '#api/core/pod.ts';
import {
  addResources,
  aggregateContainers,
  isExtendedResource,
  isHugePages,
  qosClassOf,
} from '#api/core/pod-resources.ts';
import { isPodTerminal } from '#api/core/pod-state.ts';
import type { ResourceQuota } from '#api/core/resource-quota.ts';
import type { Service } from '#api/core/service.ts';

/** Amounts by the name that a quota's `hard` uses: `pods`, `requests.cpu`, `count/deployments.apps`. */
export type Usage = Record<string, string>;

export interface Counted {
  readonly group: string;
  readonly plural: string;
}

/** Kinds of the core group that a quota may name without `count/`. */
const namedKinds = new Set([
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
]);

/** `count/deployments.apps`, `count/pods`. */
export function countName({ group, plural }: Counted): string {
  return group === '' ? `count/${plural}` : `count/${plural}.${group}`;
}

/** The kind that a name of a quota counts; undefined for a name that no kind explains. */
export function countedBy(name: string): Counted | undefined {
  if (name.startsWith('count/')) {
    const [plural = '', ...group] = name.slice('count/'.length).split('.');
    return { group: group.join('.'), plural };
  }
  if (name.startsWith('services')) return { group: '', plural: 'services' };
  if (name === 'requests.storage' || name.includes('.storageclass.storage.k8s.io/')) {
    return { group: '', plural: 'persistentvolumeclaims' };
  }
  if (namedKinds.has(name)) return { group: '', plural: name };
  const compute = ['cpu', 'memory', 'ephemeral-storage'].includes(name) || /^(requests|limits)\./.test(name);
  return compute || isHugePages(name) ? { group: '', plural: 'pods' } : undefined;
}

/** `nowMs`: a Pod whose grace period is over no longer counts, whatever its kubelet says. */
export function quotaUsage(kind: Counted, object: unknown, nowMs: number): Usage {
  const usage: Usage = { [countName(kind)]: '1' };
  if (kind.group !== '') return usage;
  if (kind.plural === 'pods') return { ...usage, ...podUsage(object as Pod, nowMs) };
  if (namedKinds.has(kind.plural)) usage[kind.plural] = '1';
  if (kind.plural === 'services') return { ...usage, ...serviceUsage(object as Service) };
  if (kind.plural === 'persistentvolumeclaims') return { ...usage, ...claimUsage(object as PersistentVolumeClaim) };
  return usage;
}

function podUsage(pod: Pod, nowMs: number): Usage {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata ?? {};
  const overdue = deletionTimestamp && deletionGracePeriodSeconds && Date.parse(deletionTimestamp) < nowMs;
  if (isPodTerminal(pod) || overdue || pod.spec === undefined) return {};
  const usage: Usage = { pods: '1' };
  const requests = { ...aggregateContainers(pod.spec, 'requests'), ...pod.spec.resources?.requests };
  const limits = { ...aggregateContainers(pod.spec, 'limits'), ...pod.spec.resources?.limits };
  for (const side of [requests, limits]) if (pod.spec.overhead) addResources(side, pod.spec.overhead);
  for (const [name, amount] of Object.entries(requests)) {
    usage[`requests.${name}`] = amount;
    if (!isExtendedResource(name)) usage[name] = amount;
  }
  for (const [name, amount] of Object.entries(limits)) usage[`limits.${name}`] = amount;
  return usage;
}

function serviceUsage({ spec }: Service): Usage {
  const ports = String(spec?.ports?.length ?? 0);
  switch (spec?.type) {
    case 'NodePort':
      return { 'services.nodeports': ports };
    case 'LoadBalancer':
      return {
        'services.loadbalancers': '1',
        ...(spec.allocateLoadBalancerNodePorts === false ? {} : { 'services.nodeports': ports }),
      };
    default:
      return {};
  }
}

function claimUsage({ metadata, spec }: PersistentVolumeClaim): Usage {
  const storage = spec?.resources?.requests?.['storage'] ?? '0';
  const usage: Usage = { 'requests.storage': storage };
  const name = metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName;
  if (!name) return usage;
  usage[`${name}.storageclass.storage.k8s.io/requests.storage`] = storage;
  usage[`${name}.storageclass.storage.k8s.io/persistentvolumeclaims`] = '1';
  return usage;
}

/** Whether the quota is about this object: only Pods can be told apart by scope. */
export function matchesScopes({ spec }: ResourceQuota, kind: Counted, object: unknown): boolean {
  const scopes = (spec?.scopes ?? []).map(scopeName => ({ scopeName, operator: 'Exists', values: [] as string[] }));
  const selected = spec?.scopeSelector?.matchExpressions ?? [];
  const all = [...scopes, ...selected];
  if (all.length === 0) return true;
  if (kind.group !== '' || kind.plural !== 'pods') return false;
  return all.every(({ scopeName, operator, values = [] }) => podInScope(object as Pod, scopeName, operator, values));
}

function podInScope(pod: Pod, scope: string, operator: string, values: readonly string[]): boolean {
  const { spec } = pod;
  switch (scope) {
    case 'Terminating':
      return spec?.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return spec?.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return spec !== undefined && qosClassOf(spec) === 'BestEffort';
    case 'NotBestEffort':
      return spec !== undefined && qosClassOf(spec) !== 'BestEffort';
    case 'PriorityClass':
      return inValues(spec?.priorityClassName, operator, values);
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(pod);
    default:
      return false;
  }
}

function inValues(value: string | undefined, operator: string, values: readonly string[]): boolean {
  switch (operator) {
    case 'In':
      return Boolean(value) && values.includes(value!);
    case 'NotIn':
      return !value || !values.includes(value);
    case 'DoesNotExist':
      return !value;
    default:
      return Boolean(value);
  }
}

function crossesNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  return [podAffinity, podAntiAffinity].some(affinity => {
    const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const terms = [...required, ...preferred.map(each => each.podAffinityTerm)];
    return terms.some(term => (term.namespaces?.length ?? 0) > 0 || term.namespaceSelector !== undefined);
  });
}
