/**
 * One watcher. It never has a queue of its own: what it has not got yet lies in the log of the resource (or in the tree it
 * began with), and the watcher remembers a place in it. So a slow client costs nothing but its place, and when the window
 * moves on past that place the watch ends.
 *
 * waiting -> behind <-> live      waiting: for a revision that has not come yet
 *              ^  |      |        behind: sends the initial events, then what the log has after its place
 *              |  v      |        live: has everything; the fan-out hands it each new group
 *             blocked <--+        blocked: the sink is full
 */

import { assert } from '#lib/assert.ts';
import type { BTree } from '#lib/btree.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Revision } from '#store/store.ts';
import type { ByteBudget } from '#watch/byte-budget.ts';
import { chunksOf, encodeRuns, type MaybeLater, then, type Writing } from '#watch/encode.ts';
import type { Encoded, Entry } from '#watch/entry.ts';
import type { EventLog } from '#watch/event-log.ts';
import type { ObjectEvent } from '#watch/form.ts';
import { addedForm, framesOf, seenThrough } from '#watch/frames.ts';
import type { Scope } from '#watch/read.ts';
import type { CacheWatchOptions, WatchEnd, Watcher } from '#watch/watch.ts';

/** How many events a watcher that is behind takes at a time. */
const batchEventsMax = 64;
const batchBytesMax = 128 * 1024;
/** A bookmark this long before the timeout lets the client come back where it was (upstream: 2 s). */
const bookmarkBeforeTimeoutMs = 2_000;

/** What a watcher needs of its cache. */
export interface WatcherHome {
  readonly clock: Clock;
  readonly budget: ByteBudget;
  readonly log: EventLog;
  /** The revision that the log has come to. */
  readonly revision: Revision;
  /** It has everything up to the end of the log. */
  onLive(watcher: CacheWatcher): void;
  /** It is no longer live. */
  onLagging(watcher: CacheWatcher): void;
  onEnded(watcher: CacheWatcher): void;
}

/** The state that a watch begins with, as far as it has not been sent. */
interface Initial {
  readonly tree: BTree<Entry>;
  readonly end: number;
  readonly revision: Revision;
  readonly markEnd: boolean;
  next: number;
}

/** What happened, as watchers with the same interest see it. */
export interface Delivery {
  readonly events: readonly ObjectEvent[];
  readonly frames: readonly Encoded[];
  /** The frames, joined. */
  readonly chunks: readonly Uint8Array[];
}

export class CacheWatcher implements Watcher {
  readonly options: CacheWatchOptions;
  readonly #home: WatcherHome;
  #state: Watcher['state'] = 'waiting';
  /** The place of the first event it has not got; while live that is the end of the log. */
  #place = 0;
  #initial: Initial | undefined;
  #sentAny = false;
  #bookmarked: Revision = 0;
  #timer: Timer | undefined;
  /** Gives up waiting. */
  #cancelWait: (() => void) | undefined;

  constructor(options: CacheWatchOptions, home: WatcherHome) {
    this.options = options;
    this.#home = home;
    options.sink.onDrain(() => this.#drained());
    if (options.timeoutMs !== undefined) this.#armTimeout(options.timeoutMs);
  }

  get state(): Watcher['state'] {
    return this.#state;
  }

  /** The first event it has not got is here. */
  get place(): number {
    return this.#state === 'live' ? this.#home.log.end : this.#place;
  }

  wait(cancel: () => void): void {
    if (this.#state === 'waiting') this.#cancelWait = cancel;
    else cancel();
  }

  /** With what it has waited for: a place in the log, after initial events if it asked for them. */
  begin(place: number, initial?: Initial): void {
    if (this.#state !== 'waiting') return;
    this.#cancelWait = undefined;
    this.#place = place;
    this.#initial = initial;
    this.#state = 'behind';
    this.#run();
  }

  /** Live: a new group, matched, encoded and joined once for all watchers with the same interest. */
  deliver({ events, frames, chunks }: Delivery): void {
    assert(this.#state === 'live', () => `a group delivered to a ${this.#state} watcher`);
    const more = this.#needsFirst ? this.#send(events, frames) : this.#write(chunks);
    if (!more) this.#lag('blocked', this.#home.log.end);
  }

  /** Live, with a form that encodes later: makes its own frames from this place on. */
  catchUp(place: number): void {
    assert(this.#state === 'live', () => `a ${this.#state} watcher told to catch up`);
    this.#lag('behind', place);
    this.#run();
  }

  bookmark(): void {
    const { revision } = this.#home;
    if (this.#state !== 'live' || !this.options.bookmarks || this.#bookmarked === revision) return;
    if (!this.#mark(revision, false)) this.#lag('blocked', this.#home.log.end);
  }

  close(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#initial = undefined;
    this.#timer?.cancel();
    this.#cancelWait?.();
    this.#home.onEnded(this);
  }

  end(end: WatchEnd): void {
    if (this.#state === 'ended') return;
    this.close();
    this.options.sink.end(end);
  }

  /** Sends what there is until the sink is full, frames come later, or nothing is left. */
  #run(): void {
    try {
      while (this.#state === 'behind') {
        const step = this.#step();
        if (step instanceof Promise) {
          step.then(
            () => this.#run(),
            error => this.end({ reason: 'failed', error }),
          );
          return;
        }
      }
    } catch (error) {
      this.end({ reason: 'failed', error: error as Error });
    }
  }

  #step(): MaybeLater<void> {
    if (this.#initial !== undefined) return this.#stepInitial(this.#initial);
    const { log } = this.#home;
    if (this.#place < log.start) return this.end({ reason: 'slow' });
    if (this.#place < log.end) return this.#stepLog(log);
    this.#state = 'live';
    this.#home.onLive(this);
  }

  #stepInitial(initial: Initial): MaybeLater<void> {
    const [run] = initial.tree.runs(initial.next, initial.end);
    if (run === undefined) {
      this.#initial = undefined;
      if (initial.markEnd && !this.#mark(initial.revision, true)) this.#state = 'blocked';
      return;
    }
    initial.next += run.end - run.start;
    const { selector, form } = this.options;
    if (selector === undefined && !this.#needsFirst) {
      return then(encodeRuns([run], addedForm(form), this.#writing()), chunks => this.#sent(this.#write(chunks)));
    }
    const entries = run.leaf.values.slice(run.start, run.end).filter(entry => selector?.matches(entry) ?? true);
    return this.#stepEvents(entries.map(entry => ({ type: 'ADDED', entry })));
  }

  #stepLog(log: EventLog): MaybeLater<void> {
    const events: ObjectEvent[] = [];
    let bytes = 0;
    while (this.#place < log.end && events.length < batchEventsMax && bytes < batchBytesMax) {
      const event = log.at(this.#place++);
      if (!inScope(this.options.scope, event.key)) continue;
      const seen = seenThrough(this.options.selector, event);
      if (seen === undefined) continue;
      events.push(seen);
      bytes += seen.entry.value.length;
    }
    return this.#stepEvents(events);
  }

  #stepEvents(events: readonly ObjectEvent[]): MaybeLater<void> {
    if (events.length === 0) return;
    return then(framesOf(events, this.options.form), frames => this.#sent(this.#send(events, frames)));
  }

  #sent(more: boolean): void {
    if (!more && this.#state === 'behind') this.#state = 'blocked';
  }

  /** Like all that writes: false when the sink is full. */
  #send(events: readonly ObjectEvent[], frames: readonly Encoded[]): boolean {
    const { form } = this.options;
    const rest = this.#needsFirst ? [form.firstFrame!(events[0]!), ...frames.slice(1)] : frames;
    return this.#write(chunksOf(rest, addedForm(form), this.#writing()));
  }

  get #needsFirst(): boolean {
    return this.options.form.firstFrame !== undefined && !this.#sentAny;
  }

  #mark(revision: Revision, initialEventsEnd: boolean): boolean {
    this.#bookmarked = revision;
    return this.#write([this.options.form.bookmark({ revision, initialEventsEnd, first: !this.#sentAny })]);
  }

  #write(chunks: readonly Uint8Array[]): boolean {
    let more = true;
    for (const chunk of chunks) {
      if (this.#state === 'ended') return false;
      this.#sentAny = true;
      more = this.options.sink.write(chunk);
    }
    return more;
  }

  #lag(state: 'behind' | 'blocked', place: number): void {
    if (this.#state !== 'live') return;
    this.#state = state;
    this.#place = place;
    this.#home.onLagging(this);
  }

  #drained(): void {
    if (this.#state !== 'blocked') return;
    this.#state = 'behind';
    this.#run();
  }

  #armTimeout(timeoutMs: number): void {
    const { clock } = this.#home;
    const end = () => this.end({ reason: 'timeout' });
    const early = this.options.bookmarks && timeoutMs > bookmarkBeforeTimeoutMs ? bookmarkBeforeTimeoutMs : 0;
    if (early === 0) {
      this.#timer = clock.after(timeoutMs, end);
      return;
    }
    this.#timer = clock.after(timeoutMs - early, () => {
      this.#timer = clock.after(early, end);
      this.bookmark();
    });
  }

  #writing(): Writing {
    return { budget: this.#home.budget, nowMs: this.#home.clock.nowMs() };
  }
}

export function inScope(scope: Scope, key: string): boolean {
  if (scope.key !== undefined) return key === scope.key;
  const { namespace } = scope;
  return namespace === undefined || (key.startsWith(namespace) && key.charCodeAt(namespace.length) === 47);
}
