/** When a Job has failed and when it has succeeded, as its spec says. */

import type { JobSpec, PodFailurePolicyRule, SuccessPolicyRule } from '#api/batch/job-spec.ts';
import { addProblems, inspectAtLeastZero } from '#apiserver/resources/messages.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { duplicate, invalid, notSupported, required, tooLong, tooMany } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkQualifiedName } from '#machinery/validation/names.ts';

const rulesMax = 20;
const exitCodesMax = 255;
const conditionsMax = 20;
const indexesBytesMax = 64 * 1024;

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const operators = ['In', 'NotIn'];
const conditionStatuses = ['False', 'True', 'Unknown'];

const validValues = (values: readonly string[]): string =>
  `valid values: [${values.map(each => `"${each}"`).join(' ')}]`;

export function inspectFailurePolicy(spec: JobSpec, path: FieldPath, errors: FieldError[]): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > rulesMax) errors.push(tooMany(`${path}.rules`, rules.length, rulesMax));
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {};
  const names = new Set([...(containers ?? []), ...initContainers].map(container => container.name));
  rules.forEach((rule, i) => {
    inspectFailureRule(spec, rule, names, `${path}.rules[${i}]`, errors);
  });
}

function inspectFailureRule(
  spec: JobSpec,
  rule: PodFailurePolicyRule,
  containers: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldError[],
): void {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const at = `${path}.action`;
  if (action === '') errors.push(required(at, validValues(actions)));
  else if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) {
      errors.push(invalid(at, action, 'requires the backoffLimitPerIndex to be set'));
    }
  } else if (!actions.includes(action)) errors.push(notSupported(at, action, actions));
  if (onExitCodes) inspectExitCodes(onExitCodes, containers, `${path}.onExitCodes`, errors);
  if (onPodConditions.length > 0) inspectConditions(onPodConditions, `${path}.onPodConditions`, errors);
  const isCoded = onExitCodes !== undefined;
  if (isCoded === onPodConditions.length > 0) {
    const which = isCoded
      ? 'both OnExitCodes and OnPodConditions is not supported'
      : 'one of OnExitCodes and OnPodConditions is required';
    errors.push({ type: 'FieldValueInvalid', path, message: `Invalid value: specifying ${which}` });
  }
}

function inspectExitCodes(
  codes: NonNullable<PodFailurePolicyRule['onExitCodes']>,
  containers: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldError[],
): void {
  const { operator, containerName, values = [] } = codes;
  if (operator === '') errors.push(required(`${path}.operator`, validValues(operators)));
  else if (!operators.includes(operator)) errors.push(notSupported(`${path}.operator`, operator, operators));
  if (containerName !== undefined && !containers.has(containerName)) {
    const problem = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalid(`${path}.containerName`, containerName, problem));
  }
  if (!values?.length) {
    errors.push(invalid(`${path}.values`, null, 'at least one value is required'));
    return;
  }
  if (values.length > exitCodesMax) errors.push(tooMany(`${path}.values`, values.length, exitCodesMax));
  const seen = new Set<number>();
  values.forEach((value, i) => {
    const at = `${path}.values[${i}]`;
    if (operator === 'In' && value === 0) errors.push(invalid(at, value, 'must not be 0 for the In operator'));
    if (seen.has(value)) errors.push(duplicate(at, value));
    seen.add(value);
  });
  if (values.some((value, i) => i > 0 && (values[i - 1] as number) > value)) {
    errors.push(invalid(`${path}.values`, values, 'must be ordered'));
  }
}

function inspectConditions(
  patterns: NonNullable<PodFailurePolicyRule['onPodConditions']>,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (patterns.length > conditionsMax) errors.push(tooMany(path, patterns.length, conditionsMax));
  patterns.forEach(({ type, status = '' }, i) => {
    addProblems(errors, `${path}[${i}].type`, type, checkQualifiedName(type));
    if (status === '') errors.push(required(`${path}[${i}].status`, validValues(conditionStatuses)));
    else if (!conditionStatuses.includes(status)) {
      errors.push(notSupported(`${path}[${i}].status`, status, conditionStatuses));
    }
  });
}

export function inspectSuccessPolicy(spec: JobSpec, path: FieldPath, errors: FieldError[]): void {
  const rules = spec.successPolicy?.rules ?? [];
  const at = `${path}.rules`;
  if (rules.length === 0) {
    errors.push(required(at, 'at least one rules must be specified when the successPolicy is specified'));
  }
  if (rules.length > rulesMax) errors.push(tooMany(at, rules.length, rulesMax));
  rules.forEach((rule, i) => {
    inspectSuccessRule(rule, spec.completions ?? 0, `${at}[${i}]`, errors);
  });
}

function inspectSuccessRule(rule: SuccessPolicyRule, completions: number, path: FieldPath, errors: FieldError[]): void {
  const { succeededIndexes: indexes, succeededCount: count } = rule;
  if (indexes === undefined && count === undefined) {
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  }
  let indexCount = 0;
  if (indexes !== undefined) {
    const at = `${path}.succeededIndexes`;
    if (indexes.length > indexesBytesMax) errors.push(tooLong(at, indexesBytesMax));
    const counted = countIndexes(indexes, completions);
    if (typeof counted === 'number') indexCount = counted;
    else errors.push(invalid(at, indexes, `error parsing succeededIndexes: ${counted.problem}`));
  }
  if (count === undefined) return;
  const at = `${path}.succeededCount`;
  inspectAtLeastZero(count, at, errors);
  if (count > completions) {
    errors.push(
      invalid(at, count, `must be less than or equal to ${completions} (the number of specified completions)`),
    );
  }
  if (indexes !== undefined && count > indexCount) {
    const problem = `must be less than or equal to ${indexCount} (the number of indexes in the specified succeededIndexes field)`;
    errors.push(invalid(at, count, problem));
  }
}

interface IndexProblem {
  readonly problem: string;
}

/** `0-2,4` are four; each above the one before, none beyond the last of the Job's. */
function countIndexes(text: string, completions: number): number | IndexProblem {
  if (text === '') return 0;
  let last: number | undefined;
  let count = 0;
  for (const part of text.split(',')) {
    const interval = readInterval(part, completions);
    if ('problem' in interval) return interval;
    const { from, to } = interval;
    if (last !== undefined && last >= from)
      return { problem: `non-increasing order, previous: ${last}, current: ${from}` };
    count += to - from + 1;
    last = to;
  }
  return count;
}

function readInterval(text: string, completions: number): { from: number; to: number } | IndexProblem {
  const parts = text.split('-');
  if (parts.length > 2) {
    const rule = "violates the requirement that an index interval can have at most two parts separated by '-'";
    return { problem: `the fragment "${text}" ${rule}` };
  }
  const numbers: number[] = [];
  for (const part of parts) {
    if (!/^[+-]?\d+$/.test(part)) return { problem: `cannot convert string to integer for index: "${part}"` };
    if (Number(part) >= completions) return { problem: `too large index: "${part}"` };
    numbers.push(Number(part));
  }
  const [from, to] = [numbers[0] as number, numbers.at(-1) as number];
  if (numbers.length === 2 && from >= to) return { problem: `non-increasing order, previous: ${from}, current: ${to}` };
  return { from, to };
}
