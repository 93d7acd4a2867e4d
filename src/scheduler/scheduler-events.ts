/**
 * The scheduler's Events: in the form of events.k8s.io (a time to the microsecond, an action, a series when the same is
 * said again). Written in the order they were said, never making the scheduler wait.
 */

import type { Event } from '#api/core/event.ts';
import { events } from '#api/core/event.ts';
import type { Pod } from '#api/core/pod.ts';
import { ApiError } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import type { Clock } from '#lib/clock.ts';
import { rfc3339Micro } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';

export interface SchedulerEventsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** `default-scheduler`. */
  readonly name: string;
  /** Which of the schedulers of that name. */
  readonly instance: string;
}

export interface Said {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly message: string;
  /** Another Pod that has to do with it. */
  readonly related?: Stored<Pod>;
}

/** Events that wait to be written; more are dropped. */
const pendingMax = 1000;
/** Events whose repetitions count as one series; the oldest are forgotten first. */
const rememberedMax = 4096;
/** A series ends when nothing was said for so long. */
const seriesMs = 6 * 60_000;
/** Events of different Pods may pass each other, so this many are written at a time. */
const writersMax = 4;

interface Written {
  readonly name: string;
  readonly namespace: string;
  count: number;
  lastMs: number;
}

export class SchedulerEvents {
  readonly #options: SchedulerEventsOptions;
  readonly #pending: { readonly pod: Stored<Pod>; readonly said: Said; readonly atMs: number }[] = [];
  readonly #written = new Map<string, Written>();
  #writers = 0;
  #lastNanos = 0n;

  constructor(options: SchedulerEventsOptions) {
    this.#options = options;
  }

  get idle(): boolean {
    return this.#writers === 0;
  }

  say(pod: Stored<Pod>, said: Said): void {
    if (this.#pending.length >= pendingMax) return;
    this.#pending.push({ pod, said, atMs: this.#options.clock.nowMs() });
    if (this.#writers < writersMax) void this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    this.#writers++;
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      try {
        await this.#write(next.pod, next.said, next.atMs);
      } catch (error) {
        const { log } = this.#options;
        const shown = { event: next.said.message, error: String(error) };
        if (error instanceof ApiError) log.debug('an event was refused', shown);
        else log.warn('an event could not be written', shown);
      }
    }
    this.#writers--;
  }

  async #write(pod: Stored<Pod>, said: Said, atMs: number): Promise<void> {
    const { client } = this.#options;
    const { uid, resourceVersion } = pod.metadata;
    const key = [uid, resourceVersion, said.type, said.reason, said.action].join('|');
    const before = this.#written.get(key);
    if (before !== undefined && atMs - before.lastMs < seriesMs) {
      before.count++;
      before.lastMs = atMs;
      const series = { count: before.count, lastObservedTime: rfc3339Micro(atMs) };
      await client.patchStrategic(events, before, { series });
      return;
    }
    const event = this.#eventOf(pod, said, atMs);
    const { name = '', namespace = '' } = event.metadata;
    this.#remember(key, { name, namespace, count: 1, lastMs: atMs });
    await client.create(events, event);
  }

  #eventOf(pod: Stored<Pod>, { type, reason, action, message, related }: Said, atMs: number): Event {
    const { name, instance } = this.#options;
    const { name: podName, namespace } = pod.metadata;
    return {
      metadata: { name: this.#nextName(podName), namespace: namespace || 'default' },
      involvedObject: referenceTo(pod),
      related: related === undefined ? undefined : referenceTo(related),
      reason,
      message,
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      type,
      eventTime: rfc3339Micro(atMs),
      action,
      reportingComponent: name,
      reportingInstance: instance,
    } as unknown as Event;
  }

  #nextName(podName: string): string {
    const nanos = BigInt(Math.floor(this.#options.clock.nowMs())) * 1_000_000n;
    this.#lastNanos = nanos > this.#lastNanos ? nanos : this.#lastNanos + 1n;
    return `${podName}.${this.#lastNanos.toString(16)}`;
  }

  #remember(key: string, written: Written): void {
    this.#written.delete(key);
    this.#written.set(key, written);
    if (this.#written.size > rememberedMax) this.#written.delete(this.#written.keys().next().value!);
  }
}

function referenceTo(pod: Stored<Pod>) {
  const { name, namespace, uid, resourceVersion } = pod.metadata;
  return { kind: 'Pod', namespace, name, uid, apiVersion: 'v1', resourceVersion };
}
