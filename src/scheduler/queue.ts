/**
 * The Pods without a node. A Pod is in one state:
 *
 *   active         to be tried, the most important first
 *   backoff        may be tried, but failed lately: only when nothing is active, or when its pause is over
 *   errorBackoff   trying went wrong (the API server refused): not before its pause is over
 *   unschedulable  fits nowhere; waits for an event that its plugins say may help, at most five minutes
 *   gated          not to be tried yet
 *   taken          being tried
 */

import type { Node } from '#api/core/node.ts';
import type { Stored } from '#client/object.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import { Heap } from '#lib/heap.ts';
import type { ClusterEvent, Plugin, WakeRules } from '#scheduler/plugin.ts';
import { comesBefore } from '#scheduler/plugins/priority-sort.ts';
import { isGated } from '#scheduler/plugins/scheduling-gates.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

type QueueState = 'active' | 'backoff' | 'errorBackoff' | 'unschedulable' | 'gated' | 'taken';

export interface QueuedPod {
  info: PodInfo;
  state: QueueState;
  /** When it last began to wait. */
  addedMs: number;
  /** Until then it is left alone. */
  pauseEndMs: number;
  unschedulableCount: number;
  errorCount: number;
  /** Who refused it; nobody when there were no nodes. */
  plugins: ReadonlySet<string>;
  /** Counts the changes of state: an older place in a heap no longer holds. */
  moves: number;
}

interface Place {
  readonly queued: QueuedPod;
  readonly move: number;
}

const pauseMsFirst = 1000;
const pauseMsMax = 10_000;
/** Pods that back off until the same second count as equally far. */
const pauseWindowMs = 1000;
const unschedulableMsMax = 5 * 60_000;

const secondOf = (queued: QueuedPod) => Math.trunc(queued.pauseEndMs / pauseWindowMs);

export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #rules: ReadonlyMap<string, WakeRules>;
  readonly #pods = new Map<string, QueuedPod>();
  readonly #active = new Heap<Place>((a, b) => comesBefore(a.queued, b.queued));
  readonly #backoff = new Heap<Place>((a, b) => {
    const [left, right] = [secondOf(a.queued), secondOf(b.queued)];
    return left < right || (left === right && comesBefore(a.queued, b.queued));
  });
  readonly #errorBackoff = new Heap<Place>((a, b) => a.queued.pauseEndMs < b.queued.pauseEndMs);
  /** The unschedulable ones, the longest waiting first. */
  readonly #unschedulable = new Set<QueuedPod>();
  /** And by the plugins that refused them. Under '': those that nobody refused. */
  readonly #byPlugin = new Map<string, Set<QueuedPod>>();
  readonly #onReady: () => void;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #readyCount = 0;

  constructor(options: { clock: Clock; plugins: readonly Plugin[]; onReady: () => void }) {
    this.#clock = options.clock;
    this.#rules = new Map(options.plugins.map(plugin => [plugin.name, plugin.wakes ?? {}]));
    this.#onReady = options.onReady;
  }

  /** How many could be tried now. */
  get readyCount(): number {
    return this.#readyCount;
  }

  get size(): number {
    return this.#pods.size;
  }

  get(uid: string): QueuedPod | undefined {
    return this.#pods.get(uid);
  }

  add(info: PodInfo): void {
    const nowMs = this.#clock.monotonicMs();
    const queued: QueuedPod = {
      info,
      state: 'taken',
      addedMs: nowMs,
      pauseEndMs: 0,
      unschedulableCount: 0,
      errorCount: 0,
      plugins: new Set(),
      moves: 0,
    };
    this.#pods.set(info.uid, queued);
    this.#move(queued, isGated(info) ? 'gated' : 'active');
  }

  /** The waiting Pod was changed: that alone may let it run. */
  update(info: PodInfo): void {
    const queued = this.#pods.get(info.uid);
    if (queued === undefined) {
      this.add(info);
      return;
    }
    const old = queued.info.pod;
    queued.info = info;
    if (queued.state === 'gated' && !isGated(info)) this.#move(queued, 'active');
    else if (queued.state === 'unschedulable' && this.#selfHelps(queued, { type: 'self', old })) this.#release(queued);
  }

  remove(uid: string): void {
    const queued = this.#pods.get(uid);
    if (queued === undefined) return;
    this.#leave(queued);
    queued.state = 'taken';
    queued.moves++;
    this.#pods.delete(uid);
  }

  /** The next to try; undefined when there is none now. */
  take(): QueuedPod | undefined {
    const nowMs = this.#clock.monotonicMs();
    for (let first = this.#first(this.#backoff, 'backoff'); first; first = this.#first(this.#backoff, 'backoff')) {
      if (first.pauseEndMs > nowMs) break;
      this.#move(first, 'active');
    }
    const next = this.#first(this.#active, 'active') ?? this.#first(this.#backoff, 'backoff');
    if (next !== undefined) this.#move(next, 'taken');
    return next;
  }

  /** A Pod that was taken fits nowhere. */
  returnUnschedulable(queued: QueuedPod, plugins: ReadonlySet<string>): void {
    queued.unschedulableCount++;
    queued.errorCount = 0;
    queued.plugins = plugins;
    this.#return(queued, 'unschedulable', queued.unschedulableCount);
  }

  /** Trying a Pod that was taken went wrong. */
  returnFailed(queued: QueuedPod): void {
    queued.errorCount++;
    queued.plugins = new Set();
    this.#return(queued, 'errorBackoff', queued.errorCount);
  }

  /** Something happened: whom it may help is tried again. */
  wake(event: Exclude<ClusterEvent, { type: 'self' }>): void {
    if (this.#unschedulable.size === 0) return;
    const helped = new Set<QueuedPod>();
    if (event.type === 'node') {
      for (const queued of this.#byPlugin.get('') ?? []) if (this.#mayTake(event.node, queued)) helped.add(queued);
    }
    for (const [name, rules] of this.#rules) {
      const rule = rules[event.type] as ((event: ClusterEvent, info: PodInfo) => boolean) | undefined;
      if (rule === undefined) continue;
      for (const queued of this.#byPlugin.get(name) ?? []) {
        if (!helped.has(queued) && rule(event, queued.info)) helped.add(queued);
      }
    }
    for (const queued of helped) this.#release(queued);
  }

  /** One Pod is tried again whatever it waits for. */
  release(uid: string): void {
    const queued = this.#pods.get(uid);
    if (queued?.state === 'unschedulable') this.#release(queued);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = Number.NEGATIVE_INFINITY;
  }

  /** For a Pod that found no node at all: one that no plugin has anything against. */
  #mayTake(node: Stored<Node>, { info }: QueuedPod): boolean {
    for (const { node: rule } of this.#rules.values()) {
      if (rule !== undefined && !rule({ type: 'node', old: undefined, node }, info)) return false;
    }
    return true;
  }

  #selfHelps(queued: QueuedPod, event: ClusterEvent & { type: 'self' }): boolean {
    for (const name of queued.plugins) if (this.#rules.get(name)?.self?.(event, queued.info)) return true;
    return false;
  }

  #return(queued: QueuedPod, state: 'unschedulable' | 'errorBackoff', failures: number): void {
    // It was removed, or is there anew, while it was being tried.
    if (this.#pods.get(queued.info.uid) !== queued || queued.state !== 'taken') return;
    const nowMs = this.#clock.monotonicMs();
    queued.addedMs = nowMs;
    queued.pauseEndMs = nowMs + Math.min(pauseMsFirst * 2 ** (failures - 1), pauseMsMax);
    this.#move(queued, state);
  }

  #release(queued: QueuedPod): void {
    this.#move(queued, queued.pauseEndMs > this.#clock.monotonicMs() ? 'backoff' : 'active');
  }

  #move(queued: QueuedPod, state: QueueState): void {
    this.#leave(queued);
    queued.state = state;
    queued.moves++;
    const place = { queued, move: queued.moves };
    if (state === 'active') this.#active.push(place);
    else if (state === 'backoff') this.#backoff.push(place);
    else if (state === 'errorBackoff') this.#errorBackoff.push(place);
    else if (state === 'unschedulable') this.#enterUnschedulable(queued);
    if (state === 'errorBackoff') this.#wakeAt(queued.pauseEndMs);
    else if (state === 'unschedulable') this.#wakeAt(queued.addedMs + unschedulableMsMax);
    if (!isReady(state)) return;
    this.#readyCount++;
    this.#onReady();
  }

  #leave(queued: QueuedPod): void {
    if (isReady(queued.state)) this.#readyCount--;
    if (queued.state !== 'unschedulable') return;
    this.#unschedulable.delete(queued);
    for (const name of namesOf(queued)) {
      const waiting = this.#byPlugin.get(name);
      if (waiting?.delete(queued) && waiting.size === 0) this.#byPlugin.delete(name);
    }
  }

  #enterUnschedulable(queued: QueuedPod): void {
    this.#unschedulable.add(queued);
    for (const name of namesOf(queued)) {
      const waiting = this.#byPlugin.get(name);
      if (waiting === undefined) this.#byPlugin.set(name, new Set([queued]));
      else waiting.add(queued);
    }
  }

  /** The first of a heap that is still in that state; places that no longer hold are dropped on the way. */
  #first(heap: Heap<Place>, state: QueueState): QueuedPod | undefined {
    for (let place = heap.peek(); place !== undefined; place = heap.peek()) {
      if (place.queued.moves === place.move && place.queued.state === state) return place.queued;
      heap.pop();
    }
    return undefined;
  }

  #wakeAt(atMs: number): void {
    if (this.#timerAtMs <= atMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.#clock.after(atMs - this.#clock.monotonicMs(), () => this.#onTime(), { idle: true });
  }

  #onTime(): void {
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.monotonicMs();
    for (;;) {
      const failed = this.#first(this.#errorBackoff, 'errorBackoff');
      if (failed === undefined) break;
      if (failed.pauseEndMs > nowMs) {
        this.#wakeAt(failed.pauseEndMs);
        break;
      }
      this.#move(failed, 'active');
    }
    for (const queued of this.#unschedulable) {
      if (queued.addedMs + unschedulableMsMax > nowMs) {
        this.#wakeAt(queued.addedMs + unschedulableMsMax);
        break;
      }
      this.#move(queued, 'active');
    }
  }
}

const isReady = (state: QueueState) => state === 'active' || state === 'backoff';
const namesOf = ({ plugins }: QueuedPod): Iterable<string> => (plugins.size === 0 ? [''] : plugins);
