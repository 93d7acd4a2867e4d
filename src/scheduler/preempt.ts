/**
 * DefaultPreemption: which Pods to take off which node so that a more important one fits. A plan; `evict.ts` carries it
 * out. The table is changed while it tries, and put back.
 */

import { podCondition } from '#api/core/pod-state.ts';
import type { PodDisruptionBudget } from '#api/policy/pod-disruption-budget.ts';
import type { Stored } from '#client/object.ts';
import { assert } from '#lib/assert.ts';
import type { Random } from '#lib/random.ts';
import { isEmptySelector, selectorTest } from '#loop/selector.ts';
import type { Diagnosis } from '#scheduler/diagnosis.ts';
import { countedMessage } from '#scheduler/diagnosis.ts';
import type { NodeFilters } from '#scheduler/filters.ts';
import type { NodeTable } from '#scheduler/node-table.ts';
import type { Nominations } from '#scheduler/nominations.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

export type PreemptionPlan =
  | { readonly at: 'node'; readonly nodeName: string; readonly victims: readonly PodInfo[] }
  /** `clears`: the node that was cleared for the Pod before is of no use to it. */
  | { readonly at: 'nowhere'; readonly message: string; readonly clears: boolean };

export interface PreemptionInput {
  readonly info: PodInfo;
  readonly diagnosis: Diagnosis;
  readonly filters: NodeFilters;
  readonly table: NodeTable;
  readonly nominations: Nominations;
  readonly budgets: readonly Stored<PodDisruptionBudget>[];
  readonly random: Random;
}

interface Candidate {
  readonly nodeName: string;
  /** The most important first. */
  readonly victims: readonly PodInfo[];
  readonly violationCount: number;
}

export const preemptionReason = 'PreemptionByScheduler';
const notHelpful = 'Preemption is not helpful for scheduling';
const noVictims = 'No preemption victims found for incoming pod';
/** Of so many nodes where something could be taken away, a tenth are tried, but not fewer than a hundred. */
const candidateShareMin = 0.1;
const candidatesMin = 100;

export function planPreemption(input: PreemptionInput): PreemptionPlan {
  const { info, diagnosis, table } = input;
  const ineligible = whyNotEligible(input);
  if (ineligible !== undefined) return { at: 'nowhere', message: ineligible, clears: false };
  const rows = [...diagnosis.refusals].filter(([, refusal]) => refusal.resolvable).map(([row]) => row);
  const reasons: string[] = Array(diagnosis.nodeCount - rows.length).fill(notHelpful);
  const candidates: Candidate[] = [];
  const wanted = Math.max(Math.trunc(rows.length * candidateShareMin), candidatesMin);
  const start = Math.floor(input.random.next() * rows.length);
  let looked = 0;
  for (; looked < rows.length; looked++) {
    const row = rows[(start + looked) % rows.length]!;
    const result = victimsOn(row, input);
    if ('victims' in result) candidates.push({ nodeName: table.names[row]!, ...result });
    else reasons.push(...result.reasons);
    if (candidates.length >= wanted && candidates.some(({ violationCount }) => violationCount === 0)) break;
  }
  if (candidates.length === 0) {
    return { at: 'nowhere', message: countedMessage(diagnosis.nodeCount, reasons), clears: true };
  }
  const { nodeName, victims } = bestOf(candidates);
  assert(
    victims.every(victim => victim.priority < info.priority),
    'every victim is less important',
  );
  return { at: 'node', nodeName, victims };
}

function whyNotEligible({ info, diagnosis, table, nominations }: PreemptionInput): string | undefined {
  if (info.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = nominations.nodeOf(info.uid);
  const row = nominated === undefined ? undefined : table.rowOf(nominated);
  if (row === undefined || diagnosis.refusals.get(row)?.resolvable === false) return undefined;
  for (const other of table.podsOf[row]!) {
    if (other.priority < info.priority && isLeavingFor(other)) {
      return 'not eligible due to a terminating pod on the nominated node.';
    }
  }
  return undefined;
}

/** It is on its way out because a scheduler sent it. */
function isLeavingFor({ pod }: PodInfo): boolean {
  const target = podCondition(pod, 'DisruptionTarget');
  return Boolean(pod.metadata.deletionTimestamp) && target?.status === 'True' && target.reason === preemptionReason;
}

type Victims = Omit<Candidate, 'nodeName'> | { readonly reasons: readonly string[] };

/** All less important Pods are taken off, then as many as still fit are put back, the most important first. */
function victimsOn(row: number, input: PreemptionInput): Victims {
  const { info, filters, table, nominations, budgets } = input;
  const nodeName = table.names[row]!;
  const lesser = [...table.podsOf[row]!].filter(other => other.priority < info.priority).sort(byImportance);
  if (lesser.length === 0) return { reasons: [noVictims] };
  const wasAssumed = new Map(lesser.map(each => [each, table.isAssumed(each.uid)]));
  const remove = (each: PodInfo) => table.remove(each.uid);
  const putBack = (each: PodInfo) => table.put(each, nodeName, { assumed: wasAssumed.get(each)! });
  const refusal = () => {
    filters.refresh();
    return nominations.refusalAt(row, info, filters);
  };
  for (const each of lesser) remove(each);
  const refused = refusal();
  const victims: PodInfo[] = [];
  let violationCount = 0;
  if (refused === undefined) {
    const { violating, others } = splitByBudget(lesser, budgets);
    for (const each of [...violating, ...others]) {
      putBack(each);
      if (refusal() === undefined) continue;
      remove(each);
      victims.push(each);
      if (violating.includes(each)) violationCount++;
    }
  }
  for (const each of refused === undefined ? victims : lesser) putBack(each);
  filters.refresh();
  return refused === undefined ? { victims: victims.sort(byImportance), violationCount } : { reasons: refused.reasons };
}

const startTextOf = ({ pod }: PodInfo) => pod.status?.startTime ?? '9999';

/** Of two of the same priority the one that runs longer matters more. */
function byImportance(a: PodInfo, b: PodInfo): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  const [left, right] = [startTextOf(a), startTextOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Which of the Pods, taken away in this order, would leave a disruption budget with too few. */
function splitByBudget(infos: readonly PodInfo[], budgets: readonly Stored<PodDisruptionBudget>[]) {
  const left = budgets
    .filter(({ spec }) => !isEmptySelector(spec?.selector))
    .map(budget => ({
      budget,
      test: selectorTest(budget.spec.selector),
      allowed: budget.status?.disruptionsAllowed ?? 0,
    }));
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const info of infos) {
    let violates = false;
    for (const each of left) {
      const { metadata, status } = each.budget;
      if (metadata.namespace !== info.namespace || !each.test(info.labels)) continue;
      if (status?.disruptedPods?.[info.pod.metadata.name] !== undefined) continue;
      each.allowed--;
      if (each.allowed < 0) violates = true;
    }
    (violates ? violating : others).push(info);
  }
  return { violating, others };
}

/** Priorities may be below zero; a node with fewer victims must still come to a smaller sum. */
const priorityOffset = 2 ** 31;

/**
 * The fewest broken budgets; then the least important of the most important victims; then the smallest sum of
 * priorities; then the fewest victims; then those that have run for the shortest time.
 */
function bestOf(candidates: readonly Candidate[]): Candidate {
  const measures: readonly ((candidate: Candidate) => number)[] = [
    ({ violationCount }) => violationCount,
    ({ victims }) => victims[0]?.priority ?? Number.NEGATIVE_INFINITY,
    ({ victims }) => victims.reduce((sum, victim) => sum + victim.priority + priorityOffset, 0),
    ({ victims }) => victims.length,
  ];
  let left = candidates;
  for (const measure of measures) {
    if (left.length === 1) break;
    const least = Math.min(...left.map(measure));
    left = left.filter(candidate => measure(candidate) === least);
  }
  const startOf = ({ victims }: Candidate) =>
    victims
      .filter(victim => victim.priority === victims[0]!.priority)
      .map(startTextOf)
      .sort()[0] ?? '';
  return left.reduce((best, candidate) => (startOf(candidate) > startOf(best) ? candidate : best));
}
