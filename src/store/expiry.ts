/**
 * Which keys end when. One timer, for the earliest; what is due is handed over to be deleted with a compare, because a later
 * put may be on its way.
 */

import type { Clock, Timer } from '#lib/clock.ts';
import { Heap } from '#lib/heap.ts';
import type { Revision } from '#store/store.ts';

export interface Term {
  readonly key: string;
  /** The put that set it: the term is over when another one has followed. */
  readonly revision: Revision;
  readonly atMs: number;
}

/** Replaced terms that are no trouble. */
const replacedTermsMin = 1000;

const newHeap = () => new Heap<Term>((a, b) => a.atMs < b.atMs);

export class Expiry {
  readonly #clock: Clock;
  readonly #onDue: (due: readonly Term[]) => void;
  readonly #terms = new Map<string, Term>();
  /** Holds replaced terms too, as many as there are others; `#terms` tells which one counts. */
  #heap = newHeap();
  #timer: Timer | undefined;
  #timerAtMs = 0;

  constructor(clock: Clock, onDue: (due: readonly Term[]) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Terms in memory, replaced ones among them. */
  get heldCount(): number {
    return this.#heap.size;
  }

  set(term: Term): void {
    this.#terms.set(term.key, term);
    this.#heap.push(term);
    if (this.#heap.size > 2 * this.#terms.size + replacedTermsMin) this.#dropReplaced();
    this.#arm();
  }

  /** The key has no term any more: it was put without one, or deleted. */
  clear(key: string): void {
    if (this.#terms.size > 0) this.#terms.delete(key);
  }

  close(): void {
    this.#terms.clear();
    this.#timer?.cancel();
  }

  /** An object that is written every second for an hour would leave 3,600. */
  #dropReplaced(): void {
    this.#heap = newHeap();
    for (const term of this.#terms.values()) this.#heap.push(term);
  }

  #arm(): void {
    const next = this.#heap.peek();
    if (next === undefined || (this.#timer !== undefined && this.#timerAtMs <= next.atMs)) return;
    this.#timer?.cancel();
    this.#timerAtMs = next.atMs;
    this.#timer = this.#clock.after(next.atMs - this.#clock.nowMs(), () => this.#fire(), { idle: true });
  }

  #fire(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.nowMs();
    const due: Term[] = [];
    for (let next = this.#heap.peek(); next !== undefined && next.atMs <= nowMs; next = this.#heap.peek()) {
      this.#heap.pop();
      if (this.#terms.get(next.key) !== next) continue;
      this.#terms.delete(next.key);
      due.push(next);
    }
    this.#arm();
    if (due.length > 0) this.#onDue(due);
  }
}
