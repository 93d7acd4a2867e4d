/** FlowSchemas: which requests go to which priority level (upstream: registry/flowcontrol/flowschema). */

import {
  FlowDistinguisherMethod,
  type FlowSchema,
  type FlowSchemaSpec,
  flowSchemas,
  type PolicyRulesWithSubjects,
  type Subject,
} from '#api/flowcontrol/flow-schema.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { addProblems, metadataAgain, notSupportedShown } from '#apiserver/resources/messages.ts';
import { keepStatus, resetsWithLabels, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import {
  type FieldError,
  type FieldErrors,
  forbidden,
  invalid,
  notSupported,
  required,
} from '#machinery/validation/field-error.ts';
import { nameIsDnsLabel, nameIsDnsSubdomain } from '#machinery/validation/names.ts';

const precedenceMax = 10_000;
const kinds = { User: 'user', Group: 'group', ServiceAccount: 'serviceAccount' } as const;

export const flowSchemaStrategy: Strategy<FlowSchema> = {
  resource: flowSchemas,
  hasGeneration: true,
  prepareCreate(schema) {
    schema.status = {};
  },
  prepareUpdate: keepStatus,
  validateCreate: ({ spec = {} as FlowSchemaSpec, metadata }) => validate(spec, metadata?.name),
  validateUpdate: schema => [
    ...metadataAgain(schema.metadata, false),
    ...validate(schema.spec ?? ({} as FlowSchemaSpec), schema.metadata?.name),
  ],
  subresources: { status: statusRules(() => [], { keepsLabels: true }) },
  resetFields: resetsWithLabels,
  columns: [
    nameColumn,
    textColumn<FlowSchema>('PriorityLevel', ({ spec }) => spec?.priorityLevelConfiguration?.name),
    { name: 'MatchingPrecedence', type: 'string', cell: ({ spec }) => spec?.matchingPrecedence ?? 0 },
    textColumn<FlowSchema>('DistinguisherMethod', ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>'),
    ageColumn,
    textColumn<FlowSchema>(
      'MissingPL',
      ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
    ),
  ],
};

function validate(spec: FlowSchemaSpec, name: string | undefined): FieldErrors {
  const errors: FieldError[] = [];
  const { matchingPrecedence: precedence = 0, distinguisherMethod: method, rules = [] } = spec;
  const level = spec.priorityLevelConfiguration?.name ?? '';
  if (precedence === 1 && name !== 'exempt') {
    errors.push(invalid('spec.matchingPrecedence', 1, "only the schema named 'exempt' may have matchingPrecedence 1"));
  }
  if (precedence <= 0) errors.push(invalid('spec.matchingPrecedence', precedence, 'must be a positive value'));
  if (precedence > precedenceMax) {
    errors.push(invalid('spec.matchingPrecedence', precedence, `must not be greater than ${precedenceMax}`));
  }
  if (method !== undefined && method.type !== 'ByUser' && method.type !== 'ByNamespace') {
    const shown = internalJson(FlowDistinguisherMethod, method);
    errors.push(notSupportedShown('spec.distinguisherMethod.type', shown, ['ByNamespace', 'ByUser']));
  }
  const path = 'spec.priorityLevelConfiguration.name';
  if (level === '') errors.push(required(path, 'must reference a priority level'));
  else addProblems(errors, path, level, nameIsDnsSubdomain(level));
  for (const [at, rule] of rules.entries()) inspectRule(rule, `spec.rules[${at}]`, errors);
  return errors;
}

function inspectRule(rule: PolicyRulesWithSubjects, path: string, errors: FieldError[]): void {
  const { resourceRules = [], nonResourceRules = [] } = rule;
  const subjects = rule.subjects ?? [];
  if (subjects.length === 0) errors.push(required(`${path}.subjects`, 'subjects must contain at least one value'));
  for (const [at, subject] of subjects.entries()) inspectSubject(subject, `${path}.subjects[${at}]`, errors);
  if (resourceRules.length + nonResourceRules.length === 0) {
    errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  for (const [at, each] of resourceRules.entries()) {
    const own = `${path}.resourceRules[${at}]`;
    inspectList(each.verbs, `${own}.verbs`, 'verbs', "if '*' is present, must not specify other verbs", errors);
    inspectList(
      each.apiGroups,
      `${own}.apiGroups`,
      'resource rules must supply at least one api group',
      "if '*' is present, must not specify other api groups",
      errors,
    );
    inspectList(
      each.resources,
      `${own}.resources`,
      'resource rules must supply at least one resource',
      "if '*' is present, must not specify other resources",
      errors,
    );
    const namespaces = each.namespaces ?? [];
    if (namespaces.length === 0 && !each.clusterScope) {
      errors.push(
        required(`${own}.namespaces`, 'resource rules that are not cluster scoped must supply at least one namespace'),
      );
    }
    if (namespaces.length > 1 && namespaces.includes('*')) {
      errors.push(invalid(`${own}.namespaces`, namespaces, "if '*' is present, must not specify other namespaces"));
    }
    for (const [index, namespace] of namespaces.entries()) {
      if (namespace === '*') continue;
      const problems = nameIsDnsLabel(namespace).map(
        problem => `each member of this list must be '*' or a DNS-1123 label; ${problem}`,
      );
      addProblems(errors, `${own}.namespaces[${index}]`, namespace, problems);
    }
  }
  for (const [at, each] of nonResourceRules.entries()) {
    const own = `${path}.nonResourceRules[${at}]`;
    inspectList(each.verbs, `${own}.verbs`, 'verbs', "if '*' is present, must not specify other verbs", errors);
    inspectList(
      each.nonResourceURLs,
      `${own}.nonResourceURLs`,
      'nonResourceURLs must contain at least one value',
      "if '*' is present, must not specify other non-resource URLs",
      errors,
    );
  }
}

function inspectList(
  list: readonly string[] | null | undefined,
  path: string,
  missing: string,
  wildcard: string,
  errors: FieldError[],
): void {
  const given = list ?? [];
  if (given.length === 0) {
    errors.push(required(path, missing === 'verbs' ? 'verbs must contain at least one value' : missing));
  } else if (given.length > 1 && given.includes('*')) errors.push(invalid(path, given, wildcard));
}

function inspectSubject(subject: Subject, path: string, errors: FieldError[]): void {
  const { kind = '' } = subject;
  if (!Object.hasOwn(kinds, kind)) {
    errors.push(notSupported(`${path}.kind`, kind, Object.keys(kinds).sort()));
    return;
  }
  const own = (each: string) => (each === kind ? 0 : 1);
  for (const [each, field] of Object.entries(kinds).sort(([a], [b]) => own(a) - own(b))) {
    const value = subject[field];
    if (each === kind) {
      if (value === undefined)
        errors.push(required(`${path}.${field}`, `${field} is required when subject kind is '${each}'`));
      else if (!value.name) errors.push(required(`${path}.${field}.name`));
    } else if (value !== undefined) {
      errors.push(forbidden(`${path}.${field}`, `${field} is forbidden when subject kind is not '${each}'`));
    }
  }
  const account = kind === 'ServiceAccount' ? subject.serviceAccount : undefined;
  if (account === undefined) return;
  if (account.name && account.name !== '*') {
    addProblems(errors, `${path}.serviceAccount.name`, account.name, nameIsDnsSubdomain(account.name));
  }
  if (!account.namespace) {
    errors.push(required(`${path}.serviceAccount.namespace`, 'must specify namespace for service account'));
  } else addProblems(errors, `${path}.serviceAccount.namespace`, account.namespace, nameIsDnsLabel(account.namespace));
}
