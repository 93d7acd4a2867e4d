/** The sub-resources of a Pod: its status, ephemeral containers, and its resources while it runs. */

import { isDeepStrictEqual } from 'node:util';
import type { Container } from '#api/core/container.ts';
import type { ContainerStatus, Pod } from '#api/core/pod.ts';
import { qosClassOf } from '#api/core/pod-resources.ts';
import type { PodSpec } from '#api/core/pod-spec.ts';
import { inspectPod } from '#apiserver/resources/core/pod-validation.ts';
import { addProblems, immutable } from '#apiserver/resources/messages.ts';
import { parseAddress } from '#lib/ip.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { validateLegacyIp } from '#machinery/validation/addresses.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { duplicate, forbidden, invalid } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkQualifiedName, nameIsDnsSubdomain } from '#machinery/validation/names.ts';

export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const status = pod.status ?? {};
  const before = old.status ?? {};
  (status.conditions ?? []).forEach(({ type }, i) => {
    if (before.conditions?.some(each => each.type === type)) return;
    addProblems(errors, `status.conditions[${i}].type`, type, checkQualifiedName(type));
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
  inspectTransitions(
    status.containerStatuses,
    before.containerStatuses,
    old.spec?.restartPolicy,
    'containerStatuses',
    errors,
  );
  inspectTransitions(
    status.initContainerStatuses,
    before.initContainerStatuses,
    initPolicy(old),
    'initContainerStatuses',
    errors,
  );
  inspectAddresses(status.podIPs, before.podIPs, 'status.podIPs', errors);
  inspectAddresses(status.hostIPs, before.hostIPs, 'status.hostIPs', errors);
  return errors;
}

/** Init containers that have succeeded are not run again, but those that failed may be. */
const initPolicy = (pod: Pod): string | undefined =>
  pod.spec?.restartPolicy === 'Always' ? 'OnFailure' : pod.spec?.restartPolicy;

/** What has ended and is not restarted does not run again. */
function inspectTransitions(
  statuses: readonly ContainerStatus[] = [],
  before: readonly ContainerStatus[] = [],
  restartPolicy: string | undefined,
  name: string,
  errors: FieldError[],
): void {
  if (restartPolicy === 'Always') return;
  for (const old of before) {
    const ended = old.state?.terminated;
    if (!ended || (ended.exitCode !== 0 && restartPolicy === 'OnFailure')) continue;
    const i = statuses.findIndex(status => status.name === old.name);
    if (i < 0 || statuses[i]?.state?.terminated) continue;
    errors.push(forbidden(`status.${name}[${i}].state`, 'may not be transitioned to non-terminated state'));
  }
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
  pod.status = old.status;
}

export function validateEphemeralUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  inspectPod(pod, errors);
  const path = 'spec.ephemeralContainers';
  const now = pod.spec?.ephemeralContainers ?? [];
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const i = now.findIndex(container => container.name === before.name);
    const problemAt = i < 0 ? path : `${path}[${i}]`;
    if (i < 0)
      errors.push(
        forbidden(problemAt, `existing ephemeral containers ${JSON.stringify(before.name)} may not be removed\n`),
      );
    else if (!isDeepStrictEqual(now[i], before)) {
      errors.push(forbidden(path, `existing ephemeral containers ${JSON.stringify(before.name)} may not be changed\n`));
    }
  }
  return errors;
}

/** Only cpu and memory of containers, and how they are resized. */
export function prepareResize(pod: Pod, old: Pod): void {
  pod.metadata = { ...old.metadata, managedFields: pod.metadata?.managedFields };
  pod.status = old.status;
}

const resizable = new Set(['cpu', 'memory']);

export function validateResize(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  inspectPod(pod, errors);
  const spec = pod.spec as PodSpec;
  const before = old.spec as PodSpec;
  if (qosClassOf(spec) !== (old.status?.qosClass ?? qosClassOf(before))) {
    errors.push(invalid('spec', qosClassOf(spec), 'Pod QOS Class may not change as a result of resizing'));
  }
  for (const kind of ['containers', 'initContainers'] as const) {
    const now = spec[kind] ?? [];
    if (now.length !== (before[kind] ?? []).length) {
      errors.push(forbidden(`spec.${kind}`, `${kind} may not be added or removed on resize`));
      return errors;
    }
    now.forEach((container, i) => {
      inspectResized(container, before[kind]?.[i] as Container, `spec.${kind}[${i}]`, errors);
    });
  }
  const munged = structuredClone(spec);
  for (const kind of ['containers', 'initContainers'] as const) {
    (munged[kind] ?? []).forEach((container: AnyJson, i) => {
      const then = before[kind]?.[i] as AnyJson;
      container.resources = then.resources;
      if (then.resizePolicy) container.resizePolicy = then.resizePolicy;
      else delete container.resizePolicy;
    });
  }
  if (!isDeepStrictEqual(munged, before)) {
    errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  }
  return errors;
}

function inspectResized(container: Container, before: Container, path: FieldPath, errors: FieldError[]): void {
  for (const side of ['limits', 'requests'] as const) {
    const now = container.resources?.[side] ?? {};
    const then = before.resources?.[side] ?? {};
    for (const name of Object.keys(then)) {
      if (now[name] === undefined) {
        errors.push(
          forbidden(`${path}.resources.${side}`, 'resource limits cannot be removed'.replace('limits', side)),
        );
        break;
      }
    }
    const changed = Object.keys({ ...now, ...then }).filter(name => now[name] !== then[name]);
    if (changed.some(name => !resizable.has(name))) {
      errors.push(forbidden(`${path}.resources.${side}`, 'only cpu and memory resources are mutable'));
    }
  }
}
