/** What the containers use, as `/stats/summary` and `/metrics/resource` tell it. */

import type { ContainerStats, PodSandboxStats } from '#kubelet/cri/runtime.ts';
import type { Kubelet } from '#kubelet/kubelet.ts';
import { containerNameLabel, podKeyFromLabels } from '#kubelet/labels.ts';
import type { NodeUsage } from '#kubelet/node-usage.ts';
import { readNodeUsage } from '#kubelet/node-usage.ts';
import type { PodWorker } from '#kubelet/pod-worker.ts';
import { rfc3339 } from '#lib/clock.ts';

export interface Metric {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  samples: { labels: Readonly<Record<string, string>>; value: number }[];
}

interface PodUsage {
  worker: PodWorker;
  sandbox: PodSandboxStats | undefined;
  containers: { name: string; stats: ContainerStats }[];
}

async function usageOfPods(kubelet: Kubelet): Promise<PodUsage[]> {
  const { runtime } = kubelet.host;
  const [containers, sandboxes] = await Promise.all([
    runtime.listContainerStats(),
    // An older runtime does not know it; the containers are enough then.
    runtime.listPodSandboxStats().catch(() => []),
  ]);
  const byUid = new Map<string, PodUsage>();
  for (const worker of kubelet.workers) {
    byUid.set(worker.pod.metadata.uid, { worker, sandbox: undefined, containers: [] });
  }
  for (const stats of containers) {
    const { labels } = stats.attributes;
    const usage = byUid.get(podKeyFromLabels(labels)?.uid ?? '');
    const name = labels[containerNameLabel];
    const running = usage?.worker.observed.containers.some(
      ({ id, state }) => id === stats.attributes.id && state === 'Running',
    );
    if (usage !== undefined && name !== undefined && running) usage.containers.push({ name, stats });
  }
  for (const stats of sandboxes) {
    const usage = byUid.get(stats.attributes.metadata.uid);
    if (usage !== undefined) usage.sandbox = stats;
  }
  return [...byUid.values()].filter(usage => usage.containers.length > 0);
}

const total = (usage: PodUsage, of: (stats: ContainerStats) => number | undefined): number =>
  usage.containers.reduce((sum, { stats }) => sum + (of(stats) ?? 0), 0);

const cpuOf = ({ cpu }: ContainerStats) => cpu?.usageCoreNanoSeconds;
const memoryOf = ({ memory }: ContainerStats) => memory?.workingSetBytes;

export async function statsSummary(kubelet: Kubelet, { onlyCpuAndMemory }: { onlyCpuAndMemory: boolean }) {
  const { clock, nodeName, memoryBytes } = kubelet.host;
  const time = rfc3339(clock.nowMs());
  const node = await readNodeUsage();
  const pods = await usageOfPods(kubelet);
  return {
    node: {
      nodeName,
      startTime: rfc3339(kubelet.startedAtMs),
      cpu: { time, usageCoreNanoSeconds: node.cpuNanoSeconds },
      memory: {
        time,
        availableBytes: Math.max(memoryBytes - node.workingSetBytes, 0),
        usageBytes: node.usageBytes,
        workingSetBytes: node.workingSetBytes,
      },
    },
    pods: pods.map(usage => podStats(usage, onlyCpuAndMemory)),
  };
}

function podStats(usage: PodUsage, onlyCpuAndMemory: boolean) {
  const { name, namespace, uid } = usage.worker.pod.metadata;
  const { network } = usage.sandbox ?? {};
  const time = usage.containers[0]?.stats.cpu?.timestampMs ?? 0;
  const first = network?.defaultInterface;
  return {
    podRef: { name, namespace, uid },
    startTime: usage.worker.current.status.startTime,
    containers: usage.containers.map(({ name: container, stats }) =>
      containerStats(usage, container, stats, onlyCpuAndMemory),
    ),
    cpu: { time: rfc3339(time), usageCoreNanoSeconds: total(usage, cpuOf) },
    memory: {
      time: rfc3339(time),
      workingSetBytes: total(usage, memoryOf),
      usageBytes: total(usage, ({ memory }) => memory?.usageBytes),
    },
    ...(network === undefined || onlyCpuAndMemory
      ? {}
      : { network: { time: rfc3339(network.timestampMs), ...first, interfaces: network.interfaces } }),
  };
}

function containerStats({ worker }: PodUsage, name: string, stats: ContainerStats, onlyCpuAndMemory: boolean) {
  const { cpu, memory, writableLayer } = stats;
  const started = worker.observed.containers.find(({ id }) => id === stats.attributes.id)?.startedAtMs ?? 0;
  return {
    name,
    startTime: rfc3339(started),
    cpu: {
      time: rfc3339(cpu?.timestampMs ?? 0),
      usageNanoCores: cpu?.usageNanoCores,
      usageCoreNanoSeconds: cpu?.usageCoreNanoSeconds,
    },
    memory: {
      time: rfc3339(memory?.timestampMs ?? 0),
      availableBytes: memory?.availableBytes,
      usageBytes: memory?.usageBytes,
      workingSetBytes: memory?.workingSetBytes,
      rssBytes: memory?.rssBytes,
      pageFaults: memory?.pageFaults,
      majorPageFaults: memory?.majorPageFaults,
    },
    ...(onlyCpuAndMemory || writableLayer === undefined
      ? {}
      : {
          rootfs: {
            time: rfc3339(writableLayer.timestampMs),
            usedBytes: writableLayer.usedBytes,
            inodesUsed: writableLayer.inodesUsed,
          },
        }),
  };
}

const nanosPerSecond = 1e9;

export async function resourceMetrics(kubelet: Kubelet): Promise<Metric[]> {
  const pods = await usageOfPods(kubelet);
  return [
    ...containerMetrics(pods),
    ...nodeMetrics(await readNodeUsage()),
    ...podMetrics(pods),
    metric('resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [
      { labels: {}, value: 0 },
    ]),
  ];
}

const seconds = (nanos: number | undefined) => (nanos ?? 0) / nanosPerSecond;

function metric(name: string, type: Metric['type'], help: string, samples: Metric['samples']): Metric {
  return { name, type, help, samples };
}

function containerMetrics(pods: readonly PodUsage[]): Metric[] {
  const ofContainers = (of: (stats: ContainerStats, usage: PodUsage) => number | undefined) =>
    pods.flatMap(usage =>
      usage.containers.map(({ name, stats }) => ({
        labels: { container: name, ...podLabels(usage) },
        value: of(stats, usage) ?? 0,
      })),
    );
  return [
    metric(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the container in core-seconds',
      ofContainers(stats => seconds(cpuOf(stats))),
    ),
    metric(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set of the container in bytes',
      ofContainers(memoryOf),
    ),
    metric(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds',
      ofContainers(
        (stats, { worker }) =>
          (worker.observed.containers.find(({ id }) => id === stats.attributes.id)?.startedAtMs ?? 0) / 1000,
      ),
    ),
    metric(
      'container_swap_limit_bytes',
      'gauge',
      'Current amount of the container swap limit in bytes. Reported only on non-windows systems',
      ofContainers(() => 0),
    ),
    metric(
      'container_swap_usage_bytes',
      'gauge',
      'Current amount of the container swap usage in bytes',
      ofContainers(({ swap }) => swap?.usageBytes),
    ),
  ];
}

function nodeMetrics(node: NodeUsage): Metric[] {
  return [
    metric('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', [
      { labels: {}, value: seconds(node.cpuNanoSeconds) },
    ]),
    metric('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', [
      { labels: {}, value: node.workingSetBytes },
    ]),
    metric('node_swap_usage_bytes', 'gauge', 'Current swap usage of the node in bytes', [
      { labels: {}, value: node.swapUsageBytes },
    ]),
  ];
}

function podMetrics(pods: readonly PodUsage[]): Metric[] {
  const ofPods = (of: (usage: PodUsage) => number) =>
    pods.map(usage => ({ labels: podLabels(usage), value: of(usage) }));
  return [
    metric(
      'pod_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the pod in core-seconds',
      ofPods(usage => seconds(total(usage, cpuOf))),
    ),
    metric(
      'pod_memory_working_set_bytes',
      'gauge',
      'Current working set of the pod in bytes',
      ofPods(usage => total(usage, memoryOf)),
    ),
    metric(
      'pod_swap_usage_bytes',
      'gauge',
      'Current amount of the pod swap usage in bytes',
      ofPods(usage => total(usage, ({ swap }) => swap?.usageBytes)),
    ),
  ];
}

function podLabels({ worker }: PodUsage): Record<string, string> {
  const { namespace = '', name } = worker.pod.metadata;
  return { namespace, pod: name };
}

export function prometheusText(metrics: readonly Metric[]): string {
  const lines: string[] = [];
  for (const { name, type, help, samples } of metrics) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const { labels, value } of samples) {
      const text = Object.entries(labels)
        .map(
          ([key, label]) =>
            `${key}="${label.replace(/[\\"\n]/g, character => (character === '\n' ? '\\n' : `\\${character}`))}"`,
        )
        .join(',');
      lines.push(`${name}${text === '' ? '' : `{${text}}`} ${value}`);
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
