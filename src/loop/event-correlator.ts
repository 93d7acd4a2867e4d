/**
 * Keeps Events few. Pure: what was said before, and what is said now, give what is to be written (upstream's
 * EventCorrelator).
 *
 * The same Event again raises the count of the first. More than ten that differ only in their message within ten minutes
 * become one "(combined from similar events)". An object that is talked about without end is cut off: 25 at once, then one
 * every five minutes.
 */

import type { Event } from '#api/core/event.ts';
import type { AnyJson } from '#machinery/schema.ts';

const combinedPrefix = '(combined from similar events): ';
const similarMax = 10;
const similarMs = 600_000;
const spamBurst = 25;
const spamRefillMs = 300_000;
/** How many Events, groups and objects are remembered; the oldest are forgotten first. */
const rememberedMax = 4096;

export type EventWrite =
  | { readonly action: 'create'; readonly event: Event }
  /** The Event that was written under this name is patched; should it be gone, the whole is created anew. */
  | { readonly action: 'patch'; readonly event: Event; readonly patch: AnyJson };

interface Similar {
  readonly messages: Set<string>;
  lastMs: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

export class EventCorrelator {
  readonly #similar = new Map<string, Similar>();
  readonly #written = new Map<string, Event>();
  readonly #buckets = new Map<string, Bucket>();

  /** Takes what a process before this one said, so that the same again raises its count. */
  recall(said: readonly Event[]): void {
    for (const { metadata, ...event } of said) {
      if (event.message?.startsWith(combinedPrefix)) continue;
      const { name, namespace } = metadata ?? {};
      const key = `${groupKey(event as Event)}|${event.message}`;
      remember(this.#written, key, { ...event, metadata: { name, namespace } } as Event);
    }
  }

  /** What to write, or nothing when the object is talked about too much. */
  correlate(event: Event, nowMs: number): EventWrite | undefined {
    const group = groupKey(event);
    const combined = this.#combine(event, group, nowMs);
    const key = combined === event ? `${group}|${event.message}` : group;
    const write = this.#count(combined, key);
    if (this.#isSpam(event, nowMs)) return undefined;
    return write;
  }

  #combine(event: Event, group: string, nowMs: number): Event {
    let similar = this.#similar.get(group);
    if (similar === undefined || nowMs - similar.lastMs > similarMs) similar = { messages: new Set(), lastMs: nowMs };
    remember(this.#similar, group, similar);
    similar.messages.add(event.message ?? '');
    similar.lastMs = nowMs;
    if (similar.messages.size < similarMax) return event;
    const oldest = similar.messages.values().next();
    if (!oldest.done) similar.messages.delete(oldest.value);
    const message = `${combinedPrefix}${event.message}`;
    return { ...event, message, reportingComponent: '', reportingInstance: '' };
  }

  #count(event: Event, key: string): EventWrite {
    const before = this.#written.get(key);
    if (before === undefined) {
      remember(this.#written, key, event);
      return { action: 'create', event };
    }
    const count = (before.count ?? 1) + 1;
    const { lastTimestamp, message } = event;
    const next: Event = { ...event, metadata: before.metadata, firstTimestamp: before.firstTimestamp, count };
    remember(this.#written, key, next);
    const patch = { count, lastTimestamp, ...(message === before.message ? {} : { message }) };
    return { action: 'patch', event: next, patch };
  }

  #isSpam(event: Event, nowMs: number): boolean {
    const key = objectKey(event);
    const bucket = this.#buckets.get(key) ?? { tokens: spamBurst, atMs: nowMs };
    bucket.tokens = Math.min(spamBurst, bucket.tokens + (nowMs - bucket.atMs) / spamRefillMs);
    bucket.atMs = nowMs;
    remember(this.#buckets, key, bucket);
    if (bucket.tokens < 1) return true;
    bucket.tokens -= 1;
    return false;
  }
}

function objectKey({ source, involvedObject }: Event): string {
  const { kind, namespace, name, uid, apiVersion } = involvedObject;
  return [source?.component, source?.host, kind, namespace, name, uid, apiVersion].join('|');
}

function groupKey(event: Event): string {
  const { type, reason, reportingComponent, reportingInstance, involvedObject } = event;
  return [objectKey(event), involvedObject.fieldPath, type, reason, reportingComponent, reportingInstance].join('|');
}

/** Puts the value at the young end and forgets the oldest when there are too many. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= rememberedMax) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
