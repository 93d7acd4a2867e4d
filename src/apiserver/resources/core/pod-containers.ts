/** Containers, init containers and ephemeral containers. */

import type { Container, ContainerPort, EphemeralContainer, VolumeDevice, VolumeMount } from '#api/core/container.ts';
import { inspectEnv, inspectEnvFrom } from '#apiserver/resources/core/pod-environment.ts';
import { inspectRunning } from '#apiserver/resources/core/pod-handlers.ts';
import { inspectContainerResources } from '#apiserver/resources/core/pod-resources.ts';
import { inspectSecurityContext } from '#apiserver/resources/core/pod-security.ts';
import type { VolumesByName } from '#apiserver/resources/core/pod-volumes.ts';
import { inspectPullPolicy } from '#apiserver/resources/core/pod-volumes.ts';
import { inspectDescendingPath } from '#apiserver/resources/core/volume-sources.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
  tooMany,
} from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkDns1123Label, checkPortName, checkPortNumber } from '#machinery/validation/names.ts';

/** What a container must fit into. */
export interface PodSurroundings {
  readonly volumes: VolumesByName;
  readonly claimNames: ReadonlySet<string>;
  readonly graceSeconds: number;
  readonly restartPolicy: string | undefined;
  readonly hostUsers: boolean;
}

export function inspectContainers(
  containers: readonly Container[],
  pod: PodSurroundings,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (containers.length === 0) errors.push(required(path));
  const names = new Set<string>();
  containers.forEach((container, i) => {
    const at = `${path}[${i}]`;
    inspectContainer(container, pod, at, errors);
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    inspectRunning(container, at, errors, pod.graceSeconds);
    inspectRestart(container, at, errors);
  });
  inspectHostPorts(containers, path, errors);
}

export function inspectInitContainers(
  containers: readonly Container[],
  others: readonly Container[],
  pod: PodSurroundings,
  path: FieldPath,
  errors: FieldError[],
): void {
  const names = new Set(others.map(container => container.name));
  containers.forEach((container, i) => {
    const at = `${path}[${i}]`;
    inspectContainer(container, pod, at, errors);
    inspectRestart(container, at, errors);
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    else if (container.name !== '') names.add(container.name);
    // They run one after the other: each may have the host's ports for itself.
    inspectHostPorts([container], path, errors);
    if (container.restartPolicy === 'Always') inspectRunning(container, at, errors, pod.graceSeconds);
    else inspectRunsToItsEnd(container, at, errors);
  });
}

function inspectRunsToItsEnd(container: Container, path: FieldPath, errors: FieldError[]): void {
  for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (!container[name]) continue;
    errors.push(forbidden(`${path}.${name}`, 'may not be set for init containers without restartPolicy=Always'));
  }
}

const notForEphemeral = 'cannot be set for an Ephemeral Container';

const forbiddenInEphemeral = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

export function inspectEphemeralContainers(
  containers: readonly EphemeralContainer[],
  others: readonly Container[],
  pod: PodSurroundings,
  path: FieldPath,
  errors: FieldError[],
): void {
  const otherNames = new Set(others.map(container => container.name));
  const names = new Set(otherNames);
  containers.forEach((container, i) => {
    const at = `${path}[${i}]`;
    inspectContainer(container, pod, at, errors);
    inspectImageSpaces(container, at, errors);
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !otherNames.has(target)) errors.push(notFound(`${at}.targetContainerName`, target));
    for (const name of forbiddenInEphemeral) {
      const value = container[name];
      if (value !== undefined && Object.keys(value).length > 0)
        errors.push(forbidden(`${at}.${name}`, notForEphemeral));
    }
    (container.volumeMounts ?? []).forEach((mount, j) => {
      for (const name of ['subPath', 'subPathExpr'] as const) {
        if (mount[name]) errors.push(forbidden(`${at}.volumeMounts[${j}].${name}`, notForEphemeral));
      }
    });
  });
}

/** Of Pods only: templates of old may have such names. */
export function inspectImageSpaces(container: Pick<Container, 'image'>, path: FieldPath, errors: FieldError[]): void {
  const { image = '' } = container;
  if (image !== image.trim()) {
    errors.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  }
}

const messagePolicies = ['File', 'FallbackToLogsOnError'];

/** What holds for every kind of container. */
function inspectContainer(
  container: Container | EphemeralContainer,
  pod: PodSurroundings,
  path: FieldPath,
  errors: FieldError[],
): void {
  const { name, terminationMessagePolicy: policy, volumeMounts = [], volumeDevices = [] } = container;
  if (name === '') errors.push(required(`${path}.name`));
  else addProblems(errors, `${path}.name`, name, checkDns1123Label(name));
  if (!container.image) errors.push(required(`${path}.image`));
  if (!policy) errors.push(required(`${path}.terminationMessagePolicy`));
  else if (!messagePolicies.includes(policy)) {
    errors.push(notSupported(`${path}.terminationMessagePolicy`, policy, messagePolicies));
  }
  inspectPorts(container.ports ?? [], `${path}.ports`, errors);
  inspectEnv(container.env ?? [], `${path}.env`, errors);
  inspectEnvFrom(container.envFrom ?? [], `${path}.envFrom`, errors);
  inspectMounts(volumeMounts, volumeDevices, container, pod.volumes, `${path}.volumeMounts`, errors);
  inspectDevices(volumeDevices, volumeMounts, pod.volumes, `${path}.volumeDevices`, errors);
  inspectPullPolicy(container.imagePullPolicy, `${path}.imagePullPolicy`, errors);
  inspectContainerResources(container.resources ?? {}, pod.claimNames, `${path}.resources`, errors);
  inspectResizePolicy(container, pod.restartPolicy, `${path}.resizePolicy`, errors);
  inspectSecurityContext(container.securityContext, pod.hostUsers, `${path}.securityContext`, errors);
  (container.env ?? []).forEach((variable, i) => {
    const file = variable.valueFrom?.fileKeyRef;
    if (file && !pod.volumes.has(file.volumeName)) {
      errors.push(notFound(`${path}.env[${i}].valueFrom.fileKeyRef.volumeName`, file.volumeName));
    }
  });
}

const protocols = ['SCTP', 'TCP', 'UDP'];

function inspectPorts(ports: readonly ContainerPort[], path: FieldPath, errors: FieldError[]): void {
  const names = new Set<string>();
  ports.forEach(({ name, containerPort, hostPort, protocol }, i) => {
    const at = `${path}[${i}]`;
    if (name) {
      const problems = checkPortName(name);
      addProblems(errors, `${at}.name`, name, problems);
      if (problems.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
      else if (problems.length === 0) names.add(name);
    }
    if (containerPort === 0) errors.push(required(`${at}.containerPort`));
    else addProblems(errors, `${at}.containerPort`, containerPort, checkPortNumber(containerPort));
    if (hostPort) addProblems(errors, `${at}.hostPort`, hostPort, checkPortNumber(hostPort));
    if (!protocol) errors.push(required(`${at}.protocol`));
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, protocols));
  });
}

function inspectHostPorts(containers: readonly Container[], path: FieldPath, errors: FieldError[]): void {
  const taken = new Set<string>();
  containers.forEach((container, i) => {
    (container.ports ?? []).forEach(({ hostPort, hostIP = '', protocol }, j) => {
      if (!hostPort) return;
      const address = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(address)) errors.push(duplicate(`${path}[${i}].ports[${j}].hostPort`, address));
      taken.add(address);
    });
  });
}

function inspectMounts(
  mounts: readonly VolumeMount[],
  devices: readonly VolumeDevice[],
  container: Container | EphemeralContainer,
  volumes: VolumesByName,
  path: FieldPath,
  errors: FieldError[],
): void {
  const paths = new Set<string>();
  mounts.forEach((mount, i) => {
    const at = `${path}[${i}]`;
    if (mount.name === '') errors.push(required(`${at}.name`));
    if (!volumes.has(mount.name)) errors.push(notFound(`${at}.name`, mount.name));
    if (mount.mountPath === '') errors.push(required(`${at}.mountPath`));
    if (paths.has(mount.mountPath)) errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
    if (devices.some(device => device.name === mount.name)) {
      errors.push(invalid(`${at}.name`, mount.name, 'must not already exist in volumeDevices'));
    }
    if (devices.some(device => device.devicePath === mount.mountPath)) {
      errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must not already exist as a path in volumeDevices'));
    }
    inspectSubPath(mount, at, path, errors);
    inspectPropagation(mount, container.securityContext?.privileged === true, path, errors);
    inspectRecursiveReadOnly(mount, path, errors);
  });
}

/** Errors inside a path name the list of mounts, errors between two paths the mount. */
function inspectSubPath(mount: VolumeMount, at: FieldPath, path: FieldPath, errors: FieldError[]): void {
  if (mount.subPath) inspectDescendingPath(mount.subPath, `${path}.subPath`, errors);
  if (!mount.subPathExpr) return;
  if (mount.subPath) {
    errors.push(invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  }
  inspectDescendingPath(mount.subPathExpr, `${path}.subPathExpr`, errors);
}

const propagations = ['Bidirectional', 'HostToContainer', 'None'];

function inspectPropagation(mount: VolumeMount, isPrivileged: boolean, path: FieldPath, errors: FieldError[]): void {
  const propagation = mount.mountPropagation;
  if (propagation === undefined) return;
  const at = `${path}.mountPropagation`;
  if (!propagations.includes(propagation)) errors.push(notSupported(at, propagation, propagations));
  if (propagation === 'Bidirectional' && !isPrivileged) {
    errors.push(forbidden(at, 'Bidirectional mount propagation is available only to privileged containers'));
  }
}

const recursiveModes = ['Disabled', 'Enabled', 'IfPossible'];

function inspectRecursiveReadOnly(mount: VolumeMount, path: FieldPath, errors: FieldError[]): void {
  const mode = mount.recursiveReadOnly;
  if (mode === undefined || mode === 'Disabled') return;
  const at = `${path}.recursiveReadOnly`;
  if (!recursiveModes.includes(mode)) {
    errors.push(notSupported(at, mode, recursiveModes));
    return;
  }
  if (!mount.readOnly) errors.push(forbidden(at, 'may only be specified when readOnly is true'));
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None') {
    errors.push(forbidden(at, 'may only be specified when mountPropagation is None or not specified'));
  }
}

function inspectDevices(
  devices: readonly VolumeDevice[],
  mounts: readonly VolumeMount[],
  volumes: VolumesByName,
  path: FieldPath,
  errors: FieldError[],
): void {
  const names = new Set<string>();
  const paths = new Set<string>();
  devices.forEach(({ name, devicePath }, i) => {
    const at = `${path}[${i}]`;
    const volume = volumes.get(name);
    if (name === '') errors.push(required(`${at}.name`));
    if (names.has(name)) errors.push(invalid(`${at}.name`, name, 'must be unique'));
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral) {
      const problem = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      errors.push(invalid(`${at}.name`, name, problem));
    }
    if (!volume) errors.push(notFound(`${at}.name`, name));
    if (devicePath === '') errors.push(required(`${at}.devicePath`));
    if (paths.has(devicePath)) errors.push(invalid(`${at}.devicePath`, devicePath, 'must be unique'));
    if (devicePath.split('/').includes('..')) {
      errors.push(invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"));
    } else paths.add(devicePath);
    if (mounts.some(mount => mount.name === name)) {
      errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeMounts'));
    }
    if (mounts.some(mount => mount.mountPath === devicePath)) {
      errors.push(invalid(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'));
    }
    if (name !== '') names.add(name);
  });
}

const resizable = ['cpu', 'memory'];
const resizeRestarts = ['NotRequired', 'RestartContainer'];

function inspectResizePolicy(
  { resizePolicy = [] }: Pick<Container, 'resizePolicy'>,
  podRestartPolicy: string | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  const seen = new Set<string>();
  resizePolicy.forEach(({ resourceName, restartPolicy }, i) => {
    if (seen.has(resourceName)) errors.push(duplicate(`${path}[${i}]`, resourceName));
    seen.add(resourceName);
    if (resourceName === '') errors.push(required(path));
    else if (!resizable.includes(resourceName)) errors.push(notSupported(path, resourceName, resizable));
    if (restartPolicy === '') errors.push(required(path));
    else if (!resizeRestarts.includes(restartPolicy)) errors.push(notSupported(path, restartPolicy, resizeRestarts));
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
    }
  });
}

const restartPolicies = ['Always', 'Never', 'OnFailure'];
const restartActions = ['Restart', 'RestartAllContainers'];
const exitCodeOperators = ['In', 'NotIn'];
const restartRulesMax = 20;
const exitCodesMax = 255;

/** A container's own restart policy, and the exit codes on which it is set aside. */
function inspectRestart(container: Container, path: FieldPath, errors: FieldError[]): void {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  if (restartPolicy === undefined) {
    if (rules.length > 0) {
      errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
    }
  } else if (!restartPolicies.includes(restartPolicy)) {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, restartPolicies));
  }
  if (rules.length > restartRulesMax) {
    errors.push(tooMany(`${path}.restartPolicyRules`, rules.length, restartRulesMax));
  }
  rules.forEach(({ action, exitCodes }, i) => {
    const at = `${path}.restartPolicyRules[${i}]`;
    if (!restartActions.includes(action)) errors.push(notSupported(`${at}.action`, action, restartActions));
    if (!exitCodes) {
      errors.push(required(`${at}.exitCodes`, 'must be specified'));
      return;
    }
    if (!exitCodeOperators.includes(exitCodes.operator)) {
      errors.push(notSupported(`${at}.exitCodes.operator`, exitCodes.operator, exitCodeOperators));
    }
    const count = exitCodes.values?.length ?? 0;
    if (count > exitCodesMax) errors.push(tooMany(`${at}.exitCodes.values`, count, exitCodesMax));
  });
}
