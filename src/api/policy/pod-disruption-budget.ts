import { Condition, LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import {
  always,
  field,
  int32,
  int64,
  intOrString,
  list,
  map,
  optional,
  string,
  struct,
  time,
} from '#machinery/schema.ts';

export const PodDisruptionBudgetSpec = struct('io.k8s.api.policy.v1.PodDisruptionBudgetSpec', {
  minAvailable: optional(1, intOrString),
  selector: optional(2, LabelSelector, { patch: ['replace'] }),
  maxUnavailable: optional(3, intOrString),
  unhealthyPodEvictionPolicy: optional(4, string, { enum: ['IfHealthyBudget', 'AlwaysAllow'] }),
});
export interface PodDisruptionBudgetSpec extends TypeOf<typeof PodDisruptionBudgetSpec> {}

export const PodDisruptionBudgetStatus = struct('io.k8s.api.policy.v1.PodDisruptionBudgetStatus', {
  observedGeneration: field(1, int64),
  disruptedPods: field(2, map(time)),
  disruptionsAllowed: always(3, int32),
  currentHealthy: always(4, int32),
  desiredHealthy: always(5, int32),
  expectedPods: always(6, int32),
  conditions: field(7, list(Condition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' })),
});
export interface PodDisruptionBudgetStatus extends TypeOf<typeof PodDisruptionBudgetStatus> {}

export const PodDisruptionBudget = struct(
  'io.k8s.api.policy.v1.PodDisruptionBudget',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, PodDisruptionBudgetSpec),
    status: always(3, PodDisruptionBudgetStatus),
  },
  { gvk: { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget' } },
);
export interface PodDisruptionBudget extends TypeOf<typeof PodDisruptionBudget> {}

export const podDisruptionBudgets = defineResource({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['pdb'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: PodDisruptionBudget,
});
