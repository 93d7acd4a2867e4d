/** A cluster of `proa up` as it is kept on disk: its settings, and where its parts keep theirs. */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { clusterNamePattern, nodeAddress } from '#cmd/node/network-names.ts';
import { UsageError } from '#cmd/usage-error.ts';

export interface ClusterConfig {
  readonly name: string;
  /** Of the API server on the host's loopback. */
  readonly port: number;
  /** Real nodes, each in a network namespace of its own. */
  readonly nodes: number;
  readonly simulated: number;
  /** Upstream's `--controllers` syntax. */
  readonly controllers: readonly string[];
  readonly scheduler: boolean;
  /** `sqlite` or `memory`. */
  readonly store: string;
  readonly egress: boolean;
}

export const podRange = '10.244.0.0/16';
/** Of Pods on simulated nodes alone, when there are more of those than ranges in the usual one. Nothing is ever sent there. */
const widePodRange = '10.128.0.0/10';
/** Nodes with a /24 each in the usual range, less the one that node-0 would have. */
export const nodesMax = 255;
export const simulatedMax = 10_000;
const configName = 'cluster.json';
export const serviceRange = '10.96.0.0/16';
export const clusterDns = '10.96.0.10';
export const clusterDomain = 'cluster.local';

export class Cluster {
  readonly name: string;
  readonly directory: string;

  constructor(name: string, dataDir?: string) {
    if (!clusterNamePattern.test(name)) {
      throw new UsageError(
        `the name ${JSON.stringify(name)} is not possible: use up to 30 small letters, digits and dashes`,
      );
    }
    this.name = name;
    this.directory = join(rootOf(dataDir), name);
  }

  /** For a person who may have meant another one. */
  get absence(): string {
    const others = clusterNames(dirname(this.directory)).map(name => JSON.stringify(name));
    const known = others.length === 0 ? '' : ` (there ${others.length === 1 ? 'is' : 'are'} ${others.join(', ')})`;
    return `there is no cluster ${JSON.stringify(this.name)}${known}`;
  }

  get configFile(): string {
    return join(this.directory, configName);
  }

  get kubeconfigFile(): string {
    return join(this.directory, 'admin.kubeconfig');
  }

  /** The person's kubeconfig files that its context was added to. */
  get contextsFile(): string {
    return join(this.directory, 'contexts.json');
  }

  get storeFile(): string {
    return join(this.directory, 'store.sqlite');
  }

  /** Pid and start time of one of its processes. */
  record(process: string): string {
    return join(this.directory, 'run', `${process}.json`);
  }

  log(process: string): string {
    return join(this.directory, 'log', `${process}.log`);
  }

  nodeDirectory(node: string): string {
    return join(this.directory, 'nodes', node);
  }

  read(): ClusterConfig | undefined {
    try {
      return JSON.parse(readFileSync(this.configFile, 'utf8')) as ClusterConfig;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      const help =
        code === 'EACCES'
          ? 'it is of another user: use their account, or say --data-dir'
          : `proa down --purge takes it away; without ${this.configFile}, proa up asks anew how it is to be`;
      throw new Error(`the cluster ${JSON.stringify(this.name)} cannot be read: ${message}; ${help}`, { cause: error });
    }
  }

  /** As `read`, and undefined for what is no settings: what is to be stopped need not be understood. */
  readIfWhole(): ClusterConfig | undefined {
    try {
      return this.read();
    } catch (error) {
      if ((error as Error).cause instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  write(config: ClusterConfig): void {
    try {
      mkdirSync(join(this.directory, 'run'), { recursive: true, mode: 0o700 });
      writeFileSync(`${this.configFile}.new`, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
      renameSync(`${this.configFile}.new`, this.configFile);
    } catch (error) {
      const why = (error as Error).message;
      throw new Error(`the cluster cannot be kept in ${this.directory}: ${why}; say another place with --data-dir`);
    }
  }
}

function rootOf(dataDir: string | undefined): string {
  return resolve(dataDir ?? process.env['PROA_HOME'] ?? join(homedir(), '.proa'));
}

export function podRangeOf({ nodes, simulated }: Pick<ClusterConfig, 'nodes' | 'simulated'>): string {
  return nodes === 0 && simulated > nodesMax ? widePodRange : podRange;
}

/** The names of all clusters on this machine. */
export function clusterNames(dataDir?: string): string[] {
  try {
    const root = rootOf(dataDir);
    return readdirSync(root).filter(name => clusterNamePattern.test(name) && existsSync(join(root, name, configName)));
  } catch {
    return [];
  }
}

export interface NodePlace {
  readonly name: string;
  readonly address: string;
  readonly podCidr: string;
}

/** The nodes of a cluster: the first is node-1, at 10.250.0.10, with Pods in 10.244.1.0/24. */
export function nodePlaces(count: number): NodePlace[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `node-${index + 1}`,
    address: nodeAddress(index),
    podCidr: `10.244.${index + 1}.0/24`,
  }));
}
