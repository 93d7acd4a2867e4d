/**
 * The agent of a node: runs the Pods that are bound to it.
 *
 * `startKubelet` puts the parts together. What each Pod does is its worker's business (pod-worker.ts); here is only what
 * concerns the node: which Pods there are, what the runtime tells of, and what is left of Pods that nobody wants.
 */

import type { Pod } from '#api/core/pod.ts';
import type { Taint } from '#api/core/scheduling.ts';
import type { Service } from '#api/core/service.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import { admitPod } from '#kubelet/admission.ts';
import type { PodCgroups } from '#kubelet/cgroups.ts';
import type { DnsConfig, Runtime, RuntimeEvent, Subscription } from '#kubelet/cri/runtime.ts';
import { nodeDns } from '#kubelet/dns.ts';
import { errorText } from '#kubelet/error-text.ts';
import type { Host } from '#kubelet/host.ts';
import { say } from '#kubelet/host.ts';
import { Housekeeping } from '#kubelet/housekeeping.ts';
import { ImageStore } from '#kubelet/images.ts';
import { podKeyFromLabels } from '#kubelet/labels.ts';
import type { Machine } from '#kubelet/machine.ts';
import { NodeReporter } from '#kubelet/node-reporter.ts';
import { allocatableOf } from '#kubelet/node-status.ts';
import type { PodFiles } from '#kubelet/pod-files.ts';
import type { NodeSource, PodSource } from '#kubelet/pod-source.ts';
import { PodWorker } from '#kubelet/pod-worker.ts';
import type { ProbeTargets } from '#kubelet/probes/reach.ts';
import { ReferencedObjects } from '#kubelet/referenced-objects.ts';
import { removeAll } from '#kubelet/remains.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { silentLog } from '#lib/log.ts';
import type { Random } from '#lib/random.ts';
import { EventRecorder } from '#loop/events.ts';

export interface KubeletOptions {
  nodeName: string;
  client: Client;
  runtime: Runtime;
  clock: Clock;
  random: Random;
  log?: Log | undefined;
  machine: Machine;
  /** The addresses of the node, the first is the one it is known by. */
  nodeIps: readonly string[];
  /** Of the kubelet's own server. */
  port?: number | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
  taints?: readonly Taint[] | undefined;
  pods: PodSource;
  /** Absent: what others change of the Node is seen when its status is written the next time. */
  ownNode?: NodeSource | undefined;
  /** The Services that a Pod of this namespace is told of. */
  services: (namespace: string) => Promise<readonly Service[]>;
  clusterDns: readonly string[];
  clusterDomain: string;
  /** What Pods with dnsPolicy Default get; absent: what the machine's /etc/resolv.conf says. */
  nodeDns?: DnsConfig | undefined;
  /** How Pods are reached, for probes and hooks. */
  connect: ProbeTargets['connect'];
  /** Made with what the kubelet has; absent on a simulated node. */
  files?: ((objects: ReferencedObjects) => PodFiles) | undefined;
  cgroups?: PodCgroups | undefined;
  podLogsDir?: string | undefined;
  seccompDir?: string | undefined;
  appArmor?: boolean | undefined;
  /**
   * Unused images are removed when more of the disk than that is used. Absent: never, because the disk of a person's
   * machine is not the node's own.
   */
  imageLimits?: { highPercent: number; lowPercent: number } | undefined;
  /** Run the probes; on a simulated node they need not be. */
  probes?: boolean | undefined;
}

export interface Kubelet {
  /** The worker of a Pod by uid; by name for the server. */
  worker(uid: string): PodWorker | undefined;
  find(namespace: string, name: string): PodWorker | undefined;
  readonly workers: Iterable<PodWorker>;
  readonly reporter: NodeReporter;
  readonly host: Host;
  readonly startedAtMs: number;
  /** Ends watches and timers. What runs goes on running. */
  stop(): void;
}

const kubeletPort = 10_250;
/** What cannot be read from the runtime at the start is tried again. */
const retryMs = 1000;

export function startKubelet(options: KubeletOptions): Kubelet {
  const kubelet = new NodeKubelet(options);
  void kubelet.start();
  return kubelet;
}

class NodeKubelet implements Kubelet {
  readonly host: Host;
  readonly reporter: NodeReporter;
  readonly startedAtMs: number;
  readonly #options: KubeletOptions;
  readonly #objects: ReferencedObjects;
  readonly #housekeeping: Housekeeping;
  readonly #workers = new Map<string, PodWorker>();
  /** Who looks after a sandbox or container, by its id. */
  readonly #owners = new Map<string, PodWorker>();
  /** Of the runtime's Pods that no worker looks after, those that are being removed. */
  readonly #orphans = new Set<string>();
  #subscription: Subscription | undefined;
  #offPods: (() => void) | undefined;
  #offNode: (() => void) | undefined;
  #synced = false;
  #podCidr: string | undefined;
  #stopped = false;

  constructor(options: KubeletOptions) {
    const { client, runtime, clock, random, nodeName, machine } = options;
    const log = options.log ?? silentLog;
    this.#options = options;
    this.startedAtMs = clock.nowMs();
    this.#objects = new ReferencedObjects({ client, clock, random });
    const recorder = new EventRecorder({ client, clock, log, component: 'kubelet', host: nodeName });
    this.reporter = new NodeReporter({
      client,
      runtime,
      clock,
      random,
      log,
      recorder,
      facts: {
        name: nodeName,
        machine,
        ips: options.nodeIps,
        port: options.port ?? kubeletPort,
        labels: options.labels ?? {},
        taints: options.taints ?? [],
      },
      pressures: () => new Set(),
      onReadiness: ready => {
        if (ready) for (const worker of this.#workers.values()) worker.wake();
      },
      onNode: node => this.#usePodCidr(node.spec.podCIDR),
      // A simulated node has no files to look after.
      onBeat: () => this.host.files && this.#housekeeping.run(),
    });
    this.host = {
      nodeName,
      client,
      runtime,
      runtimeName: 'containerd',
      runtimeFeatures: { recursiveReadOnly: false, userNamespaces: false },
      clock,
      random,
      log,
      recorder,
      images: new ImageStore({ runtime, clock, onPulled: () => this.reporter.refresh({ images: true }) }),
      environment: {
        configMap: (namespace, name) => this.#objects.configMap(namespace, name),
        secret: (namespace, name) => this.#objects.secret(namespace, name),
        services: options.services,
      },
      objects: this.#objects,
      probeTargets: { connect: options.connect, clock },
      dns: {
        clusterDns: options.clusterDns,
        clusterDomain: options.clusterDomain,
        node: options.nodeDns ?? nodeDns(),
      },
      hostIps: () => options.nodeIps,
      memoryBytes: machine.memoryBytes,
      networkReady: () => this.reporter.networkReady,
      files: options.files?.(this.#objects),
      cgroups: options.cgroups,
      podLogsDir: options.podLogsDir ?? '/var/log/pods',
      seccompDir: options.seccompDir ?? '/var/lib/kubelet/seccomp',
      probes: options.probes ?? true,
    };
    this.#housekeeping = this.#newHousekeeping(options);
  }

  #newHousekeeping({ imageLimits }: KubeletOptions): Housekeeping {
    return new Housekeeping({
      runtime: this.host.runtime,
      clock: this.host.clock,
      log: this.host.log,
      images: this.host.images,
      workers: () => this.#workers.values(),
      imageLimits,
      onImagesRemoved: () => this.reporter.refresh({ images: true }),
      files: this.host.files,
      evict: (worker, message) => this.#evict(worker, message),
    });
  }

  get workers(): Iterable<PodWorker> {
    return this.#workers.values();
  }

  worker(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  find(namespace: string, name: string): PodWorker | undefined {
    for (const worker of this.#workers.values()) {
      const { metadata } = worker.pod;
      if (metadata.namespace === namespace && metadata.name === name) return worker;
    }
    return undefined;
  }

  async start(): Promise<void> {
    const { runtime, pods } = this.#options;
    this.reporter.start();
    this.#offNode = this.#options.ownNode?.(node => this.reporter.observe(node));
    await this.#learnRuntime();
    if (this.#stopped) return;
    this.#subscription = runtime.events(event => this.#onRuntimeEvent(event));
    this.#offPods = pods.on({
      add: pod => this.#addPod(pod),
      update: pod => this.#workers.get(pod.metadata.uid)?.update(pod),
      delete: pod => this.#forgetPod(pod),
    });
    await pods.synced;
    this.#synced = true;
    await this.#removeOrphans();
  }

  stop(): void {
    this.#stopped = true;
    this.#offPods?.();
    this.#offNode?.();
    this.#subscription?.close();
    this.reporter.stop();
    this.#objects.stop();
    for (const worker of this.#workers.values()) worker.stop();
  }

  /** What containers are called depends on the runtime: no Pod is looked at before that is known. */
  async #learnRuntime(): Promise<void> {
    const { runtime, clock, cgroups } = this.#options;
    while (!this.#stopped) {
      try {
        const [{ runtimeName }, { runtimeHandlers }] = await Promise.all([runtime.version(), runtime.status()]);
        const features = runtimeHandlers.find(({ name }) => name === '')?.features;
        this.host.runtimeName = runtimeName;
        this.host.runtimeFeatures = {
          recursiveReadOnly: features?.recursiveReadOnlyMounts ?? false,
          userNamespaces: features?.userNamespaces ?? false,
        };
        await cgroups?.start();
        if (cgroups !== undefined)
          this.reporter.say('Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
        return;
      } catch (error) {
        this.host.log.warn('the container runtime does not answer yet', { error: errorText(error) });
        await new Promise<void>(resolve => clock.after(retryMs, resolve));
      }
    }
  }

  #usePodCidr(podCidr: string | undefined): void {
    if (podCidr === undefined || podCidr === this.#podCidr) return;
    this.#podCidr = podCidr;
    const told = this.#options.runtime.updatePodCidr(podCidr);
    told.then(
      () => this.reporter.refresh(),
      error => {
        this.#podCidr = undefined;
        this.host.log.warn('the runtime did not take the Pod range', { podCidr, error: errorText(error) });
      },
    );
  }

  #addPod(pod: Stored<Pod>): void {
    const { uid } = pod.metadata;
    if (this.#workers.has(uid) || this.#stopped) return;
    const worker: PodWorker = new PodWorker({
      host: this.host,
      pod,
      allocatable: () => allocatableOf(this.#options.machine),
      admit: async candidate => this.#admit(candidate),
      admitResize: candidate => {
        const rejection = this.#admit(candidate);
        if (rejection === undefined) return undefined;
        return { rejection, isEver: this.#admit(candidate, []) !== undefined };
      },
      claim: id => this.#owners.set(id, worker),
      onGone: () => this.#dropWorker(uid),
    });
    this.#workers.set(uid, worker);
    worker.wake();
  }

  #admit(pod: Stored<Pod>, others = this.#othersThan(pod)) {
    const { nodeName, machine, labels, appArmor } = this.#options;
    return admitPod({
      pod,
      node: this.reporter.node ?? { metadata: { name: nodeName, labels: { ...labels } } },
      allocatable: allocatableOf(machine),
      others,
      os: machine.system.operatingSystem,
      pressures: [],
      appArmor: appArmor ?? false,
    });
  }

  #othersThan(pod: Stored<Pod>): Stored<Pod>[] {
    return [...this.#workers.values()]
      .filter(({ phase, pod: other }) => phase === 'running' && other.metadata.uid !== pod.metadata.uid)
      .map(worker => worker.pod);
  }

  #evict(worker: PodWorker, message: string): void {
    say(this.host, worker.pod, 'Warning', 'Evicted', message);
    worker.end({ phase: 'Failed', reason: 'Evicted', message });
  }

  #forgetPod(pod: Stored<Pod>): void {
    const worker = this.#workers.get(pod.metadata.uid);
    // The last version says how it was deleted.
    worker?.update(pod);
    worker?.forget();
  }

  #dropWorker(uid: string): void {
    const worker = this.#workers.get(uid);
    this.#workers.delete(uid);
    for (const [id, owner] of this.#owners) if (owner === worker) this.#owners.delete(id);
  }

  #onRuntimeEvent(event: RuntimeEvent): void {
    if (event.type === 'relist') {
      this.reporter.refresh();
      for (const worker of this.#workers.values()) worker.wake();
      if (this.#synced) void this.#removeOrphans();
      return;
    }
    // That something started was our own doing, and the worker looks again after it.
    if (event.type === 'started') return;
    this.#owners.get(event.id)?.wake();
    if (event.type === 'deleted') this.#owners.delete(event.id);
  }

  /** Kills what the runtime runs for Pods that the API does not have, or not on this node. */
  async #removeOrphans(): Promise<void> {
    try {
      for (const { labels } of await this.#options.runtime.listPodSandboxes()) {
        const key = podKeyFromLabels(labels);
        if (key === undefined || this.#workers.has(key.uid) || this.#orphans.has(key.uid)) continue;
        this.#orphans.add(key.uid);
        this.host.log.info('removing a Pod that nobody wants any more', { pod: `${key.namespace}/${key.name}` });
        await removeAll(this.host, key).finally(() => this.#orphans.delete(key.uid));
      }
      const { files, cgroups } = this.host;
      // A kubelet that was killed in the middle may have left the one without the other.
      for (const uid of new Set([...((await files?.known()) ?? []), ...((await cgroups?.known()) ?? [])])) {
        if (this.#workers.has(uid)) continue;
        await files?.remove({ uid, namespace: '', name: '' });
        await cgroups?.remove(uid);
      }
    } catch (error) {
      this.host.log.warn('remains of Pods could not be removed', { error: errorText(error) });
    }
  }
}
