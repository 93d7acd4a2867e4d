/**
 * The watchers of a store that lives in this process (memory, sqlite): who wants which events, and who still has to catch
 * up with the past.
 *
 * A watcher is behind (reads history; groups committed meanwhile are held back for it), live (gets each group as it is
 * committed), or closed.
 */

import { assert } from '#lib/assert.ts';
import type { Revision, StoreEvent, StoreWatch, WatchOptions } from '#store/store.ts';

/**
 * Events of the prefix from a revision to another, both included; perhaps only the first part of them, up to `through`.
 * Rejects with CompactedError when `from` is gone.
 */
export type ReadHistory = (options: {
  prefix: string;
  from: Revision;
  to: Revision;
}) => Promise<{ readonly events: readonly StoreEvent[]; readonly through: Revision }>;

/** Events held back for one watcher that is behind; beyond it the watcher reads them from the history instead. */
const heldEventsMax = 10_000;

interface Group {
  readonly events: readonly StoreEvent[];
  readonly revision: Revision;
}

interface Watching {
  readonly options: WatchOptions;
  /** The first revision it has not got. */
  next: Revision;
  state: { at: 'behind'; held: Group[]; heldCount: number; target: Revision } | { at: 'live' } | { at: 'closed' };
}

export class StoreWatchers {
  readonly #readHistory: ReadHistory;
  readonly #all = new Set<Watching>();
  #revision: Revision;

  constructor(readHistory: ReadHistory, revision: Revision) {
    this.#readHistory = readHistory;
    this.#revision = revision;
  }

  add(options: WatchOptions): StoreWatch {
    const watching: Watching = {
      options,
      next: options.from === 0 ? this.#revision + 1 : options.from,
      state: { at: 'behind', held: [], heldCount: 0, target: this.#revision },
    };
    this.#all.add(watching);
    this.#catchUp(watching).catch(error => this.#end(watching, error as Error));
    return { close: () => this.#end(watching) };
  }

  /** A group of commits is durable. */
  publish(events: readonly StoreEvent[], revision: Revision): void {
    assert(revision >= this.#revision, () => `revision ${revision} published after ${this.#revision}`);
    this.#revision = revision;
    for (const watching of this.#all) {
      if (watching.state.at === 'live') deliver(watching, events, revision);
      else if (watching.state.at === 'behind') hold(watching.state, { events, revision });
    }
  }

  /** The store is closed (no error), or failed for good. */
  end(error?: Error): void {
    for (const watching of [...this.#all]) this.#end(watching, error);
  }

  async #catchUp(watching: Watching): Promise<void> {
    const { prefix } = watching.options;
    await undefined; // The caller has the handle before the first events.
    let told = false;
    while (watching.state.at === 'behind' && watching.next <= watching.state.target) {
      const target = watching.state.target;
      const { events, through } = await this.#readHistory({ prefix, from: watching.next, to: target });
      if (watching.state.at !== 'behind') return;
      assert(through >= watching.next, 'history makes progress');
      deliver(watching, events, through);
      told = true;
    }
    if (watching.state.at !== 'behind') return;
    const { held } = watching.state;
    watching.state = { at: 'live' };
    if (!told && held.length === 0) deliver(watching, [], this.#revision);
    for (const group of held) deliver(watching, group.events, group.revision);
  }

  #end(watching: Watching, error?: Error): void {
    if (!this.#all.delete(watching)) return;
    watching.state = { at: 'closed' };
    if (error !== undefined) watching.options.onError(error);
  }
}

function hold(state: { held: Group[]; heldCount: number; target: Revision }, group: Group): void {
  state.held.push(group);
  state.heldCount += group.events.length;
  if (state.heldCount <= heldEventsMax) return;
  state.target = group.revision;
  state.held = [];
  state.heldCount = 0;
}

function deliver(watching: Watching, events: readonly StoreEvent[], revision: Revision): void {
  if (watching.state.at === 'closed') return;
  const { prefix, onEvents } = watching.options;
  const wanted = events.filter(event => event.revision >= watching.next && event.key.startsWith(prefix));
  watching.next = Math.max(watching.next, revision + 1);
  onEvents(wanted, revision);
}
