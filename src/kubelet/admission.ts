/** Whether a node takes a Pod that was bound to it: what the scheduler would have seen, seen again. Pure. */

import type { Node } from '#api/core/node.ts';
import { fitsNode } from '#api/core/node-affinity.ts';
import type { Pod } from '#api/core/pod.ts';
import { mainContainersOf } from '#kubelet/containers-of.ts';
import type { Amounts } from '#kubelet/resources.ts';
import { isCritical, podAmounts, qosClassOf } from '#kubelet/resources.ts';
import type { Quantity } from '#machinery/quantity.ts';
import { parseQuantity } from '#machinery/quantity.ts';

export interface AdmissionInput {
  pod: Pod;
  node: Pick<Node, 'metadata' | 'status'>;
  allocatable: Amounts;
  /** Those that run here already. */
  others: readonly Pod[];
  os: string;
  /** `MemoryPressure` and the like, when the node has them. */
  pressures: readonly string[];
  appArmor: boolean;
}

export interface Rejection {
  reason: string;
  message: string;
}

export function admitPod(input: AdmissionInput): Rejection | undefined {
  return (
    rejectForGroups(input) ??
    rejectForPressure(input) ??
    rejectForSecurity(input) ??
    rejectForResources(input) ??
    rejectForPlace(input) ??
    rejectForPorts(input) ??
    rejectForOs(input)
  );
}

/** A runtime that cannot keep groups of the image away would give the process more than the Pod allows. */
function rejectForGroups({ pod, node }: AdmissionInput): Rejection | undefined {
  const isStrict = pod.spec?.securityContext?.supplementalGroupsPolicy === 'Strict';
  if (!isStrict || node.status?.features?.supplementalGroupsPolicy === true) return undefined;
  const message = 'SupplementalGroupsPolicy=Strict is not supported in this node';
  return { reason: 'SupplementalGroupsPolicyNotSupported', message };
}

function rejectForPressure({ pod, pressures }: AdmissionInput): Rejection | undefined {
  if (pressures.length === 0 || isCritical(pod)) return undefined;
  // Short of memory alone, a Pod that says what it needs may come.
  if (pressures.every(type => type === 'MemoryPressure') && qosClassOf(pod) !== 'BestEffort') return undefined;
  return { reason: 'Evicted', message: `The node had condition: [${pressures.join(', ')}]. ` };
}

/** Sysctls that count for the Pod's own namespaces only and cannot harm the node. */
const safeSysctls: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

function rejectForSecurity({ pod, appArmor }: AdmissionInput): Rejection | undefined {
  const context = pod.spec?.securityContext ?? {};
  for (const { name } of context.sysctls ?? []) {
    const shared = name.startsWith('net.') ? pod.spec?.hostNetwork && 'net' : pod.spec?.hostIPC && 'ipc';
    const why = !safeSysctls.has(name)
      ? 'not allowlisted'
      : shared
        ? `not allowed with host ${shared} enabled`
        : undefined;
    if (why !== undefined) return { reason: 'SysctlForbidden', message: `forbidden sysctl: "${name}" ${why}` };
  }
  const containers = [...(pod.spec?.initContainers ?? []), ...mainContainersOf(pod)];
  const profiles = [
    context.appArmorProfile,
    ...containers.map(({ securityContext }) => securityContext?.appArmorProfile),
  ];
  if (!appArmor && profiles.some(profile => profile !== undefined && profile.type !== 'Unconfined')) {
    return { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' };
  }
  return undefined;
}

function rejectForResources({ pod, allocatable, others }: AdmissionInput): Rejection | undefined {
  const short = (name: string, requested: number, used: number, capacity: number): Rejection => ({
    reason: `OutOf${name}`,
    message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  });
  const podsMax = allocatable['pods'] === undefined ? undefined : parseQuantity(allocatable['pods']).units;
  if (podsMax !== undefined && others.length + 1 > podsMax) return short('pods', 1, others.length, podsMax);
  for (const [name, amount] of Object.entries(podAmounts(pod, 'requests'))) {
    const requested = count(name, parseQuantity(amount));
    if (requested === 0) continue;
    // What the node does not know is the cluster's business: the scheduler has counted it.
    if (allocatable[name] === undefined) continue;
    const capacity = count(name, parseQuantity(allocatable[name]));
    let used = 0;
    for (const other of others) used += count(name, parseQuantity(podAmounts(other, 'requests')[name] ?? '0'));
    if (used + requested > capacity) return short(name, requested, used, capacity);
  }
  return undefined;
}

const count = (name: string, amount: Quantity): number => (name === 'cpu' ? amount.milli : amount.units);

function rejectForPlace({ pod, node }: AdmissionInput): Rejection | undefined {
  if (fitsNode(pod, node)) return undefined;
  const message = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
  return { reason: 'NodeAffinity', message };
}

function rejectForPorts({ pod, others }: AdmissionInput): Rejection | undefined {
  const taken = others.flatMap(hostPorts);
  const clash = hostPorts(pod).some(wanted =>
    taken.some(
      other =>
        other.port === wanted.port &&
        other.protocol === wanted.protocol &&
        (other.ip === wanted.ip || isAny(other.ip) || isAny(wanted.ip)),
    ),
  );
  if (!clash) return undefined;
  const message = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports";
  return { reason: 'NodePorts', message };
}

const isAny = (ip: string): boolean => ip === '' || ip === '0.0.0.0' || ip === '::';

function hostPorts(pod: Pod): { port: number; protocol: string; ip: string }[] {
  return [...(pod.spec?.initContainers ?? []), ...mainContainersOf(pod)].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, protocol = 'TCP', hostIP = '' }) =>
      hostPort > 0 ? [{ port: hostPort, protocol, ip: hostIP }] : [],
    ),
  );
}

function rejectForOs({ pod, node, os }: AdmissionInput): Rejection | undefined {
  const wanted = pod.spec?.os?.name;
  if (wanted !== undefined && wanted !== os) {
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  }
  const label = node.metadata?.labels?.['kubernetes.io/os'];
  if (label === undefined || label === os) return undefined;
  const message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
  return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message };
}
