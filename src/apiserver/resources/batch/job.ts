/** Jobs. */

import { isDeepStrictEqual } from 'node:util';
import type { Job } from '#api/batch/job.ts';
import { jobs } from '#api/batch/job.ts';
import type { JobSpec } from '#api/batch/job-spec.ts';
import { PodFailurePolicy, SuccessPolicy } from '#api/batch/job-spec.ts';
import { PodSpec, PodTemplateSpec } from '#api/core/pod-spec.ts';
import { inspectJobSpec } from '#apiserver/resources/batch/job-spec.ts';
import { ageColumn, containerColumns, nameColumn, selectorColumn, textColumn } from '#apiserver/resources/columns.ts';
import { preparePodTemplate } from '#apiserver/resources/core/pod-preparation.ts';
import { nameWarnings, podTemplateWarnings, updatedTemplateWarnings } from '#apiserver/resources/core/pod-warnings.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { immutable } from '#apiserver/resources/messages.ts';
import { invalidSelector, selectorWorks } from '#apiserver/resources/selectors.ts';
import { keepStatus, statusRules, validateCounts } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { humanDuration } from '#machinery/human-duration.ts';
import type { Schema } from '#machinery/schema.ts';
import { fieldsOf } from '#machinery/selector/field-selector.ts';
import { compileLabelSelector, labelSelectorOf } from '#machinery/selector/label-selector.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid, invalidShown, quote, required } from '#machinery/validation/field-error.ts';
import { checkDns1123Label } from '#machinery/validation/names.ts';

const templateOf = (job: Job) => job.spec?.template;

const uidLabel = 'batch.kubernetes.io/controller-uid';
const nameLabel = 'batch.kubernetes.io/job-name';
const oldUidLabel = 'controller-uid';
const oldNameLabel = 'job-name';

export const jobStrategy: Strategy<Job> = {
  resource: jobs,
  hasGeneration: true,
  prepareCreate(job) {
    delete job.status;
    preparePodTemplate(templateOf(job));
    if (job.spec && !job.spec.manualSelector) generateSelector(job, job.spec);
  },
  validateCreate: job => validateJob(job, true),
  warnOnCreate: job => [
    ...nameWarnings(job.metadata?.name ?? ''),
    ...podTemplateWarnings(templateOf(job), 'spec.template'),
  ],
  warnOnUpdate: updatedTemplateWarnings,
  prepareUpdate(job, old) {
    keepStatus(job, old);
    preparePodTemplate(templateOf(job));
  },
  validateUpdate,
  subresources: { status: statusRules(validateStatus) },
  defaultPropagation: 'Orphan',
  defaultPropagationWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  fieldRules: fieldsOf(['status.successful'], field => `field label ${quote(field)} not supported for Job`),
  selectableFields: ({ status }) => ({ 'status.successful': String(status?.succeeded ?? 0) }),
  columns: [
    nameColumn,
    textColumn('Status', statusWord),
    textColumn('Completions', completions),
    { name: 'Duration', type: 'string', timed: true, cell: duration },
    ageColumn,
    ...containerColumns(templateOf),
    selectorColumn(({ spec }) => spec?.selector),
  ],
};

/** A Job knows its Pods by its own uid, unless it is told how to know them. */
function generateSelector(job: Job, spec: JobSpec): void {
  const { name = '', uid = '' } = job.metadata ?? {};
  const given = spec.template.metadata?.labels ?? {};
  const labels = sorted({ [oldUidLabel]: uid, [oldNameLabel]: name, [uidLabel]: uid, [nameLabel]: name, ...given });
  // Labels that the Job took over from its template grow with it.
  if (isDeepStrictEqual(job.metadata?.labels ?? {}, given)) job.metadata = { ...job.metadata, labels: { ...labels } };
  spec.template = { ...spec.template, metadata: { ...spec.template.metadata, labels } };
  spec.selector = { ...spec.selector, matchLabels: sorted({ [uidLabel]: uid, ...spec.selector?.matchLabels }) };
}

/** Maps are printed by key, in messages too. */
const sorted = (map: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));

function validateJob(job: Job, needsNewLabels: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const spec = job.spec as JobSpec;
  if (!spec.manualSelector && spec.selector) inspectGenerated(job, spec, needsNewLabels, errors);
  inspectJobSpec(spec, 'spec', errors);
  if (spec.completionMode === 'Indexed' && (spec.completions ?? 0) > 0) {
    const name = job.metadata?.name ?? '';
    const last = `${name}-${(spec.completions as number) - 1}`;
    if (checkDns1123Label(last).length > 0) {
      errors.push(invalid('metadata.name', name, `will not able to create pod with invalid DNS label: ${last}`));
    }
  }
  return errors;
}

function inspectGenerated(job: Job, spec: JobSpec, needsNewLabels: boolean, errors: FieldError[]): void {
  const { name = '', uid = '' } = job.metadata ?? {};
  if (uid === '') errors.push(required('metadata.uid'));
  const labels = spec.template.metadata?.labels;
  const expected: Record<string, string> = { [oldUidLabel]: uid, [oldNameLabel]: name };
  if (needsNewLabels) Object.assign(expected, { [uidLabel]: uid, [nameLabel]: name });
  for (const [key, value] of Object.entries(expected)) {
    const path = `spec.template.metadata.labels[${key}]`;
    if (labels?.[key] === undefined) errors.push(required(path, `must be '${value}'`));
    else if (labels[key] !== value) errors.push(invalid(path, labels, `must be '${value}'`));
  }
  if (!selectorWorks(spec.selector, 'spec.selector')) return;
  if (!compileLabelSelector(labelSelectorOf(spec.selector))(expected)) {
    errors.push(invalidSelector('spec.selector', spec.selector, '`selector` not auto-generated'));
  }
}

function validateUpdate(job: Job, old: Job): FieldError[] {
  const spec = job.spec as JobSpec;
  const before = old.spec as JobSpec;
  const oldLabels = before.template.metadata?.labels ?? {};
  const errors = validateJob(job, uidLabel in oldLabels && nameLabel in oldLabels);
  inspectJobSpec(spec, 'spec', errors);
  inspectCompletions(spec, before, errors);
  if (!isDeepStrictEqual(spec.selector, before.selector)) {
    errors.push(invalid('spec.selector', spec.selector, immutable));
  }
  inspectTemplate(spec, old, errors);
  if (spec.completionMode !== before.completionMode) {
    errors.push(invalid('spec.completionMode', spec.completionMode, immutable));
  }
  inspectSame('podFailurePolicy', PodFailurePolicy, spec, before, errors);
  if (spec.backoffLimitPerIndex !== before.backoffLimitPerIndex) {
    errors.push(invalid('spec.backoffLimitPerIndex', spec.backoffLimitPerIndex, immutable));
  }
  if (spec.managedBy !== before.managedBy) errors.push(invalid('spec.managedBy', spec.managedBy, immutable));
  inspectSame('successPolicy', SuccessPolicy, spec, before, errors);
  return errors;
}

function inspectSame(
  name: 'podFailurePolicy' | 'successPolicy',
  schema: Schema,
  spec: JobSpec,
  before: JobSpec,
  errors: FieldError[],
): void {
  if (isDeepStrictEqual(spec[name], before[name])) return;
  errors.push(invalidShown(`spec.${name}`, internalJson(schema, spec[name]), immutable));
}

/** An Indexed Job may grow or shrink as long as all of it runs at once. */
function inspectCompletions(spec: JobSpec, before: JobSpec, errors: FieldError[]): void {
  const { completions } = spec;
  if (completions === before.completions) return;
  if (spec.completionMode !== 'Indexed') {
    errors.push(invalid('spec.completions', completions, immutable));
    return;
  }
  if (completions === undefined || before.completions === undefined || completions === spec.parallelism) return;
  errors.push(invalid('spec.completions', completions, 'can only be modified in tandem with spec.parallelism'));
}

/** While a Job is suspended and has not begun, where its Pods run and what they ask for can still be set. */
function inspectTemplate(spec: JobSpec, old: Job, errors: FieldError[]): void {
  const before = (old.spec as JobSpec).template;
  const { template } = spec;
  const isHeld = old.spec?.suspend === true && !old.status?.startTime;
  if (!isHeld) {
    if (isDeepStrictEqual(template, before)) return;
    errors.push(invalidShown('spec.template', internalJson(PodTemplateSpec, template), immutable));
    return;
  }
  if (isDeepStrictEqual(directionless(template.spec), directionless(before.spec))) return;
  errors.push(invalidShown('spec.template.spec', internalJson(PodSpec, template.spec), immutable));
}

const directives = ['nodeSelector', 'tolerations', 'schedulingGates'];

function directionless(spec: PodSpec | undefined): unknown {
  const { affinity, containers = [], initContainers = [], ...rest } = spec ?? ({} as PodSpec);
  const { nodeAffinity: _, ...otherAffinity } = affinity ?? {};
  const resourceless = (all: readonly object[] | undefined) =>
    (all ?? []).map(each => ({ ...each, resources: undefined }));
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([name]) => !directives.includes(name))),
    otherAffinity,
    containers: resourceless(containers),
    initContainers: resourceless(initContainers),
  };
}

/** What a status may never say, and what of it may never be taken back. */
function validateStatus(job: Job, old: Job): FieldError[] {
  const errors = validateCounts(job.status, { counts: ['active', 'succeeded', 'failed', 'ready', 'terminating'] });
  const { startTime, completionTime } = job.status ?? {};
  const before = old.status ?? {};
  if (before.startTime !== undefined && startTime !== before.startTime && !old.spec?.suspend) {
    errors.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'));
  }
  if (before.completionTime !== undefined && completionTime !== before.completionTime) {
    errors.push(invalid('status.completionTime', completionTime, immutable));
  }
  return errors;
}

function statusWord(job: Job): string {
  const isTrue = (type: string): boolean =>
    job.status?.conditions?.some(condition => condition.type === type && condition.status === 'True') ?? false;
  if (isTrue('Complete')) return 'Complete';
  if (isTrue('Failed')) return 'Failed';
  if (job.metadata?.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(isTrue) ?? 'Running';
}

function completions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function duration({ status }: Job, nowMs: number): string {
  if (!status?.startTime) return '';
  const end = status.completionTime ? Date.parse(status.completionTime) : nowMs;
  return humanDuration(end - Date.parse(status.startTime));
}
