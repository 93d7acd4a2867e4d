import { LabelSelector } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, list, optional, string, struct, time } from '#machinery/schema.ts';

export const Taint = struct(
  'io.k8s.api.core.v1.Taint',
  {
    key: always(1, string, { required: true, doc: 'Key of the taint.' }),
    value: field(2, string, { doc: 'Value of the taint.' }),
    effect: always(3, string, {
      required: true,
      enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
      doc: 'NoSchedule, PreferNoSchedule, or NoExecute, which also evicts.',
    }),
    timeAdded: optional(4, time, { doc: 'When it was added.' }),
  },
  { doc: 'Keeps Pods that do not tolerate it off a node.' },
);
export interface Taint extends TypeOf<typeof Taint> {}

export const NodeSelectorRequirement = struct(
  'io.k8s.api.core.v1.NodeSelectorRequirement',
  {
    key: always(1, string, { required: true, doc: 'Label or field that is looked at.' }),
    operator: always(2, string, {
      required: true,
      enum: ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'],
      doc: 'In, NotIn, Exists, DoesNotExist, Gt or Lt.',
    }),
    values: field(3, list(string), {
      doc: 'Values to compare with. One integer for Gt and Lt, none for Exists and DoesNotExist.',
    }),
  },
  { doc: 'A condition on a label or field of a node.' },
);
export interface NodeSelectorRequirement extends TypeOf<typeof NodeSelectorRequirement> {}

export const NodeSelectorTerm = struct(
  'io.k8s.api.core.v1.NodeSelectorTerm',
  {
    matchExpressions: field(1, list(NodeSelectorRequirement), { doc: 'Conditions on labels.' }),
    matchFields: field(2, list(NodeSelectorRequirement), { doc: 'Conditions on fields; only metadata.name.' }),
  },
  { doc: 'Conditions that must all hold. Empty selects nothing.', atomic: true },
);
export interface NodeSelectorTerm extends TypeOf<typeof NodeSelectorTerm> {}

export const NodeSelector = struct(
  'io.k8s.api.core.v1.NodeSelector',
  {
    nodeSelectorTerms: always(1, list(NodeSelectorTerm), {
      required: true,
      doc: 'The terms. One that holds is enough.',
    }),
  },
  { doc: 'Nodes for which at least one term holds.', atomic: true },
);
export interface NodeSelector extends TypeOf<typeof NodeSelector> {}

export const PreferredSchedulingTerm = struct(
  'io.k8s.api.core.v1.PreferredSchedulingTerm',
  {
    weight: always(1, int32, { required: true, doc: 'Weight of the wish, from 1 to 100.' }),
    preference: always(2, NodeSelectorTerm, { required: true, doc: 'Nodes that are preferred.' }),
  },
  { doc: 'A wish about nodes, with a weight.' },
);
export interface PreferredSchedulingTerm extends TypeOf<typeof PreferredSchedulingTerm> {}

export const NodeAffinity = struct(
  'io.k8s.api.core.v1.NodeAffinity',
  {
    requiredDuringSchedulingIgnoredDuringExecution: optional(1, NodeSelector, {
      doc: 'Must hold when it is placed. Later changes do not move it.',
    }),
    preferredDuringSchedulingIgnoredDuringExecution: field(2, list(PreferredSchedulingTerm), {
      doc: 'Wishes; nodes with the greatest sum of weights come first.',
    }),
  },
  { doc: 'Nodes that a Pod must or should be on.' },
);
export interface NodeAffinity extends TypeOf<typeof NodeAffinity> {}

export const PodAffinityTerm = struct(
  'io.k8s.api.core.v1.PodAffinityTerm',
  {
    labelSelector: optional(1, LabelSelector, { doc: 'Which Pods. Absent selects none.' }),
    namespaces: field(2, list(string), {
      doc: "Namespaces of the Pods. The Pod's own if these and namespaceSelector are absent.",
    }),
    topologyKey: always(3, string, {
      required: true,
      doc: 'Label of nodes whose equal values make a domain, such as a zone.',
    }),
    namespaceSelector: optional(4, LabelSelector, { doc: 'Further namespaces, by label. Empty selects all.' }),
    matchLabelKeys: field(5, list(string), { doc: "Labels whose value must be the same as the incoming Pod's." }),
    mismatchLabelKeys: field(6, list(string), { doc: "Labels whose value must differ from the incoming Pod's." }),
  },
  { doc: 'Pods, and the domain in which to be together or apart.' },
);
export interface PodAffinityTerm extends TypeOf<typeof PodAffinityTerm> {}

export const WeightedPodAffinityTerm = struct(
  'io.k8s.api.core.v1.WeightedPodAffinityTerm',
  {
    weight: always(1, int32, { required: true, doc: 'Weight of the wish, from 1 to 100.' }),
    podAffinityTerm: always(2, PodAffinityTerm, { required: true, doc: 'The Pods and the domain.' }),
  },
  { doc: 'A wish about Pods, with a weight.' },
);
export interface WeightedPodAffinityTerm extends TypeOf<typeof WeightedPodAffinityTerm> {}

export const PodAffinity = struct(
  'io.k8s.api.core.v1.PodAffinity',
  {
    requiredDuringSchedulingIgnoredDuringExecution: field(1, list(PodAffinityTerm), {
      doc: 'Must all hold when it is placed. Later changes do not move it.',
    }),
    preferredDuringSchedulingIgnoredDuringExecution: field(2, list(WeightedPodAffinityTerm), {
      doc: 'Wishes; nodes with the greatest sum of weights come first.',
    }),
  },
  { doc: 'Pods that a Pod must or should be near.' },
);
export interface PodAffinity extends TypeOf<typeof PodAffinity> {}

export const PodAntiAffinity = struct(
  'io.k8s.api.core.v1.PodAntiAffinity',
  {
    requiredDuringSchedulingIgnoredDuringExecution: field(1, list(PodAffinityTerm), {
      doc: 'Must all hold when it is placed. Later changes do not move it.',
    }),
    preferredDuringSchedulingIgnoredDuringExecution: field(2, list(WeightedPodAffinityTerm), {
      doc: 'Wishes; nodes with the smallest sum of weights come first.',
    }),
  },
  { doc: 'Pods that a Pod must or should be away from.' },
);
export interface PodAntiAffinity extends TypeOf<typeof PodAntiAffinity> {}

export const Affinity = struct(
  'io.k8s.api.core.v1.Affinity',
  {
    nodeAffinity: optional(1, NodeAffinity, { doc: 'By the node.' }),
    podAffinity: optional(2, PodAffinity, { doc: 'Near other Pods.' }),
    podAntiAffinity: optional(3, PodAntiAffinity, { doc: 'Away from other Pods.' }),
  },
  { doc: 'Where a Pod must or should run.' },
);
export interface Affinity extends TypeOf<typeof Affinity> {}

export const Toleration = struct(
  'io.k8s.api.core.v1.Toleration',
  {
    key: field(1, string, { doc: 'Key of the taint. Empty with Exists matches every key.' }),
    operator: field(2, string, {
      enum: ['Exists', 'Equal', 'Lt', 'Gt'],
      doc: 'Equal compares the value, Exists does not; Lt and Gt compare numbers. Equal if absent.',
    }),
    value: field(3, string, { doc: 'Value of the taint. Empty for Exists.' }),
    effect: field(4, string, {
      enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
      doc: 'Effect of the taint. Empty matches every effect.',
    }),
    tolerationSeconds: optional(5, int64, {
      doc: 'Seconds that NoExecute is put up with. Forever if absent, 0 or less not at all.',
    }),
  },
  { doc: 'Lets a Pod put up with matching taints.' },
);
export interface Toleration extends TypeOf<typeof Toleration> {}

export const TopologySpreadConstraint = struct(
  'io.k8s.api.core.v1.TopologySpreadConstraint',
  {
    maxSkew: always(1, int32, {
      required: true,
      doc: 'Greatest difference between a domain and the one with fewest Pods. At least 1.',
    }),
    topologyKey: always(2, string, { required: true, doc: 'Label of nodes whose equal values make a domain.' }),
    whenUnsatisfiable: always(3, string, {
      required: true,
      enum: ['DoNotSchedule', 'ScheduleAnyway'],
      doc: 'DoNotSchedule waits, ScheduleAnyway only prefers.',
    }),
    labelSelector: optional(4, LabelSelector, { doc: 'Which Pods are counted.' }),
    minDomains: optional(5, int32, { doc: 'With fewer domains than this the smallest counts as empty. 1 if absent.' }),
    nodeAffinityPolicy: optional(6, string, {
      enum: ['Ignore', 'Honor'],
      doc: 'Honor counts only nodes that the Pod can be on. Honor if absent.',
    }),
    nodeTaintsPolicy: optional(7, string, {
      enum: ['Ignore', 'Honor'],
      doc: 'Honor counts only nodes whose taints are tolerated. Ignore if absent.',
    }),
    matchLabelKeys: field(8, list(string), { doc: "Labels whose value must be the same as the incoming Pod's." }),
  },
  { doc: 'How evenly Pods are spread over domains.' },
);
export interface TopologySpreadConstraint extends TypeOf<typeof TopologySpreadConstraint> {}
