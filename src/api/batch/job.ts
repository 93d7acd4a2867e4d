import { JobSpec } from '#api/batch/job-spec.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct, time } from '#machinery/schema.ts';

export const JobCondition = struct(
  'io.k8s.api.batch.v1.JobCondition',
  {
    type: always(1, string, {
      required: true,
      enum: ['Suspended', 'Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet'],
      doc: 'What the condition is about.',
    }),
    status: always(2, string, { required: true, doc: 'Whether it holds: True, False or Unknown.' }),
    lastProbeTime: always(3, time, { doc: 'When the condition was last checked.' }),
    lastTransitionTime: always(4, time, { doc: 'When the status last changed.' }),
    reason: field(5, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(6, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface JobCondition extends TypeOf<typeof JobCondition> {}

export const UncountedTerminatedPods = struct(
  'io.k8s.api.batch.v1.UncountedTerminatedPods',
  {
    succeeded: field(1, list(string, { type: 'set' }), { doc: 'UIDs of Pods that succeeded.' }),
    failed: field(2, list(string, { type: 'set' }), { doc: 'UIDs of Pods that failed.' }),
  },
  { doc: 'UIDs of Pods that have ended and are not yet counted.' },
);
export interface UncountedTerminatedPods extends TypeOf<typeof UncountedTerminatedPods> {}

export const JobStatus = struct(
  'io.k8s.api.batch.v1.JobStatus',
  {
    conditions: field(1, list(JobCondition, { patch: ['merge'], mergeKey: 'type' }), {
      doc: 'What is true of it now, one entry for each type.',
    }),
    startTime: optional(2, time, { doc: 'When it was started. Set anew when it is resumed.' }),
    completionTime: optional(3, time, { doc: 'When it succeeded. Absent if it did not.' }),
    active: field(4, int32, { doc: 'Pods that wait or run, without those that are ending.' }),
    succeeded: field(5, int32, { doc: 'Pods that have succeeded.' }),
    failed: field(6, int32, { doc: 'Pods that have failed.' }),
    completedIndexes: field(7, string, { doc: 'Indexes that have succeeded, such as 0,2-4.' }),
    failedIndexes: optional(10, string, { doc: 'Indexes that have failed, such as 0,2-4.' }),
    terminating: optional(11, int32, { doc: 'Pods that are ending.' }),
    uncountedTerminatedPods: optional(8, UncountedTerminatedPods, {
      doc: 'Pods that have ended and are not yet counted.',
    }),
    ready: optional(9, int32, { doc: 'Active Pods that are ready.' }),
  },
  { doc: 'What is observed of the Job.' },
);
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
    doc: 'Runs Pods until enough of them have succeeded.',
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
