/** Disruption budgets: counts the Pods of each, so that an eviction knows at once whether it is allowed. */

import { deployments } from '#api/apps/deployment.ts';
import { replicaSets } from '#api/apps/replica-set.ts';
import { statefulSets } from '#api/apps/stateful-set.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { replicationControllers } from '#api/core/replication-controller.ts';
import type { PodDisruptionBudget } from '#api/policy/pod-disruption-budget.ts';
import { podDisruptionBudgets } from '#api/policy/pod-disruption-budget.ts';
import { isConflict, isNotFound } from '#client/api-error.ts';
import { discover } from '#client/discovery.ts';
import type { ApiObject, Stored } from '#client/object.ts';
import { keyOf } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import {
  budgetStatus,
  countHealthy,
  disruptedOf,
  expectedOf,
  failedStatus,
  needsScale,
} from '#controllers/disruption/budget.ts';
import { messageOf } from '#controllers/pod-control.ts';
import type { Controller, Outcome } from '#loop/controller.ts';
import { done, wakeAfter, wakeBySelf } from '#loop/controller.ts';
import { controllerOf } from '#loop/owners.ts';
import { sameJson } from '#loop/same.ts';
import { selectorTest } from '#loop/selector.ts';
import type { OwnerReference } from '#machinery/meta.ts';
import type { Resource } from '#machinery/resource.ts';
import { parseApiVersion } from '#machinery/resource.ts';

const component = 'controllermanager';

/** What every kind with a size looks like. */
type Scaled = ApiObject & { spec?: { replicas?: number | undefined } | undefined };

const scaledKinds: readonly Resource<Scaled>[] = [replicaSets, deployments, statefulSets, replicationControllers];

export function disruptionController(deps: ControllerDeps): Controller {
  const { client, clock, informers } = deps;
  const all = informers.of(podDisruptionBudgets);
  const podCopy = informers.of(pods);
  const sets = informers.of(replicaSets);
  const scaled = new Map(scaledKinds.map(resource => [resource.kind, informers.of<Scaled>(resource)]));
  const recorder = deps.events(component);

  function matching(budget: Stored<PodDisruptionBudget>): Stored<Pod>[] {
    const matches = selectorTest(budget.spec.selector);
    return podCopy.inNamespace(budget.metadata.namespace ?? '').filter(pod => matches(pod.metadata.labels));
  }

  /** The Pods that the owners want in all, each owner once. */
  async function scaleOf(budget: Stored<PodDisruptionBudget>, behind: readonly Stored<Pod>[]): Promise<number> {
    const owners = new Map<string, OwnerReference>();
    let unmanagedCount = 0;
    for (const pod of behind) {
      const owner = topOwner(pod);
      if (owner === undefined) unmanagedCount++;
      else owners.set(owner.uid, owner);
    }
    if (unmanagedCount > 0) sayUnmanaged(budget);
    let total = 0;
    for (const owner of owners.values()) total += await replicasOf(budget.metadata.namespace ?? '', owner);
    return total;
  }

  /** A ReplicaSet of a Deployment counts as the Deployment. */
  function topOwner(pod: Stored<Pod>): OwnerReference | undefined {
    const owner = controllerOf(pod);
    if (owner?.kind !== replicaSets.kind) return owner;
    const set = sets.get(pod.metadata.namespace, owner.name);
    const above = set === undefined ? undefined : controllerOf(set);
    return above?.kind === deployments.kind ? above : owner;
  }

  async function replicasOf(namespace: string, owner: OwnerReference): Promise<number> {
    const known = scaled.get(owner.kind)?.get(namespace, owner.name);
    if (known !== undefined) return known.metadata.uid === owner.uid ? (known.spec.replicas ?? 1) : 0;
    const { group, version } = parseApiVersion(owner.apiVersion);
    const { resources } = await discover(client);
    const resource = resources.find(
      each => each.group === group && each.version === version && each.kind === owner.kind,
    );
    if (resource === undefined) throw new Error(`found no controllers for kind "${owner.kind}"`);
    try {
      const scale = await client.getSubresource(resource, { namespace, name: owner.name }, 'scale');
      return scale.spec?.replicas ?? 0;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new Error(`${resource.plural}.${group} does not implement the scale subresource`);
    }
  }

  function sayUnmanaged(budget: Stored<PodDisruptionBudget>): void {
    const labels = Object.entries(budget.spec.selector?.matchLabels ?? {}).map(([key, value]) => `${key}: ${value},`);
    const shown = `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{},}`;
    const message = `Pods selected by this PodDisruptionBudget (selector: ${shown}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
    recorder.say(podDisruptionBudgets, budget, 'Warning', 'UnmanagedPods', message);
  }

  async function write(budget: Stored<PodDisruptionBudget>, status: PodDisruptionBudget['status']): Promise<void> {
    if (!sameJson(status, budget.status)) await client.updateStatus(podDisruptionBudgets, { ...budget, status });
  }

  async function reconcile(key: string): Promise<Outcome> {
    const budget = all.byKey(key);
    if (budget === undefined) return done;
    const nowMs = clock.nowMs();
    const behind = matching(budget);
    if (behind.length === 0) recorder.say(podDisruptionBudgets, budget, 'Normal', 'NoPods', 'No matching pods found');
    try {
      const scale = needsScale(budget) ? await scaleOf(budget, behind) : 0;
      const disrupted = disruptedOf(budget, behind, nowMs);
      for (const pod of disrupted.overdue) {
        const message = `Pod was expected by PDB ${key} to be deleted but it wasn't`;
        recorder.say(pods, pod, 'Warning', 'NotDeleted', message);
      }
      const expected = expectedOf(budget, behind.length, scale);
      await write(budget, budgetStatus(budget, expected, countHealthy(behind, disrupted), disrupted, nowMs));
      return disrupted.recheckMs === undefined ? done : wakeAfter(disrupted.recheckMs);
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) throw error;
      const message = `Failed to calculate the number of expected pods: ${messageOf(error)}`;
      recorder.say(podDisruptionBudgets, budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
      await write(budget, failedStatus(budget, messageOf(error), nowMs));
      throw error;
    }
  }

  return {
    name: 'disruption-controller',
    reads: [all, podCopy, ...scaled.values()],
    wake(queue) {
      wakeBySelf(queue, all);
      const wakePods = (pod: Stored<Pod>) => {
        for (const budget of all.inNamespace(pod.metadata.namespace ?? '')) {
          if (selectorTest(budget.spec.selector)(pod.metadata.labels)) queue.add(keyOf(budget));
        }
      };
      podCopy.on({ add: wakePods, update: (_, pod) => wakePods(pod), delete: wakePods });
      const wakeNamespace = (object: Stored<ApiObject>) => {
        for (const budget of all.inNamespace(object.metadata.namespace ?? ''))
          if (needsScale(budget)) queue.add(keyOf(budget));
      };
      for (const informer of scaled.values()) {
        informer.on({
          update(old, object) {
            if (old.spec.replicas !== object.spec.replicas) wakeNamespace(object);
          },
        });
      }
    },
    reconcile,
  };
}
