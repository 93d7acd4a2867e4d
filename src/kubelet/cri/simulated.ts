/**
 * The runtime in memory: sandboxes, containers and images are entries of maps, and what they do is planned when they
 * start (`simulated-behaviour.ts` has the table of annotations). A container that only runs has no timer, so thousands
 * cost nothing while nothing happens. All time comes from the clock: on a fake one, a seed replays exactly.
 *
 * The kubelet above does not know the difference, with two exceptions that whoever assembles it injects: there is no
 * address to dial (`connect` stands for it), and no process to attach to (`exec`, `attach`, `portForward` are
 * Unimplemented, `execSync` is answered from the plan).
 */

import type { Duplex } from 'node:stream';
import { type Clock, rfc3339Micro, sleep, type Timer } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import { AddressPool } from './address-pool.ts';
import * as cri from './runtime.ts';
import { behaviourWord, durationMs, planExec, planRun, type RunPlan } from './simulated-behaviour.ts';
import { connectionRefused, simulatedConnection } from './simulated-connection.ts';
import { SimulatedImages } from './simulated-images.ts';
import { containerStats, sandboxStats } from './simulated-stats.ts';

export interface SimulatedOptions {
  clock: Clock;
  random: Random;
  /** 10.244.3.0/24; may also come later, by `updatePodCidr`. */
  podCidr?: string | undefined;
  /** Absent, nothing is kept. */
  logs?: SimulatedLogs | undefined;
}

export interface SimulatedLogs {
  /** A container starts that will write there. */
  open(path: string): void;
  /** A line in CRI's form. */
  write(path: string, line: string): void;
  /** A container's log, or the folder of a Pod's. */
  remove(path: string): void;
}

interface Sandbox {
  id: string;
  config: cri.PodSandboxConfig;
  handler: string;
  state: cri.PodSandboxState;
  createdAtMs: number;
  ip: string;
  containers: Set<SimulatedContainer>;
}

interface SimulatedContainer {
  id: string;
  sandbox: Sandbox;
  config: cri.ContainerConfig;
  status: cri.ContainerStatus;
  /** The next line it prints, or its end. */
  timer?: Timer | undefined;
  /** Resolves those who wait for its end. */
  waiting: (() => void)[];
}

const exitKilled = 137;

/** In containerd's words, until the node has been given its Pod range. */
const networkNotReady = {
  status: false,
  reason: 'NetworkPluginNotReady',
  message: 'Network plugin returns error: cni plugin not initialized',
};

export class SimulatedRuntime implements cri.Runtime {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logs: SimulatedLogs | undefined;
  #addresses: AddressPool | undefined;
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #containers = new Map<string, SimulatedContainer>();
  readonly #images = new SimulatedImages();
  readonly #listeners = new Set<(event: cri.RuntimeEvent) => void>();
  readonly #running = new Map<string, Sandbox>();

  constructor(options: SimulatedOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#logs = options.logs;
    if (options.podCidr !== undefined) this.#addresses = new AddressPool(options.podCidr);
  }

  // The runtime itself

  async version(): Promise<cri.RuntimeVersion> {
    return { runtimeName: 'simulated', runtimeVersion: '1.0.0', runtimeApiVersion: 'v1' };
  }

  async status(): Promise<cri.RuntimeStatus> {
    const network = this.#addresses === undefined ? networkNotReady : { status: true, reason: '', message: '' };
    return {
      conditions: [
        { type: 'RuntimeReady', status: true, reason: '', message: '' },
        { type: 'NetworkReady', ...network },
      ],
      runtimeHandlers: [],
    };
  }

  async cgroupDriver(): Promise<cri.CgroupDriver> {
    return 'cgroupfs';
  }

  async updatePodCidr(podCidr: string): Promise<void> {
    this.#addresses ??= new AddressPool(podCidr);
  }

  // Pod sandboxes

  async runPodSandbox(config: cri.PodSandboxConfig, runtimeHandler = ''): Promise<string> {
    const annotations = config.annotations ?? {};
    await this.#pause(durationMs(behaviourWord(annotations, 'sandbox-delay')));
    const error = behaviourWord(annotations, 'sandbox-error');
    if (error !== undefined) throw new cri.RuntimeError('Unknown', error);
    const id = this.#newId();
    const onNode = config.linux?.securityContext?.namespaceOptions?.network === 'Node';
    const ip = onNode ? '' : this.#takeAddress();
    const createdAtMs = this.#clock.nowMs();
    const sandbox: Sandbox = {
      id,
      config,
      handler: runtimeHandler,
      state: 'Ready',
      createdAtMs,
      ip,
      containers: new Set(),
    };
    this.#sandboxes.set(id, sandbox);
    if (ip !== '') this.#running.set(ip, sandbox);
    this.#emit({ type: 'started', id });
    return id;
  }

  async stopPodSandbox(podSandboxId: string): Promise<void> {
    const sandbox = this.#sandboxes.get(podSandboxId);
    if (sandbox === undefined || sandbox.state === 'NotReady') return;
    for (const container of sandbox.containers) this.#end(container, exitKilled);
    sandbox.state = 'NotReady';
    this.#running.delete(sandbox.ip);
    if (sandbox.ip !== '') this.#addresses?.release(sandbox.ip);
    this.#emit({ type: 'exited', id: sandbox.id, exitCode: exitKilled });
  }

  async removePodSandbox(podSandboxId: string): Promise<void> {
    const sandbox = this.#sandboxes.get(podSandboxId);
    if (sandbox === undefined) return;
    await this.stopPodSandbox(podSandboxId);
    for (const container of [...sandbox.containers]) await this.removeContainer(container.id);
    this.#sandboxes.delete(podSandboxId);
    const { logDirectory } = sandbox.config;
    const isShared = [...this.#sandboxes.values()].some(({ config }) => config.logDirectory === logDirectory);
    if (logDirectory !== undefined && !isShared) this.#logs?.remove(logDirectory);
    this.#emit({ type: 'deleted', id: podSandboxId });
  }

  async podSandboxStatus(podSandboxId: string): Promise<cri.PodSandboxStatus> {
    const sandbox = this.#sandbox(podSandboxId);
    const ip = sandbox.state === 'Ready' ? sandbox.ip : '';
    const namespaceOptions = sandbox.config.linux?.securityContext?.namespaceOptions;
    return { ...listedSandbox(sandbox), ip, additionalIps: [], namespaceOptions };
  }

  async listPodSandboxes(filter: cri.PodSandboxFilter = {}): Promise<cri.PodSandbox[]> {
    return [...this.#sandboxes.values()]
      .filter(
        sandbox =>
          (!filter.id || sandbox.id.startsWith(filter.id)) &&
          (filter.state === undefined || sandbox.state === filter.state) &&
          hasLabels(sandbox.config.labels, filter.labelSelector),
      )
      .map(listedSandbox);
  }

  async updatePodSandboxResources(podSandboxId: string): Promise<void> {
    this.#sandbox(podSandboxId);
  }

  // Containers

  async createContainer(podSandboxId: string, config: cri.ContainerConfig): Promise<string> {
    const sandbox = this.#sandbox(podSandboxId);
    const error = this.#word(sandbox, config.metadata.name, 'create-error');
    if (error !== undefined) throw new cri.RuntimeError('Unknown', error);
    if (sandbox.state === 'NotReady') {
      throw new cri.RuntimeError('Unknown', `sandbox container "${sandbox.id}" is not running`);
    }
    const image = await this.imageStatus(config.image);
    if (image === undefined) throw new cri.RuntimeError('NotFound', `image "${config.image.image}" not found`);
    const id = this.#newId();
    const status = createdStatus(id, config, sandbox.config, { image, createdAtMs: this.#clock.nowMs() });
    const container: SimulatedContainer = { id, sandbox, config, status, waiting: [] };
    this.#containers.set(id, container);
    sandbox.containers.add(container);
    return id;
  }

  async startContainer(containerId: string): Promise<void> {
    const container = this.#container(containerId);
    const { sandbox, config, status } = container;
    const { name } = config.metadata;
    if (status.state !== 'Created') {
      throw new cri.RuntimeError('Unknown', `container "${containerId}" is in ${status.state.toUpperCase()} state`);
    }
    await this.#pause(durationMs(this.#word(sandbox, name, 'start-delay')));
    if (status.state !== 'Created' || !this.#containers.has(containerId)) return; // Killed meanwhile.
    const error = this.#word(sandbox, name, 'start-error');
    if (error !== undefined) {
      this.#end(container, 128, { reason: 'StartError', message: error });
      throw new cri.RuntimeError('Unknown', error);
    }
    status.state = 'Running';
    if (status.logPath !== '') this.#logs?.open(status.logPath);
    status.startedAtMs = this.#clock.nowMs();
    this.#emit({ type: 'started', id: containerId });
    const env = Object.fromEntries((config.envs ?? []).map(({ key, value }) => [key, value]));
    const argv = [...(config.command ?? []), ...(config.args ?? [])];
    const annotations = sandbox.config.annotations ?? {};
    this.#follow(container, planRun({ annotations, container: name, argv, env }), 0);
  }

  async stopContainer(containerId: string, timeoutSeconds: number): Promise<void> {
    const container = this.#containers.get(containerId);
    if (container?.status.state !== 'Running') return;
    const stopMs = durationMs(this.#word(container.sandbox, container.config.metadata.name, 'stop-delay'));
    const killed = stopMs > timeoutSeconds * 1000;
    const waitMs = killed ? timeoutSeconds * 1000 : stopMs;
    if (waitMs <= 0) return this.#end(container, killed ? exitKilled : 0);
    await new Promise<void>(resolve => {
      container.waiting.push(resolve);
      container.timer?.cancel();
      container.timer = this.#clock.after(waitMs, () => this.#end(container, killed ? exitKilled : 0));
    });
  }

  async removeContainer(containerId: string): Promise<void> {
    const container = this.#containers.get(containerId);
    if (container === undefined) return;
    this.#end(container, exitKilled);
    this.#containers.delete(containerId);
    container.sandbox.containers.delete(container);
    if (container.status.logPath !== '') this.#logs?.remove(container.status.logPath);
    this.#emit({ type: 'deleted', id: containerId });
  }

  async containerStatus(containerId: string): Promise<cri.ContainerStatus> {
    return { ...this.#container(containerId).status };
  }

  async listContainers(filter: cri.ContainerFilter = {}): Promise<cri.Container[]> {
    return this.#matching(filter).map(({ sandbox, status }) => ({
      id: status.id,
      podSandboxId: sandbox.id,
      metadata: status.metadata,
      image: status.image,
      imageRef: status.imageRef,
      imageId: status.imageId,
      state: status.state,
      createdAtMs: status.createdAtMs,
      labels: status.labels,
      annotations: status.annotations,
    }));
  }

  async updateContainerResources(containerId: string, resources: cri.ContainerResources): Promise<void> {
    const { status } = this.#container(containerId);
    status.resources = { ...status.resources, ...resources };
  }

  /** A log is written line by line to its path, so there is nothing to open again. */
  async reopenContainerLog(containerId: string): Promise<void> {
    this.#container(containerId);
  }

  async execSync(containerId: string, command: readonly string[], timeoutSeconds: number): Promise<cri.ExecSyncResult> {
    const { config, sandbox, status } = this.#container(containerId);
    if (status.state !== 'Running') {
      const state = `container is in CONTAINER_${status.state.toUpperCase()} state`;
      throw new cri.RuntimeError('Unknown', `failed to exec in container: ${state}`);
    }
    const plan = planExec(sandbox.config.annotations ?? {}, config.metadata.name, command);
    const timeoutMs = timeoutSeconds === 0 ? Number.POSITIVE_INFINITY : timeoutSeconds * 1000;
    await this.#pause(Math.min(plan.afterMs, timeoutMs));
    if (plan.afterMs > timeoutMs) {
      const message = `failed to exec in container: timeout ${timeoutSeconds}s exceeded: context deadline exceeded`;
      throw new cri.RuntimeError('DeadlineExceeded', message);
    }
    return { stdout: Buffer.from(plan.output), stderr: new Uint8Array(0), exitCode: plan.exitCode };
  }

  exec(): Promise<string> {
    return Promise.reject(new cri.RuntimeError('Unimplemented', 'a simulated container has no process to exec in'));
  }

  attach(): Promise<string> {
    return Promise.reject(new cri.RuntimeError('Unimplemented', 'a simulated container has no process to attach to'));
  }

  portForward(): Promise<string> {
    return Promise.reject(new cri.RuntimeError('Unimplemented', 'a simulated Pod has no port to forward to'));
  }

  // What only a simulated runtime has

  /** To a port of a Pod: it answers HTTP while one of the Pod's containers runs and is not told to refuse. */
  async connect(host: string, port: number): Promise<Duplex> {
    const sandbox = this.#running.get(host);
    const listening = [...(sandbox?.containers ?? [])].find(
      ({ config, status }) =>
        status.state === 'Running' && this.#word(sandbox!, config.metadata.name, 'not-listening') !== 'true',
    );
    if (sandbox === undefined || listening === undefined) throw connectionRefused(host, port);
    const { name } = sandbox.config.metadata;
    const status = Number(this.#word(sandbox, listening.config.metadata.name, 'http-status') ?? 200);
    return simulatedConnection({ status, text: `hello from simulated ${name}` });
  }

  /** A fault: the container ends now, in this way. */
  crash(containerId: string, exitCode: number, reason?: string): void {
    this.#end(this.#container(containerId), exitCode, { reason });
  }

  // Stats

  async containerStats(containerId: string): Promise<cri.ContainerStats> {
    return this.#stats(this.#container(containerId));
  }

  async listContainerStats(filter: Omit<cri.ContainerFilter, 'state'> = {}): Promise<cri.ContainerStats[]> {
    return this.#matching({ ...filter, state: 'Running' }).map(container => this.#stats(container));
  }

  async podSandboxStats(podSandboxId: string): Promise<cri.PodSandboxStats> {
    return this.#sandboxStats(this.#sandbox(podSandboxId));
  }

  async listPodSandboxStats(filter: Omit<cri.PodSandboxFilter, 'state'> = {}): Promise<cri.PodSandboxStats[]> {
    const listed = await this.listPodSandboxes({ ...filter, state: 'Ready' });
    return listed.map(({ id }) => this.#sandboxStats(this.#sandbox(id)));
  }

  #stats({ config, sandbox, status }: SimulatedContainer): cri.ContainerStats {
    return containerStats(status, this.#clock.nowMs(), word => this.#word(sandbox, config.metadata.name, word));
  }

  #sandboxStats(sandbox: Sandbox): cri.PodSandboxStats {
    const running = [...sandbox.containers].filter(({ status }) => status.state === 'Running');
    const containers = running.map(container => this.#stats(container));
    return sandboxStats(sandbox.id, sandbox.config, containers, this.#clock.nowMs());
  }

  // Images

  async listImages(): Promise<cri.Image[]> {
    return this.#images.list();
  }

  async imageStatus({ image }: cri.ImageSpec): Promise<cri.Image | undefined> {
    return this.#images.find(image);
  }

  async pullImage(
    { image }: cri.ImageSpec,
    _auth?: cri.AuthConfig,
    sandboxConfig?: cri.PodSandboxConfig,
  ): Promise<string> {
    const annotations = sandboxConfig?.annotations ?? {};
    await this.#pause(durationMs(behaviourWord(annotations, 'pull-delay')));
    const error = behaviourWord(annotations, 'pull-error');
    if (error !== undefined) throw new cri.RuntimeError('Unknown', error);
    return this.#images.add(image).id;
  }

  async removeImage({ image }: cri.ImageSpec): Promise<void> {
    this.#images.remove(image);
  }

  async imageFsInfo(): Promise<cri.ImageFsInfo> {
    const usedBytes = this.#images.list().reduce((total, image) => total + image.sizeBytes, 0);
    const filesystem = { timestampMs: this.#clock.nowMs(), mountpoint: '/', usedBytes, inodesUsed: 0 };
    return { imageFilesystems: [filesystem], containerFilesystems: [filesystem] };
  }

  // Events

  events(onEvent: (event: cri.RuntimeEvent) => void): cri.Subscription {
    // A function of its own, so that the same callback may subscribe twice.
    const listener = (event: cri.RuntimeEvent) => onEvent(event);
    this.#listeners.add(listener);
    queueMicrotask(() => this.#listeners.has(listener) && onEvent({ type: 'relist' }));
    return { close: () => void this.#listeners.delete(listener) };
  }

  close(): void {
    this.#listeners.clear();
    for (const container of this.#containers.values()) container.timer?.cancel();
  }

  #emit(event: cri.RuntimeEvent): void {
    for (const listener of this.#listeners) queueMicrotask(() => this.#listeners.has(listener) && listener(event));
  }

  // The life of a container

  /** Does what is due at `elapsedMs` after the start and sets the timer for what comes next. */
  #follow(container: SimulatedContainer, plan: RunPlan, elapsedMs: number): void {
    container.timer = undefined;
    const due = plan.lines.filter(line => line.atMs <= elapsedMs);
    for (const { text } of due) this.#print(container, text);
    const lines = plan.lines.slice(due.length);
    const nextMs = Math.min(lines[0]?.atMs ?? Number.POSITIVE_INFINITY, plan.exit?.atMs ?? Number.POSITIVE_INFINITY);
    if (plan.exit !== undefined && elapsedMs >= plan.exit.atMs) {
      if (plan.oomKilled) this.#emit({ type: 'oom', id: container.id });
      this.#end(container, plan.exit.code, plan.oomKilled ? { reason: 'OOMKilled' } : {});
    } else if (Number.isFinite(nextMs)) {
      container.timer = this.#clock.after(nextMs - elapsedMs, () =>
        this.#follow(container, { ...plan, lines }, nextMs),
      );
    }
  }

  #print({ status }: SimulatedContainer, text: string): void {
    if (status.logPath === '') return;
    for (const line of text.split('\n')) {
      this.#logs?.write(status.logPath, `${rfc3339Micro(this.#clock.nowMs())} stdout F ${line}\n`);
    }
  }

  #end(
    container: SimulatedContainer,
    exitCode: number,
    how: { reason?: string | undefined; message?: string } = {},
  ): void {
    const { status } = container;
    container.timer?.cancel();
    container.timer = undefined;
    if (status.state === 'Exited') return;
    const started = status.state === 'Running';
    status.state = 'Exited';
    status.exitCode = exitCode;
    status.finishedAtMs = this.#clock.nowMs();
    status.reason = how.reason ?? (exitCode === 0 ? 'Completed' : 'Error');
    status.message = how.message ?? '';
    if (started) this.#emit({ type: 'exited', id: container.id, exitCode });
    for (const resolve of container.waiting.splice(0)) resolve();
  }

  // Small things

  /** No timer for no time. */
  async #pause(delayMs: number): Promise<void> {
    if (delayMs > 0) await sleep(this.#clock, delayMs);
  }

  #newId(): string {
    return Buffer.from(this.#random.bytes(32)).toString('hex');
  }

  #takeAddress(): string {
    if (this.#addresses === undefined) throw new cri.RuntimeError('Unknown', 'cni plugin not initialized');
    const address = this.#addresses.take();
    if (address !== undefined) return address;
    throw new cri.RuntimeError('Unknown', `no IP addresses available in range set: ${this.#addresses.cidr}`);
  }

  #word(sandbox: Sandbox, container: string, word: string): string | undefined {
    return behaviourWord(sandbox.config.annotations ?? {}, word, container);
  }

  #sandbox(id: string): Sandbox {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) throw notFound('sandbox', id);
    return sandbox;
  }

  #container(id: string): SimulatedContainer {
    const container = this.#containers.get(id);
    if (container === undefined) throw notFound('container', id);
    return container;
  }

  #matching(filter: cri.ContainerFilter): SimulatedContainer[] {
    return [...this.#containers.values()].filter(
      ({ id, sandbox, status }) =>
        (!filter.id || id.startsWith(filter.id)) &&
        (!filter.podSandboxId || sandbox.id === filter.podSandboxId) &&
        (filter.state === undefined || status.state === filter.state) &&
        hasLabels(status.labels, filter.labelSelector),
    );
  }
}

function notFound(what: string, id: string): cri.RuntimeError {
  return new cri.RuntimeError('NotFound', `an error occurred when try to find ${what} "${id}": not found`);
}

function hasLabels(labels: cri.StringMap = {}, selector: cri.StringMap = {}): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function listedSandbox({ id, config, handler, state, createdAtMs }: Sandbox): cri.PodSandbox {
  const { metadata, labels = {}, annotations = {} } = config;
  return { id, metadata, state, createdAtMs, labels, annotations, runtimeHandler: handler };
}

function createdStatus(
  id: string,
  config: cri.ContainerConfig,
  sandbox: cri.PodSandboxConfig,
  of: { image: cri.Image; createdAtMs: number },
): cri.ContainerStatus {
  const { name, attempt = 0 } = config.metadata;
  const hasLog = sandbox.logDirectory !== undefined && config.logPath !== undefined;
  return {
    id,
    metadata: { name, attempt },
    state: 'Created',
    createdAtMs: of.createdAtMs,
    startedAtMs: 0,
    finishedAtMs: 0,
    exitCode: 0,
    image: { image: of.image.repoTags[0] ?? config.image.image },
    imageRef: of.image.repoDigests[0] ?? of.image.id,
    imageId: of.image.id,
    reason: '',
    message: '',
    labels: config.labels ?? {},
    annotations: config.annotations ?? {},
    mounts: [...(config.mounts ?? [])],
    logPath: hasLog ? `${sandbox.logDirectory}/${config.logPath}` : '',
    resources: config.linux?.resources,
    stopSignal: config.stopSignal ?? '',
  };
}
