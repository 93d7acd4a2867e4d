/** The spec of a Job, or of the Jobs that a CronJob makes. */

import type { JobSpec } from '#api/batch/job-spec.ts';
import { SuccessPolicy } from '#api/batch/job-spec.ts';
import { inspectFailurePolicy, inspectSuccessPolicy } from '#apiserver/resources/batch/job-policies.ts';
import { inspectPodTemplate } from '#apiserver/resources/core/pod-validation.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { inspectAtLeastZero } from '#apiserver/resources/messages.ts';
import { inspectSelectsOwn, selectorWorks } from '#apiserver/resources/selectors.ts';
import { validateDomainPrefixedPath } from '#machinery/validation/addresses.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid, invalidShown, notSupported, required, tooLong } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { validateLabelSelector } from '#machinery/validation/label-selector.ts';

const indexedMax = 100_000;
const indexedWithBackoffMax = 10_000;
const managedByBytesMax = 63;
const needsIndexed = 'requires indexed completion mode';

/** With its selector, which the Jobs of a CronJob do not have yet. */
export function inspectJobSpec(spec: JobSpec, path: FieldPath, errors: FieldError[]): void {
  inspectJobParts(spec, path, errors);
  if (!spec.selector) errors.push(required(`${path}.selector`));
  else errors.push(...validateLabelSelector(spec.selector, `${path}.selector`));
  if (selectorWorks(spec.selector, path)) inspectSelectsOwn(spec.selector, spec.template, `${path}.template`, errors);
}

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
] as const;

export function inspectJobParts(spec: JobSpec, path: FieldPath, errors: FieldError[]): void {
  for (const name of counts) inspectAtLeastZero(spec[name], `${path}.${name}`, errors);
  if (spec.maxFailedIndexes !== undefined) {
    inspectAtLeastZero(spec.maxFailedIndexes, `${path}.maxFailedIndexes`, errors);
    if (spec.backoffLimitPerIndex === undefined) {
      errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
    }
  }
  if (spec.managedBy !== undefined) {
    errors.push(...validateDomainPrefixedPath(`${path}.managedBy`, spec.managedBy));
    if (spec.managedBy.length > managedByBytesMax) errors.push(tooLong(`${path}.managedBy`, managedByBytesMax));
  }
  inspectCompletionMode(spec, path, errors);
  if (spec.podFailurePolicy) inspectFailurePolicy(spec, `${path}.podFailurePolicy`, errors);
  if (spec.successPolicy) {
    if (spec.completionMode === 'Indexed') inspectSuccessPolicy(spec, `${path}.successPolicy`, errors);
    else
      errors.push(invalidShown(`${path}.successPolicy`, internalJson(SuccessPolicy, spec.successPolicy), needsIndexed));
  }
  inspectReplacement(spec, `${path}.podReplacementPolicy`, errors);
  inspectPodTemplate(spec.template ?? {}, `${path}.template`, errors);
  inspectRestart(spec, `${path}.template.spec.restartPolicy`, errors);
}

const completionModes = ['NonIndexed', 'Indexed'];

function inspectCompletionMode(spec: JobSpec, path: FieldPath, errors: FieldError[]): void {
  const { completionMode: mode, backoffLimitPerIndex, maxFailedIndexes } = spec;
  if (mode !== undefined && !completionModes.includes(mode)) {
    errors.push(notSupported(`${path}.completionMode`, mode, completionModes));
  }
  if (mode === 'Indexed') inspectIndexed(spec, path, errors);
  if (mode !== undefined && mode !== 'NonIndexed') return;
  if (backoffLimitPerIndex !== undefined) {
    errors.push(invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, needsIndexed));
  }
  if (maxFailedIndexes !== undefined) errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, needsIndexed));
}

/** The status lists the indexes that are done: there is an end to how many it can. */
function inspectIndexed(spec: JobSpec, path: FieldPath, errors: FieldError[]): void {
  const { completions, parallelism = 0, maxFailedIndexes: failed, backoffLimitPerIndex } = spec;
  const atMost = (name: string, value: number, max: number, when: string): void => {
    if (value > max) errors.push(invalid(`${path}.${name}`, value, `must be less than or equal to ${max}${when}`));
  };
  if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  atMost('parallelism', parallelism, indexedMax, ' when completion mode is Indexed');
  if (completions !== undefined && failed !== undefined && failed > completions) {
    errors.push(invalid(`${path}.maxFailedIndexes`, failed, 'must be less than or equal to completions'));
  }
  if (failed !== undefined) atMost('maxFailedIndexes', failed, indexedMax, '');
  if ((completions ?? 0) <= indexedMax || backoffLimitPerIndex === undefined) return;
  const when = ` when completions are above ${indexedMax} and used with backoff limit per index`;
  if (failed === undefined) {
    errors.push(required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${indexedMax}`));
  } else atMost('maxFailedIndexes', failed, indexedWithBackoffMax, when);
  atMost('parallelism', parallelism, indexedWithBackoffMax, when);
}

function inspectReplacement(spec: JobSpec, path: FieldPath, errors: FieldError[]): void {
  const policy = spec.podReplacementPolicy;
  if (policy === undefined) return;
  // A Pod that still terminates may yet fail in a way that the failure policy counts.
  const allowed = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  if (!allowed.includes(policy)) errors.push(notSupported(path, policy, allowed));
}

const restartPolicies = ['OnFailure', 'Never'];

function inspectRestart(spec: JobSpec, path: FieldPath, errors: FieldError[]): void {
  const policy = spec.template?.spec?.restartPolicy;
  if (!policy || policy === 'Always') errors.push(required(path, 'valid values: "OnFailure", "Never"'));
  else if (!restartPolicies.includes(policy)) errors.push(notSupported(path, policy, restartPolicies));
  else if (spec.podFailurePolicy && policy !== 'Never') {
    errors.push(invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified'));
  }
}
