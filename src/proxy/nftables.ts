/** The table in the kernel: reads what is there, and applies transactions with `nft`. */

import type { run } from '#lib/process.ts';
import { tableName } from '#proxy/base-rules.ts';
import type { Family } from '#proxy/family.ts';

export type Run = typeof run;

export interface Existing {
  readonly chains: readonly string[];
  readonly sets: readonly string[];
}

/** The names of what our table holds; undefined when there is no table of ours. */
export async function readTable(run: Run, family: Family): Promise<Existing | undefined> {
  const chains = await namesOf(run, 'chains', 'chain', family);
  if (chains.length === 0) return undefined;
  // Maps are made by us alone and never go.
  return { chains, sets: await namesOf(run, 'sets', 'set', family) };
}

/** Terse, for the elements may be many. */
async function namesOf(run: Run, list: string, kind: string, family: Family): Promise<string[]> {
  const text = await run(['nft', '--json', '--terse', 'list', list, family]);
  const items = (JSON.parse(text).nftables ?? []) as Record<string, { name: string; table: string } | undefined>[];
  return items.flatMap(item => (item[kind]?.table === tableName ? [item[kind].name] : []));
}

/** All of it or nothing. */
export async function applyTransaction(run: Run, transaction: string): Promise<void> {
  if (transaction !== '') await run(['nft', '--file', '-'], { input: transaction });
}

/** Declared first, so that deleting succeeds when there is none. */
export async function deleteTable(run: Run, family: Family): Promise<void> {
  await applyTransaction(run, `add table ${family} ${tableName}\ndelete table ${family} ${tableName}\n`);
}
