import { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { LabelSelector } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, int64, list, optional, string, struct } from '#machinery/schema.ts';

export const PodFailurePolicyOnExitCodesRequirement = struct(
  'io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement',
  {
    containerName: optional(1, string),
    operator: always(2, string, { required: true, enum: ['In', 'NotIn'] }),
    values: always(3, list(int32, { type: 'set' }), { required: true }),
  },
);
export interface PodFailurePolicyOnExitCodesRequirement extends TypeOf<typeof PodFailurePolicyOnExitCodesRequirement> {}

export const PodFailurePolicyOnPodConditionsPattern = struct(
  'io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern',
  {
    type: always(1, string, { required: true }),
    status: field(2, string, { default: 'True' }),
  },
);
export interface PodFailurePolicyOnPodConditionsPattern extends TypeOf<typeof PodFailurePolicyOnPodConditionsPattern> {}

export const PodFailurePolicyRule = struct('io.k8s.api.batch.v1.PodFailurePolicyRule', {
  action: always(1, string, { required: true, enum: ['FailJob', 'FailIndex', 'Ignore', 'Count'] }),
  onExitCodes: optional(2, PodFailurePolicyOnExitCodesRequirement),
  onPodConditions: field(3, list(PodFailurePolicyOnPodConditionsPattern)),
});
export interface PodFailurePolicyRule extends TypeOf<typeof PodFailurePolicyRule> {}

export const PodFailurePolicy = struct('io.k8s.api.batch.v1.PodFailurePolicy', {
  rules: always(1, list(PodFailurePolicyRule), { required: true }),
});
export interface PodFailurePolicy extends TypeOf<typeof PodFailurePolicy> {}

export const SuccessPolicyRule = struct('io.k8s.api.batch.v1.SuccessPolicyRule', {
  succeededIndexes: optional(1, string),
  succeededCount: optional(2, int32),
});
export interface SuccessPolicyRule extends TypeOf<typeof SuccessPolicyRule> {}

export const SuccessPolicy = struct('io.k8s.api.batch.v1.SuccessPolicy', {
  rules: always(1, list(SuccessPolicyRule), { required: true }),
});
export interface SuccessPolicy extends TypeOf<typeof SuccessPolicy> {}

export const JobSpec = struct('io.k8s.api.batch.v1.JobSpec', {
  parallelism: optional(1, int32),
  completions: optional(2, int32),
  activeDeadlineSeconds: optional(3, int64),
  podFailurePolicy: optional(11, PodFailurePolicy),
  successPolicy: optional(16, SuccessPolicy),
  backoffLimit: optional(7, int32),
  backoffLimitPerIndex: optional(12, int32),
  maxFailedIndexes: optional(13, int32),
  selector: optional(4, LabelSelector),
  manualSelector: optional(5, boolean),
  template: always(6, PodTemplateSpec, { required: true }),
  ttlSecondsAfterFinished: optional(8, int32),
  completionMode: optional(9, string, { enum: ['NonIndexed', 'Indexed'] }),
  suspend: optional(10, boolean),
  podReplacementPolicy: optional(14, string, { enum: ['TerminatingOrFailed', 'Failed'] }),
  managedBy: optional(15, string),
});
export interface JobSpec extends TypeOf<typeof JobSpec> {}
