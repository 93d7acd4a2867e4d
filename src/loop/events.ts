/** Writes Events: what a loop tells a person about an object. In the order they were said, never making the loop wait. */

import { createHash } from 'node:crypto';
import type { Event } from '#api/core/event.ts';
import { events } from '#api/core/event.ts';
import type { ObjectReference } from '#api/core/references.ts';
import { ApiError, isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { ApiObject, ObjectRef } from '#client/object.ts';
import type { Clock } from '#lib/clock.ts';
import { rfc3339, sleep } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { EventWrite } from '#loop/event-correlator.ts';
import { EventCorrelator } from '#loop/event-correlator.ts';
import type { Resource } from '#machinery/resource.ts';

export type EventType = 'Normal' | 'Warning';

export interface EventRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** `deployment-controller`, `kubelet`. */
  readonly component: string;
  /** The node, for parts that run on one. */
  readonly host?: string | undefined;
  /** Goes on counting where the process before this one stopped, instead of saying everything anew. */
  readonly recalls?: boolean;
}

/** Events that wait to be written; more are dropped. */
const pendingMax = 1000;
/** A server that cannot be reached is tried again this often. */
const triesMax = 12;
const retryMs = 10_000;
/** So many Events of the process before are looked at. */
const recalledMax = 4096;

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator = new EventCorrelator();
  readonly #pending: Event[] = [];
  #writing = false;
  #recalled = false;
  readonly #shareOfNanos: bigint;
  #lastNanos = 0n;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#shareOfNanos = shareOfNanos(`${options.component} ${options.host ?? ''}`);
  }

  /** Says something about an object of a known kind. `fieldPath` names a part of it, `spec.containers{web}`. */
  say(
    resource: Resource,
    object: ApiObject,
    type: EventType,
    reason: string,
    message: string,
    fieldPath?: string,
  ): void {
    const { name, namespace, uid, resourceVersion } = object.metadata ?? {};
    const { kind, apiVersion } = resource;
    this.sayOf({ kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath }, type, reason, message);
  }

  sayOf(involved: ObjectReference, type: EventType, reason: string, message: string): void {
    if (this.#pending.length >= pendingMax) return;
    const { clock, component, host } = this.#options;
    const now = rfc3339(clock.nowMs());
    const involvedObject = withoutUndefined(involved);
    this.#pending.push({
      metadata: { name: this.#nextName(involved.name ?? ''), namespace: involved.namespace || 'default' },
      involvedObject,
      reason,
      message,
      source: host ? { component, host } : { component },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type,
      reportingComponent: component,
      reportingInstance: host ?? '',
    });
    if (!this.#writing) void this.#writeAll();
  }

  /**
   * `web.17f8c2b1a5d3e900`: the object and the nanoseconds since 1970, one more when two fall together. The clock tells
   * milliseconds only, and others may speak of the object in the same one: each component has nanoseconds of its own.
   */
  #nextName(name: string): string {
    const nanos = BigInt(Math.floor(this.#options.clock.nowMs())) * 1_000_000n + this.#shareOfNanos;
    this.#lastNanos = nanos > this.#lastNanos ? nanos : this.#lastNanos + 1n;
    return `${name}.${this.#lastNanos.toString(16)}`;
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    await this.#recall();
    for (let event = this.#pending.shift(); event !== undefined; event = this.#pending.shift()) {
      const write = this.#correlator.correlate(event, this.#options.clock.nowMs());
      if (write !== undefined) await this.#write(write);
    }
    this.#writing = false;
  }

  /** Once, before the first is written. What cannot be read is not worth waiting for. */
  async #recall(): Promise<void> {
    if (this.#recalled || !this.#options.recalls) return;
    this.#recalled = true;
    const { client, component, log } = this.#options;
    try {
      const fieldSelector = `source=${component}`;
      const { items } = await client.list<Event>(events, { fieldSelector, limit: recalledMax });
      this.#correlator.recall(items);
    } catch (error) {
      log.debug('events of before could not be read', { component, error: String(error) });
    }
  }

  async #write(write: EventWrite): Promise<void> {
    const { clock, log } = this.#options;
    for (let tries = 1; tries <= triesMax; tries++) {
      try {
        await this.#send(write);
        return;
      } catch (error) {
        const shown = { event: write.event.message, error: String(error) };
        // The server has said no, most often because the namespace is going: saying it again would not help.
        if (error instanceof ApiError) return log.debug('an event was refused', shown);
        log.warn('an event could not be written', shown);
        await sleep(clock, retryMs, undefined, { idle: true });
      }
    }
  }

  async #send(write: EventWrite): Promise<void> {
    const { client } = this.#options;
    const { event } = write;
    try {
      if (write.action === 'create') await client.create(events, event);
      else await client.patchStrategic(events, event.metadata as ObjectRef, write.patch);
    } catch (error) {
      if (!isNotFound(error) || write.action === 'create') throw error;
      await client.create(events, event);
    }
  }
}

/** Where in a millisecond a component's Events begin: the same for each run, so that a run can be repeated. */
function shareOfNanos(speaker: string): bigint {
  return BigInt(createHash('sha256').update(speaker).digest().readUInt32BE(0) % 999_000);
}

function withoutUndefined(reference: ObjectReference): ObjectReference {
  const given: ObjectReference = {};
  for (const key of ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const) {
    if (reference[key]) given[key] = reference[key];
  }
  return given;
}
