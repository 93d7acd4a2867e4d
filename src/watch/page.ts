/** Two kinds of page: a stretch of the tree, whose leaves are joined already, and a selection of entries. */

import type { BTree } from '#lib/btree.ts';
import type { Clock } from '#lib/clock.ts';
import type { Revision } from '#store/store.ts';
import type { ByteBudget } from '#watch/byte-budget.ts';
import { encodeEntries, encodeRuns } from '#watch/encode.ts';
import type { Entry } from '#watch/entry.ts';
import type { Page, Scope, Selector } from '#watch/read.ts';

export interface PageDeps {
  readonly clock: Clock;
  readonly budget: ByteBudget;
}

export interface Cut {
  readonly scope: Scope;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  readonly selector?: Selector | undefined;
}

/** The stretch of indexes that a scope covers. */
export function stretch(tree: BTree<Entry>, scope: Scope): { readonly start: number; readonly end: number } {
  if (scope.key !== undefined) {
    const start = tree.rank(scope.key);
    return { start, end: tree.get(scope.key) === undefined ? start : start + 1 };
  }
  if (scope.namespace === undefined) return { start: 0, end: tree.size };
  // `0` is the character after `/`: `web/` to before `web0` are the keys of namespace web.
  return { start: tree.rank(`${scope.namespace}/`), end: tree.rank(`${scope.namespace}0`) };
}

export function cutPage(tree: BTree<Entry>, revision: Revision, cut: Cut, deps: PageDeps): Page {
  const { start: scopeStart, end } = stretch(tree, cut.scope);
  const start = cut.after === undefined ? scopeStart : Math.min(Math.max(scopeStart, tree.rank(`${cut.after}\0`)), end);
  if (cut.selector !== undefined) return selectPage(tree, revision, { ...cut, start, end }, cut.selector, deps);
  const last = Math.min(end, start + (cut.limit ?? Number.POSITIVE_INFINITY));
  return {
    revision,
    size: last - start,
    entries: () => tree.values(start, last),
    remaining: end - last,
    next: last < end ? keyBefore(tree, last, cut.after) : undefined,
    bytes: form => encodeRuns(tree.runs(start, last), form, { budget: deps.budget, nowMs: deps.clock.nowMs() }),
  };
}

/** With a selector more may follow when more keys follow, matching or not: the rest is not searched for it, as upstream. */
function selectPage(
  tree: BTree<Entry>,
  revision: Revision,
  { start, end, after, limit }: { start: number; end: number; after?: string; limit?: number },
  selector: Selector,
  deps: PageDeps,
): Page {
  const entries: Entry[] = [];
  let index = start;
  for (const entry of tree.values(start, end)) {
    if (limit !== undefined && entries.length >= limit) break;
    index++;
    if (selector.matches(entry)) entries.push(entry);
  }
  const next = index < end ? (entries.at(-1)?.key ?? after) : undefined;
  return entriesPage({ revision, entries, remaining: undefined, next }, deps);
}

export function entriesPage(
  page: { revision: Revision; entries: readonly Entry[]; remaining: number | undefined; next: string | undefined },
  deps: PageDeps,
): Page {
  const { revision, entries, remaining, next } = page;
  return {
    revision,
    size: entries.length,
    entries: () => entries,
    remaining,
    next,
    bytes: form => encodeEntries(entries, form, { budget: deps.budget, nowMs: deps.clock.nowMs() }),
  };
}

function keyBefore(tree: BTree<Entry>, index: number, otherwise: string | undefined): string | undefined {
  for (const entry of tree.values(index - 1, index)) return entry.key;
  return otherwise;
}
