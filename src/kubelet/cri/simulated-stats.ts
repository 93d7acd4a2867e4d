/** What simulated containers use: what their Pod's annotations say that they use (`simulated-behaviour.ts`). */

import type { ContainerStats, ContainerStatus, PodSandboxConfig, PodSandboxStats } from './runtime.ts';

export function containerStats(
  { id, metadata, labels, annotations, state, startedAtMs }: ContainerStatus,
  timestampMs: number,
  wordOf: (word: string) => string | undefined,
): ContainerStats {
  const usageNanoCores = Number(wordOf('cpu-millicores') ?? 0) * 1e6;
  const usageBytes = Number(wordOf('memory-bytes') ?? 0);
  const ranSeconds = state === 'Running' ? (timestampMs - startedAtMs) / 1000 : 0;
  return {
    attributes: { id, metadata, labels, annotations },
    cpu: { timestampMs, usageNanoCores, usageCoreNanoSeconds: Math.round(usageNanoCores * ranSeconds) },
    memory: { timestampMs, usageBytes, workingSetBytes: usageBytes, rssBytes: usageBytes },
    writableLayer: { timestampMs, mountpoint: '/', usedBytes: 0, inodesUsed: 0 },
  };
}

/** `containers`: of those that run. */
export function sandboxStats(
  id: string,
  { metadata, labels = {}, annotations = {} }: PodSandboxConfig,
  containers: ContainerStats[],
  timestampMs: number,
): PodSandboxStats {
  const sum = (value: (stats: ContainerStats) => number | undefined) =>
    containers.reduce((total, stats) => total + (value(stats) ?? 0), 0);
  const workingSetBytes = sum(stats => stats.memory?.workingSetBytes);
  return {
    attributes: { id, metadata, labels, annotations },
    cpu: {
      timestampMs,
      usageNanoCores: sum(stats => stats.cpu?.usageNanoCores),
      usageCoreNanoSeconds: sum(stats => stats.cpu?.usageCoreNanoSeconds),
    },
    memory: { timestampMs, workingSetBytes, usageBytes: workingSetBytes, rssBytes: workingSetBytes },
    processCount: containers.length,
    containers,
  };
}
