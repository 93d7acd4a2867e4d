/** The sub-resources of a Pod: its status, ephemeral containers, and its resources while it runs. */

import { isDeepStrictEqual } from 'node:util';
import type { Container } from '#api/core/container.ts';
import { EphemeralContainer } from '#api/core/container.ts';
import type { ContainerStatus } from '#api/core/container-status.ts';
import type { Pod } from '#api/core/pod.ts';
import { qosClassOf } from '#api/core/pod-resources.ts';
import type { PodSpec } from '#api/core/pod-spec.ts';
import { inspectPod } from '#apiserver/resources/core/pod-validation.ts';
import { internalDiff } from '#apiserver/resources/internal-form.ts';
import { addProblems, immutable } from '#apiserver/resources/messages.ts';
import { parseAddress } from '#lib/ip.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { validateLegacyIp } from '#machinery/validation/addresses.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { duplicate, forbidden, invalid, quote } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkQualifiedName, nameIsDnsSubdomain } from '#machinery/validation/names.ts';

export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const status = pod.status ?? {};
  const before = old.status ?? {};
  (status.conditions ?? []).forEach(({ type }, i) => {
    if (before.conditions?.some(each => each.type === type)) return;
    addProblems(errors, `status.conditions[${i}].Type`, type, checkQualifiedName(type));
  });
  if ((pod.spec?.nodeName ?? '') !== (old.spec?.nodeName ?? '')) {
    errors.push(forbidden('status.nodeName', 'may not be changed directly'));
  }
  const nominated = status.nominatedNodeName;
  if (nominated && nominated !== before.nominatedNodeName) {
    addProblems(errors, 'status.nominatedNodeName', nominated, nameIsDnsSubdomain(nominated));
  }
  if ((status.qosClass ?? '') !== (before.qosClass ?? '')) {
    errors.push(invalid('status.qosClass', status.qosClass ?? '', immutable));
  }
  if (!mayRestartAll(old)) {
    inspectTransitions(old, 'containerStatuses', old.spec?.restartPolicy, status.containerStatuses, errors);
    inspectTransitions(old, 'initContainerStatuses', initPolicy(old), status.initContainerStatuses, errors);
  }
  inspectAddresses(status.podIPs, before.podIPs, 'status.podIPs', errors);
  const hostIp = status.hostIPs?.[0]?.ip;
  if (hostIp !== undefined && hostIp !== (status.hostIP ?? '')) {
    errors.push(invalid('status.hostIPs[0].ip', hostIp, 'must be equal to `hostIP`'));
  }
  inspectAddresses(status.hostIPs, before.hostIPs, 'status.hostIPs', errors);
  return errors;
}

/** Init containers that have succeeded are not run again, but those that failed may be. */
const initPolicy = (pod: Pod): string | undefined =>
  pod.spec?.restartPolicy === 'Always' ? 'OnFailure' : pod.spec?.restartPolicy;

const containersOf = (pod: Pod): Container[] => [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];

/** An exit may start every container anew, those that have ended among them. */
const mayRestartAll = (pod: Pod): boolean =>
  containersOf(pod).some(each => each.restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'));

/** What has ended and is not restarted does not run again. */
function inspectTransitions(
  pod: Pod,
  name: 'containerStatuses' | 'initContainerStatuses',
  podPolicy: string | undefined,
  statuses: readonly ContainerStatus[] = [],
  errors: FieldError[],
): void {
  for (const old of pod.status?.[name] ?? []) {
    const ended = old.state?.terminated;
    const container = containersOf(pod).find(each => each.name === old.name);
    if (!ended || restartsAfter(ended.exitCode, container, podPolicy)) continue;
    const i = statuses.findIndex(status => status.name === old.name);
    if (i < 0 || statuses[i]?.state?.terminated) continue;
    errors.push(forbidden(`status.${name}[${i}].state`, 'may not be transitioned to non-terminated state'));
  }
}

/** By the container's own rules and policy, else by the Pod's. */
function restartsAfter(exitCode: number, container: Container | undefined, podPolicy: string | undefined): boolean {
  for (const { action, exitCodes } of container?.restartPolicyRules ?? []) {
    if (exitCodes === undefined || action !== 'Restart') continue;
    if ((exitCodes.values?.includes(exitCode) ?? false) === (exitCodes.operator === 'In')) return true;
  }
  const policy = container?.restartPolicy ?? podPolicy;
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** At most one address of each family, none twice. */
function inspectAddresses(
  addresses: readonly { ip: string }[] = [],
  before: readonly { ip: string }[] = [],
  path: FieldPath,
  errors: FieldError[],
): void {
  if (isDeepStrictEqual(addresses, before)) return;
  const seen = new Set<string>();
  addresses.forEach(({ ip }, i) => {
    errors.push(...validateLegacyIp(`${path}[${i}]`, ip));
    if (seen.has(ip)) errors.push(duplicate(`${path}[${i}]`, ip));
    seen.add(ip);
  });
  if (addresses.length > 1) {
    const families = addresses.map(({ ip }) => parseAddress(ip)?.bits);
    const shown = addresses.map(each => each.ip);
    if (addresses.length > 2 || families[0] === families[1]) {
      errors.push(invalid(path, shown, 'may specify no more than one IP for each IP family'));
    }
  }
}

/** Only ephemeral containers are taken, and only added. */
export function prepareEphemeralUpdate(pod: Pod, old: Pod): void {
  const added = pod.spec?.ephemeralContainers;
  pod.spec = { ...structuredClone(old.spec as PodSpec), ...(added && { ephemeralContainers: added }) };
  if (!added) delete pod.spec.ephemeralContainers;
  pod.metadata = { ...old.metadata, managedFields: pod.metadata?.managedFields };
  pod.status = old.status;
}

export function validateEphemeralUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  inspectPod(pod, errors);
  const path = 'spec.ephemeralContainers';
  const now = pod.spec?.ephemeralContainers ?? [];
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const found = now.find(container => container.name === before.name);
    const called = `existing ephemeral containers ${quote(before.name)}`;
    if (!found) errors.push(forbidden(path, `${called} may not be removed\n`));
    else if (!isDeepStrictEqual(found, before)) {
      const diff = internalDiff(EphemeralContainer, before, found);
      errors.push(forbidden(path, `${called} may not be changed\n${diff}`));
    }
  }
  return errors;
}

const containerKinds = ['containers', 'initContainers'] as const;

/** Of the containers only resources and how they are resized are taken; a Pod with other containers fails later. */
export function prepareResize(pod: Pod, old: Pod): void {
  pod.metadata = { ...old.metadata, managedFields: pod.metadata?.managedFields };
  pod.status = old.status;
  const taken: AnyJson = structuredClone(old.spec);
  for (const kind of containerKinds) {
    const now = pod.spec?.[kind] ?? [];
    const then: AnyJson[] = taken[kind] ?? [];
    if (now.length !== then.length || now.some((container, i) => container.name !== then[i].name)) return;
    now.forEach(({ resources, resizePolicy }, i) => {
      then[i].resources = resources ?? {};
      if (resizePolicy) then[i].resizePolicy = resizePolicy;
      else delete then[i].resizePolicy;
    });
  }
  pod.spec = taken;
}

export function validateResize(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  inspectPod(pod, errors, old.spec);
  const spec = pod.spec as PodSpec;
  const before = old.spec as PodSpec;
  const oldClass = old.status?.qosClass ?? qosClassOf(before);
  if (qosClassOf(spec) !== oldClass) {
    errors.push(invalid('spec', oldClass, 'Pod QOS Class may not change as a result of resizing'));
  }
  const munged: AnyJson = structuredClone(spec);
  for (const kind of containerKinds) {
    const now = spec[kind] ?? [];
    const then = before[kind] ?? [];
    if (now.length !== then.length) {
      errors.push(forbidden(`spec.${kind}`, `${kind} may not be added or removed on resize`));
      return errors;
    }
    now.forEach((container, i) => {
      inspectNothingRemoved(container, then[i] as Container, `spec.${kind}[${i}]`, errors);
      withoutResize(munged[kind][i], then[i] as Container);
    });
  }
  if (!isDeepStrictEqual(munged, before)) errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  return errors;
}

const resizable = ['cpu', 'memory'];
const sides = ['requests', 'limits'] as const;

function inspectNothingRemoved(container: Container, before: Container, path: FieldPath, errors: FieldError[]): void {
  for (const side of sides) {
    const now = container.resources?.[side] ?? {};
    if (!resizable.some(name => before.resources?.[side]?.[name] !== undefined && now[name] === undefined)) continue;
    errors.push(forbidden(`${path}.resources.${side}`, `resource ${side} cannot be removed`));
  }
}

/** The container with cpu and memory as they were. */
function withoutResize(container: AnyJson, before: Container): void {
  const resources: AnyJson = { ...container.resources };
  for (const side of sides) {
    const then = before.resources?.[side];
    if (then === undefined) {
      delete resources[side];
      continue;
    }
    const kept = Object.entries(resources[side] ?? {}).filter(([name]) => !resizable.includes(name));
    resources[side] = {
      ...Object.fromEntries(kept),
      ...Object.fromEntries(Object.entries(then).filter(([name]) => resizable.includes(name))),
    };
  }
  container.resources = resources;
}
