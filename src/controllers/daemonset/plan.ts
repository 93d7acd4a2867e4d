/** Which Pods a DaemonSet makes and deletes: one for each Node that should have one, replaced as its strategy allows. Pure. */

import type { DaemonSet } from '#api/apps/daemon-set.ts';
import type { Node } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { isPodAvailable } from '#api/core/pod-state.ts';
import type { Stored } from '#client/object.ts';
import { eligibility, isUpdated, targetNode } from '#controllers/daemonset/pods.ts';
import { scaledValue } from '#machinery/int-or-string.ts';

export interface Seen {
  readonly set: Stored<DaemonSet>;
  readonly nodes: readonly Stored<Node>[];
  readonly byNode: ReadonlyMap<string, readonly Stored<Pod>[]>;
  /** Of the present template. */
  readonly hash: string;
  readonly nowMs: number;
}

export interface DaemonPlan {
  readonly createOn: string[];
  readonly remove: Stored<Pod>[];
  /** Ended by themselves; a person is told. */
  readonly ended: { readonly pod: Stored<Pod>; readonly node: string }[];
}

export function groupByNode(pods: readonly Stored<Pod>[]): Map<string, Stored<Pod>[]> {
  const groups = new Map<string, Stored<Pod>[]>();
  for (const pod of [...pods].sort(byAge)) {
    const node = targetNode(pod) ?? '';
    groups.set(node, [...(groups.get(node) ?? []), pod]);
  }
  return groups;
}

function byAge(a: Stored<Pod>, b: Stored<Pod>): number {
  const [at, bt] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return at !== bt ? (at < bt ? -1 : 1) : a.metadata.name < b.metadata.name ? -1 : 1;
}

const isTerminating = (pod: Stored<Pod>) => Boolean(pod.metadata.deletionTimestamp);

export const isAvailable = ({ set, nowMs }: Seen, pod: Stored<Pod>) =>
  isPodAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs);

export function surgeOf({ set, nodes }: Seen): number {
  if (set.spec.updateStrategy?.type === 'OnDelete') return 0;
  return scaledValue(set.spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0, wantedCount(set, nodes), 'up') ?? 0;
}

/** At least one may be missing when none may be too many: else nothing could move. */
function unavailableOf(seen: Seen): number {
  const { set, nodes } = seen;
  const value = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  const scaled = scaledValue(value, wantedCount(set, nodes), 'up') ?? 0;
  return scaled === 0 && surgeOf(seen) === 0 ? 1 : scaled;
}

const wantedCount = (set: DaemonSet, nodes: readonly Node[]) =>
  nodes.filter(node => eligibility(set, node).shouldRun).length;

/** One on each Node that should have one, none where none may be. */
export function planPlacement(seen: Seen): DaemonPlan {
  const plan: DaemonPlan = { createOn: [], remove: [], ended: [] };
  for (const node of seen.nodes) placeOn(seen, node, plan);
  const known = new Set(seen.nodes.map(node => node.metadata.name));
  // Of a Node that is gone: nobody will ever run it.
  for (const [node, pods] of seen.byNode) {
    if (!known.has(node)) plan.remove.push(...pods.filter(pod => !pod.spec.nodeName && !isTerminating(pod)));
  }
  return plan;
}

function placeOn(seen: Seen, node: Stored<Node>, plan: DaemonPlan): void {
  const { name } = node.metadata;
  const { shouldRun, mayStay } = eligibility(seen.set, node);
  const present = seen.byNode.get(name) ?? [];
  if (!mayStay) {
    plan.remove.push(...present.filter(pod => !isTerminating(pod)));
    return;
  }
  if (present.length === 0) {
    if (shouldRun) plan.createOn.push(name);
    return;
  }
  const running: Stored<Pod>[] = [];
  for (const pod of present.filter(each => !isTerminating(each))) {
    if (pod.status.phase === 'Failed' || pod.status.phase === 'Succeeded') {
      plan.ended.push({ pod, node: name });
      plan.remove.push(pod);
    } else running.push(pod);
  }
  if (running.length > 1) plan.remove.push(...surplus(seen, running));
}

/** The oldest stays; while Pods may surge, the oldest of each revision stays, and the old one until the new is available. */
function surplus(seen: Seen, running: readonly Stored<Pod>[]): Stored<Pod>[] {
  if (surgeOf(seen) === 0) return running.slice(1);
  const oldest = running.find(pod => !isUpdated(pod, seen.hash));
  const newest = running.find(pod => isUpdated(pod, seen.hash));
  if (oldest !== undefined && newest !== undefined && isAvailable(seen, newest)) {
    return running.filter(pod => pod !== newest);
  }
  return running.filter(pod => pod !== oldest && pod !== newest);
}

/** Replaces Pods of an older template, a few at a time. */
export function planUpdate(seen: Seen): DaemonPlan {
  if (seen.set.spec.updateStrategy?.type === 'OnDelete') return { createOn: [], remove: [], ended: [] };
  return surgeOf(seen) > 0 ? surge(seen) : replace(seen);
}

interface Pair {
  readonly node: string;
  readonly fresh: Stored<Pod> | undefined;
  readonly old: Stored<Pod> | undefined;
}

function pairs(seen: Seen): Pair[] {
  return [...seen.byNode].map(([node, pods]) => {
    const present = pods.filter(pod => !isTerminating(pod));
    const fresh = present.find(pod => isUpdated(pod, seen.hash));
    return { node, fresh, old: present.find(pod => !isUpdated(pod, seen.hash)) };
  });
}

function replace(seen: Seen): DaemonPlan {
  let unavailableCount = 0;
  const [broken, working]: [Stored<Pod>[], Stored<Pod>[]] = [[], []];
  for (const { fresh, old } of pairs(seen)) {
    if (fresh !== undefined || old === undefined) {
      if (fresh === undefined || old !== undefined || !isAvailable(seen, fresh)) unavailableCount++;
    } else if (isAvailable(seen, old)) working.push(old);
    else {
      // It does no work, so to replace it costs nothing.
      broken.push(old);
      unavailableCount++;
    }
  }
  const room = Math.max(0, unavailableOf(seen) - unavailableCount);
  return { createOn: [], remove: [...broken, ...working.slice(0, room)], ended: [] };
}

function surge(seen: Seen): DaemonPlan {
  const eligible = new Set(
    seen.nodes.filter(node => eligibility(seen.set, node).shouldRun).map(node => node.metadata.name),
  );
  const [broken, working]: [string[], string[]] = [[], []];
  const remove: Stored<Pod>[] = [];
  let surgingCount = 0;
  for (const { node, fresh, old } of pairs(seen)) {
    if (old === undefined) continue;
    if (fresh !== undefined) {
      if (isAvailable(seen, fresh)) remove.push(old);
      else surgingCount++;
    } else if (!eligible.has(node)) remove.push(old);
    else if (isAvailable(seen, old)) working.push(node);
    else broken.push(node);
  }
  const room = Math.max(0, surgeOf(seen) - surgingCount);
  return { createOn: [...broken, ...working.slice(0, room)], remove, ended: [] };
}
