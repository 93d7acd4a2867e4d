/**
 * The ordered log of what happened to a resource, in a window bounded by bytes.
 *
 * Places in the log are sequence numbers: they rise by one and stay valid when older events are forgotten. Worked example:
 * a window that begins after revision 10 and holds the events 12, 15, 15, 19 has `startRevision` 10; `after(14)` is the place
 * of the first 15, `after(19)` the end, and `after(9)` is gone: an event 10 may have been forgotten.
 */

import { assert, must } from '#lib/assert.ts';
import type { Revision } from '#store/store.ts';
import type { Entry } from '#watch/entry.ts';

/** One write: made (no `before`), changed, or deleted (no `after`). */
export class LogEvent {
  readonly revision: Revision;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
  #gone: Entry | undefined;

  constructor(revision: Revision, before: Entry | undefined, after: Entry | undefined) {
    assert(before !== undefined || after !== undefined, 'an event has an object');
    this.revision = revision;
    this.before = before;
    this.after = after;
  }

  get key(): string {
    return (this.after ?? this.before)!.key;
  }

  /** What a DELETED event shows: the object before, at this revision. */
  gone(): Entry {
    this.#gone ??= must(this.before, 'only what was there can be gone').at(this.revision);
    return this.#gone;
  }

  /** What only the log keeps in memory; `after` is in the tree, or the `before` of a later event. */
  get bytes(): number {
    return eventOverheadBytes + (this.before?.value.length ?? 0);
  }
}

const eventOverheadBytes = 500;

export class EventLog {
  readonly bytesMax: number;
  #events: LogEvent[] = [];
  /** How many of `#events` are forgotten already. */
  #skip = 0;
  /** The sequence number of `#events[0]`. */
  #base = 0;
  #bytes = 0;
  #startRevision: Revision;

  constructor(startRevision: Revision, bytesMax: number) {
    this.#startRevision = startRevision;
    this.bytesMax = bytesMax;
  }

  /** All events after this revision are here. */
  get startRevision(): Revision {
    return this.#startRevision;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The place of the oldest event. */
  get start(): number {
    return this.#base + this.#skip;
  }

  /** The place where the next event will be. */
  get end(): number {
    return this.#base + this.#events.length;
  }

  at(place: number): LogEvent {
    assert(place >= this.start && place < this.end, () => `place ${place} is not in the log`);
    return this.#events[place - this.#base]!;
  }

  /** The place of the first event after a revision; undefined when events after it may be forgotten. */
  after(revision: Revision): number | undefined {
    if (revision < this.#startRevision) return undefined;
    let low = this.start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  push(event: LogEvent): void {
    assert(event.revision >= (this.#events.at(-1)?.revision ?? this.#startRevision), 'events come in order');
    this.#events.push(event);
    this.#bytes += event.bytes;
    while (this.#bytes > this.bytesMax && this.start < this.end) this.#forgetFirst();
    this.#compact();
  }

  /** Forgets all events. Those up to the revision are what can no longer be asked for. */
  forget(revision: Revision): void {
    this.#base = this.end;
    this.#skip = 0;
    this.#events = [];
    this.#bytes = 0;
    this.#startRevision = revision;
  }

  #forgetFirst(): void {
    const event = this.#events[this.#skip++]!;
    this.#bytes -= event.bytes;
    this.#startRevision = event.revision;
  }

  /** Gives the memory of forgotten events back once they are half of the array: constant cost for each event. */
  #compact(): void {
    if (this.#skip < 64 || this.#skip * 2 < this.#events.length) return;
    this.#events = this.#events.slice(this.#skip);
    this.#base += this.#skip;
    this.#skip = 0;
  }
}
