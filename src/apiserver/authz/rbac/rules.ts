/** What a policy rule of RBAC allows, and whether rules hold others within them (k8s.io/component-helpers/auth/rbac). */

import type { PolicyRule } from '#api/rbac/rules.ts';
import type { Access } from '#apiserver/authz/authorizer.ts';
import { quoteList } from '#machinery/validation/field-error.ts';

const any = '*';

export function ruleAllows(rule: PolicyRule, access: Access): boolean {
  if (!hasOrAny(rule.verbs, access.verb)) return false;
  if (!access.isResource) return (rule.nonResourceURLs ?? []).some(url => urlCovers(url, access.path));
  if (!hasOrAny(rule.apiGroups, access.group)) return false;
  if (!resourceMatches(rule.resources, access.resource, access.subresource)) return false;
  const names = rule.resourceNames;
  return names === undefined || names.length === 0 || names.includes(access.name);
}

function hasOrAny(list: readonly string[] | undefined, value: string): boolean {
  return list?.some(each => each === any || each === value) ?? false;
}

// `pods/log` is matched by itself, by `*` and by `*/log`; never by `pods`.
function resourceMatches(list: readonly string[] | undefined, resource: string, subresource: string): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  const anyWithSubresource = subresource === '' ? undefined : `*/${subresource}`;
  return list?.some(each => each === any || each === combined || each === anyWithSubresource) ?? false;
}

/** `/api/*` covers everything that begins with `/api/`. */
function urlCovers(url: string, path: string): boolean {
  return url === any || url === path || (url.endsWith(any) && path.startsWith(url.replace(/\*+$/, '')));
}

/** What of `wanted` is in none of the `held` rules, in its smallest parts. */
export function missingRights(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakdown).filter(part => !held.some(rule => ruleCovers(rule, part)));
}

/** How many parts `missingRights` would look at. */
export function rightsCount(rules: readonly PolicyRule[]): number {
  return rules.reduce((sum, { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }) => {
    const targets = apiGroups.length * resources.length * Math.max(resourceNames.length, 1) + nonResourceURLs.length;
    return sum + verbs.length * targets;
  }, 0);
}

/** One rule for each combination of verb, group, resource and name. */
function breakdown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  const names = rule.resourceNames?.length ? rule.resourceNames.map(name => [name]) : [undefined];
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        for (const resourceNames of names) {
          parts.push({
            verbs: [verb],
            apiGroups: [group],
            resources: [resource],
            ...(resourceNames && { resourceNames }),
          });
        }
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs) parts.push({ verbs: [verb], nonResourceURLs: [url] });
  }
  return parts;
}

function ruleCovers(rule: PolicyRule, part: PolicyRule): boolean {
  if (!hasOrAny(rule.verbs, part.verbs[0]!)) return false;
  const url = part.nonResourceURLs?.[0];
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some(each => urlCovers(each, url));
  const [resource = '', subresource = ''] = part.resources![0]!.split(/\/(.*)/s);
  if (!hasOrAny(rule.apiGroups, part.apiGroups![0]!) || !resourceMatches(rule.resources, resource, subresource)) {
    return false;
  }
  const names = rule.resourceNames ?? [];
  const name = part.resourceNames?.[0];
  return names.length === 0 || (name !== undefined && names.includes(name));
}

/** Parts that differ only in their verb become one rule again. */
export function compactRules(parts: readonly PolicyRule[]): PolicyRule[] {
  const byTarget = new Map<string, PolicyRule>();
  for (const part of parts) {
    const target = JSON.stringify([part.apiGroups, part.resources, part.resourceNames, part.nonResourceURLs]);
    const same = part.nonResourceURLs ? undefined : byTarget.get(target);
    if (same === undefined) byTarget.set(part.nonResourceURLs ? `${target} ${byTarget.size}` : target, { ...part });
    else if (!same.verbs.includes(part.verbs[0]!)) same.verbs = [...same.verbs, ...part.verbs];
  }
  return [...byTarget.values()];
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function ruleText(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const;
  const shown = parts.flatMap(([name, list]) => (list?.length ? [`${name}:${quoteList(list)}`] : []));
  return `{${shown.join(', ')}}`;
}
