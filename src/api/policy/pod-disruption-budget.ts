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

export const PodDisruptionBudgetSpec = struct(
  'io.k8s.api.policy.v1.PodDisruptionBudgetSpec',
  {
    minAvailable: optional(1, intOrString, { doc: 'Pods that must stay healthy, a number or a percentage.' }),
    selector: optional(2, LabelSelector, {
      patch: ['replace'],
      doc: 'Pods of the namespace that it is for. Empty selects all, absent none.',
    }),
    maxUnavailable: optional(3, intOrString, { doc: 'Pods that may be missing, a number or a percentage.' }),
    unhealthyPodEvictionPolicy: optional(4, string, {
      enum: ['IfHealthyBudget', 'AlwaysAllow'],
      doc: 'AlwaysAllow evicts Pods that are not ready in any case. IfHealthyBudget if absent.',
    }),
  },
  { doc: 'How many Pods must stay. Either minAvailable or maxUnavailable is set.' },
);
export interface PodDisruptionBudgetSpec extends TypeOf<typeof PodDisruptionBudgetSpec> {}

export const PodDisruptionBudgetStatus = struct(
  'io.k8s.api.policy.v1.PodDisruptionBudgetStatus',
  {
    observedGeneration: field(1, int64, { doc: 'The metadata.generation that the controller has seen.' }),
    disruptedPods: field(2, map(time), {
      doc: 'Pods whose eviction was allowed and that are still there, with the time.',
    }),
    disruptionsAllowed: always(3, int32, { doc: 'How many Pods may be evicted now.' }),
    currentHealthy: always(4, int32, { doc: 'Pods that are healthy.' }),
    desiredHealthy: always(5, int32, { doc: 'Pods that must stay healthy.' }),
    expectedPods: always(6, int32, { doc: 'Pods that the budget is for.' }),
    conditions: field(7, list(Condition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }), {
      doc: 'What is true of it now, one entry for each type.',
    }),
  },
  { doc: 'What is observed of the budget.' },
);
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
  {
    doc: 'Limits how many Pods may be evicted at once.',
    gvk: { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget' },
  },
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
