/** FlowSchemas: which requests go to which priority level (upstream: registry/flowcontrol/flowschema). */

import {
  FlowDistinguisherMethod,
  type FlowSchema,
  FlowSchemaSpec,
  flowSchemas,
  type PolicyRulesWithSubjects,
  type Subject,
} from '#api/flowcontrol/flow-schema.ts';
import { flowSchemas as bootstrapSchemas } from '#apiserver/authz/bootstrap/flow-control.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { conditionErrors, isMandatory, mustEqualFixed } from '#apiserver/resources/flowcontrol/mandatory.ts';
import { sameValue } from '#apiserver/resources/immutable.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { addProblems, metadataAgain, notSupportedShown } from '#apiserver/resources/messages.ts';
import { keepStatus, resetsWithLabels, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import {
  type FieldError,
  type FieldErrors,
  forbidden,
  invalid,
  invalidShown,
  notSupported,
  required,
} from '#machinery/validation/field-error.ts';
import { nameIsDnsLabel, nameIsDnsSubdomain } from '#machinery/validation/names.ts';

const precedenceMax = 10_000;
const knownVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const mandatorySchemas = new Map(
  bootstrapSchemas.filter(({ metadata }) => isMandatory(metadata?.name)).map(each => [each.metadata?.name, each]),
);
const kinds = { User: 'user', Group: 'group', ServiceAccount: 'serviceAccount' } as const;

export const flowSchemaStrategy: Strategy<FlowSchema> = {
  resource: flowSchemas,
  hasGeneration: true,
  prepareCreate(schema) {
    schema.status = {};
  },
  prepareUpdate: keepStatus,
  validateCreate: validate,
  validateUpdate: schema => [...metadataAgain(schema.metadata, false), ...validate(schema)],
  subresources: { status: statusRules(({ status }) => conditionErrors(status?.conditions), { keepsLabels: true }) },
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

function validate({ spec = {} as FlowSchemaSpec, metadata }: FlowSchema): FieldErrors {
  const errors: FieldError[] = [];
  const { name = '' } = metadata ?? {};
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
  const fixed = mandatorySchemas.get(name)?.spec;
  if (fixed !== undefined && !sameValue(FlowSchemaSpec, spec, fixed)) {
    errors.push(invalidShown('spec', internalJson(FlowSchemaSpec, spec), mustEqualFixed(name)));
  }
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
    inspectVerbs(each.verbs, `${own}.verbs`, errors);
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
    inspectVerbs(each.verbs, `${own}.verbs`, errors);
    inspectList(
      each.nonResourceURLs,
      `${own}.nonResourceURLs`,
      'nonResourceURLs must contain at least one value',
      "if '*' is present, must not specify other non-resource URLs",
      errors,
    );
    const urls = each.nonResourceURLs ?? [];
    for (const [index, url] of urls.includes('*') ? [] : urls.entries()) {
      const problem = urlProblem(url);
      if (problem !== undefined) errors.push(invalid(`${own}.nonResourceURLs[${index}]`, url, problem));
    }
  }
}

function urlProblem(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  if (path === '/') return undefined;
  if (!path.startsWith('/')) return 'must start with slash';
  if (path.includes(' ')) return 'must not contain white-space';
  if (path.includes('//')) return 'must not contain double slash';
  const firstWildcard = path.indexOf('*');
  const isSuffix = firstWildcard === path.length - 1 && path.endsWith('/*');
  return firstWildcard < 0 || isSuffix ? undefined : 'wildcard can only do suffix matching';
}

function inspectVerbs(verbs: readonly string[] | null | undefined, path: string, errors: FieldError[]): void {
  const missing = 'verbs must contain at least one value';
  inspectList(verbs, path, missing, "if '*' is present, must not specify other verbs", errors);
  const given = verbs ?? [];
  if (given.includes('*') || given.every(verb => knownVerbs.includes(verb))) return;
  errors.push(notSupportedShown(path, JSON.stringify(given), knownVerbs));
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
    errors.push(required(path, missing));
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
