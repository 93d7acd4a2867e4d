/** `proa status`: what runs of a cluster, and what it uses. Exit code 0: all of it; 1: not all; 3: there is no such cluster. */

import { readFileSync } from 'node:fs';
import { nodes } from '#api/core/node.ts';
import { connectByKubeconfig } from '#cmd/api-client.ts';
import { Cluster } from '#cmd/cluster.ts';
import type { Command } from '#cmd/command.ts';
import { containerdPaths } from '#cmd/node/containerd-process.ts';
import { isRunning, readRecord } from '#cmd/node/process-record.ts';
import { systemClock as clock } from '#lib/clock.ts';

interface ProcessStatus {
  readonly name: string;
  readonly pid: number | undefined;
  readonly residentBytes: number | undefined;
  readonly cpuSeconds: number | undefined;
}

/** Of a process since its start. */
const ticksPerSecond = 100;

export const status: Command = {
  usage: 'status [-o json]',
  flags: {
    output: { type: 'string', short: 'o', value: 'json', choices: ['json'], help: 'everything as one JSON object' },
  },
  async run(given) {
    const cluster = new Cluster(given.text('name') as string, given.text('data-dir'));
    const config = cluster.read();
    if (config === undefined) {
      process.stdout.write(`there is no cluster ${JSON.stringify(cluster.name)}; proa up starts one\n`);
      return 3;
    }
    const processes = processesOf(cluster, config.nodes, config.simulated);
    const running = processes.every(each => each.pid !== undefined);
    const found = running ? await nodesOf(cluster) : [];
    const result = { name: cluster.name, server: `https://127.0.0.1:${config.port}`, running, processes, nodes: found };
    process.stdout.write(given.text('output') === 'json' ? `${JSON.stringify(result, null, 2)}\n` : text(result));
    return running && found.every(node => node.ready) ? 0 : 1;
  },
};

function processesOf(cluster: Cluster, nodeCount: number, simulated: number): ProcessStatus[] {
  const names = Array.from({ length: nodeCount }, (_, index) => `node-${index + 1}`);
  return [
    processStatus('control-plane', cluster.record('control-plane')),
    ...names.map(name => processStatus(name, cluster.record(name))),
    ...names.map(name => processStatus(`${name} containerd`, containerdPaths(cluster.nodeDirectory(name)).record)),
    ...(simulated > 0 ? [processStatus('simulated', cluster.record('simulated'))] : []),
  ];
}

function processStatus(name: string, recordPath: string): ProcessStatus {
  const record = readRecord(recordPath);
  if (!isRunning(record)) return { name, pid: undefined, residentBytes: undefined, cpuSeconds: undefined };
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${record.pid}/status`, 'utf8'))?.[1];
  const stat = readFileSync(`/proc/${record.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  return { name, pid: record.pid, residentBytes: Number(resident ?? 0) * 1024, cpuSeconds };
}

async function nodesOf(cluster: Cluster): Promise<{ name: string; ready: boolean }[]> {
  const connection = connectByKubeconfig(cluster.kubeconfigFile, 'proa/v1.36.3', clock);
  try {
    const { items } = await connection.client.list(nodes, {});
    return items.map(({ metadata, status: state }) => ({
      name: metadata?.name ?? '',
      ready: state?.conditions?.some(each => each.type === 'Ready' && each.status === 'True') ?? false,
    }));
  } finally {
    connection.close();
  }
}

function text(result: {
  name: string;
  server: string;
  running: boolean;
  processes: ProcessStatus[];
  nodes: { name: string; ready: boolean }[];
}): string {
  const rows = result.processes.map(({ name, pid, residentBytes, cpuSeconds }) =>
    pid === undefined
      ? `  ${name.padEnd(22)} stopped`
      : `  ${name.padEnd(22)} pid ${String(pid).padEnd(8)} ${megabytes(residentBytes).padStart(7)}  ${(cpuSeconds ?? 0).toFixed(1)} s of CPU`,
  );
  const ready = result.nodes.filter(node => node.ready).length;
  const summary = result.running
    ? `${ready} of ${result.nodes.length} nodes ready`
    : 'not everything runs: proa up starts what is missing';
  return `${result.name}  ${result.server}  ${summary}\n${rows.join('\n')}\n`;
}

function megabytes(bytes: number | undefined): string {
  return `${Math.round((bytes ?? 0) / (1 << 20))} MB`;
}
