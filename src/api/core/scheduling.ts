import { LabelSelector } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, list, optional, string, struct, time } from '#machinery/schema.ts';

export const Taint = struct('io.k8s.api.core.v1.Taint', {
  key: always(1, string, { required: true }),
  value: field(2, string),
  effect: always(3, string, { required: true, enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] }),
  timeAdded: optional(4, time),
});
export interface Taint extends TypeOf<typeof Taint> {}

export const NodeSelectorRequirement = struct('io.k8s.api.core.v1.NodeSelectorRequirement', {
  key: always(1, string, { required: true }),
  operator: always(2, string, { required: true, enum: ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'] }),
  values: field(3, list(string)),
});
export interface NodeSelectorRequirement extends TypeOf<typeof NodeSelectorRequirement> {}

export const NodeSelectorTerm = struct(
  'io.k8s.api.core.v1.NodeSelectorTerm',
  {
    matchExpressions: field(1, list(NodeSelectorRequirement)),
    matchFields: field(2, list(NodeSelectorRequirement)),
  },
  { atomic: true },
);
export interface NodeSelectorTerm extends TypeOf<typeof NodeSelectorTerm> {}

export const NodeSelector = struct(
  'io.k8s.api.core.v1.NodeSelector',
  {
    nodeSelectorTerms: always(1, list(NodeSelectorTerm), { required: true }),
  },
  { atomic: true },
);
export interface NodeSelector extends TypeOf<typeof NodeSelector> {}

export const PreferredSchedulingTerm = struct('io.k8s.api.core.v1.PreferredSchedulingTerm', {
  weight: always(1, int32, { required: true }),
  preference: always(2, NodeSelectorTerm, { required: true }),
});
export interface PreferredSchedulingTerm extends TypeOf<typeof PreferredSchedulingTerm> {}

export const NodeAffinity = struct('io.k8s.api.core.v1.NodeAffinity', {
  requiredDuringSchedulingIgnoredDuringExecution: optional(1, NodeSelector),
  preferredDuringSchedulingIgnoredDuringExecution: field(2, list(PreferredSchedulingTerm)),
});
export interface NodeAffinity extends TypeOf<typeof NodeAffinity> {}

export const PodAffinityTerm = struct('io.k8s.api.core.v1.PodAffinityTerm', {
  labelSelector: optional(1, LabelSelector),
  namespaces: field(2, list(string)),
  topologyKey: always(3, string, { required: true }),
  namespaceSelector: optional(4, LabelSelector),
  matchLabelKeys: field(5, list(string)),
  mismatchLabelKeys: field(6, list(string)),
});
export interface PodAffinityTerm extends TypeOf<typeof PodAffinityTerm> {}

export const WeightedPodAffinityTerm = struct('io.k8s.api.core.v1.WeightedPodAffinityTerm', {
  weight: always(1, int32, { required: true }),
  podAffinityTerm: always(2, PodAffinityTerm, { required: true }),
});
export interface WeightedPodAffinityTerm extends TypeOf<typeof WeightedPodAffinityTerm> {}

export const PodAffinity = struct('io.k8s.api.core.v1.PodAffinity', {
  requiredDuringSchedulingIgnoredDuringExecution: field(1, list(PodAffinityTerm)),
  preferredDuringSchedulingIgnoredDuringExecution: field(2, list(WeightedPodAffinityTerm)),
});
export interface PodAffinity extends TypeOf<typeof PodAffinity> {}

export const PodAntiAffinity = struct('io.k8s.api.core.v1.PodAntiAffinity', {
  requiredDuringSchedulingIgnoredDuringExecution: field(1, list(PodAffinityTerm)),
  preferredDuringSchedulingIgnoredDuringExecution: field(2, list(WeightedPodAffinityTerm)),
});
export interface PodAntiAffinity extends TypeOf<typeof PodAntiAffinity> {}

export const Affinity = struct('io.k8s.api.core.v1.Affinity', {
  nodeAffinity: optional(1, NodeAffinity),
  podAffinity: optional(2, PodAffinity),
  podAntiAffinity: optional(3, PodAntiAffinity),
});
export interface Affinity extends TypeOf<typeof Affinity> {}

export const Toleration = struct('io.k8s.api.core.v1.Toleration', {
  key: field(1, string),
  operator: field(2, string, { enum: ['Exists', 'Equal', 'Lt', 'Gt'] }),
  value: field(3, string),
  effect: field(4, string, { enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] }),
  tolerationSeconds: optional(5, int64),
});
export interface Toleration extends TypeOf<typeof Toleration> {}

export const TopologySpreadConstraint = struct('io.k8s.api.core.v1.TopologySpreadConstraint', {
  maxSkew: always(1, int32, { required: true }),
  topologyKey: always(2, string, { required: true }),
  whenUnsatisfiable: always(3, string, { required: true, enum: ['DoNotSchedule', 'ScheduleAnyway'] }),
  labelSelector: optional(4, LabelSelector),
  minDomains: optional(5, int32),
  nodeAffinityPolicy: optional(6, string, { enum: ['Ignore', 'Honor'] }),
  nodeTaintsPolicy: optional(7, string, { enum: ['Ignore', 'Honor'] }),
  matchLabelKeys: field(8, list(string)),
});
export interface TopologySpreadConstraint extends TypeOf<typeof TopologySpreadConstraint> {}
