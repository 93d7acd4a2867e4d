/**
 * Looks after one Pod: makes the runtime run what the Pod asks for, and tells the API what it sees.
 *
 * A worker is in one of four phases and only ever moves on. `new`: the node has not said yet whether it takes the Pod.
 * `running`: plan and act, until all is as it shall be. `terminating`: everything is being killed, because the Pod was
 * deleted, has ended, or broke a limit. `terminated`: nothing of it runs; what is left is to say so, and to clean up once
 * the API has forgotten the Pod. All work of a Pod goes through one loop, so that nothing happens twice at a time.
 */

import { Backoff, containerBackoffMs, retryBackoffMs, volumeBackoffMs } from '#kubelet/backoff.ts';
import { startContainer } from '#kubelet/container-start.ts';
import { containerNamed } from '#kubelet/containers-of.ts';
import { deleteForGood } from '#kubelet/delete-pod.ts';
import { errorText } from '#kubelet/error-text.ts';
import type { Host, KubeletPod } from '#kubelet/host.ts';
import { say } from '#kubelet/host.ts';
import { podKey, podText } from '#kubelet/labels.ts';
import type { ObservedPod } from '#kubelet/observed.ts';
import { currentSandbox, nothingObserved, observePod, runsAnything } from '#kubelet/observed.ts';
import type { PlannedKill, PlannedStart, PlannedWait, PodPlan } from '#kubelet/plan.ts';
import { backoffKey, crashLoopMessage, exitThatRestartsAll, planPod, plansNothing } from '#kubelet/plan.ts';
import { VolumeError } from '#kubelet/pod-files.ts';
import type { TerminalReason } from '#kubelet/pod-status.ts';
import { deadlineExceeded, deadlineMs, podStatus } from '#kubelet/pod-status.ts';
import type { PodWorkerOptions } from '#kubelet/pod-worker-options.ts';
import { PodProbes } from '#kubelet/probes/pod-probes.ts';
import { prune, removeAll } from '#kubelet/remains.ts';
import { Resizer } from '#kubelet/resize.ts';
import { runResize } from '#kubelet/resize-run.ts';
import { qosClassOf } from '#kubelet/resources.ts';
import { configOf, runtimeHandler, startSandbox } from '#kubelet/sandbox-start.ts';
import { StartFailures } from '#kubelet/start-failures.ts';
import {
  rejectedStatus,
  restartConditions,
  restartingStatus,
  sandboxReadyStatus,
  startedStatus,
} from '#kubelet/status-changes.ts';
import { StatusWriter } from '#kubelet/status-writer.ts';
import { graceSecondsOf, killContainer, killPod } from '#kubelet/termination.ts';
import { TerminationMessages } from '#kubelet/termination-messages.ts';
import { WakeLoop } from '#kubelet/wake-loop.ts';
import { sleep } from '#lib/clock.ts';

type Phase = 'new' | 'running' | 'terminating' | 'terminated';

/** How long a state that will soon be replaced is kept back for the API to take it. */
const settleMsMax = 1000;
const forcedGraceSeconds = 1;

export class PodWorker {
  readonly seenAtMs: number;
  readonly #options: PodWorkerOptions;
  readonly #host: Host;
  readonly #writer: StatusWriter;
  readonly #probes: PodProbes;
  readonly #loop: WakeLoop;
  readonly #resizer: Resizer;
  readonly #containerBackoff = new Backoff(containerBackoffMs);
  readonly #retryBackoff = new Backoff(retryBackoffMs);
  readonly #sandboxBackoff = new Backoff(retryBackoffMs);
  readonly #volumeBackoff = new Backoff(volumeBackoffMs);
  readonly #failures = new StartFailures();
  /** Called whenever the runtime has been looked at. */
  readonly #observers = new Set<() => void>();
  /** Containers that were killed to be started again. By name. */
  readonly #forced = new Set<string>();
  readonly #messages = new TerminationMessages();
  #pod: KubeletPod;
  #phase: Phase = 'new';
  #terminal: TerminalReason | undefined;
  /** The API has forgotten the Pod. */
  #forgotten = false;
  #deleteSent = false;
  /** Aborted when nothing more is to be started. */
  readonly #unwanted = new AbortController();
  /** The status tells all that a look at the runtime would. */
  #toldAlready = false;
  #lastCreated: string | undefined;
  /** The containers that were started last, until they have been shown. */
  readonly #justStarted = new Set<string>();
  #finished = false;
  #observed: ObservedPod = nothingObserved;

  constructor(options: PodWorkerOptions) {
    const { host, pod } = options;
    this.seenAtMs = host.clock.nowMs();
    this.#options = options;
    this.#host = host;
    this.#pod = pod;
    this.#resizer = new Resizer(pod);
    this.#loop = new WakeLoop(host.clock, () => this.#work());
    this.#writer = new StatusWriter(pod, {
      client: host.client,
      clock: host.clock,
      onError: error => host.log.warn('a Pod status could not be written', { pod: this.name, error: errorText(error) }),
    });
    this.#probes = new PodProbes({
      host,
      pod: () => this.#pod,
      podIp: () => this.#podIps()[0] ?? '',
      onChange: (name, container, healthy) => this.#onVerdict(name, container, healthy),
    });
  }

  get pod(): KubeletPod {
    return this.#pod;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** The Pod with the status that was asked to be written last. */
  get current(): KubeletPod {
    return { ...this.#pod, status: this.#writer.status };
  }

  get observed(): ObservedPod {
    return this.#observed;
  }

  get name(): string {
    return podText(podKey(this.#pod));
  }

  /** The API shows the Pod anew. */
  update(pod: KubeletPod): void {
    // What could not be started may have been mended.
    if (pod.metadata.generation !== this.#pod.metadata.generation) this.#failures.retryNow();
    this.#pod = pod;
    this.#writer.observe(pod);
    if (pod.metadata.deletionTimestamp !== undefined) this.#unwanted.abort(new Error('the Pod is deleted'));
    this.wake();
  }

  /** A ConfigMap or Secret that it refers to has changed. */
  readonly #onObject = (): void => {
    this.#failures.retryNow();
    this.#host.files?.invalidate(this.#pod.metadata.uid);
    this.wake();
  };

  /** The API does not have the Pod any more. */
  forget(): void {
    this.#forgotten = true;
    this.#unwanted.abort(new Error('the Pod is gone'));
    this.#writer.stop();
    this.wake();
  }

  /** Ends the Pod for a reason of the node's own. */
  end(terminal: TerminalReason): void {
    if (this.#terminal !== undefined || this.#phase === 'terminated') return;
    this.#terminal = terminal;
    this.#unwanted.abort(new Error(terminal.message));
    this.wake();
  }

  /** Aborts its signal once a container does not run any more; to be released. */
  whenEnded(containerId: string): { signal: AbortSignal; release: () => void } {
    const ended = new AbortController();
    const look = () => {
      if (!this.#observed.containers.some(({ id, state }) => id === containerId && state === 'Running')) ended.abort();
    };
    this.#observers.add(look);
    look();
    return { signal: ended.signal, release: () => this.#observers.delete(look) };
  }

  /** Something may have changed: look again. */
  wake(): void {
    this.#loop.wake();
  }

  /** The kubelet stops. What runs goes on running. */
  stop(): void {
    this.#loop.stop();
    this.#unwanted.abort(new Error('the kubelet stops'));
    this.#probes.stop();
    this.#writer.stop();
    this.#host.objects.release(this.#pod.metadata.uid);
  }

  async #work(): Promise<void> {
    try {
      await this.#sync();
      this.#retryBackoff.forget('');
    } catch (error) {
      if (this.#loop.stopped) return;
      this.#host.log.warn('a Pod could not be synced', { pod: this.name, error: errorText(error) });
      this.#retryLater(this.#retryBackoff);
    }
  }

  #retryLater(backoff: Backoff): void {
    const nowMs = this.#host.clock.nowMs();
    backoff.next('', nowMs, nowMs);
    this.#loop.wakeAt(backoff.waiting('', nowMs, nowMs)?.untilMs ?? nowMs);
  }

  async #sync(): Promise<void> {
    switch (this.#phase) {
      case 'new':
        return this.#admit();
      case 'running':
        return this.#run();
      case 'terminating':
        return this.#terminate();
      case 'terminated':
        return this.#conclude();
    }
  }

  get #isDeleted(): boolean {
    return this.#forgotten || this.#pod.metadata.deletionTimestamp !== undefined;
  }

  async #admit(): Promise<void> {
    await this.#observe();
    const isOver = this.#pod.status.phase === 'Succeeded' || this.#pod.status.phase === 'Failed';
    // A kubelet before this one has told all there was to tell.
    if (isOver && !runsAnything(this.#observed)) return this.#finish();
    // What runs already was admitted by the kubelet that started it.
    const wanted = !this.#isDeleted && !isOver && currentSandbox(this.#observed) === undefined;
    const rejection = wanted ? await this.#options.admit(this.#pod) : undefined;
    if (rejection === undefined) return this.#enter(isOver ? 'terminating' : 'running');
    say(this.#host, this.#pod, 'Warning', rejection.reason, rejection.message);
    this.#writer.write(rejectedStatus(this.#pod, rejection, this.#host.clock.nowMs()));
    return this.#finish();
  }

  /** Nothing of the Pod runs, and its status says so. */
  async #finish(): Promise<void> {
    const { files, cgroups, images, objects } = this.#host;
    const { uid } = this.#pod.metadata;
    this.#finished = true;
    this.#enter('terminated');
    images.forget(this.#pod);
    objects.release(uid);
    await files?.release(uid);
    await cgroups?.remove(uid);
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.wake();
  }

  async #observe(): Promise<void> {
    const { runtime, files } = this.#host;
    const observed = await observePod(runtime, this.#pod.metadata.uid);
    for (const { id } of [...observed.sandboxes, ...observed.containers]) this.#options.claim(id);
    if (files !== undefined)
      await this.#messages.addTo(observed, status => files.terminationMessage(this.#pod, status));
    this.#observed = observed;
    this.#probes.sync(observed);
    for (const look of this.#observers) look();
  }

  #podIps(): readonly string[] {
    if (this.#pod.spec.hostNetwork) return this.#host.hostIps();
    const sandbox = currentSandbox(this.#observed);
    return sandbox === undefined || sandbox.ip === '' ? [] : [sandbox.ip, ...sandbox.additionalIps];
  }

  /** Judges what was observed last and has it written. Answers whether the Pod is over. */
  #report(stage: { mayRun: boolean; isLast?: boolean }): boolean {
    const { host } = this.#options;
    const { status, isOver } = podStatus({
      pod: this.#pod,
      before: this.#writer.status,
      observed: this.#observed,
      verdicts: this.#probes.verdicts,
      reasons: this.#failures.shown,
      runtimeName: host.runtimeName,
      recursiveReadOnly: host.runtimeFeatures.recursiveReadOnly,
      nowMs: host.clock.nowMs(),
      hostIps: host.hostIps(),
      qosClass: qosClassOf(this.#pod),
      terminal: this.#terminal,
      mayRun: stage.mayRun,
      isLast: stage.isLast ?? false,
      ending: this.#phase !== 'running',
      resized: { allocated: this.#resizer.withAllocated(this.#pod), actual: this.#resizer.withActual(this.#pod) },
      extraConditions: {
        first: this.#resizer.conditions,
        last: restartConditions(this.#pod, this.#phase === 'running' && this.#restartsAll()),
      },
    });
    this.#writer.write(status);
    return isOver;
  }

  async #run(): Promise<void> {
    if (this.#isDeleted) return this.#enter('terminating');
    this.#host.objects.hold(this.#pod, { volumes: this.#host.files !== undefined }, this.#onObject);
    await this.#observe();
    this.#failures.look(this.#host.clock.nowMs());
    await this.#showStarted();
    this.#checkDeadline();
    // What was done last has been told by itself; the rest is told with the first container.
    const told = this.#toldAlready && this.#terminal === undefined;
    this.#toldAlready = false;
    if (!told && this.#report({ mayRun: true })) return this.#enter('terminating');
    if (!(await this.#prepareFiles()) || this.#isDeleted) return;
    await this.#resize();
    const plan = planPod({
      pod: this.current,
      observed: this.#observed,
      verdicts: this.#probes.verdicts,
      backoff: this.#containerBackoff,
      forced: new Set(this.#forced),
      nowMs: this.#host.clock.nowMs(),
    });
    this.#forced.clear();
    if (told && plansNothing(plan) && this.#report({ mayRun: true })) return this.#enter('terminating');
    await this.#act(plan);
  }

  /** A container that ended at once is still shown running first: others wait for a Pod to have run. */
  async #showStarted(): Promise<void> {
    const observed = this.#observed;
    const ended = observed.containers.filter(({ id, state }) => this.#justStarted.has(id) && state === 'Exited');
    this.#justStarted.clear();
    if (ended.length === 0) return;
    const containers = observed.containers.map(each =>
      ended.includes(each) ? { ...each, state: 'Running' as const } : each,
    );
    this.#observed = { ...observed, containers };
    this.#report({ mayRun: true });
    this.#observed = observed;
    await this.#settle();
  }

  #checkDeadline(): void {
    const atMs = deadlineMs(this.#pod, this.#writer.status);
    if (atMs === undefined || this.#terminal !== undefined) return;
    if (this.#host.clock.nowMs() < atMs) {
      this.#loop.wakeAt(atMs);
      return;
    }
    say(this.#host, this.#pod, 'Normal', deadlineExceeded.reason, deadlineExceeded.message);
    this.#terminal = deadlineExceeded;
  }

  /** False when they are not ready yet. */
  async #prepareFiles(): Promise<boolean> {
    const { files } = this.#host;
    if (files === undefined) return true;
    try {
      await files.prepare(this.#pod, () => this.wake());
      this.#volumeBackoff.forget('');
      return true;
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      say(this.#host, this.#pod, 'Warning', 'FailedMount', error.message);
      this.#retryLater(this.#volumeBackoff);
      return false;
    }
  }

  async #act(plan: PodPlan): Promise<void> {
    if (plan.sandbox === 'stop') return this.#stopAll();
    if (plan.sandbox !== 'keep') return this.#makeSandbox(plan);
    if (plan.restartAll !== undefined) return this.#restartAll();
    if (await this.#showWaits(plan.waits)) return this.#enter('terminating');
    if (plan.kills.length > 0) {
      await Promise.all(plan.kills.map(kill => this.#kill(kill)));
      for (const { target, restarts } of plan.kills) if (restarts) this.#forced.add(target.container.name);
      // That it has ended is told together with what comes of it.
      this.#toldAlready = true;
      this.wake();
    }
    const starts = plan.starts.filter(({ target }) => !this.#isHeld(target.container.name));
    if (starts.length > 0) await this.#start(starts);
  }

  #isHeld(name: string): boolean {
    const untilMs = this.#failures.waitsUntilMs(name, this.#host.clock.nowMs());
    if (untilMs !== undefined) this.#loop.wakeAt(untilMs);
    return untilMs !== undefined;
  }

  /** Gives running containers what the Pod asks for now, if the node has it. */
  async #resize(): Promise<void> {
    const killed = await runResize(this.#resizer, {
      host: this.#host,
      pod: this.#pod,
      observed: this.#observed,
      admit: this.#options.admitResize,
      report: () => this.#report({ mayRun: true }),
      settle: () => this.#settle(),
      kill: kill => this.#kill(kill),
      wakeAt: atMs => this.#loop.wakeAt(atMs),
    });
    for (const name of killed) this.#forced.add(name);
    if (killed.length > 0) this.wake();
  }

  #restartsAll(): boolean {
    const sandbox = currentSandbox(this.#observed);
    return sandbox !== undefined && exitThatRestartsAll(this.#pod, this.#observed, sandbox.id) !== undefined;
  }

  /** Ends and removes every container, in the sandbox as it is; the next plan begins from the first init container. */
  async #restartAll(): Promise<void> {
    await this.#settle();
    const running = this.#observed.containers.filter(({ state }) => state === 'Running');
    await Promise.all(
      running.map(async status => {
        const target = containerNamed(this.#pod, status.metadata.name);
        if (target !== undefined) await this.#kill({ status, target, message: 'killing' });
      }),
    );
    for (const { id } of this.#observed.containers) await this.#host.runtime.removeContainer(id);
    this.#writer.write(restartingStatus(this.#pod, this.#writer.status));
    await this.#settle();
    this.#toldAlready = true;
    this.wake();
  }

  /** Nothing is left that should run, though something does. */
  async #stopAll(): Promise<void> {
    if (!runsAnything(this.#observed)) return;
    await killPod(this.#host, this.#pod, this.#observed, undefined);
    this.wake();
  }

  async #kill({ status, target, message, graceSeconds }: Omit<PlannedKill, 'restarts'>): Promise<void> {
    await killContainer(this.#host, this.#pod, target, status.id, {
      message,
      graceSeconds: graceSeconds ?? graceSecondsOf(this.#pod, status),
      podIp: this.#podIps()[0] ?? '',
    });
  }

  async #makeSandbox(plan: PodPlan): Promise<void> {
    if (plan.sandbox === 'replace') {
      const message = 'Pod sandbox changed, it will be killed and re-created.';
      say(this.#host, this.#pod, 'Normal', 'SandboxChanged', message);
      await killPod(this.#host, this.#pod, this.#observed, undefined);
    }
    if (!this.#host.networkReady() && !this.#pod.spec.hostNetwork) {
      // The kubelet wakes its workers when it is.
      say(this.#host, this.#pod, 'Warning', 'NetworkNotReady', 'network is not ready: cni plugin not initialized');
      return;
    }
    const id = await startSandbox(this.#host, this.#pod, plan.sandboxAttempt);
    if (id === undefined) return this.#retryLater(this.#sandboxBackoff);
    this.#sandboxBackoff.forget('');
    this.#options.claim(id);
    // A write of its own: from here on containers may start.
    this.#writer.write(sandboxReadyStatus(this.#writer.status, this.#host.clock.nowMs()));
    this.#toldAlready = true;
    this.wake();
  }

  /** Shows that a container waits for its next attempt, and wakes when it has waited long enough. True: it is over. */
  async #showWaits(waits: readonly PlannedWait[]): Promise<boolean> {
    let changed = false;
    for (const wait of waits) {
      this.#loop.wakeAt(wait.untilMs);
      const { name } = wait.target.container;
      const message = crashLoopMessage(this.#pod, wait);
      if (this.#failures.shown.get(name)?.message === message) continue;
      const text = `Back-off restarting failed container ${name} in pod ${this.name}`;
      say(this.#host, this.#pod, 'Warning', 'BackOff', text, wait.target);
      // How it ended is shown before that it waits.
      await this.#settle();
      this.#failures.show(name, { reason: 'CrashLoopBackOff', message });
      changed = true;
    }
    return changed && this.#report({ mayRun: true });
  }

  /** Gives the API a moment to take what was written last, but waits for no server that does not answer. */
  async #settle(): Promise<void> {
    await Promise.race([this.#writer.flushed(), sleep(this.#host.clock, settleMsMax)]);
  }

  async #start(starts: readonly PlannedStart[]): Promise<void> {
    const sandbox = currentSandbox(this.#observed);
    if (sandbox === undefined) return;
    const { host } = this.#options;
    const pod = this.#pod;
    const created = new Set<string>();
    const context = {
      host,
      pod,
      observed: this.#observed,
      sandboxId: sandbox.id,
      sandboxConfig: await configOf(host, pod, sandbox.metadata.attempt ?? 0),
      runtimeHandler: await runtimeHandler(host, pod),
      downward: { podIps: this.#podIps(), hostIps: host.hostIps(), allocatable: this.#options.allocatable() },
      signal: this.#unwanted.signal,
      onCreated: (id: string, name: string) => {
        created.add(name);
        this.#lastCreated = id;
        this.#options.claim(id);
      },
    };
    for (const start of starts) {
      // Deleted while an image was pulled: what was not begun is not begun.
      if (this.#isDeleted || this.#loop.stopped) break;
      if (await this.#startOne(context, start)) this.wake();
    }
    await prune(host, this.#observed, created);
  }

  /** True when there is something new to see. */
  async #startOne(context: Parameters<typeof startContainer>[0], start: PlannedStart): Promise<boolean> {
    const { clock } = this.#host;
    const { name } = start.target.container;
    const { ended } = start;
    if (ended !== undefined)
      this.#containerBackoff.next(backoffKey(start.target.container), ended.finishedAtMs, clock.nowMs());
    this.#resizer.started(start.target.container);
    const failure = await startContainer(context, start);
    if (this.#unwanted.signal.aborted) return true;
    if (failure === undefined) {
      this.#failures.forget(name);
      if (this.#lastCreated !== undefined) this.#justStarted.add(this.#lastCreated);
      return true;
    }
    const { reason, message, created } = failure;
    const retryAtMs = this.#failures.note(name, { reason, message }, clock.nowMs());
    if (created || retryAtMs === undefined) return true;
    this.#loop.wakeAt(retryAtMs);
    return false;
  }

  async #terminate(): Promise<void> {
    this.#probes.endStartupAndLiveness();
    await this.#observe();
    this.#report({ mayRun: true });
    await killPod(this.#host, this.#pod, this.#observed, this.#killGraceSeconds());
    await this.#observe();
    const running = this.#observed.containers.filter(({ state }) => state === 'Running');
    if (running.length > 0) throw new Error(`containers still run: ${running.map(({ id }) => id).join(' ')}`);
    this.#probes.stop();
    this.#report({ mayRun: false });
    await this.#settle();
    this.#enter('terminated');
  }

  /** Undefined: as each container has noted. */
  #killGraceSeconds(): number | undefined {
    if (this.#terminal?.reason === 'Evicted') return forcedGraceSeconds;
    if (!this.#isDeleted) return undefined;
    return Math.max(this.#pod.metadata.deletionGracePeriodSeconds ?? forcedGraceSeconds, forcedGraceSeconds);
  }

  async #conclude(): Promise<void> {
    if (!this.#finished) {
      this.#report({ mayRun: false, isLast: true });
      await this.#finish();
    }
    if (this.#forgotten) {
      await removeAll(this.#host, podKey(this.#pod));
      this.#loop.stop();
      return this.#options.onGone();
    }
    if (!this.#isDeleted || this.#deleteSent) return;
    await this.#writer.flushed();
    if (this.#forgotten) return this.wake();
    await deleteForGood(this.#host.client, this.#pod);
    this.#deleteSent = true;
  }

  #onVerdict(name: 'startup' | 'liveness' | 'readiness', container: string, healthy: boolean): void {
    const isMain = containerNamed(this.#pod, container)?.role === 'main';
    // That it has started is a write of its own; whether it is ready is found after that.
    if (name === 'startup' && healthy && isMain && this.#phase === 'running')
      this.#writer.write(startedStatus(this.#writer.status, container));
    this.wake();
  }
}
