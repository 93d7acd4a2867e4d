import { JobSpec } from '#api/batch/job-spec.ts';
import { ObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, int64, list, optional, string, struct, time } from '#machinery/schema.ts';

export const JobTemplateSpec = struct(
  'io.k8s.api.batch.v1.JobTemplateSpec',
  {
    metadata: always(1, ObjectMeta, { doc: 'Labels and annotations of the Jobs.' }),
    spec: always(2, JobSpec, { doc: 'What the Jobs run.' }),
  },
  { doc: 'A Job to be made.' },
);
export interface JobTemplateSpec extends TypeOf<typeof JobTemplateSpec> {}

export const CronJobSpec = struct(
  'io.k8s.api.batch.v1.CronJobSpec',
  {
    schedule: always(1, string, { required: true, doc: "When, in cron's five fields, or a word such as @daily." }),
    timeZone: optional(8, string, {
      doc: 'Time zone of the schedule, such as Europe/Berlin. That of the controller if absent.',
    }),
    startingDeadlineSeconds: optional(2, int64, {
      doc: 'Seconds that a start may be late before it is missed. No limit if absent.',
    }),
    concurrencyPolicy: field(3, string, {
      default: 'Allow',
      enum: ['Allow', 'Forbid', 'Replace'],
      doc: 'Allow runs side by side, Forbid skips, Replace ends the old run. Allow if absent.',
    }),
    suspend: optional(4, boolean, { default: false, doc: 'True starts no further runs. False if absent.' }),
    jobTemplate: always(5, JobTemplateSpec, { required: true, doc: 'The Job of each run.' }),
    successfulJobsHistoryLimit: optional(6, int32, {
      default: 3,
      doc: 'How many Jobs that succeeded are kept. 3 if absent.',
    }),
    failedJobsHistoryLimit: optional(7, int32, { default: 1, doc: 'How many Jobs that failed are kept. 1 if absent.' }),
  },
  { doc: 'What the CronJob runs and when.' },
);
export interface CronJobSpec extends TypeOf<typeof CronJobSpec> {}

export const CronJobStatus = struct(
  'io.k8s.api.batch.v1.CronJobStatus',
  {
    active: field(1, list(ObjectReference), { doc: 'Jobs that run now.' }),
    lastScheduleTime: optional(4, time, { doc: 'When a run was last due and started.' }),
    lastSuccessfulTime: optional(5, time, { doc: 'When a run last succeeded.' }),
  },
  { doc: 'What is observed of the CronJob.' },
);
export interface CronJobStatus extends TypeOf<typeof CronJobStatus> {}

export const CronJob = struct(
  'io.k8s.api.batch.v1.CronJob',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, CronJobSpec, { required: true }),
    status: always(3, CronJobStatus),
  },
  { doc: 'Makes a Job at certain times, again and again.', gvk: { group: 'batch', version: 'v1', kind: 'CronJob' } },
);
export interface CronJob extends TypeOf<typeof CronJob> {}

export const cronJobs = defineResource({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  singular: 'cronjob',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['cj'],
  categories: ['all'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: CronJob,
});
