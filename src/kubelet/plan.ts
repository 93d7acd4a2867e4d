/**
 * What to do next for a Pod that shall run, from what it asks for and what the runtime shows. Pure.
 *
 * The worker does what the plan says, observes again and plans again, until the plan is empty. So a plan need not look
 * ahead: after `sandbox: 'create'` the next one starts the first init container, after that has ended the next one the
 * second, and so on.
 */

import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Probe } from '#api/core/probe.ts';
import type { Backoff } from '#kubelet/backoff.ts';
import type { RoledContainer } from '#kubelet/containers-of.ts';
import {
  ephemeralContainersOf,
  hasSucceeded,
  initContainersOf,
  isRunning,
  isSidecar,
  mainContainersOf,
  matchingRule,
  restartsAfter,
} from '#kubelet/containers-of.ts';
import { containerNotes, hashContainer, podKey } from '#kubelet/labels.ts';
import type { ObservedContainer, ObservedPod } from '#kubelet/observed.ts';
import { currentSandbox, latest } from '#kubelet/observed.ts';

/** What the probes of a running container say; undefined until they have said something. */
export interface Verdicts {
  startup?: boolean | undefined;
  liveness?: boolean | undefined;
  readiness?: boolean | undefined;
}

export interface PlanInput {
  pod: Pod;
  observed: ObservedPod;
  /** By container id. */
  verdicts: (containerId: string) => Verdicts;
  backoff: Backoff;
  /** Containers that were killed to be started again, whatever they made of it. By name. */
  forced?: ReadonlySet<string> | undefined;
  nowMs: number;
}

export interface PlannedKill {
  status: ObservedContainer;
  target: RoledContainer;
  /** Of the Killing Event. */
  message: string;
  /** Instead of the Pod's. */
  graceSeconds?: number | undefined;
  /** It is started again after that. */
  restarts: boolean;
}

export interface PlannedStart {
  target: RoledContainer;
  attempt: number;
  /** The attempt before. */
  previous: ObservedContainer | undefined;
  /** The attempt whose end counts for the back-off. */
  ended: ObservedContainer | undefined;
}

/** A container that waits for its next attempt. */
export interface PlannedWait {
  target: RoledContainer;
  delayMs: number;
  untilMs: number;
}

export interface PodPlan {
  /** `replace`: it is gone or broken; what is left of it is killed first. `stop`: nothing is left to run in it. */
  sandbox: 'keep' | 'create' | 'replace' | 'stop';
  sandboxAttempt: number;
  kills: readonly PlannedKill[];
  starts: readonly PlannedStart[];
  waits: readonly PlannedWait[];
  /** A container whose exit asks for all of them to be started anew. */
  restartAll?: ObservedContainer | undefined;
}

export function planPod(input: PlanInput): PodPlan {
  const { pod, observed } = input;
  const sandbox = currentSandbox(observed);
  const kept = sandbox !== undefined && isUsable(pod, observed);
  if (!kept) return planSandbox(pod, observed);

  const steps = new Steps(input, sandbox.id);
  const restartAll = exitThatRestartsAll(pod, observed, sandbox.id);
  if (restartAll !== undefined) return { ...steps.plan(), restartAll };
  steps.ephemeral();
  if (steps.init()) steps.main();
  return steps.plan();
}

/** All is as it shall be, and nothing is waited for. */
export function plansNothing({ sandbox, kills, starts, waits, restartAll }: PodPlan): boolean {
  return sandbox === 'keep' && kills.length + starts.length + waits.length === 0 && restartAll === undefined;
}

/** A sandbox that is ready, alone, and has the address it should have. */
function isUsable(pod: Pod, observed: ObservedPod): boolean {
  const sandbox = currentSandbox(observed);
  if (sandbox?.state !== 'Ready') return false;
  if (observed.sandboxes.filter(({ state }) => state === 'Ready').length > 1) return false;
  const onNodeNetwork = pod.spec?.hostNetwork ?? false;
  if (onNodeNetwork !== (sandbox.namespaceOptions?.network === 'Node')) return false;
  return onNodeNetwork || sandbox.ip !== '';
}

function planSandbox(pod: Pod, observed: ObservedPod): PodPlan {
  const sandbox = currentSandbox(observed);
  const attempt = sandbox === undefined ? 0 : (sandbox.metadata.attempt ?? 0) + 1;
  const idle = { sandboxAttempt: attempt, kills: [], starts: [], waits: [] };
  if (sandbox === undefined) return { sandbox: 'create', ...idle };
  const neverAgain = pod.spec?.restartPolicy === 'Never' && observed.containers.length > 0;
  return { sandbox: neverAgain || !hasWork(pod, observed) ? 'stop' : 'replace', ...idle };
}

/** Whether a new sandbox would have anything to run. */
function hasWork(pod: Pod, observed: ObservedPod): boolean {
  return mainContainersOf(pod).some(container => {
    const status = latest(observed, container.name);
    return status?.state !== 'Exited' || restartsAfter(pod, { role: 'main', container }, status.exitCode);
  });
}

/** The end of a container that asks for all of them to be started anew. */
export function exitThatRestartsAll(pod: Pod, observed: ObservedPod, sandboxId: string): ObservedContainer | undefined {
  for (const container of [...initContainersOf(pod), ...mainContainersOf(pod)]) {
    const status = latest(observed, container.name);
    if (status?.state !== 'Exited' || status.podSandboxId !== sandboxId) continue;
    if (matchingRule(container, status.exitCode) === 'RestartAllContainers') return status;
  }
  return undefined;
}

/** Whether a running container counts as started, so that what comes after it may begin. */
export function hasStarted(container: Container, status: ObservedContainer | undefined, verdicts: Verdicts): boolean {
  return isRunning(status) && (container.startupProbe === undefined || verdicts.startup === true);
}

class Steps {
  readonly #input: PlanInput;
  readonly #sandboxId: string;
  readonly #kills: PlannedKill[] = [];
  readonly #starts: PlannedStart[] = [];
  readonly #waits: PlannedWait[] = [];
  #stop = false;

  constructor(input: PlanInput, sandboxId: string) {
    this.#input = input;
    this.#sandboxId = sandboxId;
  }

  plan(): PodPlan {
    return {
      sandbox: this.#stop ? 'stop' : 'keep',
      sandboxAttempt: currentSandbox(this.#input.observed)?.metadata.attempt ?? 0,
      kills: this.#kills,
      starts: this.#starts,
      waits: this.#waits,
    };
  }

  ephemeral(): void {
    for (const container of ephemeralContainersOf(this.#input.pod)) {
      if (latest(this.#input.observed, container.name) === undefined) this.#start({ role: 'ephemeral', container });
    }
  }

  /** True once the main containers may run. */
  init(): boolean {
    const { pod } = this.#input;
    const containers = initContainersOf(pod);
    // A main container in this sandbox proves that all init containers were done: they do not run again.
    const done = mainContainersOf(pod).some(({ name }) => this.#here(name) !== undefined);
    const reached = containers.findLastIndex(({ name }) => this.#here(name) !== undefined);
    for (const [index, container] of containers.entries()) {
      const behind = done || index < reached;
      const ready = isSidecar(container) ? this.#sidecar(container) : behind || this.#initOnce(container);
      if (!ready && !behind) return false;
    }
    return true;
  }

  #initOnce(container: Container): boolean {
    const target = { role: 'init', container } as const;
    const status = this.#here(container.name);
    if (hasSucceeded(status)) return true;
    if (isRunning(status)) return false;
    if (status?.state !== 'Exited' || restartsAfter(this.#input.pod, target, status.exitCode)) this.#start(target);
    else this.#stop = true;
    return false;
  }

  #sidecar(container: Container): boolean {
    const target = { role: 'sidecar', container } as const;
    const status = this.#here(container.name);
    if (status === undefined || !isRunning(status)) {
      this.#start(target);
      return false;
    }
    const reason = this.#failedProbe(container, status);
    if (reason !== undefined) {
      const message = `Init container ${container.name} failed ${reason.name}`;
      this.#kills.push({
        status,
        target,
        message,
        graceSeconds: reason.probe?.terminationGracePeriodSeconds,
        restarts: true,
      });
      return false;
    }
    return hasStarted(container, status, this.#input.verdicts(status.id));
  }

  main(): void {
    const { pod, observed } = this.#input;
    let left = 0;
    for (const container of mainContainersOf(pod)) {
      const target = { role: 'main', container } as const;
      const status = latest(observed, container.name);
      if (status !== undefined && isRunning(status)) {
        if (this.#staysOrRestarts(target, status)) left++;
      } else if (
        status?.state !== 'Exited' ||
        this.#input.forced?.has(container.name) ||
        restartsAfter(pod, target, status.exitCode)
      ) {
        this.#start(target);
        left++;
      }
    }
    if (left === 0) this.#stop = true;
  }

  /** Plans the kill of a running container that must end; false when it will not come back. */
  #staysOrRestarts(target: RoledContainer, status: ObservedContainer): boolean {
    const { container } = target;
    const changed = containerNotes(status.annotations).hash !== hashContainer(container);
    const failed = this.#failedProbe(container, status);
    if (!changed && failed === undefined) return true;
    // How it will exit is not known yet; upstream takes it for a failure.
    const restarts = changed || restartsAfter(this.#input.pod, target, 1);
    const why = changed ? 'definition changed' : `failed ${failed?.name}`;
    this.#kills.push({
      status,
      target,
      message: `Container ${container.name} ${why}${restarts ? ', will be restarted' : ''}`,
      graceSeconds: failed?.probe?.terminationGracePeriodSeconds,
      restarts,
    });
    return restarts;
  }

  #failedProbe(
    container: Container,
    status: ObservedContainer,
  ): { name: string; probe: Probe | undefined } | undefined {
    const verdicts = this.#input.verdicts(status.id);
    if (verdicts.startup === false) return { name: 'startup probe', probe: container.startupProbe };
    if (verdicts.liveness === false) return { name: 'liveness probe', probe: container.livenessProbe };
    return undefined;
  }

  #start(target: RoledContainer): void {
    const { pod, observed, backoff, forced, nowMs } = this.#input;
    const { name } = target.container;
    const attempts = observed.containers.filter(({ metadata }) => metadata.name === name);
    // One that was killed to be started again waits by the end of the one before it: upstream looks before it kills.
    const judged = forced?.has(name) ? attempts.slice(1) : attempts;
    const ended = judged.find(({ state }) => state === 'Exited');
    if (ended !== undefined) {
      const waiting = backoff.waiting(backoffKey(target.container), ended.finishedAtMs, nowMs);
      if (waiting !== undefined) {
        this.#waits.push({ target, ...waiting });
        return;
      }
    }
    this.#starts.push({ target, attempt: nextAttempt(pod, target, attempts[0]), previous: attempts[0], ended });
  }

  /** The newest attempt of a container in the sandbox of today. */
  #here(name: string): ObservedContainer | undefined {
    const status = latest(this.#input.observed, name);
    return status?.podSandboxId === this.#sandboxId ? status : undefined;
  }
}

/** A container with another image starts without a delay. */
export function backoffKey(container: Container): string {
  return `${container.name} ${hashContainer(container)}`;
}

function nextAttempt(pod: Pod, { container }: RoledContainer, previous: ObservedContainer | undefined): number {
  if (previous !== undefined) return containerNotes(previous.annotations).restartCount + 1;
  // Its containers were removed: only the status that we wrote remembers how many there were.
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const written = [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container.name);
  return written?.lastState?.terminated === undefined && written?.state?.terminated === undefined
    ? 0
    : (written.restartCount ?? 0) + (written.state?.terminated === undefined ? 0 : 1);
}

/** `web-0_default(5c1f…)`: the Pod as its containers' messages name it. */
export function crashLoopMessage(pod: Pod, { target, delayMs }: PlannedWait): string {
  const { namespace, name, uid } = podKey(pod);
  const text = goSeconds(delayMs);
  return `back-off ${text} restarting failed container=${target.container.name} pod=${name}_${namespace}(${uid})`;
}

/** 300 s as `5m0s`, as Go prints it. */
function goSeconds(ms: number): string {
  const seconds = ms / 1000;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
