/** The probes of one Pod's running containers: when they are tried, and what they have found so far. */

import type { Container } from '#api/core/container.ts';
import type { Probe } from '#api/core/probe.ts';
import { containerNamed } from '#kubelet/containers-of.ts';
import type { Host, KubeletPod } from '#kubelet/host.ts';
import { say } from '#kubelet/host.ts';
import type { ObservedContainer, ObservedPod } from '#kubelet/observed.ts';
import type { Verdicts } from '#kubelet/plan.ts';
import { runProbe } from '#kubelet/probes/prober.ts';
import type { ProbeResult } from '#kubelet/probes/reach.ts';
import type { Timer } from '#lib/clock.ts';

type ProbeName = 'startup' | 'liveness' | 'readiness';

export interface PodProbesOptions {
  host: Host;
  pod: () => KubeletPod;
  podIp: () => string;
  /** A verdict has changed. */
  onChange: (name: ProbeName, containerName: string, healthy: boolean) => void;
}

/** A probe that cannot be tried is tried again at once, this often in all. */
const triesMax = 3;
const withoutProbes: Verdicts = { startup: true, readiness: true };

export class PodProbes {
  readonly #options: PodProbesOptions;
  /** By container id. */
  readonly #containers = new Map<string, ContainerProbes>();

  constructor(options: PodProbesOptions) {
    this.#options = options;
  }

  verdicts = (containerId: string): Verdicts => {
    if (!this.#options.host.probes) return withoutProbes;
    return this.#containers.get(containerId)?.verdicts ?? {};
  };

  /** Begins for containers that run now, ends for those that do not. */
  sync(observed: ObservedPod): void {
    const { host, pod } = this.#options;
    if (!host.probes) return;
    const running = new Set<string>();
    for (const status of observed.containers) {
      const target = containerNamed(pod(), status.metadata.name);
      if (status.state !== 'Running' || (target?.role !== 'main' && target?.role !== 'sidecar')) continue;
      running.add(status.id);
      if (hasProbes(target.container) && !this.#containers.has(status.id)) {
        const probes = new ContainerProbes(this.#options, target.container, status, knownVerdicts(pod(), status.id));
        this.#containers.set(status.id, probes);
      }
    }
    for (const [id, probes] of this.#containers) {
      if (running.has(id)) continue;
      probes.stop();
      this.#containers.delete(id);
    }
  }

  /** A Pod that ends is not killed for failing probes; whether it still serves goes on being asked. */
  endStartupAndLiveness(): void {
    for (const probes of this.#containers.values()) probes.endStartupAndLiveness();
  }

  stop(): void {
    for (const probes of this.#containers.values()) probes.stop();
    this.#containers.clear();
  }
}

/** What a kubelet before this one had found out of a container that runs on: it stays so until a probe says otherwise. */
function knownVerdicts({ status }: KubeletPod, containerId: string): Verdicts {
  const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const known = all.find(({ containerID }) => containerID?.endsWith(`://${containerId}`));
  return known?.started ? { startup: true, ...(known.ready ? { readiness: true } : {}) } : {};
}

function hasProbes({ startupProbe, livenessProbe, readinessProbe }: Container): boolean {
  return startupProbe !== undefined || livenessProbe !== undefined || readinessProbe !== undefined;
}

class ContainerProbes {
  readonly verdicts: Verdicts;
  readonly #options: PodProbesOptions;
  readonly #container: Container;
  readonly #status: ObservedContainer;
  readonly #running = new Map<ProbeName, ProbeLoop>();
  #stopped = false;

  constructor(options: PodProbesOptions, container: Container, status: ObservedContainer, known: Verdicts) {
    this.#options = options;
    this.verdicts = known;
    this.#container = container;
    this.#status = status;
    if (container.startupProbe !== undefined && !known.startup) this.#begin('startup', container.startupProbe);
    else this.#beginOthers();
  }

  endStartupAndLiveness(): void {
    for (const name of ['startup', 'liveness'] as const) {
      this.#running.get(name)?.stop();
      this.#running.delete(name);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const loop of this.#running.values()) loop.stop();
  }

  #beginOthers(): void {
    const { livenessProbe, readinessProbe } = this.#container;
    if (livenessProbe !== undefined) this.#begin('liveness', livenessProbe);
    if (readinessProbe !== undefined) this.#begin('readiness', readinessProbe);
  }

  #begin(name: ProbeName, probe: Probe): void {
    const { host } = this.#options;
    const loop = new ProbeLoop({
      clock: host.clock,
      probe,
      // A container that has been found running (after a restart of the kubelet) has had its delay.
      firstAtMs: this.#status.startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000,
      run: () => this.#try(name, probe),
      onVerdict: healthy => this.#judge(name, healthy),
    });
    this.#running.set(name, loop);
  }

  async #try(name: ProbeName, probe: Probe): Promise<ProbeResult> {
    const { host, podIp } = this.#options;
    let result: ProbeResult = { outcome: 'unknown', message: '' };
    for (let tries = 0; tries < triesMax && result.outcome === 'unknown' && !this.#stopped; tries++) {
      result = await runProbe({
        runtime: host.runtime,
        targets: host.probeTargets,
        container: this.#container,
        containerId: this.#status.id,
        podIp: podIp(),
        probe,
      });
    }
    if (!this.#stopped && this.#running.has(name)) this.#tell(name, result);
    return result;
  }

  #tell(name: ProbeName, { outcome, message }: ProbeResult): void {
    const { host, pod } = this.#options;
    const what = `${name[0]?.toUpperCase()}${name.slice(1)} probe`;
    const target = containerNamed(pod(), this.#container.name);
    if (outcome === 'failure') say(host, pod(), 'Warning', 'Unhealthy', `${what} failed: ${message}`, target);
    if (outcome === 'warning') say(host, pod(), 'Warning', 'ProbeWarning', `${what} warning: ${message}`, target);
    if (outcome === 'unknown') {
      const text = `${what} errored and resulted in unknown state: ${message}`;
      say(host, pod(), 'Warning', 'Unhealthy', text, target);
    }
  }

  #judge(name: ProbeName, healthy: boolean): void {
    if (this.#stopped || this.verdicts[name] === healthy) return;
    this.verdicts[name] = healthy;
    // What was found by startup and liveness probes is final: the container goes on, or is killed.
    if (name === 'startup' || (name === 'liveness' && !healthy)) {
      this.#running.get(name)?.stop();
      this.#running.delete(name);
    }
    if (name === 'startup' && healthy) this.#beginOthers();
    this.#options.onChange(name, this.#container.name, healthy);
  }
}

interface ProbeLoopOptions {
  clock: Host['clock'];
  probe: Probe;
  firstAtMs: number;
  run: () => Promise<ProbeResult>;
  onVerdict: (healthy: boolean) => void;
}

/** Tries a probe every period; enough of one kind of result in a row is a verdict. */
class ProbeLoop {
  readonly #options: ProbeLoopOptions;
  #timer: Timer;
  #last: boolean | undefined;
  #inRow = 0;
  #stopped = false;

  constructor(options: ProbeLoopOptions) {
    this.#options = options;
    const { clock, firstAtMs } = options;
    this.#timer = clock.after(Math.max(firstAtMs - clock.nowMs(), 0), () => void this.#tick());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.cancel();
  }

  async #tick(): Promise<void> {
    const { clock, probe, run, onVerdict } = this.#options;
    const beganMs = clock.monotonicMs();
    const { outcome } = await run();
    if (this.#stopped) return;
    if (outcome !== 'unknown') {
      const healthy = outcome !== 'failure';
      this.#inRow = this.#last === healthy ? this.#inRow + 1 : 1;
      this.#last = healthy;
      const needed = healthy ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
      if (this.#inRow >= needed) onVerdict(healthy);
    }
    if (this.#stopped) return;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    this.#timer = clock.after(Math.max(beganMs + periodMs - clock.monotonicMs(), 0), () => void this.#tick());
  }
}
