/** Ends the containers of a Pod: hooks, turns and grace periods. */

import type { Pod } from '#api/core/pod.ts';
import type { RoledContainer } from '#kubelet/containers-of.ts';
import { allContainersOf, containerNamed } from '#kubelet/containers-of.ts';
import { runHook } from '#kubelet/hooks.ts';
import type { Host, KubeletPod } from '#kubelet/host.ts';
import { say } from '#kubelet/host.ts';
import { containerNotes } from '#kubelet/labels.ts';
import type { ObservedContainer, ObservedPod } from '#kubelet/observed.ts';
import { currentSandbox } from '#kubelet/observed.ts';
import { sleep } from '#lib/clock.ts';

/** Even with no time left a container gets this long between SIGTERM and SIGKILL. */
const graceSecondsMin = 2;

export interface KillOptions {
  message: string;
  graceSeconds: number;
  /** For hooks that are requests. */
  podIp: string;
  /** Resolves when it is this container's turn to be told to stop. */
  turn?: Promise<void> | undefined;
}

/** Runs its preStop hook, waits for its turn, stops it. The grace period covers all three. */
export async function killContainer(
  host: Host,
  pod: KubeletPod,
  target: RoledContainer,
  containerId: string,
  options: KillOptions,
): Promise<void> {
  const { clock, runtime } = host;
  say(host, pod, 'Normal', 'Killing', options.message, target);
  const endMs = clock.monotonicMs() + options.graceSeconds * 1000;
  const leftMs = () => endMs - clock.monotonicMs();
  const preStop = target.container.lifecycle?.preStop;
  if (preStop !== undefined && options.graceSeconds > 0) {
    const place = { pod, podIp: options.podIp, container: target.container, containerId };
    const hook = runHook(host, place, preStop, leftMs());
    const failure = await Promise.race([hook, sleep(clock, leftMs()).then(() => 'the grace period ended before it')]);
    if (failure !== undefined) say(host, pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', target);
  }
  if (options.turn !== undefined && leftMs() > 0) await Promise.race([options.turn, sleep(clock, leftMs())]);
  await runtime.stopContainer(containerId, Math.max(Math.ceil(leftMs() / 1000), graceSecondsMin));
}

/** Ends all running containers: the main ones at once, then the sidecars, the last one first. Then the sandboxes. */
export async function killPod(
  host: Host,
  pod: KubeletPod,
  observed: ObservedPod,
  graceSeconds: number | undefined,
): Promise<void> {
  const running = observed.containers.filter(({ state }) => state === 'Running' || state === 'Unknown');
  const kills = new Map<string, Promise<void>>();
  // Later containers first, so that a sidecar finds what it waits for.
  const order = [...allContainersOf(pod)].reverse();
  for (const target of order) {
    const name = target.container.name;
    for (const status of running.filter(({ metadata }) => metadata.name === name)) {
      const before = target.role === 'sidecar' ? [...kills.values()] : [];
      const turn = before.length === 0 ? undefined : Promise.allSettled(before).then(() => undefined);
      const kill = killContainer(host, pod, target, status.id, {
        message: `Stopping container ${name}`,
        graceSeconds: graceSeconds ?? graceSecondsOf(pod, status),
        podIp: currentSandbox(observed)?.ip || (host.hostIps()[0] ?? ''),
        turn,
      });
      // A kill that fails must not hold up the others' turns; the one who waits for all hears of it.
      kills.set(status.id, kill);
      kill.catch(() => undefined);
    }
  }
  const strays = running.filter(({ metadata }) => containerNamed(pod, metadata.name) === undefined);
  await Promise.all([...kills.values(), ...strays.map(({ id }) => host.runtime.stopContainer(id, graceSecondsMin))]);
  await Promise.all(observed.sandboxes.map(({ id }) => host.runtime.stopPodSandbox(id)));
}

/** How long a container has to end. */
export function graceSecondsOf(pod: Pod, status?: ObservedContainer): number {
  const { deletionGracePeriodSeconds } = pod.metadata ?? {};
  const { terminationGracePeriodSeconds } = pod.spec ?? {};
  const noted = status === undefined ? undefined : containerNotes(status.annotations).terminationGraceSeconds;
  return deletionGracePeriodSeconds ?? terminationGracePeriodSeconds ?? noted ?? defaultGraceSeconds;
}

const defaultGraceSeconds = 30;
