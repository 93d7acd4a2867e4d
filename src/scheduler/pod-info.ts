/** A Pod as the scheduler reads it: everything that many nodes will be asked about, worked out once. */

import type { Pod } from '#api/core/pod.ts';
import type { PodAffinityTerm } from '#api/core/scheduling.ts';
import type { Key, Stored } from '#client/object.ts';
import { keyOf } from '#client/object.ts';
import type { LabelTest } from '#loop/selector.ts';
import { selectorTest } from '#loop/selector.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import type { PodRequests } from '#scheduler/pod-requests.ts';
import { podRequestsOf } from '#scheduler/pod-requests.ts';

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** A rule about other Pods: which ones, and what counts as the same place. */
export interface AffinityTerm {
  readonly topologyKey: string;
  /** Says the same Pods to whoever compares two terms. */
  readonly id: string;
  readonly weight: number;
  readonly namespaces: ReadonlySet<string>;
  /** Besides the named ones; undefined: no other. */
  readonly namespaceTest: LabelTest | undefined;
  readonly test: LabelTest;
}

export interface PodInfo {
  readonly key: Key;
  readonly uid: string;
  readonly namespace: string;
  /** The newest version; all else here holds for it, too. */
  pod: Stored<Pod>;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly isTerminating: boolean;
  readonly requests: PodRequests;
  readonly hostPorts: readonly HostPort[];
  /** The claims of its volumes. An ephemeral one is made for this Pod. */
  readonly claims: readonly { readonly name: string; readonly isEphemeral: boolean }[];
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly AffinityTerm[];
  readonly preferredAntiAffinity: readonly AffinityTerm[];
}

const none: readonly never[] = [];

export function podInfoOf(pod: Stored<Pod>): PodInfo {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const namespace = pod.metadata.namespace ?? '';
  const required = (terms: readonly PodAffinityTerm[] = none) => terms.map(term => affinityTermOf(term, namespace, 1));
  const preferred = (terms: readonly { weight: number; podAffinityTerm: PodAffinityTerm }[] = none) =>
    terms.map(({ weight, podAffinityTerm }) => affinityTermOf(podAffinityTerm, namespace, weight));
  return {
    key: keyOf(pod),
    uid: pod.metadata.uid,
    namespace,
    pod,
    labels: pod.metadata.labels ?? {},
    priority: pod.spec.priority ?? 0,
    isTerminating: Boolean(pod.metadata.deletionTimestamp),
    requests: podRequestsOf(pod),
    hostPorts: hostPortsOf(pod),
    claims: claimsOf(pod),
    requiredAffinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  };
}

/** Sidecars hold their ports as long as the containers do; other init containers are gone before anybody serves. */
function hostPortsOf(pod: Stored<Pod>): readonly HostPort[] {
  const { containers = [], initContainers = [] } = pod.spec;
  let found: HostPort[] | undefined;
  for (const container of [...containers, ...initContainers.filter(each => each.restartPolicy === 'Always')]) {
    for (const { hostPort, hostIP, protocol } of container.ports ?? none) {
      if (!hostPort) continue;
      found ??= [];
      found.push({ ip: hostIP || '0.0.0.0', protocol: protocol || 'TCP', port: hostPort });
    }
  }
  return found ?? none;
}

function claimsOf({ metadata, spec }: Stored<Pod>): PodInfo['claims'] {
  const claims: { name: string; isEphemeral: boolean }[] = [];
  for (const { name, persistentVolumeClaim, ephemeral } of spec.volumes ?? none) {
    if (persistentVolumeClaim) claims.push({ name: persistentVolumeClaim.claimName, isEphemeral: false });
    else if (ephemeral) claims.push({ name: `${metadata.name}-${name}`, isEphemeral: true });
  }
  return claims.length === 0 ? none : claims;
}

/** The wildcard address takes the port on every address. */
export function portsConflict(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0';
}

function affinityTermOf(term: PodAffinityTerm, ownNamespace: string, weight: number): AffinityTerm {
  const { topologyKey, labelSelector, namespaceSelector, namespaces = [] } = term;
  const named = namespaces.length === 0 && namespaceSelector === undefined ? [ownNamespace] : namespaces;
  return {
    topologyKey,
    id: JSON.stringify([[...named].sort(), namespaceSelector ?? null, labelSelector ?? null]),
    weight,
    namespaces: new Set(named),
    namespaceTest: namespaceSelector === undefined ? undefined : selectorTest(namespaceSelector),
    test: selectorTest(labelSelector),
  };
}

/** The values of `keys` among the labels as further requirements, as matchLabelKeys means it; absent ones are left out. */
export function withLabelKeys(
  selector: LabelSelector | undefined,
  keys: readonly string[] | undefined,
  labels: Readonly<Record<string, string>>,
): LabelSelector | undefined {
  const added = (keys ?? []).filter(key => Object.hasOwn(labels, key));
  if (selector === undefined || added.length === 0) return selector;
  const expressions = added.map(key => ({ key, operator: 'In', values: [labels[key]!] }));
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...expressions] };
}
