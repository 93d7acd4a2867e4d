/** CronJobs. */

import type { CronJob, CronJobSpec, JobTemplateSpec } from '#api/batch/cron-job.ts';
import { cronJobs } from '#api/batch/cron-job.ts';
import { scheduleProblem } from '#apiserver/resources/batch/cron-schedule.ts';
import { inspectJobParts } from '#apiserver/resources/batch/job-spec.ts';
import {
  ageColumn,
  containerColumns,
  integerColumn,
  nameColumn,
  printedSelector,
  textColumn,
} from '#apiserver/resources/columns.ts';
import { preparePodTemplate } from '#apiserver/resources/core/pod-preparation.ts';
import { nameWarnings, podTemplateWarnings } from '#apiserver/resources/core/pod-warnings.ts';
import { inspectAtLeastZero, notSupportedShown } from '#apiserver/resources/messages.ts';
import { invalidSelector } from '#apiserver/resources/selectors.ts';
import { keepStatus, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { ageOf } from '#machinery/human-duration.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid, notSupported, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';

const templateOf = (cronJob: CronJob) => cronJob.spec?.jobTemplate?.spec?.template;

/** Its Jobs are named after it, with the time of eleven characters behind. */
const nameCharactersMax = 52;

export const cronJobStrategy: Strategy<CronJob> = {
  resource: cronJobs,
  hasGeneration: true,
  prepareCreate(cronJob) {
    delete cronJob.status;
    preparePodTemplate(templateOf(cronJob));
  },
  validateCreate(cronJob) {
    const errors = validateSpec(cronJob.spec as CronJobSpec);
    const { name = '' } = cronJob.metadata ?? {};
    if (name.length > nameCharactersMax) {
      errors.push(invalid('metadata.name', name, `must be no more than ${nameCharactersMax} characters`));
    }
    return errors;
  },
  warnOnCreate: cronJob => [
    ...nameWarnings(cronJob.metadata?.name ?? ''),
    ...podTemplateWarnings(templateOf(cronJob), 'spec.jobTemplate.spec.template'),
  ],
  prepareUpdate(cronJob, old) {
    keepStatus(cronJob, old);
    preparePodTemplate(templateOf(cronJob));
  },
  validateUpdate: (cronJob, old) => validateSpec(cronJob.spec as CronJobSpec, old.spec),
  subresources: { status: statusRules() },
  columns: [
    nameColumn,
    textColumn('Schedule', ({ spec }) => spec?.schedule),
    textColumn('Timezone', ({ spec }) => spec?.timeZone ?? '<none>'),
    { name: 'Suspend', type: 'boolean', cell: ({ spec }) => suspended(spec?.suspend) },
    integerColumn('Active', ({ status }) => status?.active?.length),
    {
      name: 'Last Schedule',
      type: 'string',
      timed: true,
      cell: ({ status }, nowMs) => (status?.lastScheduleTime ? ageOf(status.lastScheduleTime, nowMs) : '<none>'),
    },
    ageColumn,
    ...containerColumns(templateOf),
    textColumn('Selector', ({ spec }) => printedSelector(spec?.jobTemplate?.spec?.selector), 1),
  ],
};

function suspended(suspend: boolean | undefined): string {
  if (suspend === undefined) return '<unset>';
  return suspend ? 'True' : 'False';
}

const concurrencyPolicies = ['Allow', 'Forbid', 'Replace'];

function validateSpec(spec: CronJobSpec, old?: CronJobSpec): FieldError[] {
  const errors: FieldError[] = [];
  inspectSchedule(spec.schedule, old?.schedule, errors);
  inspectAtLeastZero(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds', errors);
  if (spec.timeZone !== undefined && spec.timeZone !== old?.timeZone) inspectTimeZone(spec.timeZone, errors);
  const policy = spec.concurrencyPolicy;
  if (!policy) errors.push(required('spec.concurrencyPolicy'));
  else if (!concurrencyPolicies.includes(policy)) {
    errors.push(notSupported('spec.concurrencyPolicy', policy, concurrencyPolicies));
  }
  inspectJobTemplate(spec.jobTemplate, 'spec.jobTemplate', errors);
  inspectAtLeastZero(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit', errors);
  inspectAtLeastZero(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit', errors);
  return errors;
}

/** A time zone in the schedule itself was never meant: it is let be where it stands. */
function inspectSchedule(schedule: string, old: string | undefined, errors: FieldError[]): void {
  const path = 'spec.schedule';
  if (schedule === '') {
    errors.push(required(path));
    return;
  }
  const hasZone = schedule.includes('TZ');
  if (hasZone && !old?.includes('TZ')) {
    errors.push(invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  }
  const problem = scheduleProblem(schedule.replace(/^(CRON_)?TZ=\S+\s*/, ''));
  if (problem !== undefined) errors.push(invalid(path, schedule, problem));
}

function inspectTimeZone(zone: string, errors: FieldError[]): void {
  const path = 'spec.timeZone';
  if (zone === '') errors.push(invalid(path, zone, 'timeZone must be nil or non-empty string'));
  else if (zone.toLowerCase() === 'local') {
    const problem = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    errors.push(invalid(path, zone, problem));
  } else if (!isTimeZone(zone)) errors.push(invalid(path, zone, `unknown time zone ${zone}`));
}

/** In its own spelling: zones are files to upstream, and case counts. */
function isTimeZone(zone: string): boolean {
  if (!/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/.test(zone)) return false;
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
    return known === zone || known.toLowerCase() !== zone.toLowerCase();
  } catch {
    return false;
  }
}

function inspectJobTemplate(template: JobTemplateSpec, path: FieldPath, errors: FieldError[]): void {
  const spec = template?.spec;
  if (!spec) return;
  inspectJobParts(spec, `${path}.spec`, errors);
  if (spec.selector)
    errors.push(invalidSelector(`${path}.spec.selector`, spec.selector, '`selector` will be auto-generated'));
  if (spec.manualSelector) {
    errors.push(notSupportedShown(`${path}.spec.manualSelector`, 'true', ['nil', 'false']));
  }
}
