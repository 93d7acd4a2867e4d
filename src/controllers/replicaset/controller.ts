/** ReplicaSets: as many Pods as wanted, no more and no fewer. */

import type { ReplicaSet } from '#api/apps/replica-set.ts';
import { replicaSets } from '#api/apps/replica-set.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { isPodActive, isPodTerminating } from '#api/core/pod-state.ts';
import { isConflict, isNamespaceTerminating } from '#client/api-error.ts';
import { byOwner, orphanOf } from '#client/indexes.ts';
import type { Informer } from '#client/informer.ts';
import type { Key, Stored } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { PodControl, podFromTemplate, slowStart } from '#controllers/pod-control.ts';
import { podsToDelete } from '#controllers/pod-ranking.ts';
import type { ReplicaKind } from '#controllers/replicaset/kind.ts';
import type { PodsSeen } from '#controllers/replicaset/status.ts';
import { msUntilNextAvailable, replicaSetStatus } from '#controllers/replicaset/status.ts';
import { wakeByPods } from '#controllers/wake-by-pods.ts';
import type { Controller, Outcome } from '#loop/controller.ts';
import { done, wakeAfter, wakeBySelf } from '#loop/controller.ts';
import { Expectations } from '#loop/expectations.ts';
import { claimOwned, controllerOf } from '#loop/owners.ts';
import { sameJson } from '#loop/same.ts';
import { selectorTest } from '#loop/selector.ts';

/** Pods made or deleted in one step, at most. */
const burstMax = 500;

export function replicaSetController(deps: ControllerDeps): Controller {
  return replicaController(deps, {
    controllerName: 'replicaset-controller',
    component: 'replicaset-controller',
    resource: replicaSets,
    countsTerminating: true,
    selectorOf: set => set.spec?.selector,
  });
}

export function replicaController(deps: ControllerDeps, kind: ReplicaKind): Controller {
  const sets = deps.informers.of(kind.resource);
  const podCopy = deps.informers.of(pods);
  const expectations = new Expectations(deps.clock);
  const loop = new ReplicaLoop(deps, kind, sets, podCopy, expectations);
  return {
    name: kind.controllerName,
    reads: [sets, podCopy],
    workers: 5,
    wake(queue) {
      wakeBySelf(queue, sets);
      wakeByPods(queue, {
        pods: podCopy,
        owners: sets,
        kind: kind.resource.kind,
        selectorOf: kind.selectorOf,
        expectations,
      });
    },
    reconcile: key => loop.reconcile(key),
  };
}

class ReplicaLoop {
  readonly #deps: ControllerDeps;
  readonly #kind: ReplicaKind;
  readonly #sets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #expectations: Expectations;
  readonly #control: PodControl;

  constructor(
    deps: ControllerDeps,
    kind: ReplicaKind,
    sets: Informer<ReplicaSet>,
    podCopy: Informer<Pod>,
    expectations: Expectations,
  ) {
    this.#deps = deps;
    this.#kind = kind;
    this.#sets = sets;
    this.#pods = podCopy;
    this.#expectations = expectations;
    const recorder = deps.events(kind.component);
    this.#control = new PodControl({ client: deps.client, recorder, resource: kind.resource });
  }

  async reconcile(key: Key): Promise<Outcome> {
    const set = this.#sets.byKey(key);
    if (set === undefined) {
      this.#expectations.forget(key);
      return done;
    }
    const settled = this.#expectations.satisfied(key);
    const { active, terminatingCount } = await this.#ownPods(set);
    let failure: unknown;
    if (settled && !set.metadata.deletionTimestamp) failure = await this.#manage(key, set, active);
    const seen: PodsSeen = {
      active,
      terminatingCount: this.#kind.countsTerminating ? terminatingCount : undefined,
      failure,
      nowMs: this.#deps.clock.nowMs(),
    };
    await this.#writeStatus(set, replicaSetStatus(set, seen));
    if (failure !== undefined) throw failure;
    const nextMs = msUntilNextAvailable(set, seen);
    return nextMs === undefined ? done : wakeAfter(nextMs);
  }

  async #ownPods(set: Stored<ReplicaSet>): Promise<{ active: Stored<Pod>[]; terminatingCount: number }> {
    const test = selectorTest(this.#kind.selectorOf(set));
    const matches = (pod: Stored<Pod>) => test(pod.metadata.labels);
    const { uid, namespace } = set.metadata;
    const all = [...this.#pods.by(byOwner, uid), ...this.#pods.by(byOwner, orphanOf(namespace))];
    const active = await claimOwned({
      client: this.#deps.client,
      ownerResource: this.#kind.resource,
      owner: set,
      resource: pods,
      matches,
      candidates: all.filter(isPodActive),
    });
    const isOwn = (pod: Stored<Pod>) => controllerOf(pod)?.uid === set.metadata.uid && matches(pod);
    return { active, terminatingCount: all.filter(pod => isPodTerminating(pod) && isOwn(pod)).length };
  }

  /** Gives the failure that keeps the number from being right. */
  async #manage(key: Key, set: Stored<ReplicaSet>, active: readonly Stored<Pod>[]): Promise<unknown> {
    const missingCount = (set.spec.replicas ?? 1) - active.length;
    if (missingCount > 0) return this.#create(key, set, Math.min(missingCount, burstMax));
    if (missingCount < 0) return this.#delete(key, set, active, Math.min(-missingCount, burstMax));
    return undefined;
  }

  async #create(key: Key, set: Stored<ReplicaSet>, count: number): Promise<unknown> {
    this.#expectations.expectCreations(key, count);
    const { resource } = this.#kind;
    const pod = podFromTemplate(set.spec.template, resource, set, { generateName: `${set.metadata.name}-` });
    const { succeededCount, error } = await slowStart(count, () => this.#control.create(set, pod));
    this.#expectations.created(key, count - succeededCount);
    // Nothing can be made in a namespace that goes, and trying again would not help.
    return isNamespaceTerminating(error) ? undefined : error;
  }

  async #delete(key: Key, set: Stored<ReplicaSet>, active: readonly Stored<Pod>[], count: number): Promise<unknown> {
    const surplus = podsToDelete(active, this.#kin(set), count, this.#deps.clock.nowMs());
    this.#expectations.expectDeletions(
      key,
      surplus.map(pod => pod.metadata.uid),
    );
    let failure: unknown;
    const remove = async (pod: Stored<Pod>) => {
      try {
        if (!(await this.#control.delete(set, pod))) this.#expectations.deleted(key, pod.metadata.uid);
      } catch (error) {
        this.#expectations.deleted(key, pod.metadata.uid);
        failure ??= error;
      }
    };
    await Promise.all(surplus.map(remove));
    return failure;
  }

  /** The Pods of all sets that share an owner with this one. None when it has no owner, as upstream has it. */
  #kin(set: Stored<ReplicaSet>): Stored<Pod>[] {
    const owner = controllerOf(set)?.uid;
    if (owner === undefined) return [];
    return this.#sets.by(byOwner, owner).flatMap(each => this.#pods.by(byOwner, each.metadata.uid));
  }

  /** Once more from a fresh copy when somebody else wrote meanwhile. */
  async #writeStatus(set: Stored<ReplicaSet>, status: ReplicaSet['status']): Promise<void> {
    if (sameJson(status, set.status)) return;
    const { client } = this.#deps;
    const { resource } = this.#kind;
    try {
      await client.updateStatus(resource, { ...set, status });
    } catch (error) {
      if (!isConflict(error)) throw error;
      const { namespace, name, uid } = set.metadata;
      const fresh = await client.get(resource, { namespace, name });
      if (fresh.metadata.uid === uid) await client.updateStatus(resource, { ...fresh, status });
    }
  }
}
