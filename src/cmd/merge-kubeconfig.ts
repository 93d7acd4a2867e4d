/**
 * Adds a cluster's context to the kubeconfig that the person uses, and takes it away again. The current context changes only
 * when there is none, and what the person has set in the context stays. The file is replaced whole; what it was is kept
 * beside it. A cluster remembers the files that it is in.
 */

import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Cluster } from '#cmd/cluster.ts';
import type { AnyJson } from '#machinery/schema.ts';

export interface MergedContext {
  readonly name: string;
  readonly current: boolean;
  readonly file: string;
}

/** The files that kubectl reads, the first of which it writes. */
function filesInUse(): string[] {
  const files = process.env['KUBECONFIG']?.split(':').filter(Boolean) ?? [];
  return files.length > 0 ? files : [join(homedir(), '.kube', 'config')];
}

const lists = ['clusters', 'users', 'contexts'];

export function mergeKubeconfig(cluster: Cluster, asked?: string): MergedContext {
  const from = cluster.kubeconfigFile;
  const file = resolve(asked ?? filesInUse()[0]!);
  const name = cluster.name;
  if (file === from) return { name, current: true, file };
  const added: AnyJson = parse(readFileSync(from, 'utf8'));
  try {
    const config = merged(read(file), added);
    const others = asked === undefined ? filesInUse().slice(1) : [];
    const current = [config, ...others.map(read)].map(each => each['current-context']).find(Boolean) ?? name;
    if (current === name) config['current-context'] ||= name;
    write(file, config);
    refresh(cluster, file, added);
    return { name, current: current === name, file };
  } catch (error) {
    const why = `its context cannot be added to ${file}: ${(error as Error).message}`;
    throw new Error(
      `the cluster runs, but ${why}; kubectl --kubeconfig ${from} works, as does proa up --kubeconfig FILE`,
    );
  }
}

/** Remembers the file; where the context was added before, it follows the cluster to its port of now. */
function refresh(cluster: Cluster, file: string, added: AnyJson): void {
  const before = remembered(cluster);
  if (!before.includes(file)) writeFileSync(cluster.contextsFile, JSON.stringify([...before, file]), { mode: 0o600 });
  for (const other of before) {
    if (other === file || !existsSync(other)) continue;
    const config = read(other);
    const isThere = config.contexts?.some((each: AnyJson) => each.name === cluster.name);
    if (isThere) write(other, merged(config, added));
  }
}

function merged(config: AnyJson, added: AnyJson): AnyJson {
  const result = { ...config };
  for (const list of lists) {
    const names = added[list].map((each: AnyJson) => each.name);
    const before: AnyJson[] = (config[list] ?? []).filter((each: AnyJson) => names.includes(each.name));
    result[list] = [...without(config[list], names), ...added[list]];
    if (list !== 'contexts') continue;
    // The namespace, above all: `kubectl config set-context --current --namespace=…`.
    for (const each of result[list])
      each.context = { ...before.find(old => old.name === each.name)?.context, ...each.context };
  }
  return result;
}

/** The context, cluster and user of a cluster: in the files they were added to, and in the one that is used now. */
export function removeContexts(cluster: Cluster): void {
  const files = new Set([...remembered(cluster), ...filesInUse().map(file => resolve(file))]);
  for (const file of files) if (existsSync(file)) removeContext(file, cluster.name);
}

function removeContext(file: string, name: string): void {
  const config = read(file);
  if (!config.contexts?.some((each: AnyJson) => each.name === name)) return;
  for (const list of lists) config[list] = without(config[list], [name, `${name}-admin`]);
  if (config['current-context'] === name) config['current-context'] = config.contexts[0]?.name ?? '';
  write(file, config);
}

function remembered({ contextsFile }: Cluster): string[] {
  return existsSync(contextsFile) ? JSON.parse(readFileSync(contextsFile, 'utf8')) : [];
}

function without(list: AnyJson, names: readonly string[]): AnyJson[] {
  return (list ?? []).filter((each: AnyJson) => !names.includes(each.name));
}

function read(file: string): AnyJson {
  const fresh = { apiVersion: 'v1', kind: 'Config', clusters: [], users: [], contexts: [] };
  return existsSync(file) ? { ...fresh, ...parse(readFileSync(file, 'utf8')) } : fresh;
}

function write(path: string, config: AnyJson): void {
  mkdirSync(dirname(path), { recursive: true });
  // A link stays one: what it points to is replaced.
  const file = existsSync(path) ? realpathSync(path) : path;
  if (existsSync(file)) copyFileSync(file, `${file}.before-proa`);
  writeFileSync(`${file}.new`, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
