/**
 * Holds Pods against the level that their namespace asks for: refuses them, warns, or notes it for the audit. Kinds that make
 * Pods are never refused, only warned about: their Pods will be.
 */

import type { Namespace } from '#api/core/namespace.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Admission, AdmissionRequest } from '#apiserver/admission/admission.ts';
import { refusal } from '#apiserver/admission/admission.ts';
import { podContainers } from '#apiserver/admission/pod-containers.ts';
import { type Violation, violationsOf } from '#apiserver/admission/pod-security/checks.ts';
import { isStricter, type Policy, policyOf } from '#apiserver/admission/pod-security/policy.ts';
import type { Objects } from '#apiserver/objects.ts';
import { invalidError } from '#machinery/api-error.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { quote } from '#machinery/validation/field-error.ts';

/** Pods looked at when the level of a namespace rises. */
const podsMax = 3000;

const harmlessSubresources = ['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'];

/** Where each kind has its template. */
const templates: Readonly<Record<string, (object: AnyJson) => AnyJson>> = {
  'podtemplates.': object => object.template,
  'replicationcontrollers.': object => object.spec?.template,
  'deployments.apps': object => object.spec?.template,
  'replicasets.apps': object => object.spec?.template,
  'daemonsets.apps': object => object.spec?.template,
  'statefulsets.apps': object => object.spec?.template,
  'jobs.batch': object => object.spec?.template,
  'cronjobs.batch': object => object.spec?.jobTemplate?.spec?.template,
};

export function podSecurity(objects: { namespaces: Objects<Namespace>; pods: Objects<Pod> }): Admission {
  return {
    name: 'PodSecurity',
    handles({ operation, group, resource, subresource }) {
      if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
      const name = `${resource}.${group}`;
      if (name === 'pods.') return !harmlessSubresources.includes(subresource);
      return subresource === '' && (name === 'namespaces.' || Object.hasOwn(templates, name));
    },
    validate(request) {
      if (request.resource === 'namespaces') return checkNamespace(request, objects.pods);
      const namespace = objects.namespaces.get('', request.namespace);
      if (namespace !== undefined) return check(request, policyOf(namespace.metadata?.labels));
      // Not knowing its labels must not mean that it has none.
      return objects.namespaces
        .latest('', request.namespace)
        .then(latest => check(request, policyOf(latest?.metadata?.labels)));
    },
  };
}

function check(request: AdmissionRequest, policy: Policy) {
  if (request.resource === 'pods') return checkPod(request, policy);
  const template = templates[`${request.resource}.${request.group}`]!(request.object);
  if (template?.spec != null) note(request, policy, template);
}

function checkPod(request: AdmissionRequest, policy: Policy): void {
  const { object, old, operation } = request;
  if (operation === 'UPDATE' && !changesWhatCounts(object, old)) return;
  const violations = violationsOf(object, policy.enforce);
  if (violations.length > 0) {
    throw refusal(request, `violates PodSecurity ${quote(policy.enforce.text)}: ${detailed(violations)}`);
  }
  note(request, policy, object);
}

function note(request: AdmissionRequest, policy: Policy, pod: { metadata?: AnyJson; spec: AnyJson }): void {
  const would = (text: string, violations: readonly Violation[]) =>
    `would violate PodSecurity ${quote(text)}: ${detailed(violations)}`;
  const audited = violationsOf(pod, policy.audit);
  if (audited.length > 0) {
    request.audit?.('pod-security.kubernetes.io/audit-violations', would(policy.audit.text, audited));
  }
  const warned = violationsOf(pod, policy.warn);
  if (warned.length > 0) request.warn(would(policy.warn.text, warned));
}

function detailed(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}

/** Images, containers and the old seccomp annotations: the rest of what is checked cannot be changed. */
function changesWhatCounts(pod: AnyJson, old: AnyJson): boolean {
  const shown = (each: AnyJson) =>
    JSON.stringify([
      podContainers(each.spec).map(({ kind, container }) => [kind, container.name, container.image]),
      Object.entries<string>(each.metadata?.annotations ?? {})
        .filter(([name]) => name.includes('seccomp.security.alpha.kubernetes.io/'))
        .sort(),
    ]);
  return shown(pod) !== shown(old);
}

function checkNamespace(request: AdmissionRequest, pods: Objects<Pod>): void {
  const { object, old, operation, name } = request;
  const now = policyOf(object.metadata.labels);
  const before = policyOf(old?.metadata?.labels);
  const errors = JSON.stringify(now.errors);
  if (now.errors.length > 0 && (operation === 'CREATE' || errors !== JSON.stringify(before.errors))) {
    throw invalidError({ group: '', kind: 'Namespace' }, name || object.metadata.name, now.errors);
  }
  if (operation === 'CREATE' || now.enforce.level === 'privileged' || now.enforce.text === before.enforce.text) return;
  if (now.enforce.minor === before.enforce.minor && !isStricter(now.enforce.level, before.enforce.level)) return;
  for (const warning of podWarnings(name, now, pods)) request.warn(warning);
}

/** Which Pods that are there would not be let in any more, those with the same offence in one line. */
function podWarnings(namespace: string, { enforce }: Policy, pods: Objects<Pod>): string[] {
  const offenders = new Map<string, string[]>();
  let seen = 0;
  let total = 0;
  for (const pod of pods.list(namespace)) {
    if (++total > podsMax) continue;
    seen++;
    const reasons = violationsOf(pod as AnyJson, enforce)
      .map(each => each.reason)
      .join(', ');
    if (reasons !== '') offenders.set(reasons, [...(offenders.get(reasons) ?? []), pod.metadata?.name ?? '']);
  }
  const lines = [...offenders].map(([reasons, names]) => {
    const others = names.length - 1;
    const more = others === 0 ? '' : ` (and ${others} other ${others === 1 ? 'pod' : 'pods'})`;
    return `${names.sort()[0]}${more}: ${reasons}`;
  });
  const what = `violate the new PodSecurity enforce level ${quote(enforce.text)}`;
  return [
    ...(seen < total
      ? [`new PodSecurity enforce level only checked against the first ${seen} of ${total} existing pods`]
      : []),
    ...(lines.length > 0 ? [`existing pods in namespace ${quote(namespace)} ${what}`] : []),
    ...lines.sort(),
  ];
}
