/**
 * Which Pods go first when there are too many: those whose loss costs least. Pure.
 *
 * In this order: without a node, by phase (Pending, Unknown, Running), not ready, cheap by annotation, on a node that holds
 * more of their kin, ready for a shorter time, restarted more often, younger. Times are compared by their order of
 * magnitude, so that of Pods of about the same age any may go and not always the youngest.
 */

import type { Pod } from '#api/core/pod.ts';
import { isPodActive, isPodReady, podCondition } from '#api/core/pod-state.ts';
import type { Stored } from '#client/object.ts';

const costAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

interface Ranked {
  readonly pod: Stored<Pod>;
  /** How many of its kin are on its node. */
  readonly kinCount: number;
}

/** `kin`: the Pods of all sets with the same owner, for the spread over nodes. */
export function podsToDelete(
  pods: readonly Stored<Pod>[],
  kin: readonly Stored<Pod>[],
  count: number,
  nowMs: number,
): Stored<Pod>[] {
  if (count >= pods.length) return [...pods];
  const perNode = new Map<string, number>();
  for (const pod of kin) {
    const node = pod.spec.nodeName;
    if (node && isPodActive(pod)) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  return pods
    .map(pod => ({ pod, kinCount: perNode.get(pod.spec.nodeName ?? '') ?? 0 }))
    .sort((a, b) => compare(a, b, nowMs))
    .slice(0, count)
    .map(ranked => ranked.pod);
}

function compare(a: Ranked, b: Ranked, nowMs: number): number {
  const bothReady = isPodReady(a.pod) && isPodReady(b.pod);
  return (
    Number(Boolean(a.pod.spec.nodeName)) - Number(Boolean(b.pod.spec.nodeName)) ||
    rankOfPhase(a.pod) - rankOfPhase(b.pod) ||
    Number(isPodReady(a.pod)) - Number(isPodReady(b.pod)) ||
    deletionCost(a.pod) - deletionCost(b.pod) ||
    b.kinCount - a.kinCount ||
    (bothReady ? compareSince(readySince(a.pod), readySince(b.pod), a, b, nowMs) : 0) ||
    restarts(b.pod) - restarts(a.pod) ||
    compareSince(a.pod.metadata.creationTimestamp, b.pod.metadata.creationTimestamp, a, b, nowMs)
  );
}

const rankOfPhase = (pod: Pod) => phaseRank[pod.status?.phase ?? ''] ?? 0;

function deletionCost(pod: Pod): number {
  const text = pod.metadata?.annotations?.[costAnnotation];
  return text !== undefined && /^(0|-?[1-9]\d{0,9})$/.test(text) ? Number(text) : 0;
}

const readySince = (pod: Pod) => podCondition(pod, 'Ready')?.lastTransitionTime;

/** The most often restarted of its containers; regular ones count before restartable init containers. */
function restarts(pod: Pod): number {
  const most = (statuses: readonly { restartCount?: number | undefined }[] = []) =>
    Math.max(0, ...statuses.map(status => status.restartCount ?? 0));
  return most(pod.status?.containerStatuses) || most(pod.status?.initContainerStatuses) / 1e9;
}

/** The younger first; of the same order of magnitude, whichever has the smaller uid. */
function compareSince(
  a: string | undefined,
  b: string | undefined,
  left: Ranked,
  right: Ranked,
  nowMs: number,
): number {
  if (a === b) return 0;
  if (!a || !b) return a ? 1 : -1;
  const difference = magnitude(nowMs - Date.parse(a)) - magnitude(nowMs - Date.parse(b));
  if (difference !== 0) return difference;
  return left.pod.metadata.uid < right.pod.metadata.uid ? -1 : 1;
}

/** Of nanoseconds, as upstream counts them. */
const magnitude = (ageMs: number) => (ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * 1e6)));
