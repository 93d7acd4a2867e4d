/**
 * Adds a cluster's context to the kubeconfig that the person uses, and takes it away again. The current context changes only
 * when there is none. The file is replaced whole; what it was is kept beside it.
 */

import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { AnyJson } from '#machinery/schema.ts';

export interface MergedContext {
  readonly name: string;
  readonly current: boolean;
  readonly file: string;
}

function fileOf(asked: string | undefined): string {
  return asked ?? process.env['KUBECONFIG']?.split(':').find(Boolean) ?? join(homedir(), '.kube', 'config');
}

const lists = ['clusters', 'users', 'contexts'];

export function mergeKubeconfig(from: string, asked?: string): MergedContext {
  const file = fileOf(asked);
  const added: AnyJson = parse(readFileSync(from, 'utf8'));
  const name = added['current-context'] as string;
  if (file === from) return { name, current: true, file };
  const config = read(file);
  for (const list of lists)
    config[list] = [
      ...without(
        config[list],
        added[list].map((each: AnyJson) => each.name),
      ),
      ...added[list],
    ];
  if (!config['current-context']) config['current-context'] = name;
  write(file, config);
  return { name, current: config['current-context'] === name, file };
}

/** The context, cluster and user of a cluster; in the file that is used now. */
export function removeContext(name: string): void {
  const file = fileOf(undefined);
  if (!existsSync(file)) return;
  const config = read(file);
  if (!config.contexts?.some((each: AnyJson) => each.name === name)) return;
  for (const list of lists) config[list] = without(config[list], [name, `${name}-admin`]);
  if (config['current-context'] === name) config['current-context'] = config.contexts[0]?.name ?? '';
  write(file, config);
}

function without(list: AnyJson, names: readonly string[]): AnyJson[] {
  return (list ?? []).filter((each: AnyJson) => !names.includes(each.name));
}

function read(file: string): AnyJson {
  const fresh = { apiVersion: 'v1', kind: 'Config', clusters: [], users: [], contexts: [] };
  return existsSync(file) ? { ...fresh, ...parse(readFileSync(file, 'utf8')) } : fresh;
}

function write(file: string, config: AnyJson): void {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file)) copyFileSync(file, `${file}.before-proa`);
  writeFileSync(`${file}.new`, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
