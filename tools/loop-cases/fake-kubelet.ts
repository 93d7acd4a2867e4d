/**
 * Runs Nodes and Pods as their `fake/…` annotations say: what stood in for the kubelets when the cases were recorded. A
 * Pod starts a moment after it is bound, each a little later than the one before.
 */

import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { ApiError, isConflict } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Informers } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import type { Clock } from '#lib/clock.ts';
import { rfc3339, sleep } from '#lib/clock.ts';
import type { AnyJson } from '#machinery/schema.ts';

const startMs = 12;
const endMs = 5;
const heartbeatMs = 5_000;
const hostIP = '192.168.9.9';
const resources = { cpu: '64', 'ephemeral-storage': '100Gi', memory: '256Gi', pods: '1k' };

interface Run {
  readonly phase: string;
  readonly ready: boolean;
  readonly exitCode?: number;
  readonly restartCount?: number;
}

export class FakeKubelet {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #nodes: ReturnType<typeof Informers.prototype.of<Node>>;
  readonly #pods: ReturnType<typeof Informers.prototype.of<Pod>>;
  readonly #begun = new Set<string>();
  readonly #addresses = new Map<string, string>();

  constructor(client: Client, clock: Clock, informers: Informers, signal: AbortSignal) {
    this.#client = client;
    this.#clock = clock;
    this.#signal = signal;
    this.#nodes = informers.of(nodes);
    this.#pods = informers.of(pods);
    this.#nodes.on({
      add: node => this.#quietly(this.#beat(node.metadata.name)),
      update: (old, node) => {
        if (JSON.stringify(old.metadata.annotations) !== JSON.stringify(node.metadata.annotations)) {
          this.#quietly(this.#post(node));
          if (isOn(node)) for (const pod of this.#pods.values()) this.#see(pod);
        }
      },
    });
    this.#pods.on({ add: pod => this.#see(pod), update: (_, pod) => this.#see(pod) });
  }

  /** Gone, or changed by another: its next event comes here again. */
  #quietly(work: Promise<void>): void {
    work.catch(error => {
      if (!(error instanceof ApiError) && !this.#signal.aborted) throw error;
    });
  }

  async #beat(name: string): Promise<void> {
    for (;;) {
      const node = [...this.#nodes.values()].find(each => each.metadata.name === name);
      if (node === undefined) return;
      await this.#post(node);
      await sleep(this.#clock, heartbeatMs, this.#signal);
    }
  }

  async #post(node: Stored<Node>): Promise<void> {
    if (!isOn(node)) return;
    const { name, annotations = {} } = node.metadata;
    const now = rfc3339(this.#clock.nowMs());
    const old = node.status?.conditions ?? [];
    const condition = (type: string, status: string, reason: string, message: string) => {
      const before = old.find(each => each.type === type);
      const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
      return { type, status, lastHeartbeatTime: now, lastTransitionTime, reason, message };
    };
    const ready = annotations['fake/not-ready'] === undefined;
    const capacity = { ...resources, ...JSON.parse(annotations['fake/capacity'] ?? '{}') };
    const status = {
      capacity,
      allocatable: capacity,
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        ready
          ? condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
          : condition('Ready', 'False', 'KubeletNotReady', 'the fake is not ready'),
        ...(JSON.parse(annotations['fake/conditions'] ?? '[]') as AnyJson[]),
      ],
      addresses: [
        { type: 'InternalIP', address: hostIP },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      nodeInfo: {
        machineID: name,
        systemUUID: name,
        bootID: '1',
        kernelVersion: '6',
        osImage: 'fake',
        containerRuntimeVersion: 'fake://1',
        kubeletVersion: 'v1.36.3',
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    };
    await this.#client.patchStrategic(nodes, { name }, { status }, { subresource: 'status' });
  }

  #see(pod: Stored<Pod>): void {
    const node = [...this.#nodes.values()].find(each => each.metadata.name === pod.spec.nodeName);
    if (node === undefined || !isOn(node)) return;
    const { uid, deletionTimestamp, annotations = {} } = pod.metadata;
    if (deletionTimestamp) {
      if (once(this.#begun, `end ${uid}`)) this.#quietly(this.#end(pod));
    } else if (annotations['fake/never-start'] === undefined && pod.status.phase === 'Pending') {
      if (once(this.#begun, uid)) this.#quietly(this.#start(pod));
    } else if (gatesOf(pod).length > 0 && pod.status.phase === 'Running') {
      const isReady = pod.status.conditions?.some(each => each.type === 'Ready' && each.status === 'True');
      if (!isReady && areGatesOpen(pod)) this.#quietly(this.#say(pod, { phase: 'Running', ready: true }));
    }
  }

  async #start(pod: Stored<Pod>): Promise<void> {
    const { annotations = {} } = pod.metadata;
    await this.#sleep(startMs + (this.#begun.size % 7) * 3);
    const mayBeReady = annotations['fake/never-ready'] === undefined;
    const readyAfter = annotations['fake/ready-after'];
    await this.#say(pod, { phase: 'Running', ready: mayBeReady && readyAfter === undefined });
    if (readyAfter !== undefined) {
      await this.#sleep(Number(readyAfter));
      await this.#say(pod, { phase: 'Running', ready: mayBeReady });
    }
    const byIndex = JSON.parse(annotations['fake/exit-by-index'] ?? '{}');
    const isRecycler = pod.metadata.name.startsWith('recycler-for-');
    const exit =
      (isRecycler ? '0' : annotations['fake/exit']) ??
      byIndex[annotations['batch.kubernetes.io/job-completion-index'] ?? ''];
    const exitAfterMs = Number(annotations['fake/exit-after'] ?? 20);
    if (annotations['fake/restart'] !== undefined) {
      await this.#sleep(exitAfterMs);
      await this.#say(pod, { phase: 'Running', ready: mayBeReady, restartCount: 1 });
    }
    if (exit === undefined) return;
    await this.#sleep(exitAfterMs);
    if (this.#begun.has(`end ${pod.metadata.uid}`)) return;
    await this.#say(pod, { phase: Number(exit) === 0 ? 'Succeeded' : 'Failed', ready: false, exitCode: Number(exit) });
  }

  async #end(pod: Stored<Pod>): Promise<void> {
    await this.#sleep(Number(pod.metadata.annotations?.['fake/hold-delete'] ?? endMs));
    const isRunning = pod.status.phase === 'Running' || pod.status.phase === 'Pending';
    const preconditions = { uid: pod.metadata.uid };
    for (let isGone = false; !isGone; ) {
      try {
        if (isRunning) await this.#say(pod, { phase: 'Failed', ready: false, exitCode: 137 });
        await this.#client.delete(pods, refOf(pod), { gracePeriodSeconds: 0, preconditions });
        isGone = true;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  #addressOf(uid: string): string {
    const count = this.#addresses.size + 2;
    const address = this.#addresses.get(uid) ?? `10.244.${count >> 8}.${count & 255}`;
    this.#addresses.set(uid, address);
    return address;
  }

  #sleep(ms: number): Promise<void> {
    return sleep(this.#clock, ms, this.#signal);
  }

  async #say(pod: Stored<Pod>, run: Run): Promise<void> {
    const now = rfc3339(this.#clock.nowMs());
    const current = [...this.#pods.values()].find(each => each.metadata.uid === pod.metadata.uid) ?? pod;
    const podIP = this.#addressOf(pod.metadata.uid);
    const status = {
      observedGeneration: current.metadata.generation,
      phase: run.phase,
      conditions: conditionsOf(current, run, now),
      hostIP,
      hostIPs: [{ ip: hostIP }],
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: current.status.startTime ?? now,
      containerStatuses: [containerStatusOf(current, run, now)],
    };
    await this.#client.patchStrategic(pods, refOf(pod), { status }, { subresource: 'status' });
  }
}

const isOn = (node: Stored<Node>) => node.metadata.annotations?.['fake/kubelet'] === 'on';

const gatesOf = (pod: Stored<Pod>) => pod.spec.readinessGates ?? [];
const areGatesOpen = (pod: Stored<Pod>) =>
  gatesOf(pod).every(({ conditionType }) =>
    pod.status.conditions?.some(each => each.type === conditionType && each.status === 'True'),
  );

function once(set: Set<string>, key: string): boolean {
  if (set.has(key)) return false;
  set.add(key);
  return true;
}

function conditionsOf(pod: Stored<Pod>, { phase, ready }: Run, now: string): AnyJson[] {
  const observedGeneration = pod.metadata.generation;
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  const overReason = phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed';
  const unready = isOver
    ? { reason: overReason }
    : {
        reason: 'ContainersNotReady',
        message: `containers with unready status: [${pod.spec.containers[0]?.name}]`,
      };
  const condition = (type: string, isTrue: boolean, why: object = {}) => ({
    type,
    observedGeneration,
    status: isTrue ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: now,
    reason: null,
    message: null,
    ...why,
  });
  return [
    condition('PodReadyToStartContainers', !isOver),
    condition('Initialized', true, phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}),
    condition('Ready', ready && areGatesOpen(pod), ready ? {} : unready),
    condition('ContainersReady', ready, ready ? {} : unready),
  ];
}

function containerStatusOf(pod: Stored<Pod>, { phase, ready, exitCode, restartCount = 0 }: Run, now: string): AnyJson {
  const { name = '', image = '' } = pod.spec.containers[0] ?? {};
  const { uid } = pod.metadata;
  const ended = (code: number) => ({
    terminated: {
      exitCode: code,
      reason: code === 0 ? 'Completed' : 'Error',
      startedAt: now,
      finishedAt: now,
      containerID: `fake://${uid}/0`,
    },
  });
  const isRunning = phase === 'Running';
  return {
    name,
    state: isRunning ? { running: { startedAt: now } } : ended(exitCode ?? 0),
    lastState: restartCount > 0 ? ended(1) : {},
    ready,
    restartCount,
    image,
    imageID: `fake://${image}`,
    containerID: `fake://${uid}/c/${restartCount}`,
    started: isRunning,
  };
}
