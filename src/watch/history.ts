/** A page of the past beyond the cache's window, read from the store's history. */

import type { KeyValue, Revision, Store } from '#store/store.ts';
import type { CachedResource, Entry } from '#watch/entry.ts';
import { entriesPage, type PageDeps } from '#watch/page.ts';
import type { ListOptions, Page } from '#watch/read.ts';

/** How many keys are read at a time where a selector may refuse most of them. */
const rangeKeysMax = 500;

/** Rejects with CompactedError when the store has no such past either. */
export async function historyPage(
  options: ListOptions,
  revision: Revision,
  resource: CachedResource,
  toEntry: (item: KeyValue) => Entry,
  deps: PageDeps & { readonly store: Store },
): Promise<Page> {
  const { scope, selector, limit = Number.POSITIVE_INFINITY } = options;
  const within = scope.key ?? (scope.namespace === undefined ? '' : `${scope.namespace}/`);
  const prefix = resource.prefix + within;
  const entries: Entry[] = [];
  let after = options.after === undefined ? undefined : resource.prefix + options.after;
  for (;;) {
    const wanted = Math.min(limit - entries.length, rangeKeysMax);
    const range = await deps.store.range({ prefix, after, revision, limit: wanted, count: selector === undefined });
    for (const item of range.items) {
      if (scope.key !== undefined && item.key !== prefix) continue; // Another name that begins so.
      const entry = toEntry(item);
      if (selector?.matches(entry) ?? true) entries.push(entry);
    }
    after = range.items.at(-1)?.key ?? after;
    const more = range.more && scope.key === undefined;
    if (more && entries.length < limit) continue;
    const next = more ? after?.slice(resource.prefix.length) : undefined;
    const remaining = selector === undefined ? (more ? range.remaining : 0) : undefined;
    return entriesPage({ revision, entries, remaining, next }, deps);
  }
}
