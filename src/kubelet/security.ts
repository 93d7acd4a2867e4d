/** A container's security context as the runtime takes it: what it says itself, else what its Pod says. Pure. */

import { join } from 'node:path';
import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { SeccompProfile } from '#api/core/security.ts';
import type {
  ContainerSecurityContext,
  Image,
  NamespaceOptions,
  SandboxSecurityContext,
  SecurityProfile,
} from '#kubelet/cri/runtime.ts';
import { ConfigError } from '#kubelet/env.ts';
import { podKey, podText } from '#kubelet/labels.ts';

/** What a container must not see of the node under /proc and /sys, and what it must not change there. */
const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

export function namespaceOptions(pod: Pod): NamespaceOptions {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec ?? {};
  return {
    network: hostNetwork ? 'Node' : 'Pod',
    pid: hostPID ? 'Node' : shareProcessNamespace ? 'Pod' : 'Container',
    ipc: hostIPC ? 'Node' : 'Pod',
  };
}

export function sandboxSecurity(pod: Pod): SandboxSecurityContext {
  const context = pod.spec?.securityContext ?? {};
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  return {
    namespaceOptions: namespaceOptions(pod),
    privileged: containers.some(({ securityContext }) => securityContext?.privileged === true),
    seccomp: { type: 'RuntimeDefault' },
    runAsUser: context.runAsUser,
    runAsGroup: context.runAsUser === undefined ? undefined : context.runAsGroup,
    supplementalGroups: supplementalGroups(pod),
    supplementalGroupsPolicy: (context.supplementalGroupsPolicy ?? 'Merge') as 'Merge' | 'Strict',
    seLinuxOptions: context.seLinuxOptions,
  };
}

export interface ContainerSecurityInput {
  pod: Pod;
  container: Container & { targetContainerName?: string | undefined };
  /** The image it runs, for the user that it names. */
  image: Image | undefined;
  seccompDir: string;
  /** The id of the container whose processes an ephemeral container shares. */
  targetId?: string | undefined;
}

export function containerSecurity(input: ContainerSecurityInput): ContainerSecurityContext {
  const { pod, container, image, seccompDir, targetId } = input;
  const own = container.securityContext ?? {};
  const ofPod = pod.spec?.securityContext ?? {};
  const runAsUser = own.runAsUser ?? ofPod.runAsUser ?? image?.uid;
  assertNotRoot(input);
  const namespaces = namespaceOptions(pod);
  const unmasked = own.procMount === 'Unmasked' || own.privileged === true;
  return {
    privileged: own.privileged ?? false,
    capabilities: own.capabilities,
    namespaceOptions: targetId === undefined ? namespaces : { ...namespaces, pid: 'Target', targetId },
    seLinuxOptions: own.seLinuxOptions ?? ofPod.seLinuxOptions,
    runAsUser,
    runAsGroup: own.runAsGroup ?? ofPod.runAsGroup,
    runAsUsername: runAsUser === undefined ? image?.username : undefined,
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    supplementalGroups: supplementalGroups(pod),
    supplementalGroupsPolicy: (ofPod.supplementalGroupsPolicy ?? 'Merge') as 'Merge' | 'Strict',
    noNewPrivs: own.allowPrivilegeEscalation === false,
    maskedPaths: unmasked ? [] : maskedPaths,
    readonlyPaths: unmasked ? [] : readonlyPaths,
    seccomp: seccomp(own.seccompProfile ?? ofPod.seccompProfile, seccompDir),
  };
}

function seccomp(profile: SeccompProfile | undefined, seccompDir: string): SecurityProfile {
  const type = (profile?.type ?? 'Unconfined') as 'RuntimeDefault' | 'Unconfined' | 'Localhost';
  if (type !== 'Localhost') return { type };
  return { type, localhostRef: join(seccompDir, profile?.localhostProfile ?? '') };
}

function supplementalGroups(pod: Pod): number[] {
  const { supplementalGroups: groups = [], fsGroup } = pod.spec?.securityContext ?? {};
  return fsGroup === undefined ? groups : [...groups, fsGroup];
}

/** `runAsNonRoot` is checked here, because only now it is known whom the image asks to run as. */
function assertNotRoot({ pod, container, image }: ContainerSecurityInput): void {
  const own = container.securityContext ?? {};
  const ofPod = pod.spec?.securityContext ?? {};
  if (!(own.runAsNonRoot ?? ofPod.runAsNonRoot)) return;
  const user = own.runAsUser ?? ofPod.runAsUser;
  const where = `(pod: "${podText(podKey(pod))}", container: ${container.name})`;
  if (user === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (user !== undefined) return;
  if (image?.username) {
    const who = `container has runAsNonRoot and image has non-numeric user (${image.username})`;
    throw new ConfigError(`${who}, cannot verify user is non-root ${where}`);
  }
  if ((image?.uid ?? 0) === 0) {
    throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
}
