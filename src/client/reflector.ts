/**
 * Keeps a copy of a collection up to date: everything once, then each change, for as long as the signal allows.
 *
 * The first reading is a watch that sends all objects first (WatchList); where the server has none, pages of a list and a
 * watch from its version. A watch that ends is resumed at the last version seen; a version that has expired (410) means
 * reading everything again. The copy is handed over whole (`replace`), so that what was deleted meanwhile is noticed.
 */

import { ApiError, isExpired } from '#client/api-error.ts';
import { Backoff } from '#client/backoff.ts';
import type { Client, ResourceOf } from '#client/client.ts';
import { listPageItems } from '#client/client.ts';
import type { ApiObject, Key, Stored } from '#client/object.ts';
import { keyOf } from '#client/object.ts';
import type { FormOptions, SelectorOptions, WatchOptions } from '#client/request.ts';
import type { Clock } from '#lib/clock.ts';
import { sleep } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';

/** Where the copy is kept. */
export interface Sink<T> {
  /** The whole collection as it is at a version. */
  replace(objects: readonly Stored<T>[], resourceVersion: string): void;
  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Stored<T>): void;
  /** Nothing changed up to this version. */
  advance?(resourceVersion: string): void;
}

export interface ReflectorOptions<T> {
  readonly client: Client;
  readonly resource: ResourceOf<T>;
  readonly selection?: SelectorOptions & FormOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly sink: Sink<T>;
  /** Told of every failure; the reflector tries again by itself. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A watch is asked to end after 5 to 10 minutes, so that watchers spread over servers that came later. */
const watchSecondsMin = 300;
const initialEventsEnd = 'k8s.io/initial-events-end';

export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  #watchListOffered = true;
  /** The version to go on from; undefined: read everything. */
  #version: string | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock, options.random);
  }

  /** Runs until the signal is aborted; then resolves. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onError } = this.#options;
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      try {
        await this.#follow(signal);
        // A server that ends watches at once must not be asked in a tight loop.
        if (clock.monotonicMs() - startedMs >= 1000) continue;
      } catch (error) {
        if (signal.aborted) return;
        if (this.#recover(error)) continue;
        onError?.(error);
      }
      await sleep(clock, this.#backoff.nextMs(), signal).catch(() => {});
    }
  }

  /** True when the next attempt differs, so that it need not wait. */
  #recover(error: unknown): boolean {
    if (isExpired(error) && this.#version !== undefined) {
      this.#version = undefined;
      return true;
    }
    const refused = error instanceof ApiError && (error.reason === 'Invalid' || error.reason === 'BadRequest');
    if (refused && this.#version === undefined && this.#watchListOffered) {
      this.#watchListOffered = false;
      return true;
    }
    return false;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    if (this.#version === undefined && !this.#watchListOffered) await this.#list();
    if (signal.aborted) return;
    const { client, resource, selection, random } = this.#options;
    const options: WatchOptions = {
      ...selection,
      allowWatchBookmarks: true,
      timeoutSeconds: Math.floor(watchSecondsMin * (1 + random.next())),
      ...(this.#version === undefined
        ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' as const }
        : { resourceVersion: this.#version }),
    };
    const initial: Map<Key, Stored<T>> | undefined = this.#version === undefined ? new Map() : undefined;
    for await (const event of client.watch<T>(resource, options, signal)) {
      if (signal.aborted) return;
      if (this.#version === undefined && initial !== undefined) this.#collect(initial, event.type, event.object);
      else this.#apply(event.type, event.object);
    }
  }

  async #list(): Promise<void> {
    const { client, resource, selection, sink } = this.#options;
    const objects: Stored<T>[] = [];
    let next: string | undefined;
    let version = '';
    do {
      const page = await client.list<T>(resource, { ...selection, limit: listPageItems, continue: next });
      for (const object of page.items) objects.push(object);
      next = page.metadata.continue;
      version = page.metadata.resourceVersion ?? '';
    } while (next);
    sink.replace(objects, version);
    this.#version = version;
  }

  /** The events before the marked bookmark are the collection itself; a change may already be among them. */
  #collect(initial: Map<Key, Stored<T>>, type: string, object: Stored<T>): void {
    const meta = (object as ApiObject).metadata;
    if (type === 'BOOKMARK') {
      if (meta?.annotations?.[initialEventsEnd] !== 'true') return;
      const version = meta.resourceVersion ?? '';
      this.#options.sink.replace([...initial.values()], version);
      initial.clear();
      this.#version = version;
    } else if (type === 'DELETED') {
      initial.delete(keyOf(object as ApiObject));
    } else {
      initial.set(keyOf(object as ApiObject), object);
    }
  }

  #apply(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: Stored<T>): void {
    const version = (object as ApiObject).metadata?.resourceVersion;
    if (type === 'BOOKMARK') this.#options.sink.advance?.(version ?? '');
    else this.#options.sink.apply(type, object);
    if (version) this.#version = version;
  }
}
