import { JobSpec } from '#api/batch/job-spec.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct, time } from '#machinery/schema.ts';

export const JobCondition = struct('io.k8s.api.batch.v1.JobCondition', {
  type: always(1, string, {
    required: true,
    enum: ['Suspended', 'Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet'],
  }),
  status: always(2, string, { required: true }),
  lastProbeTime: always(3, time),
  lastTransitionTime: always(4, time),
  reason: field(5, string),
  message: field(6, string),
});
export interface JobCondition extends TypeOf<typeof JobCondition> {}

export const UncountedTerminatedPods = struct('io.k8s.api.batch.v1.UncountedTerminatedPods', {
  succeeded: field(1, list(string, { type: 'set' })),
  failed: field(2, list(string, { type: 'set' })),
});
export interface UncountedTerminatedPods extends TypeOf<typeof UncountedTerminatedPods> {}

export const JobStatus = struct('io.k8s.api.batch.v1.JobStatus', {
  conditions: field(1, list(JobCondition, { patch: ['merge'], mergeKey: 'type' })),
  startTime: optional(2, time),
  completionTime: optional(3, time),
  active: field(4, int32),
  succeeded: field(5, int32),
  failed: field(6, int32),
  completedIndexes: field(7, string),
  failedIndexes: optional(10, string),
  terminating: optional(11, int32),
  uncountedTerminatedPods: optional(8, UncountedTerminatedPods),
  ready: optional(9, int32),
});
export interface JobStatus extends TypeOf<typeof JobStatus> {}

function defaultJobSpec(spec: JobSpec): void {
  // Neither said: one run. Only parallelism said: a work queue, done when any of its Pods is.
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
}

export const Job = struct(
  'io.k8s.api.batch.v1.Job',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, JobSpec),
    status: always(3, JobStatus),
  },
  {
    gvk: { group: 'batch', version: 'v1', kind: 'Job' },
    // Of a Job only: the Jobs that a CronJob describes get theirs when they are made.
    defaults: job => {
      if (job.spec) defaultJobSpec(job.spec);
      const labels = job.spec?.template?.metadata?.labels;
      if (labels && Object.keys(job.metadata?.labels ?? {}).length === 0)
        job.metadata = { ...job.metadata, labels: { ...labels } };
    },
  },
);
export interface Job extends TypeOf<typeof Job> {}

export const jobs = defineResource({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  singular: 'job',
  namespaced: true,
  verbs: allVerbs,
  categories: ['all'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: Job,
});
