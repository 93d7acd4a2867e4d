/** What the runtime is asked to make: the sandbox of a Pod, and each of its containers. Pure. */

import { join } from 'node:path';
import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { RoledContainer } from '#kubelet/containers-of.ts';
import type {
  ContainerConfig,
  ContainerSecurityContext,
  Mount,
  PodSandboxConfig,
  PortMapping,
  Protocol,
} from '#kubelet/cri/runtime.ts';
import type { DnsSettings } from '#kubelet/dns.ts';
import { podDns, podNames } from '#kubelet/dns.ts';
import { expand } from '#kubelet/env.ts';
import { containerAnnotations, containerLabels, podKey, sandboxAnnotations, sandboxLabels } from '#kubelet/labels.ts';
import { containerCgroup } from '#kubelet/resources.ts';
import { sandboxSecurity } from '#kubelet/security.ts';

export interface SandboxConfigInput {
  pod: Pod;
  attempt: number;
  dns: DnsSettings;
  podLogsDir: string;
  /** Absent on a node without cgroups of ours. */
  cgroupParent: string | undefined;
}

export function sandboxConfig({ pod, attempt, dns, podLogsDir, cgroupParent }: SandboxConfigInput): PodSandboxConfig {
  const { namespace, name, uid } = podKey(pod);
  const sysctls = pod.spec?.securityContext?.sysctls ?? [];
  return {
    metadata: { name, namespace, uid, attempt },
    ...(pod.spec?.hostNetwork ? {} : { hostname: podNames(pod, dns.clusterDomain).hostname }),
    logDirectory: podLogDirectory(podLogsDir, pod),
    dnsConfig: podDns(pod, dns).dns,
    portMappings: portMappings(pod),
    labels: sandboxLabels(pod),
    annotations: sandboxAnnotations(pod),
    linux: {
      cgroupParent,
      securityContext: sandboxSecurity(pod),
      sysctls: Object.fromEntries(sysctls.map(sysctl => [sysctl.name, sysctl.value])),
    },
  };
}

/** `/var/log/pods/default_web-0_5c1f…` */
export function podLogDirectory(podLogsDir: string, pod: Pod): string {
  const { namespace, name, uid } = podKey(pod);
  return join(podLogsDir, `${namespace}_${name}_${uid}`);
}

/** Below the Pod's directory. */
export function containerLogPath(name: string, attempt: number): string {
  return `${name}/${attempt}.log`;
}

function portMappings(pod: Pod): PortMapping[] {
  if (pod.spec?.hostNetwork) return [];
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  return containers.flatMap(({ ports = [] }) =>
    ports.map(({ containerPort, hostPort, hostIP, protocol }) => ({
      containerPort,
      hostPort,
      hostIp: hostIP,
      protocol: (protocol ?? 'TCP') as Protocol,
    })),
  );
}

export interface ContainerConfigInput {
  pod: Pod;
  target: RoledContainer;
  attempt: number;
  /** The reference that the pull answered. */
  imageRef: string;
  environment: ReadonlyMap<string, string>;
  mounts: readonly Mount[];
  security: ContainerSecurityContext;
  nodeMemoryBytes: number;
}

export function containerConfig(input: ContainerConfigInput): ContainerConfig {
  const { pod, target, attempt, imageRef, environment, mounts, security } = input;
  const { container } = target;
  const known = (name: string) => environment.get(name);
  return {
    metadata: { name: container.name, attempt },
    image: { image: imageRef, userSpecifiedImage: container.image },
    command: container.command?.map(word => expand(word, known)),
    args: container.args?.map(word => expand(word, known)),
    workingDir: container.workingDir,
    envs: [...environment].map(([key, value]) => ({ key, value })),
    mounts,
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, attempt),
    logPath: containerLogPath(container.name, attempt),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    stopSignal: stopSignal(container),
    linux: { resources: containerCgroup(pod, container, input.nodeMemoryBytes), securityContext: security },
  };
}

function stopSignal(container: Container): string | undefined {
  return container.lifecycle?.stopSignal;
}
