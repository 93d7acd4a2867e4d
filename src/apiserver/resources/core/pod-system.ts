/** What depends on the operating system, and on sharing the host's namespaces. */

import type { Container, EphemeralContainer } from '#api/core/container.ts';
import type { PodSpec } from '#api/core/pod-spec.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, invalid, notSupported, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';

/** Every container with its path, as upstream visits them. */
export function allContainers(spec: PodSpec, path: FieldPath): [Container | EphemeralContainer, FieldPath][] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap(kind =>
    (spec[kind] ?? []).map((container, i): [Container | EphemeralContainer, FieldPath] => [
      container,
      `${path}.${kind}[${i}]`,
    ]),
  );
}

const systems = ['linux', 'windows'];

export function inspectSystem(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const name = spec.os?.name;
  if (name === undefined) return;
  if (name === '') errors.push(required(`${path}.os.name`));
  else if (!systems.includes(name)) errors.push(notSupported(`${path}.os`, name, systems));
  else if (name === 'linux') inspectLinux(spec, path, errors);
  else inspectWindows(spec, path, errors);
}

function inspectLinux(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const owners: [AnyJson, FieldPath][] = [[spec, path], ...allContainers(spec, path)];
  for (const [owner, at] of owners) {
    if (!owner.securityContext?.windowsOptions) continue;
    errors.push(forbidden(`${at}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod'));
  }
}

/** In upstream's order; those of the PodSpec itself stand with a path of their own. */
const linuxOnlyOfPod: readonly (readonly [name: string, ofSpec?: true])[] = [
  ['appArmorProfile'],
  ['seLinuxOptions'],
  ['hostUsers', true],
  ['hostPID', true],
  ['hostIPC', true],
  ['seccompProfile'],
  ['fsGroup'],
  ['fsGroupChangePolicy'],
  ['sysctls'],
  ['shareProcessNamespace', true],
  ['runAsUser'],
  ['runAsGroup'],
  ['supplementalGroups'],
  ['supplementalGroupsPolicy'],
  ['seLinuxChangePolicy'],
];

const linuxOnlyOfContainer = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
];

const notOnWindows = 'cannot be set for a windows pod';

function inspectWindows(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  for (const [name, ofSpec] of linuxOnlyOfPod) {
    const owner: AnyJson = ofSpec ? spec : spec.securityContext;
    const value = owner?.[name];
    if (value === undefined || ((name === 'hostPID' || name === 'hostIPC') && !value)) continue;
    errors.push(forbidden(ofSpec ? `${path}.${name}` : `${path}.securityContext.${name}`, notOnWindows));
  }
  for (const [container, at] of allContainers(spec, path)) {
    for (const name of linuxOnlyOfContainer) {
      if ((container.securityContext as AnyJson)?.[name] === undefined) continue;
      errors.push(forbidden(`${at}.securityContext.${name}`, notOnWindows));
    }
  }
}

/** All containers of a Pod run on a Windows host itself, or none does. */
export function inspectHostProcess(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  let some = false;
  let every = true;
  for (const [container, at] of allContainers(spec, path)) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const problem = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.push(invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, problem));
    }
    if (own ?? ofPod) some = true;
    else every = false;
  }
  if (!some) return;
  if (!every) {
    const problem = 'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    errors.push(invalid(path, '', problem));
  }
  if (!spec.hostNetwork) {
    const problem = 'hostNetwork must be true if pod contains any hostProcess containers';
    errors.push(invalid(`${path}.hostNetwork`, false, problem));
  }
}

/** Users of its own do not go with the host's namespaces. */
export function inspectHostUsers(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  if (spec.hostUsers !== false) return;
  const problem = 'when `hostUsers` is false';
  if (spec.hostNetwork) errors.push(forbidden(`${path}.hostNetwork`, problem));
  if (spec.hostPID) errors.push(forbidden(`${path}.HostPID`, problem));
  if (spec.hostIPC) errors.push(forbidden(`${path}.HostIPC`, problem));
}
