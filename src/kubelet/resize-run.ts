/** Carries out a change of what running containers may use. */

import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Rejection } from '#kubelet/admission.ts';
import { containerNamed } from '#kubelet/containers-of.ts';
import type { Host, KubeletPod } from '#kubelet/host.ts';
import { say } from '#kubelet/host.ts';
import type { ObservedPod } from '#kubelet/observed.ts';
import { latest } from '#kubelet/observed.ts';
import type { PlannedKill } from '#kubelet/plan.ts';
import type { Resizer } from '#kubelet/resize.ts';
import { needsRestart, resizeText } from '#kubelet/resize.ts';
import { containerCgroup } from '#kubelet/resources.ts';

export interface ResizeParts {
  host: Host;
  pod: KubeletPod;
  observed: ObservedPod;
  /** Whether the node has room for it. */
  admit: (pod: KubeletPod) => { rejection: Rejection; isEver: boolean } | undefined;
  /** Has the status written as it is now. */
  report: () => void;
  settle: () => Promise<void>;
  kill: (kill: Omit<PlannedKill, 'restarts'>) => Promise<void>;
}

/** Answers the containers that were killed, to be started with the new amounts. */
export async function runResize(resizer: Resizer, parts: ResizeParts): Promise<string[]> {
  const { host, pod, admit, report, settle } = parts;
  const changed = resizer.changed(pod);
  if (changed.length === 0) {
    resizer.settle();
    return [];
  }
  const refused = admit(pod);
  if (refused !== undefined) {
    resizer.refuse(refused.rejection, refused.isEver);
    report();
    return [];
  }
  say(host, pod, 'Normal', 'ResizeStarted', resizeText('started', pod));
  const before = resizer.withActual(pod);
  resizer.begin(pod);
  report();
  await settle();
  await host.cgroups?.ensure(pod);
  const killed: string[] = [];
  for (const container of changed) if (await resizeContainer(parts, before, container)) killed.push(container.name);
  resizer.finish(pod);
  say(host, pod, 'Normal', 'ResizeCompleted', resizeText('completed', pod));
  report();
  return killed;
}

/** True when it had to be killed for that. */
async function resizeContainer(
  { host, pod, observed, kill }: ResizeParts,
  before: Pod,
  container: Container,
): Promise<boolean> {
  const status = latest(observed, container.name);
  const target = containerNamed(pod, container.name);
  if (status?.state !== 'Running' || target === undefined) return false;
  const had = containerNamed(before, container.name)?.container.resources ?? {};
  if (!needsRestart(container, had)) {
    await host.runtime.updateContainerResources(status.id, containerCgroup(pod, container, host.memoryBytes));
    return false;
  }
  await kill({ status, target, message: `Container ${container.name} resize requires restart` });
  return true;
}
