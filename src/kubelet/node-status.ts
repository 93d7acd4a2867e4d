/** The Node object as its kubelet registers it and keeps it. Pure. */

import type { Node, NodeCondition, NodeStatus } from '#api/core/node.ts';
import type { Taint } from '#api/core/scheduling.ts';
import type { Image, RuntimeStatus, RuntimeVersion } from '#kubelet/cri/runtime.ts';
import type { Machine } from '#kubelet/machine.ts';
import type { Amounts } from '#kubelet/resources.ts';
import { rfc3339 } from '#lib/clock.ts';
import { quantityFromUnits } from '#machinery/quantity.ts';

export const kubeletVersion = 'v1.36.3';

/** What upstream keeps back of a node's memory and disk for the moment before it evicts. */
const memoryKeptBytes = 100 << 20;
const diskKeptShare = Math.fround(0.1);
const imagesMax = 50;
const namesPerImageMax = 5;

export interface NodeFacts {
  name: string;
  machine: Machine;
  ips: readonly string[];
  port: number;
  labels: Readonly<Record<string, string>>;
  taints: readonly Taint[];
}

/** Which of the node's means run out, by condition type. */
export type Pressures = ReadonlySet<string>;

export interface NodeState {
  version: RuntimeVersion | undefined;
  /** Undefined: the runtime does not answer. */
  runtime: RuntimeStatus | undefined;
  images: readonly Image[];
  pressures: Pressures;
}

export function newNode(facts: NodeFacts, state: NodeState, nowMs: number): Node {
  const { name, machine, labels, taints } = facts;
  const { operatingSystem, architecture } = machine.system;
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': operatingSystem,
        'kubernetes.io/arch': architecture,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': operatingSystem,
        ...labels,
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: taints.length === 0 ? {} : { taints: [...taints] },
    status: nodeStatus(facts, state, undefined, nowMs),
  };
}

export function nodeStatus(
  facts: NodeFacts,
  state: NodeState,
  before: NodeStatus | undefined,
  nowMs: number,
): NodeStatus {
  const { machine, ips, name, port } = facts;
  const { version, runtime } = state;
  return {
    capacity: amountsOf(machine, machine.memoryBytes, machine.ephemeralStorageBytes),
    allocatable: allocatableOf(machine),
    conditions: conditions(state, before?.conditions ?? [], nowMs),
    addresses: [...ips.map(address => ({ type: 'InternalIP', address })), { type: 'Hostname', address: name }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: {
      ...machine.system,
      containerRuntimeVersion: version === undefined ? '' : `${version.runtimeName}://${plain(version.runtimeVersion)}`,
      kubeletVersion,
      kubeProxyVersion: '',
    },
    ...(state.images.length === 0 ? {} : { images: imageList(state.images) }),
    ...(runtime === undefined || runtime.runtimeHandlers.length === 0
      ? {}
      : {
          runtimeHandlers: runtime.runtimeHandlers.map(({ name: handler, features }) => ({ name: handler, features })),
        }),
    ...(runtime?.features === undefined ? {} : { features: runtime.features }),
    declaredFeatures: ['RestartAllContainersOnContainerExits'],
  };
}

/** `1.6.20~ds1` is a package's word for 1.6.20. */
const plain = (version: string): string => version.replace(/^v/, '').replace(/[~+ ].*$/, '');

export function allocatableOf(machine: Machine): Amounts {
  const { memoryBytes, ephemeralStorageBytes: diskBytes } = machine;
  const disk = diskBytes && diskBytes - Math.floor(diskBytes * diskKeptShare);
  return amountsOf(machine, Math.max(memoryBytes - memoryKeptBytes, 0), disk);
}

function amountsOf(machine: Machine, memoryBytes: number, diskBytes: number | undefined): Amounts {
  return {
    cpu: String(machine.cpus),
    ...(diskBytes === undefined ? {} : { 'ephemeral-storage': quantityFromUnits(diskBytes, 'binary').toString() }),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: `${Math.floor(memoryBytes / 1024)}Ki`,
    pods: String(machine.podsMax),
  };
}

const pressureWords = [
  {
    type: 'MemoryPressure',
    none: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    some: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
  },
  {
    type: 'DiskPressure',
    none: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    some: ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
  },
  {
    type: 'PIDPressure',
    none: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    some: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
  },
] as const;

function conditions(state: NodeState, before: readonly NodeCondition[], nowMs: number): NodeCondition[] {
  const now = rfc3339(nowMs);
  const complaint = notReadyMessage(state.runtime);
  const fresh: Omit<NodeCondition, 'lastHeartbeatTime' | 'lastTransitionTime'>[] = [
    ...pressureWords.map(({ type, none, some }) => {
      const pressed = state.pressures.has(type);
      const [reason, message] = pressed ? some : none;
      return { type, status: pressed ? 'True' : 'False', reason, message };
    }),
    complaint === undefined
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: complaint },
  ];
  return fresh.map(({ type, status, reason, message }) => {
    const old = before.find(condition => condition.type === type);
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : now;
    return { type, status, lastHeartbeatTime: now, lastTransitionTime, reason, message };
  });
}

export function notReadyMessage(runtime: RuntimeStatus | undefined): string | undefined {
  if (runtime === undefined) return 'container runtime is down';
  const complaints: string[] = [];
  for (const [type, what] of [
    ['RuntimeReady', 'container runtime not ready'],
    ['NetworkReady', 'container runtime network not ready'],
  ]) {
    const condition = runtime.conditions.find(each => each.type === type);
    if (condition?.status === true) continue;
    const { reason = '', message = '' } = condition ?? {};
    complaints.push(`${what}: ${type}=false reason:${reason} message:${message}`);
  }
  if (complaints.length === 0) return undefined;
  return complaints.length === 1 ? complaints[0] : `[${complaints.join(', ')}]`;
}

/** The largest first. */
function imageList(images: readonly Image[]): NonNullable<NodeStatus['images']> {
  return [...images]
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, imagesMax)
    .map(({ repoDigests, repoTags, sizeBytes }) => ({
      names: [...repoDigests, ...repoTags].slice(0, namesPerImageMax),
      sizeBytes,
    }));
}

/** What changed for the better or the worse, as the Events of the node say it. */
export function conditionEvents(before: readonly NodeCondition[], after: readonly NodeCondition[]): string[] {
  const words: Record<string, { True: string; False: string }> = {
    MemoryPressure: { True: 'NodeHasInsufficientMemory', False: 'NodeHasSufficientMemory' },
    DiskPressure: { True: 'NodeHasDiskPressure', False: 'NodeHasNoDiskPressure' },
    PIDPressure: { True: 'NodeHasInsufficientPID', False: 'NodeHasSufficientPID' },
    Ready: { True: 'NodeReady', False: 'NodeNotReady' },
  };
  return after.flatMap(({ type, status }) => {
    const old = before.find(condition => condition.type === type)?.status;
    if (old === status || (old === undefined && type === 'Ready' && status === 'False')) return [];
    const word = words[type]?.[status as 'True' | 'False'];
    return word === undefined ? [] : [word];
  });
}
