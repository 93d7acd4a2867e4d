/** Admission policies written in CEL, and what binds them to requests. */

import type { MatchResources, ParamKind, ParamRef } from '#api/admissionregistration/matching.ts';
import {
  type MutatingAdmissionPolicy,
  mutatingAdmissionPolicies,
} from '#api/admissionregistration/mutating-admission-policy.ts';
import {
  type MutatingAdmissionPolicyBinding,
  mutatingAdmissionPolicyBindings,
} from '#api/admissionregistration/mutating-admission-policy-binding.ts';
import {
  type ValidatingAdmissionPolicy,
  validatingAdmissionPolicies,
} from '#api/admissionregistration/validating-admission-policy.ts';
import {
  type ValidatingAdmissionPolicyBinding,
  validatingAdmissionPolicyBindings,
} from '#api/admissionregistration/validating-admission-policy-binding.ts';
import {
  inspectOperations,
  inspectParamKind,
  inspectVariables,
  mutationErrors,
  validationErrors,
} from '#apiserver/resources/admissionregistration/policy-parts.ts';
import { inspectRules } from '#apiserver/resources/admissionregistration/rules.ts';
import { inspectConditions } from '#apiserver/resources/admissionregistration/webhooks.ts';
import { ageColumn, integerColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import { keepStatus, resetsWithLabels, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';
import {
  duplicate,
  type FieldError,
  type FieldErrors,
  forbidden,
  invalid,
  notSupported,
  required,
} from '#machinery/validation/field-error.ts';
import { validateLabelSelector } from '#machinery/validation/label-selector.ts';
import { checkDns1123Subdomain, checkPathSegmentName } from '#machinery/validation/names.ts';

export const validatingAdmissionPolicyStrategy: Strategy<ValidatingAdmissionPolicy> = {
  resource: validatingAdmissionPolicies,
  hasGeneration: true,
  prepareCreate(policy) {
    policy.status = {};
  },
  prepareUpdate: keepStatus,
  validateCreate: ({ spec, metadata }) => [...policyErrors(spec), ...validationErrors(spec, metadata?.name)],
  validateUpdate: policy => [
    ...metadataAgain(policy.metadata, false),
    ...policyErrors(policy.spec),
    ...validationErrors(policy.spec, policy.metadata?.name),
  ],
  subresources: { status: statusRules(() => [], { keepsLabels: true }) },
  resetFields: resetsWithLabels,
  columns: [
    nameColumn,
    integerColumn<ValidatingAdmissionPolicy>('Validations', ({ spec }) => spec?.validations?.length),
    textColumn<ValidatingAdmissionPolicy>('ParamKind', ({ spec }) => printedKind(spec?.paramKind)),
    ageColumn,
  ],
};

export const mutatingAdmissionPolicyStrategy: Strategy<MutatingAdmissionPolicy> = {
  resource: mutatingAdmissionPolicies,
  hasGeneration: true,
  validateCreate: ({ spec }) => [...policyErrors(spec), ...mutationErrors(spec)],
  validateUpdate: policy => [
    ...metadataAgain(policy.metadata, false),
    ...policyErrors(policy.spec),
    ...mutationErrors(policy.spec),
  ],
  columns: [
    nameColumn,
    integerColumn<MutatingAdmissionPolicy>('Mutations', ({ spec }) => spec?.mutations?.length),
    textColumn<MutatingAdmissionPolicy>('ParamKind', ({ spec }) => printedKind(spec?.paramKind)),
    ageColumn,
  ],
};

export const validatingAdmissionPolicyBindingStrategy: Strategy<ValidatingAdmissionPolicyBinding> = bindingStrategy(
  validatingAdmissionPolicyBindings,
);
export const mutatingAdmissionPolicyBindingStrategy: Strategy<MutatingAdmissionPolicyBinding> = bindingStrategy(
  mutatingAdmissionPolicyBindings,
);

function bindingStrategy(resource: Resource): Strategy {
  return {
    resource,
    hasGeneration: true,
    validateCreate: ({ spec }) => bindingErrors(spec, resource),
    validateUpdate: binding => [...metadataAgain(binding.metadata, false), ...bindingErrors(binding.spec, resource)],
    columns: [
      nameColumn,
      textColumn<AnyJson>('PolicyName', ({ spec }) => spec?.policyName),
      textColumn<AnyJson>('ParamRef', ({ spec }) => printedRef(spec?.paramRef)),
      ageColumn,
    ],
  };
}

const printedKind = (kind: ParamKind | undefined): string => (kind ? `${kind.apiVersion}/${kind.kind}` : '<unset>');

function printedRef(ref: ParamRef | undefined): string {
  if (ref === undefined) return '<unset>';
  if (ref.name) return `${ref.namespace || '*'}/${ref.name}`;
  return ref.selector ? goSelector(ref.selector) : '<unset>';
}

/** As Go's own printer shows it. */
function goSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}: ${value},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

function policyErrors(spec: AnyJson = {}): FieldErrors {
  const errors: FieldError[] = [];
  const { failurePolicy, paramKind, matchConstraints, matchConditions = [] } = spec;
  if (failurePolicy !== undefined && failurePolicy !== 'Fail' && failurePolicy !== 'Ignore') {
    errors.push(notSupported('spec.failurePolicy', failurePolicy, ['Fail', 'Ignore']));
  }
  if (paramKind !== undefined) inspectParamKind(paramKind, errors);
  if (matchConstraints === undefined) errors.push(required('spec.matchConstraints'));
  else {
    inspectMatch(matchConstraints, 'spec.matchConstraints', errors);
    if (!matchConstraints.resourceRules?.length) errors.push(required('spec.matchConstraints.resourceRules'));
  }
  inspectConditions(matchConditions, 'spec.matchConditions', errors);
  inspectVariables(spec.variables ?? [], errors);
  return errors;
}

function inspectMatch(match: MatchResources, path: string, errors: FieldError[]): void {
  errors.push(...validateLabelSelector(match.namespaceSelector, `${path}.namespaceSelector`));
  errors.push(...validateLabelSelector(match.objectSelector, `${path}.objectSelector`));
  inspectRules(match.resourceRules ?? [], `${path}.resourceRules`, errors);
  for (const [at, { resourceNames = [] }] of (match.resourceRules ?? []).entries()) {
    for (const [index, name] of resourceNames.entries()) {
      if (resourceNames.indexOf(name) < index) {
        errors.push(duplicate(`${path}.resourceRules[${at}].resourceNames[${index}]`, name));
      }
    }
  }
  inspectRules(match.excludeResourceRules ?? [], `${path}.excludeResourceRules`, errors);
  const { matchPolicy } = match;
  if (matchPolicy === undefined) errors.push(required(`${path}.matchPolicy`));
  else if (matchPolicy !== 'Equivalent' && matchPolicy !== 'Exact') {
    errors.push(notSupported(`${path}.matchPolicy`, matchPolicy, ['Equivalent', 'Exact']));
  }
}

const actions = ['Audit', 'Deny', 'Warn'];

function bindingErrors(spec: AnyJson = {}, resource: Resource): FieldErrors {
  const errors: FieldError[] = [];
  const { policyName = '', paramRef, matchResources } = spec;
  if (policyName === '') errors.push(required('spec.policyName'));
  else addProblems(errors, 'spec.policyName', policyName, checkDns1123Subdomain(policyName));
  if (paramRef !== undefined) inspectParamRef(paramRef, errors);
  if (matchResources !== undefined) inspectMatch(matchResources, 'spec.matchResources', errors);
  if (resource === mutatingAdmissionPolicyBindings) inspectOperations(matchResources, 'spec.matchResources', errors);
  if (resource === validatingAdmissionPolicyBindings) inspectActions(spec.validationActions ?? [], errors);
  return errors;
}

function inspectActions(given: readonly string[], errors: FieldError[]): void {
  const path = 'spec.validationActions';
  if (given.length === 0) errors.push(required(path, 'at least one validation action is required'));
  for (const [at, action] of given.entries()) {
    if (!actions.includes(action)) errors.push(notSupported(`${path}[${at}]`, action, actions));
    if (given.indexOf(action) < at) errors.push(duplicate(`${path}[${at}]`, action));
  }
  if (given.includes('Deny') && given.includes('Warn')) {
    errors.push(
      invalid(
        path,
        given,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    );
  }
}

const exclusive = 'name and selector are mutually exclusive';

function inspectParamRef(ref: ParamRef, errors: FieldError[]): void {
  const path = 'spec.paramRef';
  const { name = '', selector, parameterNotFoundAction: action } = ref;
  if (name !== '') {
    addProblems(errors, `${path}.name`, name, checkPathSegmentName(name));
    if (selector !== undefined) {
      errors.push(forbidden(`${path}.name`, exclusive), forbidden(`${path}.selector`, exclusive));
    }
  }
  if (selector !== undefined) errors.push(...validateLabelSelector(selector, `${path}.selector`));
  if (name === '' && selector === undefined) errors.push(required(path, 'one of name or selector must be specified'));
  if (!action) errors.push(required(`${path}.parameterNotFoundAction`));
  else if (action !== 'Allow' && action !== 'Deny') {
    errors.push(notSupported(`${path}.parameterNotFoundAction`, action, ['Deny', 'Allow']));
  }
}
