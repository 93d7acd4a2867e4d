/**
 * How many Pods of a kind run on each row, kept up as Pods come and go, so that a rule about other Pods costs the rows
 * that have some, not all Pods.
 *
 * Two sorts of sums: Pods that somebody asked to count (made at the first question, then kept up), and the rules that
 * running Pods bring along, for what they mean to a newcomer.
 */

import type { AffinityTerm, PodInfo } from '#scheduler/pod-info.ts';

/** By row; rows that have none are absent. */
export type RowSums = Map<number, number>;

interface Tracker {
  /** Where to look; undefined: in every namespace. */
  readonly namespaces: ReadonlySet<string> | undefined;
  readonly counts: (info: PodInfo) => boolean;
  readonly rows: RowSums;
}

/** A rule of running Pods. */
export interface CarriedTerm {
  readonly term: AffinityTerm;
  /** The sum of the weights of the Pods there that carry it: below zero when they keep others away. */
  readonly rows: RowSums;
  carriers: number;
}

/** More rules than that are not in use at a time; the one not asked about for longest is forgotten, and made anew. */
const trackersMax = 512;
/** What a required affinity of a running Pod is worth to a newcomer that it matches (hardPodAffinityWeight). */
const requiredWeight = 1;

export class PodCounts {
  readonly #podsOf: readonly ReadonlySet<PodInfo>[];
  readonly #trackers = new Map<string, Tracker>();
  readonly #namespaceLabels = new Map<string, Readonly<Record<string, string>>>();
  /** Required anti-affinity: where a newcomer must not go. */
  readonly keepingAway = new Map<string, CarriedTerm>();
  /** Everything else: where a newcomer had better go, or not. */
  readonly pulling = new Map<string, CarriedTerm>();

  constructor(podsOf: readonly ReadonlySet<PodInfo>[]) {
    this.#podsOf = podsOf;
  }

  /** `id` says the same Pods always. */
  counting(id: string, namespaces: ReadonlySet<string> | undefined, counts: (info: PodInfo) => boolean): RowSums {
    const known = this.#trackers.get(id);
    if (known !== undefined) {
      this.#trackers.delete(id);
      this.#trackers.set(id, known);
      return known.rows;
    }
    const tracker: Tracker = { namespaces, counts, rows: new Map() };
    for (const [row, pods] of this.#podsOf.entries()) for (const info of pods) addTo(tracker, row, info, 1);
    if (this.#trackers.size >= trackersMax) this.#trackers.delete(this.#trackers.keys().next().value!);
    this.#trackers.set(id, tracker);
    return tracker.rows;
  }

  /** The Pods that all the terms mean. */
  matching(terms: readonly AffinityTerm[]): RowSums {
    const [first] = terms;
    const namespaces = terms.length === 1 && first!.namespaceTest === undefined ? first!.namespaces : undefined;
    const id = terms.map(term => term.id).join('&');
    return this.counting(id, namespaces, info => terms.every(term => this.means(term, info)));
  }

  means(term: AffinityTerm, { namespace, labels }: PodInfo): boolean {
    if (!term.namespaces.has(namespace)) {
      if (term.namespaceTest === undefined || !term.namespaceTest(this.#namespaceLabels.get(namespace))) return false;
    }
    return term.test(labels);
  }

  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    if (labels === undefined) this.#namespaceLabels.delete(name);
    else this.#namespaceLabels.set(name, labels);
    this.#trackers.clear();
  }

  podAdded(row: number, info: PodInfo): void {
    this.#change(row, info, 1);
  }

  podRemoved(row: number, info: PodInfo): void {
    this.#change(row, info, -1);
  }

  #change(row: number, info: PodInfo, sign: 1 | -1): void {
    for (const tracker of this.#trackers.values()) addTo(tracker, row, info, sign);
    for (const term of info.requiredAntiAffinity) carry(this.keepingAway, term, row, sign, 1);
    for (const term of info.requiredAffinity) carry(this.pulling, term, row, sign, requiredWeight);
    for (const term of info.preferredAffinity) carry(this.pulling, term, row, sign, term.weight);
    for (const term of info.preferredAntiAffinity) carry(this.pulling, term, row, sign, -term.weight);
  }
}

function addTo(tracker: Tracker, row: number, info: PodInfo, sign: 1 | -1): void {
  if (tracker.namespaces !== undefined && !tracker.namespaces.has(info.namespace)) return;
  if (tracker.counts(info)) addToRow(tracker.rows, row, sign);
}

function addToRow(rows: RowSums, row: number, added: number): void {
  const sum = (rows.get(row) ?? 0) + added;
  if (sum === 0) rows.delete(row);
  else rows.set(row, sum);
}

function carry(terms: Map<string, CarriedTerm>, term: AffinityTerm, row: number, sign: 1 | -1, weight: number): void {
  const key = `${term.topologyKey}|${term.id}`;
  let carried = terms.get(key);
  if (carried === undefined) terms.set(key, (carried = { term, rows: new Map(), carriers: 0 }));
  addToRow(carried.rows, row, sign * weight);
  carried.carriers += sign;
  if (carried.carriers === 0) terms.delete(key);
}
