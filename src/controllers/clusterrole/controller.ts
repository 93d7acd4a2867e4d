/** ClusterRoles that are the sum of others: keeps their rules equal to those of the roles that their selectors match. */

import type { ClusterRole } from '#api/rbac/cluster-role.ts';
import { clusterRoles } from '#api/rbac/cluster-role.ts';
import type { PolicyRule } from '#api/rbac/rules.ts';
import type { Stored } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done } from '#loop/controller.ts';
import { sameJson } from '#loop/same.ts';
import { selectorTest } from '#loop/selector.ts';

/** The rules of all that match, by name, each rule once. */
export function aggregatedRules(role: ClusterRole, all: Iterable<Stored<ClusterRole>>): PolicyRule[] {
  const rules: PolicyRule[] = [];
  const byName = [...all].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const matches = selectorTest(selector);
    for (const each of byName) {
      if (each.metadata.name === role.metadata?.name || !matches(each.metadata.labels)) continue;
      for (const rule of each.rules ?? []) if (!rules.some(known => sameJson(known, rule))) rules.push(rule);
    }
  }
  return rules;
}

export function clusterRoleAggregationController({ client, informers }: ControllerDeps): Controller {
  const all = informers.of(clusterRoles);
  return {
    name: 'clusterrole-aggregation-controller',
    reads: [all],
    workers: 5,
    wake(queue) {
      const wakeSums = () => {
        for (const role of all.values()) if (role.aggregationRule) queue.add(role.metadata.name);
      };
      all.on({ add: wakeSums, update: wakeSums, delete: wakeSums });
    },
    async reconcile(name) {
      const role = all.byKey(name);
      if (!role?.aggregationRule) return done;
      const rules = aggregatedRules(role, all.values());
      if (sameJson(rules, role.rules ?? [])) return done;
      const object = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules };
      await client.apply(clusterRoles, { name }, object, {
        fieldManager: 'clusterrole-aggregation-controller',
        force: true,
      });
      return done;
    },
  };
}
