/** The store's side of the thread that reads. */

import { Worker } from 'node:worker_threads';
import { must } from '#lib/assert.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import type { HistoryRequest, RangeRequest, ReadAnswer, ReadReply } from '#store/sqlite/messages.ts';
import { unpacker } from '#store/sqlite/messages.ts';
import type { KeyValue, RangeOptions, RangeResult, StoreEvent } from '#store/store.ts';
import { CompactedError, FutureRevisionError } from '#store/store.ts';
import type { ReadHistory } from '#store/watchers.ts';

/** The caches read at the start and then hardly ever: a thread that has been idle for so long is worth less than its memory. */
const idleMsMax = 10_000;

/** Begins with the first read, and anew with the first one after an idle time. */
export class ReadThread {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #pending = new Map<number, PromiseWithResolvers<ReadAnswer>>();
  #worker: Worker | undefined;
  #idle: Timer | undefined;
  #lastId = 0;
  #ended: Error | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  async get(key: string): Promise<KeyValue | undefined> {
    const [item] = keyValues(await this.#ask(rangeRequest({ prefix: key }, true)));
    return item;
  }

  async range(options: RangeOptions): Promise<RangeResult> {
    const answer = await this.#ask(rangeRequest(options, false));
    const { revision, more, remaining } = answer;
    return { revision, items: keyValues(answer), more, ...(remaining === undefined ? {} : { remaining }) };
  }

  readonly history: ReadHistory = async options => {
    const answer = await this.#ask({ type: 'history', ...options });
    return { events: eventsOf(answer), through: answer.revision };
  };

  async close(): Promise<void> {
    this.#fail(new Error('the store is closed'));
    await this.#stop();
  }

  #ask(request: RangeRequest | HistoryRequest): Promise<ReadAnswer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#idle?.cancel();
    this.#worker ??= this.#start();
    const id = ++this.#lastId;
    const pending = Promise.withResolvers<ReadAnswer>();
    this.#pending.set(id, pending);
    this.#worker.postMessage({ ...request, id });
    return pending.promise;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./read-thread.ts', import.meta.url), { workerData: { path: this.#path } });
    worker.on('message', (reply: ReadReply) => this.#onReply(reply));
    worker.on('error', error => this.#fail(error as Error));
    return worker;
  }

  async #stop(): Promise<void> {
    this.#idle?.cancel();
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #onReply(reply: ReadReply): void {
    const pending = must(this.#pending.get(reply.id), 'a reply answers a request');
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#idle = this.#clock.after(idleMsMax, () => void this.#stop(), { idle: true });
    if (reply.type === 'read') pending.resolve(reply.answer);
    else if (reply.type === 'compacted') pending.reject(new CompactedError(reply.asked, reply.compactRevision));
    else if (reply.type === 'future') pending.reject(new FutureRevisionError(reply.asked, reply.revision));
    else pending.reject(new Error(`Read the store: ${reply.message}`));
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

function rangeRequest(options: RangeOptions, single: boolean): RangeRequest {
  const { prefix, after, limit, revision, count = false } = options;
  return { type: 'range', prefix, after, limit, revision, count, single };
}

function keyValues({ rows, values }: ReadAnswer): KeyValue[] {
  const take = unpacker(values);
  return rows.map(({ key, revision, created, length }) => {
    return { key, value: take(length), createRevision: created, modRevision: revision };
  });
}

function eventsOf({ rows, values }: ReadAnswer): StoreEvent[] {
  const take = unpacker(values);
  return rows.map(row => ({
    type: row.deleted ? 'delete' : 'put',
    key: row.key,
    revision: row.revision,
    value: take(row.length),
    createRevision: row.created,
    previousRevision: row.previous,
  }));
}
