/**
 * From the log of a resource to its watchers.
 *
 * Live watchers with the same scope, selector and form are one audience: an event is matched, encoded and joined with its
 * group once for all of them. Audiences are found by scope, so a watch of one Secret costs nothing when another one changes.
 * A watcher that is not live looks after itself; here it is only ended when the window has moved on past its place.
 */

import { assert } from '#lib/assert.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Revision } from '#store/store.ts';
import type { ByteBudget } from '#watch/byte-budget.ts';
import { chunksOf } from '#watch/encode.ts';
import type { Encoded } from '#watch/entry.ts';
import type { EventLog, LogEvent } from '#watch/event-log.ts';
import type { ObjectEvent, WatchForm } from '#watch/form.ts';
import { addedForm, framesOf, seenThrough } from '#watch/frames.ts';
import type { Scope, Selector } from '#watch/read.ts';
import type { CacheWatchOptions, WatchEnd } from '#watch/watch.ts';
import { CacheWatcher, type Delivery, type WatcherHome } from '#watch/watcher.ts';

/** How often a watcher that asked for bookmarks gets one when the revision has moved on (upstream: a minute). */
export const bookmarkMs = 60_000;

/** A watcher and the end of the log when it became live: a group that was under way then has no news for it. */
type Audience = Map<CacheWatcher, number>;

export interface FanOutDeps {
  readonly clock: Clock;
  readonly budget: ByteBudget;
  readonly log: EventLog;
  readonly namespaced: boolean;
  readonly revision: () => Revision;
}

export class FanOut implements WatcherHome {
  readonly clock: Clock;
  readonly budget: ByteBudget;
  readonly log: EventLog;
  readonly #namespaced: boolean;
  readonly #revision: () => Revision;
  readonly #all = new Set<CacheWatcher>();
  readonly #lagging = new Set<CacheWatcher>();
  /** By scope, then by what else makes an audience. */
  readonly #audiences = new Map<string, Map<string, Audience>>();
  #bookmarkTimer: Timer | undefined;
  #bookmarkWatchersCount = 0;

  constructor(deps: FanOutDeps) {
    this.clock = deps.clock;
    this.budget = deps.budget;
    this.log = deps.log;
    this.#namespaced = deps.namespaced;
    this.#revision = deps.revision;
  }

  get revision(): Revision {
    return this.#revision();
  }

  get watchersCount(): number {
    return this.#all.size;
  }

  add(options: CacheWatchOptions): CacheWatcher {
    const watcher = new CacheWatcher(options, this);
    this.#all.add(watcher);
    this.#lagging.add(watcher);
    if (options.bookmarks) this.#bookmarkWatchersCount++;
    this.#armBookmarks();
    return watcher;
  }

  /** The log has grown from this place on. */
  publish(from: number): void {
    if (this.log.end === from) return;
    for (const [scope, events] of this.#eventsByScope(from)) {
      for (const audience of [...(this.#audiences.get(scope)?.values() ?? [])]) this.#tell(audience, events, from);
    }
    for (const watcher of this.#lagging) {
      if (watcher.state !== 'waiting' && watcher.place < this.log.start) watcher.end({ reason: 'slow' });
    }
  }

  endAll(end: WatchEnd): void {
    for (const watcher of [...this.#all]) watcher.end(end);
  }

  onLive(watcher: CacheWatcher): void {
    this.#lagging.delete(watcher);
    const scope = scopeText(watcher.options.scope);
    let byInterest = this.#audiences.get(scope);
    if (byInterest === undefined) this.#audiences.set(scope, (byInterest = new Map()));
    const interest = interestText(watcher.options);
    let audience = byInterest.get(interest);
    if (audience === undefined) byInterest.set(interest, (audience = new Map()));
    audience.set(watcher, this.log.end);
  }

  onLagging(watcher: CacheWatcher): void {
    this.#lagging.add(watcher);
    this.#leave(watcher);
  }

  onEnded(watcher: CacheWatcher): void {
    assert(this.#all.delete(watcher), 'a watcher ends once');
    if (!this.#lagging.delete(watcher)) this.#leave(watcher);
    if (watcher.options.bookmarks) this.#bookmarkWatchersCount--;
    if (this.#bookmarkWatchersCount > 0) return;
    this.#bookmarkTimer?.cancel();
    this.#bookmarkTimer = undefined;
  }

  #leave(watcher: CacheWatcher): void {
    const scope = scopeText(watcher.options.scope);
    const interest = interestText(watcher.options);
    const byInterest = this.#audiences.get(scope);
    const audience = byInterest?.get(interest);
    audience?.delete(watcher);
    if (audience?.size === 0) byInterest?.delete(interest);
    if (byInterest?.size === 0) this.#audiences.delete(scope);
  }

  #eventsByScope(from: number): Map<string, LogEvent[]> {
    const byScope = new Map<string, LogEvent[]>();
    const add = (scope: string, event: LogEvent) => {
      if (!this.#audiences.has(scope)) return;
      const events = byScope.get(scope);
      if (events === undefined) byScope.set(scope, [event]);
      else events.push(event);
    };
    for (let place = Math.max(from, this.log.start); place < this.log.end; place++) {
      const event = this.log.at(place);
      add('', event);
      if (this.#namespaced) add(event.key.slice(0, event.key.indexOf('/') + 1), event);
      add(`=${event.key}`, event);
    }
    return byScope;
  }

  /** All members have the same scope, selector and form. */
  #tell(audience: Audience, events: readonly LogEvent[], from: number): void {
    const [first] = audience.keys();
    if (first === undefined) return;
    const { selector, form } = first.options;
    const seen = seenEvents(events, selector);
    if (seen.length === 0) return;
    const members = [...audience].filter(([, since]) => since <= from).map(([watcher]) => watcher);
    if (form.frameMany !== undefined) {
      for (const watcher of members) if (watcher.state === 'live') watcher.catchUp(from);
      return;
    }
    try {
      const delivery = this.#prepare(seen, form);
      for (const watcher of members) if (watcher.state === 'live') watcher.deliver(delivery);
    } catch (error) {
      for (const watcher of members) watcher.end({ reason: 'failed', error: error as Error });
    }
  }

  #prepare(events: readonly ObjectEvent[], form: WatchForm): Delivery {
    const frames = framesOf(events, form) as readonly Encoded[];
    const [only] = frames;
    if (frames.length === 1 && only!.holes === undefined) return { events, frames, chunks: [only!.bytes] };
    const writing = { budget: this.budget, nowMs: this.clock.nowMs() };
    return { events, frames, chunks: chunksOf(frames, addedForm(form), writing) };
  }

  /** One timer for all, and none while nobody asked for bookmarks. */
  #armBookmarks(): void {
    if (this.#bookmarkTimer !== undefined || this.#bookmarkWatchersCount === 0) return;
    this.#bookmarkTimer = this.clock.after(
      bookmarkMs,
      () => {
        this.#bookmarkTimer = undefined;
        for (const watcher of [...this.#all]) watcher.bookmark();
        this.#armBookmarks();
      },
      { idle: true },
    );
  }
}

function seenEvents(events: readonly LogEvent[], selector: Selector | undefined): ObjectEvent[] {
  const seen: ObjectEvent[] = [];
  for (const event of events) {
    const one = seenThrough(selector, event);
    if (one !== undefined) seen.push(one);
  }
  return seen;
}

/** `''` for all, `ns/` for a namespace, `=key` for one key: none can be taken for another, for no name holds `=` or `/`. */
function scopeText(scope: Scope): string {
  if (scope.key !== undefined) return `=${scope.key}`;
  return scope.namespace === undefined ? '' : `${scope.namespace}/`;
}

function interestText({ form, selector }: CacheWatchOptions): string {
  return `${form.name}\n${selector?.text ?? ''}`;
}
