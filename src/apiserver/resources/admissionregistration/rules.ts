/** Which requests a webhook or policy is asked about. */

import { type FieldError, invalid, notSupported, required } from '#machinery/validation/field-error.ts';

interface Rule {
  readonly operations?: readonly string[] | undefined;
  readonly apiGroups?: readonly string[] | undefined;
  readonly apiVersions?: readonly string[] | undefined;
  readonly resources?: readonly string[] | undefined;
  readonly scope?: string | undefined;
}

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];

export function inspectRules(rules: readonly Rule[], path: string, errors: FieldError[]): void {
  for (const [at, rule] of rules.entries()) inspectRule(rule, `${path}[${at}]`, errors);
}

function inspectRule(rule: Rule, path: string, errors: FieldError[]): void {
  const { operations: own = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const all = (list: readonly string[], field: string, what: string) => {
    if (list.length === 0) errors.push(required(`${path}.${field}`));
    else if (list.length > 1 && list.includes('*')) {
      errors.push(invalid(`${path}.${field}`, list, `if '*' is present, must not specify other ${what}`));
    }
  };
  all(own, 'operations', 'operations');
  for (const [at, each] of own.entries()) {
    if (!operations.includes(each)) errors.push(notSupported(`${path}.operations[${at}]`, each, operations));
  }
  all(apiGroups, 'apiGroups', 'API groups');
  all(apiVersions, 'apiVersions', 'API versions');
  for (const [at, each] of apiVersions.entries()) if (each === '') errors.push(required(`${path}.apiVersions[${at}]`));
  inspectResources(resources, `${path}.resources`, errors);
  if (scope !== undefined && !scopes.includes(scope)) errors.push(notSupported(`${path}.scope`, scope, scopes));
}

function inspectResources(resources: readonly string[], path: string, errors: FieldError[]): void {
  if (resources.length === 0) errors.push(required(path));
  const withAnySub = new Set<string>();
  const subOfAny = new Set<string>();
  for (const [at, text] of resources.entries()) {
    const own = `${path}[${at}]`;
    if (text === '') {
      errors.push(required(own));
      continue;
    }
    if (!text.includes('/')) continue;
    const [resource = '', sub = ''] = text.split('/', 2);
    if (withAnySub.has(resource))
      errors.push(invalid(own, text, `if '${resource}/*' is present, must not specify ${text}`));
    if (subOfAny.has(sub)) errors.push(invalid(own, text, `if '*/${sub}' is present, must not specify ${text}`));
    if (sub === '*') withAnySub.add(resource);
    if (resource === '*') subOfAny.add(sub);
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"));
  }
  if (resources.includes('*') && resources.some(each => each !== '*' && !each.includes('/'))) {
    errors.push(invalid(path, resources, "if '*' is present, must not specify other resources without subresources"));
  }
}
