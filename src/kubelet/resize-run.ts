/** Carries out a change of what running containers may use. */

import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Rejection } from '#kubelet/admission.ts';
import { containerNamed } from '#kubelet/containers-of.ts';
import { errorText } from '#kubelet/error-text.ts';
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
  wakeAt: (atMs: number) => void;
}

/** Answers the containers that were killed, to be started with the new amounts. */
export async function runResize(resizer: Resizer, parts: ResizeParts): Promise<string[]> {
  const { host, pod, admit, report, settle, wakeAt } = parts;
  const changed = resizer.changed(pod);
  if (changed.length === 0) {
    resizer.settle();
    return [];
  }
  const retryAtMs = resizer.retryAtMs(pod);
  if (retryAtMs !== undefined && host.clock.nowMs() < retryAtMs) {
    wakeAt(retryAtMs);
    return [];
  }
  if (retryAtMs === undefined) {
    const refused = admit(pod);
    if (refused !== undefined) {
      resizer.refuse(refused.rejection, refused.isEver);
      report();
      return [];
    }
    say(host, pod, 'Normal', 'ResizeStarted', resizeText('started', pod));
    resizer.begin(pod);
    report();
    await settle();
  }
  const killed: string[] = [];
  try {
    await carryOut(parts, resizer.withActual(pod), changed, killed);
  } catch (error) {
    // The rest of the Pod's life goes on meanwhile.
    const message = errorText(error);
    say(host, pod, 'Warning', 'ResizeError', resizeText('error', pod, message));
    wakeAt(resizer.fail(pod, message, host.clock.nowMs()));
    report();
    return killed;
  }
  resizer.finish(pod);
  say(host, pod, 'Normal', 'ResizeCompleted', resizeText('completed', pod));
  report();
  return killed;
}

async function carryOut(
  parts: ResizeParts,
  before: Pod,
  changed: readonly Container[],
  killed: string[],
): Promise<void> {
  const { host, pod } = parts;
  for (const container of changed) await refuseBelowUsage(parts, before, container);
  await host.cgroups?.ensure(pod, before);
  for (const container of changed) if (await resizeContainer(parts, before, container)) killed.push(container.name);
  await host.cgroups?.ensure(pod);
}

/** A memory limit below what is used would have the kernel kill the container, or refuse it, as its version likes. */
async function refuseBelowUsage({ host, pod, observed }: ResizeParts, before: Pod, container: Container) {
  const status = latest(observed, container.name);
  const had = containerNamed(before, container.name)?.container ?? container;
  if (status?.state !== 'Running' || needsRestart(container, had.resources ?? {})) return;
  const limitOf = (of: Pod, each: Container) => containerCgroup(of, each, host.memoryBytes).memoryLimitBytes ?? 0;
  const [limitBytes, oldBytes] = [limitOf(pod, container), limitOf(before, had)];
  if (limitBytes === 0 || (oldBytes > 0 && limitBytes >= oldBytes)) return;
  const { memory } = await host.runtime.containerStats(status.id);
  const usedBytes = memory?.usageBytes ?? memory?.workingSetBytes ?? 0;
  if (usedBytes < limitBytes) return;
  const limit = `container "${container.name}" memory limit (${limitBytes})`;
  throw new Error(`attempting to set ${limit} below current usage (${usedBytes})`);
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
