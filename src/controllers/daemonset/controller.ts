/** DaemonSets: one Pod on each Node that they are meant for. */

import type { ControllerRevision } from '#api/apps/controller-revision.ts';
import { controllerRevisions } from '#api/apps/controller-revision.ts';
import type { DaemonSet } from '#api/apps/daemon-set.ts';
import { daemonSets } from '#api/apps/daemon-set.ts';
import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { isNamespaceTerminating } from '#client/api-error.ts';
import { byOwner, orphanOf } from '#client/indexes.ts';
import type { Informer } from '#client/informer.ts';
import type { Key, Stored } from '#client/object.ts';
import { keyOf } from '#client/object.ts';
import { type DaemonPlan, groupByNode, planPlacement, planUpdate, type Seen } from '#controllers/daemonset/plan.ts';
import { eligibility, hashLabel, newPod, targetNode } from '#controllers/daemonset/pods.ts';
import { daemonSetStatus, msUntilNextAvailable } from '#controllers/daemonset/status.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { resolveRevision, truncateHistory } from '#controllers/history.ts';
import { PodControl, slowStart } from '#controllers/pod-control.ts';
import { wakeByPods } from '#controllers/wake-by-pods.ts';
import { type Controller, done, type Outcome, wakeAfter, wakeBySelf } from '#loop/controller.ts';
import { Expectations } from '#loop/expectations.ts';
import { claimOwned } from '#loop/owners.ts';
import type { WorkQueue } from '#loop/queue.ts';
import { Backoff } from '#loop/retry.ts';
import { sameJson } from '#loop/same.ts';
import { isEmptySelector, selectorTest } from '#loop/selector.ts';

const burstMax = 250;
/** A Pod that fails over and over on a Node is replaced ever more slowly. */
const failedPauseMs = 1000;
const failedPauseMsMax = 900_000;

export function daemonSetController(deps: ControllerDeps): Controller {
  const { clock, informers } = deps;
  const all = informers.of(daemonSets);
  const podCopy = informers.of(pods);
  const nodeCopy = informers.of(nodes);
  const revisions = informers.of(controllerRevisions);
  const expectations = new Expectations(clock);
  const loop = new DaemonLoop(deps, expectations);
  return {
    name: 'daemonset-controller',
    reads: [all, podCopy, nodeCopy, revisions],
    workers: 2,
    wake(queue) {
      wakeBySelf(queue, all);
      const selectorOf = (set: Stored<DaemonSet>) => set.spec.selector;
      wakeByPods(queue, { pods: podCopy, owners: all, kind: daemonSets.kind, selectorOf, expectations });
      wakeByNodes(queue, all, podCopy, nodeCopy);
    },
    reconcile: key => loop.reconcile(key, all.byKey(key)),
  };
}

/** Only those for which something is to be done: a Pod is missing there, or must not be there. */
function wakeByNodes(
  queue: WorkQueue,
  all: Informer<DaemonSet>,
  podCopy: Informer<Pod>,
  nodeCopy: Informer<Node>,
): void {
  const wake = (node: Stored<Node>) => {
    for (const set of all.values()) {
      const { shouldRun, mayStay } = eligibility(set, node);
      const isThere = podCopy.by(byOwner, set.metadata.uid).some(pod => targetNode(pod) === node.metadata.name);
      if (shouldRun !== isThere && (shouldRun || !mayStay)) queue.add(keyOf(set));
    }
  };
  nodeCopy.on({
    add: wake,
    update(old, node) {
      const sameLabels = sameJson(old.metadata.labels, node.metadata.labels);
      if (!sameLabels || !sameJson(old.spec.taints, node.spec.taints)) wake(node);
    },
    delete(node) {
      for (const set of all.values()) if (eligibility(set, node).shouldRun) queue.add(keyOf(set));
    },
  });
}

class DaemonLoop {
  readonly #deps: ControllerDeps;
  readonly #expectations: Expectations;
  readonly #control: PodControl;
  readonly #recorder;
  readonly #failures = new Backoff();
  /** When the failed Pod of a Node may be replaced. */
  readonly #replaceAtMs = new Map<string, number>();

  constructor(deps: ControllerDeps, expectations: Expectations) {
    this.#deps = deps;
    this.#expectations = expectations;
    this.#recorder = deps.events('daemonset-controller');
    this.#control = new PodControl({ client: deps.client, recorder: this.#recorder, resource: daemonSets });
  }

  async reconcile(key: Key, set: Stored<DaemonSet> | undefined): Promise<Outcome> {
    if (set === undefined) {
      this.#expectations.forget(key);
      return done;
    }
    if (isEmptySelector(set.spec.selector)) {
      const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
      this.#recorder.say(daemonSets, set, 'Warning', 'SelectingAll', message);
      return done;
    }
    if (set.metadata.deletionTimestamp) return done;
    const resolved = await this.#resolve(set);
    const hash = resolved.update.metadata.labels?.[hashLabel] ?? '';
    let waitMs: number | undefined;
    if (this.#expectations.satisfied(key)) waitMs = await this.#act(key, await this.#look(set, hash), planPlacement);
    if (this.#expectations.satisfied(key)) await this.#act(key, await this.#look(set, hash), planUpdate);
    const seen = await this.#look(set, hash);
    const status = daemonSetStatus(seen, resolved.collisionCount);
    if (!sameJson(status, set.status)) await this.#deps.client.updateStatus(daemonSets, { ...set, status });
    const used = new Set([hash, ...[...seen.byNode.values()].flat().map(pod => pod.metadata.labels?.[hashLabel])]);
    const isLive = (revision: Stored<ControllerRevision>) => used.has(revision.metadata.labels?.[hashLabel]);
    await truncateHistory(this.#deps.client, resolved.all, isLive, set.spec.revisionHistoryLimit ?? 10);
    const waits = [waitMs, msUntilNextAvailable(seen)].filter(ms => ms !== undefined);
    return waits.length > 0 ? wakeAfter(Math.min(...waits)) : done;
  }

  async #resolve(set: Stored<DaemonSet>) {
    const { client, informers } = this.#deps;
    const { uid, namespace } = set.metadata;
    const copy = informers.of(controllerRevisions);
    const test = selectorTest(set.spec.selector);
    const owned = await claimOwned({
      client,
      ownerResource: daemonSets,
      owner: set,
      resource: controllerRevisions,
      matches: revision => test(revision.metadata.labels),
      candidates: [...copy.by(byOwner, uid), ...copy.by(byOwner, orphanOf(namespace))],
    });
    const { template } = set.spec;
    const { collisionCount } = set.status;
    return resolveRevision({ client, resource: daemonSets, owner: set, template, collisionCount, hashLabel }, owned);
  }

  async #look(set: Stored<DaemonSet>, hash: string): Promise<Seen> {
    const { client, clock, informers } = this.#deps;
    const { uid, namespace } = set.metadata;
    const copy = informers.of(pods);
    const test = selectorTest(set.spec.selector);
    const owned = await claimOwned({
      client,
      ownerResource: daemonSets,
      owner: set,
      resource: pods,
      matches: pod => test(pod.metadata.labels),
      candidates: [...copy.by(byOwner, uid), ...copy.by(byOwner, orphanOf(namespace))],
    });
    const allNodes = [...informers.of(nodes).values()];
    return { set, nodes: allNodes, byNode: groupByNode(owned), hash, nowMs: clock.nowMs() };
  }

  /** Carries out a plan; gives when a failed Pod that has to wait may be replaced. */
  async #act(key: Key, seen: Seen, planOf: (seen: Seen) => DaemonPlan): Promise<number | undefined> {
    const plan = planOf(seen);
    const { removable, waitMs } = this.#afterFailures(seen, plan);
    const remove = removable.slice(0, burstMax);
    const createOn = plan.createOn.slice(0, burstMax);
    if (remove.length + createOn.length === 0) return waitMs;
    const uids = remove.map(pod => pod.metadata.uid);
    this.#expectations.expect(key, createOn.length, uids);
    const { succeededCount, error } = await slowStart(createOn.length, i =>
      this.#control.create(seen.set, newPod(seen.set, seen.hash, createOn[i]!)),
    );
    this.#expectations.created(key, createOn.length - succeededCount);
    let failure = isNamespaceTerminating(error) ? undefined : error;
    const removeOne = async (pod: Stored<Pod>) => {
      try {
        if (!(await this.#control.delete(seen.set, pod))) this.#expectations.deleted(key, pod.metadata.uid);
      } catch (thrown) {
        this.#expectations.deleted(key, pod.metadata.uid);
        failure ??= thrown;
      }
    };
    await Promise.all(remove.map(removeOne));
    if (failure !== undefined) throw failure;
    return waitMs;
  }

  #afterFailures(seen: Seen, plan: DaemonPlan): { removable: Stored<Pod>[]; waitMs: number | undefined } {
    let waitMs: number | undefined;
    const held = new Set<Stored<Pod>>();
    for (const { pod, node } of plan.ended) {
      const { namespace, name } = pod.metadata;
      const shown = `${namespace}/${name} on node ${node}`;
      if (pod.status.phase === 'Succeeded') {
        const message = `Found succeeded daemon pod ${shown}, will try to delete it`;
        this.#recorder.say(daemonSets, seen.set, 'Normal', 'SucceededDaemonPod', message);
        continue;
      }
      const place = `${seen.set.metadata.uid}/${node}`;
      const leftMs = (this.#replaceAtMs.get(place) ?? 0) - seen.nowMs;
      if (leftMs > 0) {
        held.add(pod);
        waitMs = Math.min(waitMs ?? leftMs, leftMs);
        continue;
      }
      const failureCount = this.#failures.failureCount(place);
      this.#failures.nextMs(place);
      this.#replaceAtMs.set(place, seen.nowMs + Math.min(failedPauseMs * 2 ** failureCount, failedPauseMsMax));
      this.#recorder.say(
        daemonSets,
        seen.set,
        'Warning',
        'FailedDaemonPod',
        `Found failed daemon pod ${shown}, will try to kill it`,
      );
    }
    return { removable: plan.remove.filter(pod => !held.has(pod)), waitMs };
  }
}
