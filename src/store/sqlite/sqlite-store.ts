/**
 * The store in one file, for one API server: the embedded default.
 *
 * Writes go to a thread that groups them into commits; reads to another. This side keeps the order: replies come in the order
 * of the writes sent, the watchers are told of each group, and then its promises resolve.
 */

import { Worker } from 'node:worker_threads';
import { must } from '#lib/assert.ts';
import type { Clock } from '#lib/clock.ts';
import { Expiry } from '#store/expiry.ts';
import { StoreFileError } from '#store/sqlite/file.ts';
import type { CommitReply, CommitRequest, WriteOperation, WriteOutcome } from '#store/sqlite/messages.ts';
import { pack, unpacker } from '#store/sqlite/messages.ts';
import { ReadThread } from '#store/sqlite/read-client.ts';
import type {
  KeyValue,
  PutOptions,
  RangeOptions,
  RangeResult,
  Revision,
  Store,
  StoreEvent,
  StoreWatch,
  WatchOptions,
  WriteOptions,
  WriteResult,
} from '#store/store.ts';
import { FutureRevisionError } from '#store/store.ts';
import { StoreWatchers } from '#store/watchers.ts';

export interface SqliteStoreOptions {
  /** `<path>-wal`, `-shm` and `-lock` lie beside it. */
  readonly path: string;
  readonly clock: Clock;
}

/** A write on its way. */
interface Pending {
  readonly operation: WriteOperation;
  readonly value: Uint8Array | undefined;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: Error) => void;
}

type Opened = Extract<CommitReply, { type: 'opened' }>;

export class SqliteStore implements Store {
  readonly #clock: Clock;
  readonly #commits: Worker;
  readonly #reads: ReadThread;
  readonly #expiry: Expiry;
  readonly #watchers: StoreWatchers;
  #revision: Revision;
  /** Sent and not answered, in order. */
  readonly #pending: Pending[] = [];
  /** Of this turn of the event loop, not sent yet. */
  #unsent: Pending[] = [];
  readonly #compactions: PromiseWithResolvers<void>[] = [];
  #sweeping = false;
  /** Set once nothing can be written any more: closed, or the thread died. */
  #ended: Error | undefined;
  readonly #closed = Promise.withResolvers<void>();

  private constructor(options: SqliteStoreOptions, commits: Worker, opened: Opened) {
    this.#clock = options.clock;
    this.#commits = commits;
    this.#revision = opened.revision;
    this.#reads = new ReadThread(options.path, options.clock);
    this.#watchers = new StoreWatchers(history => this.#reads.history(history), opened.revision);
    this.#expiry = new Expiry(options.clock, due => {
      // What cannot be deleted now is found again when the file is opened.
      for (const { key, revision } of due) this.delete(key, { expected: revision }).catch(() => undefined);
    });
    for (const term of opened.terms) this.#expiry.set(term);
    commits.on('message', (reply: CommitReply) => this.#onReply(reply));
    commits.on('error', error => this.#fail(error as Error));
    commits.on('exit', () => this.#fail(new Error('the store is closed')));
    if (!opened.swept) this.#sweep();
  }

  /** Rejects with StoreFileError when the file is held by another process, foreign, damaged or too new. */
  static open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const commits = new Worker(new URL('./commit-thread.ts', import.meta.url), { workerData: { path: options.path } });
    return new Promise((resolve, reject) => {
      commits.once('error', reject);
      commits.once('message', (reply: CommitReply) => {
        commits.off('error', reject);
        if (reply.type === 'opened') resolve(new SqliteStore(options, commits, reply));
        else reject(new StoreFileError(reply.type === 'refused' ? reply.message : `unexpected ${reply.type}`));
      });
    });
  }

  async revision(): Promise<Revision> {
    return this.#revision;
  }

  get(key: string): Promise<KeyValue | undefined> {
    return this.#reads.get(key);
  }

  range(options: RangeOptions): Promise<RangeResult> {
    return this.#reads.range(options);
  }

  put(key: string, value: Uint8Array, options: PutOptions = {}): Promise<WriteResult> {
    const { expected, ttlSeconds } = options;
    const expiresMs = ttlSeconds === undefined ? null : this.#clock.nowMs() + ttlSeconds * 1000;
    return this.#write({ key, length: value.length, expected, expiresMs }, value);
  }

  delete(key: string, options: WriteOptions = {}): Promise<WriteResult> {
    return this.#write({ key, length: -1, expected: options.expected, expiresMs: null }, undefined);
  }

  watch(options: WatchOptions): StoreWatch {
    return this.#watchers.add(options);
  }

  async compact(revision: Revision): Promise<void> {
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
    if (this.#ended !== undefined) throw this.#ended;
    const compaction = Promise.withResolvers<void>();
    this.#compactions.push(compaction);
    this.#post({ type: 'compact', revision });
    await compaction.promise;
  }

  /** After the writes that were sent before. */
  async close(): Promise<void> {
    if (this.#ended === undefined) {
      this.#flush();
      this.#ended = new Error('the store is closed');
      this.#post({ type: 'close' });
    }
    this.#expiry.close();
    await this.#closed.promise;
    this.#watchers.end();
    await this.#reads.close();
  }

  #write(operation: WriteOperation, value: Uint8Array | undefined): Promise<WriteResult> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      if (this.#unsent.length === 0) queueMicrotask(() => this.#flush());
      this.#unsent.push({ operation, value, resolve, reject });
    });
  }

  /** Sends what this turn has written. */
  #flush(): void {
    if (this.#unsent.length === 0) return;
    const operations = this.#unsent.map(each => each.operation);
    const values = pack(this.#unsent.map(each => each.value).filter(value => value !== undefined));
    for (const each of this.#unsent) this.#pending.push(each);
    this.#unsent = [];
    this.#post({ type: 'write', operations, values }, [values]);
  }

  #post(request: CommitRequest, handOver: ArrayBuffer[] = []): void {
    this.#commits.postMessage(request, handOver);
  }

  #onReply(reply: CommitReply): void {
    if (reply.type === 'committed') this.#onCommitted(reply);
    else if (reply.type === 'failed') {
      const error = new Error(`Write to the store: ${reply.message}`);
      for (const each of this.#pending.splice(0, reply.operationsCount)) each.reject(error);
    } else if (reply.type === 'compacted') this.#onCompacted(reply.message);
    else if (reply.type === 'swept') {
      this.#sweeping = false;
      if (reply.more) this.#sweep();
    }
  }

  #onCommitted({ revision, outcomes, values }: Extract<CommitReply, { type: 'committed' }>): void {
    const take = unpacker(values);
    const group = this.#pending.splice(0, outcomes.length);
    const events: StoreEvent[] = [];
    const results = outcomes.map((outcome, i): WriteResult => {
      const write = must(group[i], 'every outcome has its write');
      const shown = outcome.length > 0 ? take(outcome.length) : new Uint8Array();
      if (!outcome.ok) return { ok: false, current: standing(write.operation.key, outcome, shown) };
      events.push(eventOf(write, outcome, shown));
      this.#setTerm(write.operation, outcome.revision);
      return { ok: true, revision: outcome.revision };
    });
    this.#revision = revision;
    this.#watchers.publish(events, revision);
    group.forEach((write, i) => {
      write.resolve(results[i]!);
    });
  }

  #setTerm({ key, expiresMs }: WriteOperation, revision: Revision): void {
    if (expiresMs === null) this.#expiry.clear(key);
    else this.#expiry.set({ key, revision, atMs: expiresMs });
  }

  #onCompacted(message: string | undefined): void {
    const compaction = must(this.#compactions.shift(), 'a compaction was asked for');
    if (message === undefined) compaction.resolve();
    else compaction.reject(new Error(`Compact the store: ${message}`));
    if (!this.#sweeping) this.#sweep();
  }

  /** Slice by slice, each behind the writes that came meanwhile. */
  #sweep(): void {
    if (this.#ended !== undefined) return;
    this.#sweeping = true;
    this.#post({ type: 'sweep' });
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    for (const each of this.#pending.splice(0)) each.reject(error);
    for (const each of this.#unsent.splice(0)) each.reject(error);
    for (const each of this.#compactions.splice(0)) each.reject(error);
    this.#expiry.close();
    this.#watchers.end(error);
    this.#closed.resolve();
  }
}

function standing(key: string, { revision, created }: WriteOutcome, value: Uint8Array): KeyValue | undefined {
  return revision === 0 ? undefined : { key, value, createRevision: created, modRevision: revision };
}

function eventOf({ operation, value }: Pending, outcome: WriteOutcome, shown: Uint8Array): StoreEvent {
  const { revision, created, previous } = outcome;
  return {
    type: value === undefined ? 'delete' : 'put',
    key: operation.key,
    revision,
    value: value ?? shown,
    createRevision: created,
    previousRevision: previous,
  };
}
