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
const answerMsMax = 5_000;

export const status: Command = {
  usage: 'status [-o json]',
  flags: {
    output: { type: 'string', short: 'o', value: 'json', choices: ['json'], help: 'everything as one JSON object' },
  },
  async run(given) {
    const cluster = new Cluster(given.text('name') as string, given.text('data-dir'));
    const json = given.text('output') === 'json';
    const config = cluster.read();
    if (config === undefined) {
      const none = { name: cluster.name, exists: false, running: false, processes: [], nodes: [] };
      const said = `${cluster.absence}; proa up starts one`;
      process.stdout.write(`${json ? JSON.stringify(none, null, 2) : said}\n`);
      return 3;
    }
    const processes = processesOf(cluster, config.nodes, config.simulated);
    const running = processes.every(each => each.pid !== undefined);
    // Also where a node is down: what the others do is worth knowing.
    const found = processes[0]?.pid === undefined ? [] : await nodesOf(cluster);
    const result: Status = {
      name: cluster.name,
      exists: true,
      server: `https://127.0.0.1:${config.port}`,
      running,
      answering: found !== undefined && processes[0]?.pid !== undefined,
      processes,
      nodes: found ?? [],
    };
    process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : text(result));
    return running && result.answering && result.nodes.every(node => node.ready) ? 0 : 1;
  },
};

interface Status {
  readonly name: string;
  readonly exists: boolean;
  readonly server: string;
  /** Every process of it. */
  readonly running: boolean;
  /** The API server, within 5 s. */
  readonly answering: boolean;
  readonly processes: readonly ProcessStatus[];
  readonly nodes: readonly NodeReadiness[];
}

interface NodeReadiness {
  readonly name: string;
  readonly ready: boolean;
}

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
  return { name, pid: record.pid, ...usageOf(record.pid) };
}

/** Linux tells; elsewhere nothing is known. */
function usageOf(pid: number): Pick<ProcessStatus, 'residentBytes' | 'cpuSeconds'> {
  try {
    const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    return { residentBytes: Number(resident ?? 0) * 1024, cpuSeconds };
  } catch {
    return { residentBytes: undefined, cpuSeconds: undefined };
  }
}

/** Undefined when the API server does not answer. */
async function nodesOf(cluster: Cluster): Promise<NodeReadiness[] | undefined> {
  const giveUp = new AbortController();
  const timer = clock.after(answerMsMax, () => giveUp.abort(new Error('no answer')));
  const connection = connectByKubeconfig(cluster.kubeconfigFile, 'proa/v1.36.3', clock);
  try {
    const { items } = await connection.client.list(nodes, {}, giveUp.signal);
    return items.map(({ metadata, status: state }) => ({
      name: metadata?.name ?? '',
      ready: state?.conditions?.some(each => each.type === 'Ready' && each.status === 'True') ?? false,
    }));
  } catch {
    return undefined;
  } finally {
    timer.cancel();
    connection.close();
  }
}

const nameWidthMin = 22;

function text(result: Status): string {
  const width = Math.max(nameWidthMin, ...result.processes.map(({ name }) => name.length));
  const rows = result.processes.map(each => `  ${each.name.padEnd(width)} ${usage(each)}`);
  return `${result.name}  ${result.server}  ${summary(result)}\n${rows.join('\n')}\n`;
}

function usage({ pid, residentBytes, cpuSeconds }: ProcessStatus): string {
  if (pid === undefined) return 'stopped';
  if (residentBytes === undefined || cpuSeconds === undefined) return `pid ${pid}`;
  const cpu = cpuSeconds.toFixed(1).padStart(7);
  return `pid ${String(pid).padEnd(8)} ${megabytes(residentBytes).padStart(7)}  ${cpu} s of CPU`;
}

function summary({ running, answering, processes, nodes: known }: Status): string {
  const parts: string[] = [];
  if (answering) parts.push(`${known.filter(({ ready }) => ready).length} of ${known.length} nodes ready`);
  else if (processes[0]?.pid !== undefined) parts.push('the API server does not answer');
  if (!running) {
    const isAllStopped = processes.every(({ pid }) => pid === undefined);
    parts.push(isAllStopped ? 'stopped: proa up starts it' : 'not everything runs: proa up starts what is missing');
  }
  const silent = known.filter(({ ready }) => !ready).map(({ name }) => name);
  if (running && silent.length > 0) parts.push(`not ready: ${shortList(silent)}`);
  return parts.join('; ');
}

const listedMax = 5;

function shortList(names: readonly string[]): string {
  const rest = names.length - listedMax;
  return `${names.slice(0, listedMax).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / (1 << 20))} MB`;
}
