/** Security contexts of Pods and containers. */

import type { PodSpec } from '#api/core/pod-spec.ts';
import type {
  AppArmorProfile,
  PodSecurityContext,
  SeccompProfile,
  Sysctl,
  WindowsSecurityContextOptions,
} from '#api/core/security.ts';
import { SeccompProfile as SeccompProfileSchema, SecurityContext } from '#api/core/security.ts';
import { inspectDescendingPath } from '#apiserver/resources/core/volume-sources.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import {
  duplicate,
  invalid,
  invalidShown,
  notSupported,
  required,
  tooLong,
} from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkDns1123Subdomain, rangeProblem } from '#machinery/validation/names.ts';

const idMax = 2 ** 31 - 1;

/** A user's or group's number. */
function inspectId(id: number | undefined, path: FieldPath, errors: FieldError[]): void {
  if (id !== undefined && (id < 0 || id > idMax)) errors.push(invalid(path, id, rangeProblem(0, idMax)));
}

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const procMounts = ['Default', 'Unmasked'];

export function inspectSecurityContext(
  context: SecurityContext | undefined,
  hostUsers: boolean,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (!context) return;
  const { procMount } = context;
  inspectId(context.runAsUser, `${path}.runAsUser`, errors);
  inspectId(context.runAsGroup, `${path}.runAsGroup`, errors);
  if (procMount !== undefined) {
    if (!procMounts.includes(procMount)) errors.push(notSupported(`${path}.procMount`, procMount, procMounts));
    if (hostUsers && procMount === 'Unmasked') {
      errors.push(invalid(`${path}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'));
    }
  }
  inspectSeccomp(context.seccompProfile, `${path}.seccompProfile`, errors);
  if (context.allowPrivilegeEscalation === false) inspectNoEscalation(context, path, errors);
  inspectWindowsOptions(context.windowsOptions, `${path}.windowsOptions`, errors);
  inspectAppArmor(context.appArmorProfile, `${path}.appArmorProfile`, errors);
}

function inspectNoEscalation(context: SecurityContext, path: FieldPath, errors: FieldError[]): void {
  const shown = internalJson(SecurityContext, context);
  if (context.privileged) {
    const problem = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    errors.push(invalidShown(path, shown, problem));
  }
  for (const capability of context.capabilities?.add ?? []) {
    if (capability !== 'CAP_SYS_ADMIN') continue;
    const problem = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
    errors.push(invalidShown(path, shown, problem));
  }
}

function inspectSeccomp(profile: SeccompProfile | undefined, path: FieldPath, errors: FieldError[]): void {
  if (!profile) return;
  if (profile.type === '') errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!profileTypes.includes(profile.type)) errors.push(notSupported(`${path}.type`, profile.type, profileTypes));
  const at = `${path}.localhostProfile`;
  if (profile.type !== 'Localhost') {
    if (profile.localhostProfile === undefined) return;
    const shown = internalJson(SeccompProfileSchema, profile);
    errors.push(invalidShown(at, shown, 'can only be set when seccomp type is Localhost'));
  } else if (profile.localhostProfile === undefined) {
    errors.push(required(at, 'must be set when seccomp type is Localhost'));
  } else inspectDescendingPath(profile.localhostProfile, at, errors);
}

const localProfileBytesMax = 4095;

function inspectAppArmor(profile: AppArmorProfile | undefined, path: FieldPath, errors: FieldError[]): void {
  if (!profile) return;
  const { type, localhostProfile: local } = profile;
  const at = `${path}.localhostProfile`;
  if (type === '') errors.push(required(`${path}.type`, 'type is required when appArmorProfile is set'));
  else if (!profileTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, profileTypes));
  else if (type !== 'Localhost') {
    if (local !== undefined) errors.push(invalid(at, local, 'can only be set when AppArmor type is Localhost'));
  } else if (local === undefined || local.trim() === '') {
    errors.push(required(at, 'must be set when AppArmor type is Localhost'));
  } else {
    if (local.trim() !== local) errors.push(invalid(at, local, 'must not be padded with whitespace'));
    if (Buffer.byteLength(local) > localProfileBytesMax) errors.push(tooLong(at, localProfileBytesMax));
  }
}

const credentialSpecKibMax = 64;
const userNameLengthMax = 104;

function inspectWindowsOptions(
  options: WindowsSecurityContextOptions | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (!options) return;
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName: user } = options;
  if (specName !== undefined) {
    addProblems(errors, `${path}.gmsaCredentialSpecName`, specName, checkDns1123Subdomain(specName));
  }
  if (spec === '') {
    errors.push(invalid(`${path}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec cannot be an empty string'));
  } else if (spec !== undefined && Buffer.byteLength(spec) > credentialSpecKibMax * 1024) {
    const problem = `gmsaCredentialSpec size must be under ${credentialSpecKibMax} KiB`;
    errors.push(invalid(`${path}.gmsaCredentialSpec`, spec, problem));
  }
  if (user !== undefined) addProblems(errors, `${path}.runAsUserName`, user, userNameProblems(user));
}

const netBiosDomain = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsDomain = /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/;

/** `DOMAIN\user`, the domain by its NetBIOS or DNS name, or a user alone. */
function userNameProblems(name: string): readonly string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const problems: string[] = [];
  const user = parts.at(-1) as string;
  const domain = parts.length === 2 ? (parts[0] as string) : undefined;
  if (domain !== undefined && !netBiosDomain.test(domain) && !dnsDomain.test(domain)) {
    problems.push("runAsUserName's Domain doesn't match the NetBIOS nor the DNS format");
  }
  if (user === '') problems.push("runAsUserName's User cannot be empty");
  else if (user.length > userNameLengthMax) {
    problems.push(`runAsUserName's User length must not be longer than ${userNameLengthMax} characters`);
  }
  if (/^[. ]+$/.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    problems.push(`runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`);
  }
  return problems;
}

const groupPolicies = ['Merge', 'Strict'];
const changePolicies = ['Always', 'OnRootMismatch'];
/** `MountOption` waits for the gate SELinuxMount. */
const seLinuxPolicies = ['Recursive'];
const gatedSeLinuxPolicies = ['MountOption'];

export function inspectPodSecurityContext(
  context: PodSecurityContext,
  spec: PodSpec,
  before: PodSpec | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  inspectId(context.fsGroup, `${path}.fsGroup`, errors);
  inspectId(context.runAsUser, `${path}.runAsUser`, errors);
  inspectId(context.runAsGroup, `${path}.runAsGroup`, errors);
  (context.supplementalGroups ?? []).forEach((group, i) => {
    inspectId(group, `${path}.supplementalGroups[${i}]`, errors);
  });
  inspectChoice(context.supplementalGroupsPolicy, groupPolicies, `${path}.supplementalGroupsPolicy`, errors);
  if (spec.shareProcessNamespace && spec.hostPID) {
    const problem = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalid(`${path}.shareProcessNamespace`, true, problem));
  }
  inspectSysctls(context.sysctls ?? [], spec, `${path}.sysctls`, errors);
  inspectChoice(context.fsGroupChangePolicy, changePolicies, `${path}.fsGroupChangePolicy`, errors);
  inspectSeccomp(context.seccompProfile, `${path}.seccompProfile`, errors);
  inspectWindowsOptions(context.windowsOptions, `${path}.windowsOptions`, errors);
  inspectAppArmor(context.appArmorProfile, `${path}.appArmorProfile`, errors);
  const usedBefore = before?.securityContext?.seLinuxChangePolicy !== undefined;
  const policies = usedBefore ? [...gatedSeLinuxPolicies, ...seLinuxPolicies] : seLinuxPolicies;
  inspectChoice(context.seLinuxChangePolicy, policies, `${path}.seLinuxChangePolicy`, errors);
}

function inspectChoice(
  value: string | undefined,
  allowed: readonly string[],
  path: FieldPath,
  errors: FieldError[],
): void {
  if (value !== undefined && !allowed.includes(value)) errors.push(notSupported(path, value, allowed));
}

const sysctlName = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const sysctlNameBytesMax = 253;
const sysctlProblem = `must have at most ${sysctlNameBytesMax} characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`;

function inspectSysctls(sysctls: readonly Sysctl[], spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const names = new Set<string>();
  sysctls.forEach(({ name }, i) => {
    const at = `${path}[${i}].name`;
    if (name === '') errors.push(required(at));
    else if (name.length > sysctlNameBytesMax || !sysctlName.test(name)) errors.push(invalid(at, name, sysctlProblem));
    else if (names.has(name)) errors.push(duplicate(at, name));
    inspectOwnNamespace(name, spec, at, errors);
    names.add(name);
  });
}

/** A setting of a namespace that the Pod shares with its host would change the host. */
function inspectOwnNamespace(name: string, spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const dotted = name.replaceAll('/', '.');
  const isIpc = /^(kernel\.(sem$|shm|msg)|fs\.mqueue\.)/.test(dotted);
  if (isIpc && spec.hostIPC) errors.push(invalid(path, name, "may not be specified when 'hostIPC' is true"));
  if (dotted.startsWith('net.') && spec.hostNetwork) {
    errors.push(invalid(path, name, "may not be specified when 'hostNetwork' is true"));
  }
}
