/** Removes from the runtime what nobody needs any more. */

import type { Host } from '#kubelet/host.ts';
import type { PodKey } from '#kubelet/labels.ts';
import { podUidLabel } from '#kubelet/labels.ts';
import type { ObservedPod } from '#kubelet/observed.ts';

/** The attempts of a container that are kept: the newest, and the one before for its log and its state. */
const attemptsKept = 2;

/**
 * Older attempts, and sandboxes in which nothing is kept. `created`: the containers, by name, that have a new attempt
 * since the look at the runtime.
 */
export async function prune(host: Host, observed: ObservedPod, created: ReadonlySet<string>): Promise<void> {
  const seen = new Map<string, number>();
  const keptSandboxes = new Set<string>();
  for (const { id, podSandboxId, metadata, state, logPath } of observed.containers) {
    const count = (seen.get(metadata.name) ?? 0) + 1;
    seen.set(metadata.name, count);
    const kept = created.has(metadata.name) ? attemptsKept - 1 : attemptsKept;
    if (count > kept && state !== 'Running') {
      await host.runtime.removeContainer(id);
      await host.files?.removeLog(logPath);
    } else keptSandboxes.add(podSandboxId);
  }
  for (const [index, { id, state }] of observed.sandboxes.entries()) {
    if (index > 0 && state === 'NotReady' && !keptSandboxes.has(id)) await host.runtime.removePodSandbox(id);
  }
}

/** Everything of a Pod that has ended and that the API has forgotten. */
export async function removeAll(host: Host, pod: PodKey): Promise<void> {
  const sandboxes = await host.runtime.listPodSandboxes({ labelSelector: { [podUidLabel]: pod.uid } });
  for (const { id, state } of sandboxes) {
    if (state === 'Ready') await host.runtime.stopPodSandbox(id);
    await host.runtime.removePodSandbox(id);
  }
  await host.files?.remove(pod);
  await host.cgroups?.remove(pod.uid);
}
