/** StatefulSets: Pods with names, an order and claims of their own. */

import type { ControllerRevision } from '#api/apps/controller-revision.ts';
import { controllerRevisions } from '#api/apps/controller-revision.ts';
import type { StatefulSet } from '#api/apps/stateful-set.ts';
import { statefulSets } from '#api/apps/stateful-set.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { isAlreadyExists, isNotFound } from '#client/api-error.ts';
import { byOwner, orphanOf } from '#client/indexes.ts';
import type { Stored } from '#client/object.ts';
import { keyFor, refOf } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Resolved } from '#controllers/history.ts';
import { resolveRevision, templateOf, truncateHistory } from '#controllers/history.ts';
import { messageOf } from '#controllers/pod-control.ts';
import { type ClaimDeps, makeClaims, ownClaims } from '#controllers/statefulset/claims.ts';
import { type Action, planStatefulSet } from '#controllers/statefulset/plan.ts';
import { newPod, ordinalOf, podName, revisionOf } from '#controllers/statefulset/pods.ts';
import { msUntilNextAvailable, type StatusInput, statefulSetStatus } from '#controllers/statefulset/status.ts';
import { wakeByPods } from '#controllers/wake-by-pods.ts';
import type { Controller, Outcome } from '#loop/controller.ts';
import { done, wakeAfter, wakeBySelf } from '#loop/controller.ts';
import { claimOwned, controllerOf } from '#loop/owners.ts';
import { sameJson } from '#loop/same.ts';
import { selectorTest } from '#loop/selector.ts';

export function statefulSetController(deps: ControllerDeps): Controller {
  const { informers } = deps;
  const all = informers.of(statefulSets);
  const podCopy = informers.of(pods);
  const revisions = informers.of(controllerRevisions);
  const claims = informers.of(persistentVolumeClaims);
  const loop = new StatefulLoop(deps);
  return {
    name: 'statefulset-controller',
    reads: [all, podCopy, revisions, claims],
    workers: 5,
    wake(queue) {
      wakeBySelf(queue, all);
      wakeByPods(queue, { pods: podCopy, owners: all, kind: statefulSets.kind, selectorOf: set => set.spec.selector });
      // The loop waits for its own revisions to come back.
      const wakeOwner = (revision: Stored<ControllerRevision>) => {
        const owner = controllerOf(revision);
        if (owner?.kind === statefulSets.kind) queue.add(keyFor(revision.metadata.namespace, owner.name));
      };
      revisions.on({ delete: wakeOwner });
    },
    reconcile: key => loop.reconcile(all.byKey(key)),
  };
}

class StatefulLoop {
  readonly #deps: ControllerDeps;
  readonly #recorder;
  readonly #claimDeps: ClaimDeps;

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
    this.#recorder = deps.events('statefulset-controller');
    const claims = deps.informers.of(persistentVolumeClaims);
    this.#claimDeps = { client: deps.client, recorder: this.#recorder, claims };
  }

  async reconcile(set: Stored<StatefulSet> | undefined): Promise<Outcome> {
    if (set === undefined) return done;
    const { client, clock } = this.#deps;
    const owned = await this.#ownPods(set);
    const resolved = await this.#resolve(set);
    const nowMs = clock.nowMs();
    const updateRevision = resolved.update.metadata.name;
    const known = set.status.currentRevision;
    const current = resolved.all.find(each => each.metadata.name === known) ?? resolved.update;
    await this.#keepClaims(set, owned);
    const actions = planStatefulSet({ set, pods: owned, updateRevision, nowMs });
    const input: StatusInput = {
      set,
      pods: owned,
      currentRevision: current.metadata.name,
      updateRevision,
      collisionCount: resolved.collisionCount,
      leaving: new Set(
        actions.flatMap(each => (each.do === 'delete' && each.forUpdate ? [each.pod.metadata.uid] : [])),
      ),
      nowMs,
    };
    const failure = await this.#carryOut(set, actions, current, resolved.update);
    const status = statefulSetStatus(input);
    if (!sameJson(status, set.status)) await client.updateStatus(statefulSets, { ...set, status });
    const live = new Set([current.metadata.name, updateRevision, ...owned.map(revisionOf)]);
    await truncateHistory(
      client,
      resolved.all,
      each => live.has(each.metadata.name),
      set.spec.revisionHistoryLimit ?? 10,
    );
    if (failure !== undefined) throw failure;
    const nextMs = msUntilNextAvailable(input);
    return nextMs === undefined ? done : wakeAfter(nextMs);
  }

  #ownPods(set: Stored<StatefulSet>): Promise<Stored<Pod>[]> {
    const copy = this.#deps.informers.of(pods);
    const { uid, namespace, name } = set.metadata;
    const test = selectorTest(set.spec.selector);
    return claimOwned({
      client: this.#deps.client,
      ownerResource: statefulSets,
      owner: set,
      resource: pods,
      matches: pod => test(pod.metadata.labels) && ordinalOf(name, pod.metadata.name) !== undefined,
      candidates: [...copy.by(byOwner, uid), ...copy.by(byOwner, orphanOf(namespace))],
    });
  }

  async #resolve(set: Stored<StatefulSet>): Promise<Resolved> {
    const { client, informers } = this.#deps;
    const copy = informers.of(controllerRevisions);
    const { uid, namespace } = set.metadata;
    const test = selectorTest(set.spec.selector);
    const owned = await claimOwned({
      client,
      ownerResource: statefulSets,
      owner: set,
      resource: controllerRevisions,
      matches: revision => test(revision.metadata.labels),
      candidates: [...copy.by(byOwner, uid), ...copy.by(byOwner, orphanOf(namespace))],
    });
    const { template } = set.spec;
    const { collisionCount } = set.status;
    const hashLabel = 'controller.kubernetes.io/hash';
    return resolveRevision({ client, resource: statefulSets, owner: set, template, collisionCount, hashLabel }, owned);
  }

  async #keepClaims(set: Stored<StatefulSet>, owned: readonly Stored<Pod>[]): Promise<void> {
    if (set.metadata.deletionTimestamp || !set.spec.volumeClaimTemplates) return;
    for (const pod of owned) {
      const ordinal = ordinalOf(set.metadata.name, pod.metadata.name) ?? 0;
      if (pod.status.phase === 'Pending') await makeClaims(this.#claimDeps, set, ordinal);
      await ownClaims(this.#claimDeps, set, pod, ordinal);
    }
  }

  /** Gives the failure that stopped it. */
  async #carryOut(
    set: Stored<StatefulSet>,
    actions: readonly Action[],
    current: Stored<ControllerRevision>,
    update: Stored<ControllerRevision>,
  ): Promise<unknown> {
    for (const action of actions) {
      try {
        if (action.do === 'delete') await this.#delete(set, action.pod);
        else await this.#create(set, action.ordinal, action.revision === 'current' ? current : update);
      } catch (error) {
        return error;
      }
    }
    return undefined;
  }

  async #create(set: Stored<StatefulSet>, ordinal: number, revision: Stored<ControllerRevision>): Promise<void> {
    await makeClaims(this.#claimDeps, set, ordinal);
    const shown = `Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name}`;
    try {
      await this.#deps.client.create(pods, newPod(set, templateOf(revision), ordinal, revision.metadata.name));
      this.#recorder.say(statefulSets, set, 'Normal', 'SuccessfulCreate', `Create ${shown} successful`);
    } catch (error) {
      // Our own that has not come back yet, or a stranger's that stands in the way: nothing to tell.
      if (isAlreadyExists(error)) throw error;
      const message = `Create ${shown} failed error: ${messageOf(error)}`;
      this.#recorder.say(statefulSets, set, 'Warning', 'FailedCreate', message);
      throw error;
    }
  }

  async #delete(set: Stored<StatefulSet>, pod: Stored<Pod>): Promise<void> {
    const shown = `Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
    try {
      await this.#deps.client.delete(pods, refOf(pod), { preconditions: { uid: pod.metadata.uid } });
      this.#recorder.say(statefulSets, set, 'Normal', 'SuccessfulDelete', `Delete ${shown} successful`);
    } catch (error) {
      if (isNotFound(error)) return;
      const message = `Delete ${shown} failed error: ${messageOf(error)}`;
      this.#recorder.say(statefulSets, set, 'Warning', 'FailedDelete', message);
      throw error;
    }
  }
}
