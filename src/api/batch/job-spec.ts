import { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { LabelSelector } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, int64, list, optional, string, struct } from '#machinery/schema.ts';

export const PodFailurePolicyOnExitCodesRequirement = struct(
  'io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement',
  {
    containerName: optional(1, string, { doc: 'Container that is looked at. All if absent.' }),
    operator: always(2, string, {
      required: true,
      enum: ['In', 'NotIn'],
      doc: 'In: one of the values. NotIn: none of them.',
    }),
    values: always(3, list(int32, { type: 'set' }), { required: true, doc: 'Exit codes, without 0 for In.' }),
  },
  { doc: 'Exit codes that a rule is for.' },
);
export interface PodFailurePolicyOnExitCodesRequirement extends TypeOf<typeof PodFailurePolicyOnExitCodesRequirement> {}

export const PodFailurePolicyOnPodConditionsPattern = struct(
  'io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern',
  {
    type: always(1, string, { required: true, doc: 'Type of the condition.' }),
    status: field(2, string, { default: 'True', doc: 'Status of the condition. True if absent.' }),
  },
  { doc: 'A condition of the Pod that a rule is for.' },
);
export interface PodFailurePolicyOnPodConditionsPattern extends TypeOf<typeof PodFailurePolicyOnPodConditionsPattern> {}

export const PodFailurePolicyRule = struct(
  'io.k8s.api.batch.v1.PodFailurePolicyRule',
  {
    action: always(1, string, {
      required: true,
      enum: ['FailJob', 'FailIndex', 'Ignore', 'Count'],
      doc: 'FailJob, FailIndex, Ignore (do not count it) or Count (as usual).',
    }),
    onExitCodes: optional(2, PodFailurePolicyOnExitCodesRequirement, { doc: 'Exit codes that the rule is for.' }),
    onPodConditions: field(3, list(PodFailurePolicyOnPodConditionsPattern), {
      doc: 'Conditions, one of which is enough.',
    }),
  },
  { doc: 'What to do when a Pod fails in a certain way.' },
);
export interface PodFailurePolicyRule extends TypeOf<typeof PodFailurePolicyRule> {}

export const PodFailurePolicy = struct(
  'io.k8s.api.batch.v1.PodFailurePolicy',
  {
    rules: always(1, list(PodFailurePolicyRule), {
      required: true,
      doc: 'Rules in order; the first that fits decides. None: the failure counts.',
    }),
  },
  { doc: 'What to do when a Pod fails.' },
);
export interface PodFailurePolicy extends TypeOf<typeof PodFailurePolicy> {}

export const SuccessPolicyRule = struct(
  'io.k8s.api.batch.v1.SuccessPolicyRule',
  {
    succeededIndexes: optional(1, string, { doc: 'Indexes that must succeed, such as 0,2-4.' }),
    succeededCount: optional(2, int32, { doc: 'How many indexes must succeed, of succeededIndexes if given.' }),
  },
  { doc: 'When the Job has succeeded. Both parts must hold.' },
);
export interface SuccessPolicyRule extends TypeOf<typeof SuccessPolicyRule> {}

export const SuccessPolicy = struct(
  'io.k8s.api.batch.v1.SuccessPolicy',
  {
    rules: always(1, list(SuccessPolicyRule), {
      required: true,
      doc: 'Rules in order; the first that holds ends the Job.',
    }),
  },
  { doc: 'When the Job has succeeded before all indexes have.' },
);
export interface SuccessPolicy extends TypeOf<typeof SuccessPolicy> {}

export const JobSpec = struct(
  'io.k8s.api.batch.v1.JobSpec',
  {
    parallelism: optional(1, int32, { doc: 'How many Pods may run at once. 1 if absent.' }),
    completions: optional(2, int32, {
      doc: 'How many Pods must succeed. Absent with parallelism set: any success ends it.',
    }),
    activeDeadlineSeconds: optional(3, int64, { doc: 'Seconds that it may run, then it fails. No limit if absent.' }),
    podFailurePolicy: optional(11, PodFailurePolicy, {
      doc: 'What to do when a Pod fails. All failures count if absent.',
    }),
    successPolicy: optional(16, SuccessPolicy, { doc: 'When it has succeeded early. Needs completionMode Indexed.' }),
    backoffLimit: optional(7, int32, {
      doc: 'How many failures until it has failed. 6 if absent, without limit if backoffLimitPerIndex is set.',
    }),
    backoffLimitPerIndex: optional(12, int32, {
      doc: 'How many failures until an index has failed. Needs completionMode Indexed.',
    }),
    maxFailedIndexes: optional(13, int32, { doc: 'How many failed indexes until it has failed. All go on if absent.' }),
    selector: optional(4, LabelSelector, { doc: 'Which Pods are its own. Made by the server if absent.' }),
    manualSelector: optional(5, boolean, { doc: 'True leaves selector and labels to you. False if absent.' }),
    template: always(6, PodTemplateSpec, {
      required: true,
      doc: 'The Pods to run. Its restartPolicy is Never or OnFailure.',
    }),
    ttlSecondsAfterFinished: optional(8, int32, { doc: 'Seconds after its end until it is deleted. Kept if absent.' }),
    completionMode: optional(9, string, {
      enum: ['NonIndexed', 'Indexed'],
      doc: 'Indexed gives each Pod a number. NonIndexed if absent.',
    }),
    suspend: optional(10, boolean, { doc: 'True runs nothing and ends what runs. False if absent.' }),
    podReplacementPolicy: optional(14, string, {
      enum: ['TerminatingOrFailed', 'Failed'],
      doc: 'Failed waits for the end of a Pod before the next, TerminatingOrFailed does not.',
    }),
    managedBy: optional(15, string, { doc: 'Controller that runs it. The built-in one if absent.' }),
  },
  { doc: 'What the Job runs, how often and how long.' },
);
export interface JobSpec extends TypeOf<typeof JobSpec> {}
