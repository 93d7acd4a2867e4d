/** What all Pods of a node share: how their workers reach the runtime, the API, the files and each other. */

import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import type { PodCgroups } from '#kubelet/cgroups.ts';
import type { RoledContainer } from '#kubelet/containers-of.ts';
import { containerFieldPath } from '#kubelet/containers-of.ts';
import type { Runtime } from '#kubelet/cri/runtime.ts';
import type { DnsSettings } from '#kubelet/dns.ts';
import type { EnvironmentSource } from '#kubelet/env.ts';
import type { ImageStore } from '#kubelet/images.ts';
import type { PodFiles } from '#kubelet/pod-files.ts';
import type { ProbeTargets } from '#kubelet/probes/reach.ts';
import type { ReferencedObjects } from '#kubelet/referenced-objects.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Random } from '#lib/random.ts';
import type { EventRecorder, EventType } from '#loop/events.ts';

export interface Host {
  nodeName: string;
  client: Client;
  runtime: Runtime;
  /** `containerd`: what container ids in statuses start with. */
  runtimeName: string;
  runtimeFeatures: { recursiveReadOnly: boolean; userNamespaces: boolean };
  clock: Clock;
  random: Random;
  log: Log;
  recorder: EventRecorder;
  images: ImageStore;
  environment: EnvironmentSource;
  objects: ReferencedObjects;
  probeTargets: ProbeTargets;
  dns: DnsSettings;
  hostIps: () => readonly string[];
  memoryBytes: number;
  /** False until Pods can get addresses. */
  networkReady: () => boolean;
  /** Absent on a simulated node: its Pods have no files. */
  files?: PodFiles | undefined;
  cgroups?: PodCgroups | undefined;
  /** `/var/log/pods` of this node. */
  podLogsDir: string;
  /** Where seccomp profiles of type Localhost are. */
  seccompDir: string;
  /** Probes run. A simulated node need not. */
  probes: boolean;
}

/** An Event about a Pod, or about one of its containers. */
export function say(
  host: Host,
  pod: Pod,
  type: EventType,
  reason: string,
  message: string,
  target?: RoledContainer,
): void {
  const fieldPath = target === undefined ? undefined : containerFieldPath(target);
  host.recorder.say(pods, pod, type, reason, message, fieldPath);
}

export type KubeletPod = Stored<Pod>;
