import { JobSpec } from '#api/batch/job-spec.ts';
import { ObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, int64, list, optional, string, struct, time } from '#machinery/schema.ts';

export const JobTemplateSpec = struct('io.k8s.api.batch.v1.JobTemplateSpec', {
  metadata: always(1, ObjectMeta),
  spec: always(2, JobSpec),
});
export interface JobTemplateSpec extends TypeOf<typeof JobTemplateSpec> {}

export const CronJobSpec = struct('io.k8s.api.batch.v1.CronJobSpec', {
  schedule: always(1, string, { required: true }),
  timeZone: optional(8, string),
  startingDeadlineSeconds: optional(2, int64),
  concurrencyPolicy: field(3, string, { default: 'Allow', enum: ['Allow', 'Forbid', 'Replace'] }),
  suspend: optional(4, boolean, { default: false }),
  jobTemplate: always(5, JobTemplateSpec, { required: true }),
  successfulJobsHistoryLimit: optional(6, int32, { default: 3 }),
  failedJobsHistoryLimit: optional(7, int32, { default: 1 }),
});
export interface CronJobSpec extends TypeOf<typeof CronJobSpec> {}

export const CronJobStatus = struct('io.k8s.api.batch.v1.CronJobStatus', {
  active: field(1, list(ObjectReference)),
  lastScheduleTime: optional(4, time),
  lastSuccessfulTime: optional(5, time),
});
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
  { gvk: { group: 'batch', version: 'v1', kind: 'CronJob' } },
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
