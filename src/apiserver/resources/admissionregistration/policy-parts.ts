/** The parts of admission policies: variables, validations, audit annotations, mutations. Expressions are not compiled here. */

import type { MatchResources, ParamKind } from '#api/admissionregistration/matching.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { duplicate, type FieldError, invalid, notSupported, required } from '#machinery/validation/field-error.ts';
import { checkDns1035Label, checkDns1123Subdomain, checkQualifiedName } from '#machinery/validation/names.ts';

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];
const reinvocations = ['IfNeeded', 'Never'];
/** What is being deleted cannot be changed. */
const mutableOperations = ['*', 'CONNECT', 'CREATE', 'UPDATE'];
const patches = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const;

const isBlank = (text: string | undefined): boolean => (text ?? '').trim() === '';

export function inspectParamKind({ apiVersion = '', kind = '' }: ParamKind, errors: FieldError[]): void {
  const path = 'spec.paramKind';
  const parts = apiVersion.split('/');
  if (apiVersion === '') errors.push(required(`${path}.apiVersion`));
  else if (parts.length > 2) {
    errors.push(invalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  } else {
    const [group, version] = parts.length === 2 ? parts : ['', apiVersion];
    if (group) addProblems(errors, `${path}.apiVersion`, group, checkDns1123Subdomain(group));
    addProblems(errors, `${path}.apiVersion`, version, checkDns1035Label(version ?? ''));
  }
  if (kind === '') errors.push(required(`${path}.kind`));
  else {
    const problems = checkDns1035Label(kind.toLowerCase());
    const why = (problem: string) => `may have mixed case, but should otherwise match: ${problem}`;
    addProblems(errors, `${path}.kind`, kind, problems.map(why));
  }
}

export function inspectVariables(variables: readonly AnyJson[], errors: FieldError[]): void {
  for (const [at, { name, expression }] of variables.entries()) {
    if (isBlank(name)) errors.push(required(`spec.variables[${at}].name`, 'name is not specified'));
    if (isBlank(expression)) errors.push(required(`spec.variables[${at}].expression`, 'expression is not specified'));
  }
}

export function validationErrors(spec: AnyJson = {}, name = ''): FieldError[] {
  const errors: FieldError[] = [];
  const { validations = [], auditAnnotations = [] } = spec;
  if (validations.length + auditAnnotations.length === 0) {
    const why = 'validations or auditAnnotations must contain at least one item';
    errors.push(required('spec.validations', why), required('spec.auditAnnotations', why));
  }
  for (const [at, { expression, reason }] of validations.entries()) {
    const path = `spec.validations[${at}]`;
    if (isBlank(expression)) errors.push(required(`${path}.expression`, 'expression is not specified'));
    if (reason !== undefined && !reasons.includes(reason)) {
      errors.push(notSupported(`${path}.reason`, reason, reasons.slice(0, 3)));
    }
  }
  inspectAnnotations(auditAnnotations, name, errors);
  return errors;
}

/** The key of an annotation has the policy's name in front. */
function inspectAnnotations(annotations: readonly AnyJson[], name: string, errors: FieldError[]): void {
  const keys = new Set<string>();
  for (const [at, { key = '', valueExpression }] of annotations.entries()) {
    const path = `spec.auditAnnotations[${at}]`;
    if (name === '') errors.push(invalid(`${path}.key`, key, 'requires metadata.name be non-empty'));
    else addProblems(errors, `${path}.key`, `${name}/${key}`, checkQualifiedName(`${name}/${key}`));
    if (isBlank(valueExpression)) {
      errors.push(required(`${path}.valueExpression`, 'valueExpression is not specified'));
    }
    if (keys.has(key)) errors.push(duplicate(`${path}.key`, key));
    keys.add(key);
  }
}

export function inspectOperations(match: MatchResources | undefined, path: string, errors: FieldError[]): void {
  for (const operation of (match?.resourceRules ?? []).flatMap(rule => rule.operations ?? [])) {
    if (mutableOperations.includes(operation)) continue;
    errors.push(notSupported(`${path}.resourceRules.operations`, operation, mutableOperations));
  }
}

export function mutationErrors(spec: AnyJson = {}): FieldError[] {
  const errors: FieldError[] = [];
  inspectOperations(spec.matchConstraints, 'spec.matchConstraints', errors);
  const { mutations = [], reinvocationPolicy = '' } = spec;
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  for (const [at, mutation] of mutations.entries()) inspectMutation(mutation, `spec.mutations[${at}]`, errors);
  if (reinvocationPolicy === '') errors.push(required('spec.reinvocationPolicy'));
  else if (!reinvocations.includes(reinvocationPolicy)) {
    errors.push(notSupported('spec.reinvocationPolicy', reinvocationPolicy, reinvocations));
  }
  return errors;
}

function inspectMutation(mutation: AnyJson, path: string, errors: FieldError[]): void {
  const { patchType = '' } = mutation;
  if (patchType === '') errors.push(required(`${path}.patchType`));
  else if (!Object.hasOwn(patches, patchType)) {
    errors.push(notSupported(`${path}.patchType`, patchType, Object.keys(patches)));
  } else {
    const own = patches[patchType as keyof typeof patches];
    if (mutation[own] === undefined) {
      errors.push(required(`${path}.${own}`, `must be specified when patchType is ${patchType}`));
    } else if (isBlank(mutation[own].expression)) errors.push(required(`${path}.${own}.expression`));
    for (const other of Object.values(patches)) {
      if (other === own || mutation[other] === undefined) continue;
      errors.push(invalid(`${path}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`));
    }
  }
}
